import Basics
import Testing
import Traces

@Suite("JSON whose keys the user names, and logs")
struct NamedJSONTests {
    private func options(_ columns: String) throws -> TraceOptions {
        var options = TraceOptions()
        options.columns = try TraceColumns(columns, place: "--columns")
        return options
    }

    private static let rows = (0..<3).map { row in
        "{\"at\":\"2025-11-29T05:00:0\(row).5Z\",\"usage\":{\"in\":\(10 + row),\"out\":\"3\"},"
            + "\"n\":\(row),\"model\":\"m\",\"flat.in\":7}"
    }

    @Test(
        "is read as lines or as an array, with dates, dots and without times",
        arguments: [
            ("at,usage.in,usage.out", [0, 1_000, 2_000], [10, 11, 12]),
            ("n,flat.in,usage.out", [0, 1, 2], [7, 7, 7]),
            ("-,usage.in,usage.out", [0, 0, 0], [10, 11, 12]),
        ])
    func shapes(_ columns: String, _ times: [Int64], _ prompts: [Int32]) throws {
        for text in [
            Self.rows.joined(separator: "\n"), "[\n" + Self.rows.joined(separator: ",\n") + "]",
        ] {
            let (workload, notes) = try withFile(text) { try readAll($0, options(columns)) }
            #expect(workload.arrivals.map { $0 / 1_000_000 } == times, "\(workload.arrivals)")
            #expect(workload.promptTokens == prompts && workload.outputTokens == [3, 3, 3])
            #expect(notes.format == .lengths)
        }
    }

    @Test("names the row and the key that is not there")
    func missing() throws {
        let text = "[" + Self.rows.joined(separator: ",\n") + "]"
        for (columns, words) in [
            ("at,usage.no,usage.out", "FILE:1: a row has no usage.no"),
            ("when,usage.in,usage.out", "FILE:1: a row has no when"),
            ("at,usage.in,nowhere", "FILE:1: no row has nowhere"),
            ("at,model,usage.out", "FILE:1: a length is not a number"),
        ] {
            let said = try failure(text, options(columns))
            #expect(said.hasPrefix(words), "\(columns): \(said)")
        }
        let mixed =
            Self.rows[0] + "\n" + Self.rows[1].replacing("\"2025-11-29T05:00:01.5Z\"", with: "5")
        #expect(
            try failure(mixed, options("at,usage.in,usage.out")).hasPrefix(
                "FILE:2: a time that is no date"))
    }

    @Test("Jaeger's spans are requests, each once")
    func jaeger() throws {
        func span(_ id: String, _ start: Int, _ parent: String, _ tags: String) -> String {
            let references =
                parent.isEmpty
                ? "" : "{\"refType\":\"CHILD_OF\",\"traceID\":\"t\",\"spanID\":\"\(parent)\"}"
            return
                "{\"traceID\":\"t\",\"spanID\":\"\(id)\",\"operationName\":\"x\",\"references\":["
                + "\(references)],\"startTime\":\(1_764_392_400_000_000 + start),"
                + "\"duration\":5000,\"tags\":[\(tags)]}"
        }
        func tag(_ name: String, _ value: Int) -> String {
            "{\"key\":\"gen_ai.usage.\(name)\",\"type\":\"int64\",\"value\":\(value)}"
        }
        let tokens = tag("input_tokens", 9) + "," + tag("output_tokens", 4)
        let spans = [
            span("a", 0, "", tokens), span("b", 10, "a", tokens), span("c", 2_000, "", tokens),
        ].joined(separator: ",")
        let text = "{\"data\":[{\"traceID\":\"t\",\"spans\":[\(spans)],\"processes\":{}}]}"
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(notes.format == .otel && workload.count == 2)
        #expect(workload.arrivals.map { $0 / 1_000 } == [0, 1_990])
        #expect(workload.promptTokens == [9, 9] && workload.outputTokens == [4, 4])
        let late = text.replacing("1764392400002000", with: "1764392402000")
        #expect(try failure(late).contains("startTime is not in microseconds"))
    }

    private static let start = "INFO 11-29 05:00:0"

    private func request(_ second: Int, _ id: String, _ ids: String, _ limit: String) -> String {
        "\(Self.start)\(second) [logger.py:39] Received request \(id): prompt: 'SamplingParams(', "
            + "params: SamplingParams(n=1, max_tokens=\(limit), x=1), prompt_token_ids: \(ids), "
            + "lora_request: None."
    }

    @Test("vLLM's request log is a trace where it holds the prompts' tokens")
    func log() throws {
        let long = "[" + (0..<20).map(String.init).joined(separator: ", ")
        let lines = [
            "\(Self.start)0 [api_server.py:1] ready", request(1, "a", long + "]", "8"),
            request(3, "b", long + ", 5]", "None"), request(4, "c", "[7, 8]", "6"),
            "\(Self.start)9 [logger.py:70] Generated response b: output: '', output_token_ids: "
                + "[1, 2, 3], finish_reason: stop",
        ]
        let text = lines.joined(separator: "\n")
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(notes.format == .vllmLog)
        #expect(workload.arrivals.map { $0 / 1_000_000_000 } == [0, 2, 3])
        #expect(workload.promptTokens == [20, 21, 2] && workload.outputTokens == [8, 3, 6])
        // The first two prompts share a block of 16 tokens.
        let first = workload.segments.prefix(3).map(\.content)
        #expect(Set(first).count < 3 && notes.assumptions.count == 3, "\(notes.assumptions)")
        let open = lines.dropLast().joined(separator: "\n")
        #expect(try failure(open).contains("request b has no max_tokens and no logged answer"))
        #expect(
            try failure(request(1, "a", "None", "8")).hasPrefix("FILE:1: the log does not hold"))
        let later =
            "\(Self.start)1 [l] Received request a: params: SamplingParams(n=1), lora: None."
        #expect(try failure(later).contains("--otlp-traces-endpoint"))
    }

    @Test("guidellm's reports are read by their metrics, and one without requests is refused")
    func guidellm() throws {
        let request =
            "{\"info\":{\"timings\":{\"request_start\":5.5}},\"input_metrics\":{\"text_tokens\":9},"
            + "\"output_metrics\":{\"total_tokens\":4},\"request_latency\":0.5}"
        func report(_ requests: String) -> String {
            "{\"benchmarks\":[{\"requests\":{\"successful\":[\(requests)],\"incomplete\":[]}}]}"
        }
        let (workload, _) = try withFile(report(request)) { try readAll($0) }
        #expect(workload.promptTokens == [9] && workload.outputTokens == [4])
        #expect(try failure(report("")).contains("benchmarks hold no requests"))
    }
}
