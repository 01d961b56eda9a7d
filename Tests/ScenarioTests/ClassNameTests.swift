import Basics
import Foundation
import Results
import Scenario
import Simulator
import Testing
import Traces

private final class ClassFeeder: RunObserver {
    let figures: RequestFigures
    let watchesGaps = true

    init(_ figures: RequestFigures) { self.figures = figures }

    func record(_ record: RequestRecord) { figures.add(record) }
    func decided(_ plans: DecidedPlans) { figures.add(plans.gaps) }
}

@Suite("Names of requests that traces give")
struct ClassNameTests {
    private func names(_ text: String, _ by: String, file: String = "t.jsonl") throws -> [String?] {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-classes-\(UUID().uuidString)-\(file)").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try Configuration.read(
            file: nil, changes: ["trace.file=\(path)", "output.by=\(by)"])
        let trace = try configuration.openTrace()
        var source = trace.source
        var ids: [Int64] = []
        while let batch = try source.next() { ids += batch.ids }
        guard let labels = trace.labels else { return [] }
        return ids.map { id in
            let code = labels.code(of: id)
            return code < 0 ? nil : labels.name(code)
        }
    }

    @Test("an assumed prefix is shared within an adapter alone")
    func assumedPrefix() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-prefix-\(UUID().uuidString).csv").path
        let text =
            "arrived_at,input_tokens,output_tokens,lora_name\n0,900,5,a\n1,900,5,b\n2,900,5,a\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try Configuration.read(
            file: nil, changes: ["trace.file=\(path)", "trace.shared_prefix=512"])
        let trace = try configuration.openTrace()
        #expect(trace.labels == nil)
        var source = trace.source
        let batch = try #require(try source.next())
        let firsts = (0..<3).map { batch.segments(of: $0).first }
        #expect(firsts[0] == firsts[2] && firsts[0] != firsts[1])
        #expect(firsts.allSatisfy { $0?.length == 512 })
    }

    @Test("tenants, adapters and kinds of sessions are read where traces name them")
    func labels() throws {
        let native = """
            {"id":7,"arrival_us":0,"prompt_tokens":9,"output_tokens":3,"tenant":"acme"}
            {"id":3,"arrival_us":5,"prompt_tokens":9,"output_tokens":3}
            {"id":4,"arrival_us":6,"prompt_tokens":9,"output_tokens":3,"tenant_id":12}
            {"id":5,"arrival_us":6,"prompt_tokens":9,"output_tokens":3,"tenant":null}

            """
        #expect(try names(native, "tenant") == ["acme", nil, "12", nil])
        #expect(try names(native, "lora") == [nil, nil, nil, nil])
        let mooncake = """
            {"timestamp":0,"input_length":9,"output_length":3,"type":"agent","hash_ids":[1]}
            {"timestamp":5,"input_length":9,"output_length":3,"type":"chat","hash_ids":[1]}
            {"timestamp":6,"input_length":9,"output_length":3,"agent_type":"coder","type":"x",\
            "hash_ids":[2]}

            """
        #expect(try names(mooncake, "session") == ["agent", "chat", "coder"])
        let csv = """
            arrived_at,num_prefill_tokens,lora_name,num_decode_tokens
            0.5,100,"sql, v2",10
            0.7,100,,10
            0.9,0,dropped,10
            1.0,100,chat,10

            """
        #expect(try names(csv, "lora", file: "t.csv") == ["sql, v2", nil, "chat"])
    }

    @Test("names keep their letters and marks, and different ones stay different")
    func spellings() throws {
        func row(_ id: Int, _ tenant: String) -> String {
            #"{"id":\#(id),"arrival_us":0,"prompt_tokens":9,"output_tokens":3,"tenant":"#
                + tenant + "}\n"
        }
        let long = String(repeating: "x", count: 70)
        let spelled: [(String, String)] = [
            (#""ü""#, "ü"), (#""\u00e9""#, "é"), (#""\ud83d\ude00""#, "😀"),
            (#""a\"b\\c\/d""#, #"a"b\c/d"#), (#""a\nb""#, #"a\u{a}b"#), ("[1]", "[1]"),
            (#"{"a":1}"#, #"{"a":1}"#), ("\"\(long)a\"", "\(long.prefix(64))..."),
            ("\"\(long)b\"", "\(long.prefix(64))... #2"),
        ]
        let lines = spelled.enumerated().map { row($0, $1.0) }.joined()
        #expect(try names(lines, "tenant") == spelled.map(\.1))
        let csv = #"""
            arrived_at,num_prefill_tokens,tenant,num_decode_tokens
            0.5,100,"q""x",10
            0.7,100,ß,10
            0.8,100,ü,10
            1.0,100,a"b,10

            """#
        #expect(try names(csv, "tenant", file: "t.csv") == [#"q"x"#, "ß", "ü", #"a"b"#])
    }

    @Test("Copilot's, TraceLab's and guidellm's requests keep the names that their files have")
    func agents() throws {
        func call(_ minute: Int, _ rest: String) -> String {
            #"{"timestamp":"2026-02-01T10:0\#(minute):00Z","duration_ms":900,"tokens":"#
                + #"{"prompt":90,"completion":9,"cached":0}\#(rest)}"#
        }
        let copilot =
            #"{"session_id":"a","tenant":"acme","turns":[{"turn_id":1,"llm_calls":["#
            + call(0, #","initiator_type":"user""#) + ","
            + call(1, #","initiator_type":"agent","tenant_id":"own""#) + ","
            + call(2, #","agent_name":"review","initiator_type":"agent""#) + #"]}]}"# + "\n"
            + #"{"session_id":"b","turns":[{"llm_calls":["# + call(3, "") + "]}]}\n"
        #expect(try names(copilot, "session") == ["user", "agent", "review", nil])
        #expect(try names(copilot, "tenant") == ["acme", "own", "acme", nil])
        func round(_ session: String, _ minute: Int, _ rest: String) -> String {
            #"{"session_id":"\#(session)","input_tokens_total":90,"prefix_tokens":0,"#
                + #""output_tokens":9,"timing_events":[{"event_type":"user_message","timestamp":"#
                + #""2026-02-01T10:0\#(minute):00.000Z"}]\#(rest)}"# + "\n"
        }
        let traceLab =
            round("x:1", 0, #","provider":"claude","user":"u1","project":"p""#)
            + round("x:2", 1, #","provider":"codex","project":"p""#)
            + round("x:3", 2, #","agent_type":"sub","provider":"codex","tenant":"t","user":"u""#)
            + round("x:4", 3, "")
        #expect(try names(traceLab, "session") == ["claude", "codex", "sub", nil])
        #expect(try names(traceLab, "tenant") == ["u1", "p", "t", nil])
        func request(_ second: Int, _ rest: String) -> String {
            #"{"request_start_time":170000000\#(second).5,"prompt_tokens":9,"output_tokens":3"#
                + rest + "}"
        }
        let guidellm =
            #"{"benchmarks":[{"requests":{"successful":["#
            + request(0, #","lora_name":"sql","tenant":7"#) + "," + request(1, "")
            + #"],"incomplete":[],"errored":[]}}]}"# + "\n"
        #expect(try names(guidellm, "lora", file: "b.json") == ["sql", nil])
        #expect(try names(guidellm, "tenant", file: "b.json") == ["7", nil])
    }

    @Test("formats that have no names say so")
    func nameless() throws {
        let azure = """
            TIMESTAMP,ContextTokens,GeneratedTokens
            2023-11-16 18:15:46.6805900,374,44
            2023-11-16 18:15:50.9951690,396,109

            """
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-azure-\(UUID().uuidString).csv").path
        try azure.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try Configuration.read(
            file: nil, changes: ["trace.file=\(path)", "output.by=tenant"])
        let trace = try configuration.openTrace()
        #expect(trace.labels == nil)
        let plan = try configuration.resolved().plan
        let rule = try #require(configuration.classRule(trace))
        let watcher = ClassFeeder(RequestFigures(plan, by: [rule], watchesGaps: true))
        var summary = RunSummary(
            try simulate(plan, source: trace.source, observer: watcher), clock: "")
        watcher.figures.finish()
        summary.take(watcher.figures, by: .tenant)
        #expect(summary.classes.isEmpty)
        #expect(summary.warnings.contains { $0.contains("this format") && $0.contains("tenant") })
        let bench =
            #"{"input_lens":[9,8],"output_lens":[3,4],"ttfts":[0.1,0.1],"#
            + #""start_times":[0.5,0.7],"itls":[[0.1,0.1],[0.1,0.1,0.1]],"errors":["",""]}"#
        #expect(try names(bench + "\n", "lora", file: "v.json") == [nil, nil])
    }

    @Test("a recipe's classes are its kinds of sessions")
    func recipe() throws {
        let configuration = try Configuration.read(
            file: nil, changes: ["output.by=session", "trace.limit=50"])
        let trace = try configuration.openTrace()
        var source = trace.source
        var count = 0
        while let batch = try source.next() {
            for id in batch.ids {
                let code = try #require(trace.labels).code(of: id)
                #expect(code >= 0 && !trace.labels!.name(code).isEmpty)
                count += 1
            }
        }
        #expect(count == 50)
        let other = try Configuration.read(file: nil, changes: ["output.by=tenant"]).openTrace()
        #expect(other.labels == nil)
    }
}
