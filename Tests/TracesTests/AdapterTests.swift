import Basics
import Testing
import Traces

@Suite("Requests of different LoRA adapters share no content")
struct AdapterTests {
    /// Prompt tokens of each request that an endless cache of prompts and answers hits.
    private func hits(_ text: String, _ options: TraceOptions = TraceOptions()) throws -> [Int] {
        let (workload, _) = try withFile(text) { try readAll($0, options) }
        return (0..<workload.count).map { row in
            (0..<row).map { before in
                var known = Array(workload.segments(of: before))
                if !workload.outputContents.isEmpty {
                    known.append(
                        Segment(
                            content: workload.outputContents[before],
                            length: workload.outputTokens[before]))
                }
                return zip(known, workload.segments(of: row)).prefix { $0 == $1 }
                    .reduce(0) { $0 + Int($1.0.length) }
            }.max() ?? 0
        }
    }

    private func line(_ second: Int, _ names: String, more: String = "") -> String {
        """
        {"arrival_us":\(second)000000,"segments":[[1,1600]\(more)],"output_tokens":20\(names)}

        """
    }

    private func lines(_ names: [String]) -> String {
        names.enumerated().map { line($0, $1) }.joined()
    }

    @Test("a block belongs to one adapter, or to the base model")
    func adapters() throws {
        let names = ["", #","lora_name":"a""#, #","lora_name":"b""#, #","lora_name":"a""#]
        #expect(try hits(lines(names)) == [0, 0, 0, 1_600])
        // 0, null and an empty name are the base model.
        let base = [#","lora_id":0"#, #","lora_id":null"#, #","lora_id":"""#, ""]
        #expect(try hits(lines(base)) == [0, 1_600, 1_600, 1_600])
        var options = TraceOptions()
        options.separatesAdapters = false
        #expect(try hits(lines(names), options) == [0, 1_600, 1_600, 1_600])
    }

    @Test("long names that begin alike are told apart, however many there are")
    func longNames() throws {
        let stem = String(repeating: "a", count: 64)
        // Reading is linear: 4,000 such names took 26 s.
        let names = (0..<20_000).map { ",\"lora_name\":\"\(stem)\($0 / 2)\"" }
        var options = TraceOptions()
        options.labels = [.lora]
        let (workload, notes) = try withFile(lines(names)) { try readAll($0, options) }
        #expect(workload.count == 20_000 && notes.labels[0].name(9_999) == "\(stem)... #10000")
        let contents = (0..<20_000).map { workload.segments(of: $0).first?.content }
        #expect(Set(contents).count == 10_000)
    }

    @Test("an answer is quoted within its adapter alone")
    func answers() throws {
        let quote = ",[7,20],[9,5]"
        let text =
            line(0, #","out_content":7,"lora":"a""#) + line(1, #","lora":"a""#, more: quote)
            + line(2, #","lora":"b""#, more: quote) + line(3, "", more: quote)
        #expect(try hits(text) == [0, 1_620, 0, 0])
    }

    @Test("block ids of other formats are separated too, and a note says what is left out")
    func blocks() throws {
        let rows = ["a", "b", "a"].enumerated().map { second, name in
            """
            {"timestamp":\(second)000,"input_length":1024,"output_length":5,"hash_ids":[4,5],\
            "adapter":"\(name)"}

            """
        }.joined()
        #expect(try hits(rows) == [0, 0, 1_024])
        try withFile(rows) { path in
            let (source, notes) = try openTrace(path)
            let info = try TraceInfo(source, notes: notes)
            #expect(info.reuse?.hitTokens == 1_024 && info.reuse?.uniqueBlocks == 4)
            #expect(notes.remarks.count == 1 && notes.remarks[0].contains("--max-loras"))
            #expect(notes.unknownKeys.isEmpty)
        }
    }

    @Test("a trace without adapters is what it was")
    func none() throws {
        try withFile(lines(["", #","tenant":"t""#])) { path in
            var options = TraceOptions()
            let (workload, notes) = try readAll(path, options)
            options.separatesAdapters = false
            #expect(try readAll(path, options).workload == workload)
            #expect(workload.segments.map(\.content) == [1, 1] && notes.remarks.isEmpty)
        }
    }

    @Test("a dropped row's adapter is not the next row's")
    func rows() throws {
        let dropped = line(1, #","lora":"b""#).replacing(#"tokens":20"#, with: #"tokens":0"#)
        let text = line(0, #","lora":"a""#) + dropped + line(2, "") + line(3, #","lora":"b""#)
        #expect(try hits(text) == [0, 0, 0])
    }
}
