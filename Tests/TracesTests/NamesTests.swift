import Testing

@testable import Traces

/// Names of requests (kind of session, tenant, adapter) are read from each format that may have
/// them, kept where the native format is written, and counted as lost elsewhere.
@Suite struct NamesToldOn {
    private static let named = """
        {"arrival_us":0,"prompt_tokens":5,"output_tokens":2,"tenant":"a \\"b\\" \\\\ c","lora":7}
        {"arrival_us":9,"prompt_tokens":5,"output_tokens":2,"kind":"chat"}
        {"arrival_us":9,"prompt_tokens":5,"output_tokens":2,"tenant":null}

        """

    private func all(_ text: String) throws -> (workload: Workload, notes: TraceNotes) {
        var options = TraceOptions()
        options.labels = TraceLabel.allCases
        return try withFile(text) { try readAll($0, options) }
    }

    private func names(_ notes: TraceNotes, of id: Int64) -> [String?] {
        notes.labels.map { $0.wholeName(of: id) }
    }

    @Test func nativeLinesHoldThem() throws {
        let (workload, notes) = try all(Self.named)
        #expect(names(notes, of: 0) == [nil, "a \"b\" \\ c", "7"])
        #expect(names(notes, of: 1) == ["chat", nil, nil])
        #expect(names(notes, of: 2) == [nil, nil, nil])
        var writer = try TraceWriter(.native)
        writer.labels = notes.labels
        let text = String(decoding: try writer.write(workload), as: UTF8.self)
        #expect(writer.losses.isEmpty)
        let (again, told) = try all(text)
        #expect(again == workload && told.unknownKeys.isEmpty)
        for id in Int64(0)...2 { #expect(names(told, of: id) == names(notes, of: id)) }
    }

    @Test func otherFormatsLoseThem() throws {
        let (workload, notes) = try all(Self.named)
        var writer = try TraceWriter(.mooncake)
        writer.labels = notes.labels
        _ = try writer.write(workload)
        for kind in ["LoRA adapters", "kinds of sessions", "tenants"] {
            #expect(writer.losses.contains(kind), "\(writer.losses)")
        }
    }

    @Test(arguments: [
        "arrived_at,num_prefill_tokens,num_decode_tokens,tenant\n0,5,2,x\n1,5,2,y\n",
        """
        {"timestamp": 0, "input_length": 5, "output_length": 2, "hash_ids": [1], "tenant": "x"}
        {"timestamp": 1, "input_length": 5, "output_length": 2, "hash_ids": [2], "tenant": "y"}

        """,
        """
        {"input_toks": 5, "output_toks": 2, "arrival_time": 1.0, "tenant": "x"}
        {"input_toks": 5, "output_toks": 2, "arrival_time": 2.0, "tenant": "y"}

        """,
    ])
    func otherFormatsAreLookedThrough(text: String) throws {
        let (workload, notes) = try all(text)
        #expect(workload.ids.map { names(notes, of: $0) } == [[nil, "x", nil], [nil, "y", nil]])
    }

    @Test func theAgentOfASpanIsItsKind() throws {
        let span = """
            {"start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-01T00:00:01Z","attributes":{\
            "gen_ai.usage.input_tokens":5,"gen_ai.usage.output_tokens":2,\
            "gen_ai.agent.name":"coder"}}

            """
        let (_, notes) = try all(span)
        #expect(names(notes, of: 0) == ["coder", nil, nil])
    }

    @Test func theKindOfASubAgentIsItsMarkers() throws {
        let session = """
            {"block_size":64,"requests":[{"t":0,"in":64,"out":2,"hash_ids":[1]},\
            {"t":1,"type":"subagent","subagent_type":"search","requests":[\
            {"t":0,"in":64,"out":2,"hash_ids":[2]}]}]}

            """
        let (workload, notes) = try all(session)
        #expect(workload.ids.map { names(notes, of: $0)[0] } == [nil, "search"])
    }
}

/// What a BLIS trace may have wrong is refused with its line, or counted.
@Suite struct DamagedRecordings {
    private static let header =
        "tenant_id,arrival_time_us,send_time_us,first_chunk_time_us,last_chunk_time_us,"
        + "input_tokens,output_tokens,status,deadline_us,prefix_group,prefix_length,vllm_priority\n"

    private func blis(_ cells: String...) -> String {
        Self.header + cells.map { $0 + "\n" }.joined()
    }

    @Test(arguments: [
        ("t,1,2,52,152,NaN,5,ok,0,,0,0", "input_tokens is"),
        ("t,1,2,52,152,9,-5,ok,0,,0,0", "output_tokens is negative: -5"),
        ("t,1,2,52,152,9,9223372036854775808,ok,0,,0,0", "fits 64 bits"),
        ("t,1,2,52,152,9,1099511627776,ok,0,,0,0", "output_tokens is absurd"),
        ("t,9,2,52,152,9,5,ok,3,,0,0", "deadline_us is before arrival_time_us"),
        ("t,,,52,152,9,5,ok,0,,0,0", "arrival_time_us is empty"),
        ("t,1,2,52,152,9,5,ok,0,g,8589934592,0", "prefix_length is absurd"),
    ])
    func isRefused(row: String, said: String) throws {
        let good = "t,1,2,52,152,9,5,ok,0,,0,0"
        let error = try failure(blis(good, row))
        #expect(error.hasPrefix("FILE:3: ") && error.contains(said), "\(error)")
    }

    @Test func isCounted() throws {
        let text = blis(
            "t,1,2,1,152,9,5,ok,0,,0,-3", "t,1,3,52,1,9,5,ok,0,g,,0",
            "t,1,4,52,152,9,5,error,0,,8,0")
        let (workload, notes) = try withFile(text) { try readAll($0) }
        #expect(workload.count == 3 && workload.priorities == [-3, 0, 0])
        let said = notes.remarks.joined(separator: "\n")
        #expect(said.contains("end before they begin: 2"), "\(said)")
        #expect(said.contains("status is not ok: replayed, and nothing measured of them: 1"))
        #expect(said.contains("one of prefix_group and prefix_length, which share nothing: 2"))
    }

    @Test(arguments: [
        ("\"output_tokens\":-1", "the output length is -1"),
        ("\"output_tokens\":1099511627776", "the output length is 1099511627776"),
    ])
    func dynamoNamesTheLine(key: String, said: String) throws {
        let text = """
            {"event_type":"request_end","request":{"request_id":"a","request_received_ms":1,\
            "input_tokens":5,\(key)}}

            """
        let error = try failure("\n" + text)
        #expect(error.hasPrefix("FILE:2: ") && error.contains(said), "\(error)")
    }
}
