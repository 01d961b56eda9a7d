import Basics
import Foundation
import TestSupport
import Testing
import Traces

/// Reads every format from a small sample of its own, quirks included.
@Suite struct OtherFormats {
    private func read(
        _ text: String, _ format: TraceFormat, _ options: TraceOptions = TraceOptions()
    ) throws -> (workload: Workload, notes: TraceNotes) {
        let result = try withFile(text) { try readAll($0, options) }
        #expect(result.notes.format == format)
        return result
    }

    @Test func mooncakeDialectHasSessionsDelaysAndBlockSizes() throws {
        let text = """
            {"session_id":"a","timestamp":0.5,"input_length":70,"output_length":5,\
            "hash_ids":[1,2],"block_size":64}
            {"session_id":"b","timestamp":10,"input_tokens":64,"output_tokens":5,"hash_ids":[1]}
            {"session_id":"a","delay":250.25,"input_length":140,"output_length":5,\
            "hash_ids":[1,4,3]}
            {"session_id":"b","timestamp":40,"input_length":130,"output_length":5,"hash_ids":[1,9]}

            """
        let (workload, notes) = try read(text, .mooncake)
        #expect(notes.blockTokens == 64)
        #expect(workload.arrivals == [500_000, 10_000_000, 10_000_000, 40_000_000])
        #expect(workload.predecessors == [-1, -1, 0, 1])
        #expect(workload.thinkTimes == [0, 0, 250_250_000, 30_000_000])
        #expect(notes.quirks.map(\.quirk) == [.floorBlockCount])
        #expect(workload.segments(of: 3).reduce(0) { $0 + $1.length } == 130)
    }

    @Test func mooncakeRowsInAndOutsideSessionsHaveIdsOfTheirOwn() throws {
        let lengths = "\"input_length\":64,\"output_length\":5"
        let text = ["null", "\"a\"", "null", "\"a\""].enumerated().map {
            "{\"session_id\":\($0.element),\"timestamp\":\($0.offset),\(lengths)}\n"
        }.joined()
        let (workload, _) = try read(text, .mooncake)
        #expect(workload.ids == [0, 1, 2, 3])
        #expect(workload.predecessors == [-1, -1, -1, 1])
    }

    @Test func nativeRowsWithoutIdsAreGivenFreeOnes() throws {
        let rest = "\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1}\n"
        let text = ["\"id\":1,", "", "", "\"id\":3,", ""].map { "{" + $0 + rest }.joined()
        #expect(try read(text, .native).workload.ids == [1, 0, 2, 3, 4])
    }

    @Test func sessionsCanBeLeftToTheirRecordedTimes() throws {
        var options = TraceOptions()
        options.followsSessions = false
        let row = "\"input_length\":64,\"output_length\":5"
        let text =
            "{\"session_id\":\"a\",\"timestamp\":0,\(row)}\n"
            + "{\"session_id\":\"a\",\"timestamp\":9,\(row)}\n"
        #expect(try read(text, .mooncake, options).workload.predecessors.isEmpty)
    }

    @Test func timedTraceHasSecondsAndSmallBlocks() throws {
        let text =
            "{\"timestamp\":1.5,\"input_length\":40,\"output_length\":5,\"hash_ids\":[1,2,3]}\n"
        let (workload, notes) = try read(text, .timedTrace)
        #expect(workload.arrivals == [1_500_000_000])
        #expect(notes.blockTokens == 16)
    }

    @Test func bailianFollowsParentsInsideTheFile() throws {
        let text = """
            {"chat_id":159,"parent_chat_id":55,"timestamp":61.114,"input_length":17,\
            "output_length":100,"type":"text","turn":2,"hash_ids":[4,5]}
            {"chat_id":160,"parent_chat_id":159,"timestamp":71.614,"input_length":33,\
            "output_length":8,"type":"text","turn":3,"hash_ids":[4,7,6]}

            """
        let (workload, notes) = try read(text, .bailian)
        #expect(workload.ids == [159, 160])
        #expect(workload.arrivals == [61_114_000_000, 71_614_000_000])
        #expect(workload.predecessors == [-1, 159])
        // 10.5 s less 0.5 s and 100 tokens of 0.03 s.
        #expect(workload.thinkTimes == [0, 7_000_000_000])
        #expect(notes.quirks.map(\.quirk) == [.unknownParent])
    }

    @Test func burstGPTIsReadByColumnName() throws {
        let short = """
            Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
            5,ChatGPT,472,18,490,Conversation log
            45,ChatGPT,0,0,0,API log
            45,GPT-4,417,0,417,API log
            118,GPT-4,417,276,693,Conversation log
            """
        let (workload, notes) = try read(short, .burstgpt)
        #expect(workload.arrivals == [0, 113_000_000_000])
        #expect(notes.quirks.map(\.count) == [1, 1])
        let long = """
            Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,\
            Total tokens,Log Type
            5,s1,2.5,ChatGPT,10,20,30,Conversation log
            6,,,ChatGPT,11,21,32,API log
            17.5,s1,1,ChatGPT,40,20,60,Conversation log
            """
        let (sessions, _) = try read(long, .burstgpt)
        #expect(sessions.predecessors == [-1, -1, 0])
        #expect(sessions.thinkTimes == [0, 0, 10_000_000_000])
    }

    @Test func lengthsArriveAtOnceOrAtARate() throws {
        let text = "TIMESTAMP,ContextTokens,GeneratedTokens\nXXX,5,6\nXXX,7,8\n"
        #expect(try read(text, .lengths).workload.arrivals == [0, 0])
        var options = TraceOptions()
        options.requestRate = 10
        let drawn = try read(text, .lengths, options).workload
        #expect(drawn.arrivals[1] > 0)
        let vidur = "arrived_at,num_prefill_tokens,num_decode_tokens\n0.5,5,6\n1.75,7.0,8\n"
        #expect(try read(vidur, .lengths).workload.arrivals == [0, 1_250_000_000])
    }

    private let session = """
        {"id":"x","block_size":64,"hash_id_scope":"local","requests":[
        {"t":0.0,"type":"n","in":130,"out":20,"hash_ids":[1,2],"api_time":2.0,"think_time":0.0},
        {"t":4.0,"type":"subagent","agent_id":"a","requests":[
        {"t":1.0,"type":"n","in":64,"out":9,"hash_ids":[7],"api_time":3.0}]},
        {"t":5.0,"type":"n","in":130,"out":0,"hash_ids":[1,2]},
        {"t":9.0,"type":"n","in":200,"out":20,"hash_ids":[1,2,3],"think_time":1.0}]}
        """

    @Test func codingSessionsFollowTheirAnswersAndSubAgents() throws {
        let (workload, notes) = try read(session, .weka)
        #expect(notes.quirks.map(\.quirk) == [.zeroOutput])
        #expect(workload.ids == [0, 1, 3])
        #expect(workload.predecessors == [-1, 0, 1])
        #expect(workload.arrivals == [0, 5_000_000_000, 9_000_000_000])
        // The sub-agent ended at 4 + 1 + 3 s; the main line goes on a second later.
        #expect(workload.thinkTimes == [0, 3_000_000_000, 1_000_000_000])
        #expect(workload.promptTokens == [130, 64, 200])
    }

    @Test func subAgentsMayBeNestedButNotWithoutEnd() throws {
        func nested(_ depth: Int) -> String {
            let open = "{\"t\":1,\"requests\":["
            return String(repeating: open, count: depth + 1)
                + "{\"t\":0,\"in\":64,\"out\":9,\"hash_ids\":[7]}"
                + String(repeating: "]}", count: depth + 1)
        }
        #expect(try read(nested(32), .weka).workload.arrivals == [1_000_000_000])
        for depth in [33, 20_000] {
            #expect(try failure(nested(depth)).contains("nested more than 32 deep"))
        }
    }

    @Test func rareSessionsStartAtTheLatestTimeThereIs() throws {
        var options = TraceOptions()
        options.sessionRate = 1e-9
        options.requestRate = 1e-9
        let talk =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
            + "{\"role\":\"assistant\",\"content\":\"b\"}]}\n"
        let talks = try read(String(repeating: talk, count: 30), .sharegpt, options).workload
        let lengths =
            "TIMESTAMP,ContextTokens,GeneratedTokens\n" + String(repeating: "XXX,5,6\n", count: 30)
        let requests = try read(lengths, .lengths, options).workload
        for workload in [talks, requests] {
            #expect(workload.count == 30)
            #expect(zip(workload.arrivals, workload.arrivals.dropFirst()).allSatisfy(<=))
        }
        try withFile(session, name: "00.json") { path in
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            for number in 10..<40 {
                let file = folder.appendingPathComponent("\(number).json")
                try Data(session.utf8).write(to: file)
            }
            #expect(try readAll(folder.path, options).workload.count == 31 * 3)
        }
    }

    @Test func aFolderOfSessionsIsOneTraceWithIdsApart() throws {
        try withFile(session, name: "a.json") { path in
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try Data(session.utf8).write(to: folder.appendingPathComponent("b.json"))
            let (workload, _) = try readAll(folder.path)
            #expect(workload.count == 6)
            let firsts = Set((0..<6).map { workload.segments(of: $0).first!.content })
            #expect(firsts.count == 2)
        }
    }

    @Test func ragPulseNeedsItsTablesAndMendsItsClock() throws {
        let chunks = "\"hash_ids\":{\"sys_prompt\":[1],\"passages_ids\":[2,3],\"user_input\":[4]}"
        let row = "\"input_length\":30,\"output_length\":5,\(chunks)"
        let trace =
            "{\"timestamp\":\"82\",\(row),\"session_id\":\"s\"}\n"
            + "{\"timestamp\":\"0\",\(row),\"session_id\":\"t\"}\n\n"
        try withFile(trace, name: "0_trace.jsonl") { path in
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            #expect(throws: InputError.self) { try openTrace(path) }
            let names = [
                "1_sys_prompt": "sys_prompt", "2_passages": "passage", "3_history": "history",
                "4_user_input": "user_input", "5_web_search": "web_search",
            ]
            for (index, file) in names.keys.sorted().enumerated() {
                var text = "{\"\(names[file]!)_id\": \(index + 1), \"token_length\": 5}\n"
                if index > 1 { text = text.replacing("5}", with: "6}") }
                try Data(text.utf8).write(to: folder.appendingPathComponent(file + ".jsonl"))
            }
            let (workload, notes) = try readAll(folder.path)
            #expect(workload.arrivals == [82_000_000_000, 604_800_000_000_000])
            #expect(workload.segments(of: 0).map(\.length) == [5, 5, 6, 6, 8])
            #expect(notes.quirks.map(\.quirk) == [.clockRestart])
        }
    }

    @Test func conversationsBecomeSessionsThatQuoteAnswers() throws {
        let text = """
            [{"id":"1","conversations":[{"from":"system","value":"Be brief."},
            {"from":"human","value":"12345678"},{"from":"gpt","value":"abcd\\n\\u00e9"},
            {"from":"human","value":"ab"},{"from":"gpt","value":"cd"}]},
            {"id":"2","conversations":[{"from":"gpt","value":"unasked"}]}]
            """
        let (workload, notes) = try read(text, .sharegpt)
        #expect(workload.count == 2)
        #expect(workload.promptTokens == [5, 8])
        #expect(workload.outputTokens == [2, 1])
        #expect(workload.predecessors == [-1, 0])
        #expect(workload.segments(of: 1).map(\.length) == [3, 2, 2, 1])
        #expect(notes.assumptions.count == 2)
        let lines =
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
            + "\"text\":\"abcd\"}]},{\"role\":\"assistant\",\"content\":\"x\"}]}\n"
        #expect(try read(lines, .sharegpt).workload.promptTokens == [1])
    }

    @Test func spansBecomeRequestsInOrderOfTheirStart() throws {
        func span(_ start: String, _ end: String, _ input: Int, _ output: Int) -> String {
            "{\"name\":\"chat\",\"startTimeUnixNano\":\"\(start)\",\"endTimeUnixNano\":\"\(end)\","
                + "\"attributes\":[{\"key\":\"gen_ai.usage.input_tokens\",\"value\":"
                + "{\"intValue\":\"\(input)\"}},{\"key\":\"gen_ai.usage.output_tokens\",\"value\":"
                + "{\"intValue\":\(output)}},{\"key\":\"gen_ai.conversation.id\",\"value\":"
                + "{\"stringValue\":\"c\"}}]}"
        }
        let text =
            "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":["
            + span("5000000000", "6000000000", 30, 4) + ","
            + span("1000000000", "2000000000", 10, 4) + "]}]}]}\n"
        let (workload, _) = try read(text, .otel)
        #expect(workload.promptTokens == [10, 30])
        #expect(workload.arrivals == [0, 4_000_000_000])
        #expect(workload.thinkTimes == [0, 3_000_000_000])
        #expect(workload.segments(of: 0).map(\.content) == workload.segments(of: 1).map(\.content))
        let flat =
            "{\"start_time\":\"2025-01-01T00:00:00Z\",\"end_time\":\"2025-01-01T00:00:01Z\","
            + "\"attributes\":{\"gen_ai.usage.input_tokens\":9,\"gen_ai.usage.output_tokens\":2}}\n"
        #expect(try read(flat, .otel).workload.promptTokens == [9])
    }

    @Test func nativeFollowersMustNameAnEarlierRow() throws {
        let first =
            "{\"id\":1,\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1,\"after\":null}\n"
        let second =
            "{\"id\":2,\"arrival_us\":0,\"prompt_tokens\":1,\"output_tokens\":1,\"after\":9}\n"
        #expect(try failure(first + second).contains("follows the request 9"))
        var options = TraceOptions()
        options.limit = 1
        let alone = try withFile(first) { try readAll($0, options).workload }
        #expect(alone.predecessors == [-1])
    }

    @Test(.enabled(if: evidence != nil)) func strictReadingRefusesTheClockThatRestarts() throws {
        var options = TraceOptions()
        options.isStrict = true
        #expect(throws: InputError.self) { _ = try readAll(shared("traces/ragpulse"), options) }
    }
}
