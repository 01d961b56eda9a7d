import Basics
import Testing
import Traces

/// One call each: an agent's span with the sum of its calls, a gateway's around the engine's own,
/// and another call beside them.
@Suite("Spans in whatever shape")
struct SpanTests {
    private func times(_ start: Int) -> String {
        "\"startTimeUnixNano\":\"\(1_777_000_000 + start)000000000\","
            + "\"endTimeUnixNano\":\"\(1_777_000_001 + start)000000000\""
    }

    private func attributes(_ input: Int, _ more: String = "") -> String {
        "\"attributes\":{\"gen_ai.usage.input_tokens\":\(input),"
            + "\"gen_ai.usage.output_tokens\":20\(more)}"
    }

    private func counted(_ text: String) throws -> (prompts: [Int32], workload: Workload) {
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(notes.format == .otel)
        return (workload.promptTokens, workload)
    }

    @Test(
        "spans inside spans count once, the innermost that carries usage",
        arguments: [
            "children", "child_spans", "spans",
        ])
    func nested(key: String) throws {
        let engine = "{\(times(1)),\(attributes(100))}"
        let gateway = "{\(times(1)),\(attributes(101)),\"\(key)\":[\(engine)]}"
        let tool = "{\(times(3)),\"attributes\":{\"gen_ai.operation.name\":\"execute_tool\"}}"
        let other = "{\(times(5)),\(attributes(7, ",\"gen_ai.request.priority\":3"))}"
        let conversation = ",\"gen_ai.conversation.id\":\"c\""
        let inner = "\"\(key)\":[\(gateway),\(tool),\(other)]"
        let agent = "{\(inner),\(times(0)),\(attributes(107, conversation))}"
        for text in [
            agent, "[\(agent)]", "{\"spans\":[\(agent)]}", "{\"traces\":[{\"spans\":[\(agent)]}]}",
        ] {
            let (prompts, workload) = try counted(text + "\n")
            #expect(prompts == [100, 7], "\(text)")
            #expect(workload.priorities == [0, 3])
            // The agent's conversation is its calls'.
            #expect(workload.predecessors == [-1, workload.ids[0]])
        }
    }

    @Test("attributes may be keys of the span, or objects inside objects")
    func attributes() throws {
        let flat =
            "{\(times(0)),\"gen_ai.usage.input_tokens\":9,\"gen_ai.usage.output_tokens\":3}\n"
        #expect(try counted(flat).prompts == [9])
        let stamped =
            "{\"trace_id\":\"t\",\"start_time\":\"2026-05-01T00:00:01Z\","
            + "\"gen_ai.usage.input_tokens\":8,\"gen_ai.usage.output_tokens\":3}\n"
        #expect(try counted(stamped).prompts == [8])
        let objects =
            "{\(times(0)),\"attributes\":{\"gen_ai\":{\"usage\":{\"input_tokens\":5,"
            + "\"output_tokens\":2},\"request.priority\":4,\"x\":{\"y\":[{}]}}}}\n"
        let (prompts, workload) = try counted(objects)
        #expect(prompts == [5] && workload.priorities == [4])
        let twice =
            "{\(times(0)),\"gen_ai.usage.input_tokens\":9,\(attributes(10))}\n"
        #expect(try failure(twice).contains("a span has 9 and 10 input tokens"))
    }

    @Test("spans that lie absurdly deep are refused")
    func deep() throws {
        let open = String(repeating: "{\"children\":[", count: 200)
        let text =
            "{\(times(0)),\"attributes\":{},\"children\":[\(open)"
            + String(repeating: "]}", count: 200) + "]}\n"
        #expect(try failure(text).contains("spans lie more than"))
    }
}
