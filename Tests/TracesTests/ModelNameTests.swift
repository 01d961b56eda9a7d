import Basics
import Testing
import Traces

@Suite("Rows of several models are noted")
struct ModelNameTests {
    private func remarks(_ text: String) throws -> [String] {
        try withFile(text) { try readAll($0).notes.remarks }
    }

    private static let served = "): one model serves them all, and they share its cache"

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

    @Test("names the first of many")
    func many() throws {
        let rows = (0..<40).map { "\($0),m\($0 % 20),5,5\n" }.joined()
        let said = try remarks("timestamp,model,input_tokens,output_tokens\n" + rows)
        let first = "rows name more than 16 models (m0 2, m1 2, m2 2, m3 2, ..."
        #expect(said == [first + Self.served])
    }
}
