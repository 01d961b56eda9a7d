import Basics
import Foundation
import Testing
import Traces

/// What a file does not tell, or says twice in two ways, is counted, said or refused.
@Suite struct Untold {
    private func counts(_ text: String) throws -> [String: Int] {
        let quirks = try withFile(text) { try readAll($0).notes.quirks }
        return Dictionary(uniqueKeysWithValues: quirks.map { ($0.quirk.rawValue, $0.count) })
    }

    private func strict(_ text: String) throws -> String {
        var options = TraceOptions()
        options.isStrict = true
        return try failure(text, options)
    }

    private func session(_ extra: String = "\"block_size\":64,", times: [Int] = [0, 9]) -> String {
        let calls = times.map {
            "{\"t\":\($0),\"type\":\"n\",\"in\":128,\"out\":5,\"hash_ids\":[1,2]}"
        }
        return "{\"id\":\"a\",\(extra)\"requests\":[\(calls.joined(separator: ","))]}\n"
    }

    @Test func aSessionWithoutABlockSizeSaysWhatIsTaken() throws {
        let assumptions = try withFile(session("")) { try openTrace($0).notes.assumptions }
        #expect(assumptions.contains { $0.hasPrefix("hash ids are taken as blocks of 64 tokens") })
        #expect(try withFile(session()) { try openTrace($0).notes.assumptions }.isEmpty)
    }

    @Test func aScopeIsKnownAndGivenOnce() throws {
        let twice = session("\"hash_id_scope\":\"local\",\"hash_id_scope\":\"global\",")
        #expect(try failure(twice).contains("the key hash_id_scope occurs twice"))
        let odd = session("\"hash_id_scope\":\"team\",")
        #expect(try failure(odd).contains("hash_id_scope is \"team\"; expected local or global"))
        #expect(try counts(session("\"hash_id_scope\":\"global\",")).isEmpty)
    }

    @Test func aTimeBeforeThePredecessorIsCounted() throws {
        #expect(try counts(session(times: [50, 10, 60])) == ["time_back": 1])
        #expect(try strict(session(times: [50, 10])).contains("refused by strict reading"))
        #expect(try counts(session(times: [5, 5])).isEmpty)
    }

    @Test func sessionsWithoutRequestsAreCounted() throws {
        #expect(try counts(session() + session(times: [])) == ["empty_session": 1])
        let turns = "[{\"from\":\"human\",\"value\":\"a\"},{\"from\":\"gpt\",\"value\":\"b\"}]"
        let rows = [turns, "[]"].map { "{\"conversations\":\($0)}\n" }
        #expect(try counts(rows.joined()) == ["empty_session": 1])
        #expect(try strict(rows.joined()).contains("a session without requests"))
    }

    @Test func anAnswerWithoutTextIsCounted() throws {
        let row = """
            {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,\
            "tool_calls":[]},{"role":"tool","content":"x"},{"role":"assistant","content":"y"}]}
            """
        #expect(try counts(row) == ["unanswered": 1])
    }

    @Test func aLimitBelowTheOutputIsCounted() throws {
        func span(_ limit: Int) -> String {
            """
            {"startTimeUnixNano":5,"attributes":{"gen_ai.usage.input_tokens":9,\
            "gen_ai.usage.output_tokens":7,"gen_ai.request.max_tokens":\(limit)}}
            """
        }
        #expect(try counts(span(6)) == ["low_max_tokens": 1])
        #expect(try counts(span(7)).isEmpty)
        #expect(try strict(span(6)).contains("max_tokens below the output length"))
    }

    @Test func anEmptySessionNameIsNoSession() throws {
        let row = "{\"timestamp\":0,\"input_length\":5,\"output_length\":5,\"session_id\":\"\"}\n"
        let workload = try withFile(row + row) { try readAll($0).workload }
        #expect(workload.predecessors.allSatisfy { $0 < 0 })
        let untimed = "{\"input_length\":5,\"output_length\":5,\"session_id\":\"\"}\n"
        #expect(try failure(row + untimed).contains("a key is missing"))
    }

    @Test func timesAfterNoneAreRefused() throws {
        let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        let message = try failure(header + "XXX,5,6\n2023-11-16 18:15:46.6805900,374,44\n")
        #expect(message.contains("FILE:3: a time, where the first row has XXX for none"))
        #expect(try withFile(header + "XXX,5,6\nXXX,7,8\n") { try readAll($0).workload.count } == 2)
    }

    @Test func aUnitThatIsNotTheFormatsIsSaid() throws {
        let header = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        func assumptions(_ time: String) throws -> [String] {
            try withFile(header + "\(time),ChatGPT,5,6,11,API log\n") {
                try openTrace($0).notes.assumptions
            }
        }
        #expect(try assumptions("1700000000000").first?.contains("milliseconds") == true)
        #expect(try assumptions("5").isEmpty)
    }

    @Test func spansHaveOneClockAndOneOfEach() throws {
        func span(_ start: String, _ tokens: String = "5", _ extra: String = "") -> String {
            "{\(start),\"attributes\":{\"gen_ai.usage.input_tokens\":\(tokens),\(extra)"
                + "\"gen_ai.usage.output_tokens\":6}}\n"
        }
        let now = "\"startTimeUnixNano\":\"1700000000000000000\""
        #expect(try failure(span("\"startTimeUnixNano\":\"0\"") + span(now)).contains("53 years"))
        #expect(try failure(span("\"start_time\":1700000000.5")).contains("names no unit"))
        #expect(try failure(span(now + ",\"start_time_unix_nano\":5")).contains("two values"))
        #expect(try failure(span(now, "5.5")).contains("input_tokens is not a whole number"))
        let limits = ["8", "9"].map { "\"gen_ai.request.max_tokens\":\($0)," }.joined()
        #expect(try failure(span(now, "5", limits)).contains("two values of its max_tokens"))
        let iso = "\"start_time\":\"2024-01-01T00:00:00Z\""
        let nobody = "\"gen_ai.conversation.id\":\"\","
        for text in [span(now, "5.0"), span(iso), span("\"startTimeUnixNano\":\"5\"")] {
            #expect(try counts(text).isEmpty)
        }
        let apart = span(now, "5", nobody) + span(now, "5", nobody)
        #expect(try withFile(apart) { try readAll($0).workload }.predecessors.allSatisfy { $0 < 0 })
    }

    @Test func ratesThatNobodyNeedsAreSaid() throws {
        var options = TraceOptions()
        options.requestRate = 5
        options.sessionRate = 7
        func remarks(_ text: String) throws -> [String] {
            try withFile(text) { try openTrace($0, options: options).notes.remarks }
        }
        let lengths = "num_prefill_tokens,num_decode_tokens\n5,6\n"
        #expect(try remarks(lengths).map { $0.prefix(15) } == ["no session rate"])
        #expect(try remarks("arrived_at,\(lengths.replacing("5,", with: "1,5,"))").count == 2)
        #expect(try remarks(session()).isEmpty)
        let native = "{\"arrival_us\":0,\"prompt_tokens\":5,\"output_tokens\":5}\n"
        #expect(try withFile(native) { try openTrace($0).notes.remarks }.isEmpty)
    }

    @Test func aFormatThatIsInsistedOnIsHeld() throws {
        var options = TraceOptions()
        options.format = .burstgpt
        let lengths = "arrived_at,num_prefill_tokens,num_decode_tokens\n0,5,6\n"
        #expect(try failure(lengths, options).contains("not the header of a BurstGPT trace"))
    }

    @Test func filesOfAFolderThatAreNotReadAreSaid() throws {
        try withFile(session(), name: "a.json") { path in
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            #expect(try openTrace(folder.path).notes.remarks.isEmpty)
            for name in ["b.jsonl", "SOURCE.txt"] {
                try Data(session().utf8).write(to: folder.appendingPathComponent(name))
            }
            let remarks = try openTrace(folder.path).notes.remarks
            #expect(remarks.count == 1)
            #expect(remarks.first?.contains("not read: b.jsonl (only") == true)
        }
    }

    @Test func aChunkHasOneLength() throws {
        let row =
            "{\"timestamp\":\"0\",\"input_length\":9,\"output_length\":5,\"session_id\":\"1\","
            + "\"hash_ids\":{\"sys_prompt\":[7]}}\n"
        try withFile(row, name: "0_trace.jsonl") { path in
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            func open(_ chunks: String) throws -> Int {
                for table in ["1_sys_prompt", "2_passages", "3_history", "4_user_input"]
                    + ["5_web_search"]
                {
                    try Data((table.first == "1" ? chunks : "\n").utf8).write(
                        to: folder.appendingPathComponent(table + ".jsonl"))
                }
                return try readAll(path).workload.count
            }
            let chunk = "{\"sys_prompt_id\":7,\"token_length\":5}\n"
            let other = chunk.replacing("5}", with: "6}")
            let twice = chunk.replacing("5}", with: "5,\"token_length\":5}")
            let requests = try open(chunk.replacing("7", with: "8") + chunk + chunk)
            #expect(requests == 1)
            #expect(throws: InputError.self) { _ = try open(chunk + other) }
            #expect(throws: InputError.self) { _ = try open(twice) }
        }
    }
}
