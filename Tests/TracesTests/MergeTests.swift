import Basics
import Foundation
import TestSupport
import Testing

@testable import Traces

/// A trace that is cut in two and merged again.
@Suite("Merging the parts of a trace")
struct MergeTests {
    /// The requests of parts merged in an order, and what their readers noted.
    private func merged(_ parts: [String]) throws -> (workload: Workload, notes: [TraceNotes]) {
        let folder = try ScratchFolder()
        let opened = try parts.enumerated().map { number, text in
            try openTrace(folder.write("\(number)", Array(text.utf8)))
        }
        let notes = opened.map(\.notes)
        var source = try MergedSource(opened.map(\.source)) {
            TraceNotes.distances(notes) ?? parts.map { _ in 0 }
        }
        var all = Workload()
        while let batch = try source.next() { all.append(contentsOf: batch) }
        return (all, notes)
    }

    /// A header and rows, cut before a row.
    private func expectWhole(
        _ header: String, _ rows: [String], cut: Int, ends: String = "\n"
    ) throws {
        func text(_ rows: some Sequence<String>) -> String {
            ([header].filter { !$0.isEmpty } + rows).map { $0 + ends }.joined()
        }
        let whole = try withFile(text(rows)) { try readAll($0).workload }
        let parts = [text(rows[..<cut]), text(rows[cut...])]
        for parts in [parts, parts.reversed()] {
            let (again, notes) = try merged(parts)
            #expect(again.arrivals == whole.arrivals)
            #expect(again.promptTokens == whole.promptTokens)
            #expect(again.outputTokens == whole.outputTokens)
            #expect(again.ids == whole.ids)
            #expect(TraceNotes.distances(notes)?.min() == 0)
        }
    }

    @Test("dates and times since 1970 keep their distances, in either order of the files")
    func distances() throws {
        let seed: UInt64 = 11
        print("merging the parts of a trace: seed \(seed)")
        var random = SeededRandom(seed: seed)
        var seconds: [Int] = [0]
        for _ in 1..<60 { seconds.append(seconds.last! + random.below(900)) }
        // Two at one time, on either side of the cut.
        seconds[30] = seconds[29]
        func lengths() -> String { "\(1 + random.below(4000)),\(1 + random.below(500))" }
        func digits(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let dates = seconds.map { time in
            let (hour, rest) = (20 + time / 3600, time % 3600)
            return "2023-11-\(16 + hour / 24) \(digits(hour % 24)):\(digits(rest / 60)):"
                + "\(digits(rest % 60)).0480000,\(lengths())"
        }
        try expectWhole("TIMESTAMP,ContextTokens,GeneratedTokens", dates, cut: 30)
        try expectWhole(
            "Model,TIMESTAMP,GeneratedTokens,ContextTokens", dates.map { "m," + $0 }, cut: 30)
        for scale in ["", "000", "000000"] {
            let epochs = seconds.map { "\(1_700_000_000 + $0)\(scale),\(lengths())" }
            try expectWhole("timestamp,input_tokens,output_tokens", epochs, cut: 30)
        }
        let served = seconds.map { time in
            "{\"input_toks\":\(1 + random.below(900)),\"output_toks\":5,"
                + "\"arrival_time\":\(1_700_000_000 + time).25}"
        }
        try expectWhole("", served, cut: 17)
    }

    @Test(
        "the parts of a published trace make it again",
        .enabled(if: evidence != nil, "the traces are not beside the checkout"))
    func published() throws {
        let path = shared("traces/azure_llm_2023/AzureLLMInferenceTrace_code.csv")
        try #require(FileSystem.exists(path), "\(path)")
        let text = String(
            decoding: try InputFile.contents(path, atMost: 1 << 24, expected: "a CSV"),
            as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        try expectWhole(lines[0], Array(lines[1...]), cut: 4_409)
    }

    @Test("files without dates begin together, and none is dated beside them")
    func others() throws {
        let bare = "arrived_at,num_prefill_tokens,num_decode_tokens\n5,10,5\n6,10,5\n"
        let dated = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 20:00:00,10,5\n"
        let (workload, notes) = try merged([bare, dated])
        #expect(TraceNotes.distances(notes) == nil)
        #expect(notes.map(\.isDated) == [false, true])
        #expect(workload.arrivals == [0, 0, 1_000_000_000])
    }

    @Test("counts the traces whose equal content ids are kept apart")
    func contents() throws {
        let mooncake =
            "{\"timestamp\":0,\"input_length\":512,\"output_length\":5,\"hash_ids\":[1]}\n"
        let bare = "arrived_at,num_prefill_tokens,num_decode_tokens\n5,10,5\n6,10,5\n"
        for (texts, count) in [([mooncake, mooncake], 2), ([mooncake, bare], 1)] {
            let folder = try ScratchFolder()
            let sources = try texts.enumerated().map { number, text in
                try openTrace(folder.write("\(number)", Array(text.utf8))).source
            }
            var merged = try MergedSource(sources, offsets: [0, 0])
            while try merged.next() != nil {}
            #expect(merged.withContent.value == count)
        }
    }
}

/// CSV as RFC 4180 has it: a field in quotation marks is the field.
@Suite("Quoted fields of a CSV")
struct QuotedFieldTests {
    private static let bare = """
        arrived_at,num_prefill_tokens,num_decode_tokens,session id,priority
        0.25,637,203,a,1
        1.5,100,20,b,
        3,90,30,a,2

        """

    private func quoted(_ text: String) -> String {
        text.split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false)
                .map { "\"\($0)\"" }.joined(separator: ",") + "\n"
        }.joined()
    }

    @Test("are read as bare ones")
    func same() throws {
        let whole = try withFile(Self.bare) { try readAll($0).workload }
        #expect(whole.count == 3 && whole.priorities == [1, 0, 2])
        #expect(try withFile(quoted(Self.bare)) { try readAll($0).workload } == whole)
        let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9,48,10\n"
        let dated = try withFile(azure) { try readAll($0).workload }
        for text in [
            quoted(azure), azure.replacing(",48,10", with: ",\"48\",10"),
        ] {
            #expect(try withFile(text) { try readAll($0).workload } == dated)
        }
        // A comma in a text parts no fields.
        let text = """
            "name, or title",arrived_at,num_prefill_tokens,num_decode_tokens
            "x ""y"", z",0.25,637,203
            plain,1.5,100,20

            """
        let named = try withFile(text) { try readAll($0) }
        #expect(named.workload.promptTokens == [637, 100])
        #expect(named.notes.assumptions.contains { $0.contains("name, or title") })
    }

    @Test("what is wrong with them, or with a first date, is said")
    func errors() throws {
        let header = "timestamp,input_tokens,output_tokens\n"
        for (row, words) in [
            ("\"1,5,5", "the time is followed by"),
            ("1,\"5x\",5", "expected a quotation mark"),
            ("2024-02-30 10:00:00,10,10", ":2: the time is no date that is read: \"2024-02-30"),
            ("03/01/2024 10:00:00,10,10", "expected YYYY-MM-DD HH:MM:SS"),
            ("10:00:05,10,10", "the time is no date that is read"),
            ("abc,10,10", "the time is not a number"),
        ] {
            let text = try failure(header + row + "\n")
            #expect(text.contains(words), "\(row): \(text)")
        }
    }

    // Quadratic in its columns it takes minutes in a debug build.
    @Test("a header of many columns is read", .timeLimit(.minutes(1)))
    func columns() throws {
        let names = (0..<60_000).map { "c\($0)" }.joined(separator: ",")
        let zeros = Array(repeating: "0", count: 60_000).joined(separator: ",")
        let text = "arrived_at,num_prefill_tokens,num_decode_tokens,\(names)\n1,10,5,\(zeros)\n"
        #expect(try withFile(text) { try readAll($0).workload.count } == 1)
    }
}
