import Basics
import Testing
import Traces

@Suite("Rows of several models are noted")
struct ModelNameTests {
    private func remarks(_ text: String) throws -> [String] {
        try withFile(text) { try readAll($0).notes.remarks }
    }

    private static let served =
        "): one model serves them all, and they share its cache (trace.model keeps one's)"

    @Test("of a CSV, of JSON lines, and of sessions")
    func rows() throws {
        let burst =
            "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
            + "5,ChatGPT,472,18,490,Conversation log\n45,\"GPT-4\",10,23,33,API log\n"
            + "46,ChatGPT,10,23,33,API log\n"
        #expect(try remarks(burst) == ["rows name 2 models (ChatGPT 2, GPT-4 1" + Self.served])
        func mooncake(_ second: Int, _ model: String) -> String {
            """
            {"timestamp":\(second)000,"input_length":9,"output_length":5,"model":\(model)}

            """
        }
        let lines = mooncake(0, #""a""#) + mooncake(1, "null") + mooncake(2, #""b""#)
        #expect(try remarks(lines) == ["rows name 2 models (a 1, b 1" + Self.served])
        #expect(try remarks(mooncake(0, #""a""#) + mooncake(1, #""a""#)).isEmpty)

        let weka = """
            {"id":"s","model":"opus","block_size":64,"hash_id_scope":"local","requests":[
            {"t":0,"model":"opus","in":64,"out":5,"hash_ids":[1]},
            {"t":9,"model":"haiku","in":64,"out":5,"hash_ids":[1]}]}
            """
        #expect(try remarks(weka) == ["rows name 2 models (opus 1, haiku 1" + Self.served])
    }

    @Test("of spans, whose errors are counted too")
    func spans() throws {
        func span(_ second: Int, _ model: String, more: String = "") -> String {
            """
            {"startTimeUnixNano":"170000000\(second)000000000","attributes":{
            "gen_ai.usage.input_tokens":9,"gen_ai.usage.output_tokens":5,
            "gen_ai.request.model":"\(model)"\(more)}}

            """
        }
        let failed = span(1, "n", more: #","error.type":"timeout""#)
        #expect(
            try remarks(span(0, "m") + failed) == [
                "spans with an error.type: replayed like the others: 1",
                "rows name 2 models (m 1, n 1" + Self.served,
            ])
    }

    /// Arrivals in seconds, and remarks, of the rows of one model.
    private func kept(
        _ text: String, _ model: String, _ change: (inout TraceOptions) -> Void = { _ in }
    ) throws -> (arrivals: [Int64], remarks: [String], workload: Workload) {
        var options = TraceOptions()
        options.model = model
        change(&options)
        return try withFile(text) { path in
            let (workload, notes) = try readAll(path, options)
            return (workload.arrivals.map { $0 / 1_000_000_000 }, notes.remarks, workload)
        }
    }

    @Test("of one model are kept alone, with what is left out counted")
    func oneModel() throws {
        let csv =
            "timestamp,model,input_tokens,output_tokens\n0,a,10,5\n1,\"b\",20,5\n2,a,30,5\n"
            + "3,,40,5\n4,ab,50,5\n5,b,60,5\n"
        let a = try kept(csv, "a")
        #expect(a.arrivals == [0, 2] && a.workload.promptTokens == [10, 30])
        #expect(
            a.remarks == [
                "only the rows of a are replayed (trace.model); left out: 3 rows of other models "
                    + "and 1 row without a model's name"
            ])
        // The trace's own clock stays, and a limit counts what is kept.
        #expect(try kept(csv, "b").arrivals == [1, 5])
        #expect(try kept(csv, "b") { $0.limit = 1 }.arrivals == [1])
        #expect(try kept(csv, "b") { $0.window = 2_000_000_000..<9_000_000_000 }.arrivals == [3])
        // Asked for, so that strict reading allows it.
        #expect(try kept(csv, "a") { $0.isStrict = true }.arrivals == [0, 2])
        let lines = (0..<6).map { row in
            "{\"timestamp\":\(row)000,\"input_length\":9,\"output_length\":5,"
                + "\"model\":\"\(row % 2 == 0 ? "x" : "y")\"}\n"
        }.joined()
        #expect(try kept(lines, "y").arrivals == [1, 3, 5])
        let native = (0..<4).map { row in
            "{\"id\":\(row),\"arrival_us\":\(row)000000,\"prompt_tokens\":9,"
                + "\"output_tokens\":5,\"model\":\"\(row < 2 ? "x" : "y")\""
                + (row > 0 ? ",\"after\":\(row - 1)" : "") + "}\n"
        }.joined()
        let turns = try kept(native, "y")
        #expect(turns.arrivals.count == 2 && turns.workload.predecessors == [-1, 2])
    }

    @Test("of one model in sessions and spans")
    func oneModelOfSessions() throws {
        let weka = """
            {"id":"s","model":"opus","block_size":64,"hash_id_scope":"local","requests":[
            {"t":0,"model":"opus","in":64,"out":5,"hash_ids":[1]},
            {"t":9,"model":"haiku","in":128,"out":5,"hash_ids":[1,2]},
            {"t":20,"model":"opus","in":192,"out":5,"hash_ids":[1,2,3]}]}
            """
        let opus = try kept(weka, "opus")
        #expect(opus.workload.promptTokens == [64, 192])
        #expect(opus.remarks.contains { $0.contains("left out: 1 row of other models") })
        let spans = (0..<3).map { second in
            """
            {"startTimeUnixNano":"170000000\(second)000000000","attributes":{\
            "gen_ai.usage.input_tokens":\(second + 1),"gen_ai.usage.output_tokens":5,\
            "gen_ai.request.model":"\(second == 1 ? "n" : "m")"}}

            """
        }.joined()
        #expect(try kept(spans, "n").workload.promptTokens == [2])
    }

    @Test("of no such model are an error that names those there are")
    func noSuchModel() throws {
        func failure(_ text: String, _ model: String) -> String {
            let error = #expect(throws: InputError.self) { try kept(text, model) }
            return error.map { "\($0)" } ?? ""
        }
        let csv = "timestamp,model,input_tokens,output_tokens\n0,a,10,5\n1,b,10,5\n"
        #expect(failure(csv, "c").contains("no row of the model \"c\" can be replayed"))
        #expect(failure(csv, "c").contains("one that rows name: a 1, b 1"))
        #expect(failure(csv, "").contains("no row of the model \"\" can"))
        let bare = "timestamp,input_tokens,output_tokens\n0,10,5\n"
        #expect(failure(bare, "a").contains("no row names a model"))
        let other = """
            {"schema":"dynamo.request.trace.v1"}
            """
        #expect(!failure(other, "a").isEmpty)
    }

    @Test("names the first of many")
    func many() throws {
        let rows = (0..<40).map { "\($0),m\($0 % 20),5,5\n" }.joined()
        let said = try remarks("timestamp,model,input_tokens,output_tokens\n" + rows)
        let first = "rows name more than 16 models (m0 2, m1 2, m2 2, m3 2, ..."
        #expect(said == [first + Self.served])
    }
}
