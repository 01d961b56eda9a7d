import Foundation
import Testing

@testable import Reports
@testable import Results
@testable import Simulator

@Suite("A page on a terminal")
struct PageWidthTests {
    private func table() -> TextTable {
        var table = TextTable(
            ["case", "metric"] + (1...9).map { "figure \($0)" }, alignments: [.left, .left])
        table.add(["chat", "mean_ttft_ms"] + (1...9).map { "\($0) ms" })
        table.add(["a long name of a case", "digest"] + (1...9).map { "\($0 * 1_000) ms" })
        return table
    }

    private func widest(_ text: String) -> Int {
        text.split(separator: "\n").map(\.count).max() ?? 0
    }

    @Test("holds a table whole: broken up where it is too wide", arguments: [30, 50, 80, 100, 500])
    func tables(columns: Int) {
        let whole = PageWidth.$columns.withValue(1_000) { table().text }
        let text = PageWidth.$columns.withValue(columns) { table().text }
        #expect(widest(text) <= columns)
        for number in 1...9 {
            #expect(text.contains("\(number * 1_000) ms"))
        }
        #expect(text.split { $0 == " " || $0 == "\n" }.count { $0 == "figure" } == 9)
        #expect((columns >= widest(whole)) == (text == whole))
        // Each part says which row is which.
        let parts = text.split(separator: "\n").filter { $0.contains("─") }.count
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("chat ") }.count == parts)
        #expect(PageWidth.$columns.withValue(columns) { table().markdown } == table().markdown)
    }

    @Test("puts names that are too wide above their figures, in a file")
    func wideNames() {
        var table = TextTable(["run", "mean", "p99"])
        table.add(["a/" + String(repeating: "n", count: 150), "41.2 ms", "99.1 ms"])
        table.add(["short", "1.20 ms", "2.10 ms"])
        let lines = table.text.split(separator: "\n")
        #expect(lines[0].hasPrefix("run") && lines[0].hasSuffix("mean      p99"))
        #expect(lines[2] == "a/" + String(repeating: "n", count: 150))
        #expect(lines[3].hasPrefix("   ") && lines[3].hasSuffix("41.2 ms  99.1 ms"))
        #expect(lines[4].hasPrefix("short") && lines[4].hasSuffix("1.20 ms  2.10 ms"))
        #expect(
            lines.count == 5
                && Set(
                    lines.indices.filter { $0 != 2 && $0 != 1 }
                        .map { lines[$0].count }) == [80]
        )
    }

    @Test("keeps the columns of a group in one part, where they fit")
    func together() {
        let names = ["before", "after", "change"]
        var table = TextTable(
            [""] + names + names, together: [1..<4, 4..<7])
        table.add(["row"] + (1...6).map { "figure \($0) ms" })
        let parts = PageWidth.$columns.withValue(60) { table.text }.components(
            separatedBy: "\n\n")
        #expect(parts.count == 2)
        #expect(parts.allSatisfy { part in names.allSatisfy(part.contains) })
        let narrow = PageWidth.$columns.withValue(30) { table.text }
        #expect(widest(narrow) <= 30 && (1...6).allSatisfy { narrow.contains("figure \($0) ms") })
    }

    @Test("breaks comments of a configuration, each line a comment")
    func comments() {
        let words = String(repeating: "word ", count: 30).dropLast()
        let text = "    // \(words)\nkey: \"\(words)\",\n# \(words)\n// short"
        let lines = PageWidth.comments(text).split(separator: "\n")
        #expect(lines.contains("key: \"\(words)\",") && lines.last == "// short")
        let comments = lines.filter { !$0.hasPrefix("key") }
        #expect(comments.count == 6 && comments.allSatisfy { $0.count <= 80 })
        #expect(comments[0..<3].allSatisfy { $0.hasPrefix("    // w") })
        #expect(comments[3..<5].allSatisfy { $0.hasPrefix("# w") })
    }

    @Test("cuts a name that leaves no room beside it")
    func names() {
        var table = TextTable(["run", "mean"])
        table.add([String(repeating: "n", count: 150), "41.2 ms"])
        let text = PageWidth.$columns.withValue(40) { table.text }
        #expect(widest(text) == 40 && text.contains("…") && text.contains("41.2 ms"))
    }

    @Test("draws narrower bars", arguments: [20, 40, 60])
    func bars(columns: Int) {
        let rows = [("up to 5 ms", 0.25, "25.0 %"), ("more", 0.75, "75.0 %")]
            .map { (label: $0.0, value: $0.1, text: $0.2) }
        let text = PageWidth.$columns.withValue(columns) { Chart.bars(rows) }
        #expect(widest(text) <= max(columns, 27))
        #expect(text.contains("25.0 %") && text.contains("█"))
    }

    @Test(
        "breaks lines at words, beside their label",
        arguments: [
            ("short", "short"),
            (
                "batch         13.5 requests and 78.8 tokens a step, 288,635 steps",
                "batch         13.5 requests and\n              78.8 tokens a\n"
                    + "              step, 288,635\n              steps"
            ),
            (
                "Note: one two three four five six seven",
                "Note: one two three four five\nsix seven"
            ),
            (
                "  indented words of a line that goes on",
                "  indented words of a line that\n  goes on"
            ),
            (
                "──────────────────────────────────────── x",
                "──────────────────────────────────────── x"
            ),
            (String(repeating: "x", count: 50), String(repeating: "x", count: 50)),
        ])
    func lines(text: String, expected: String) {
        #expect(PageWidth.$columns.withValue(31) { PageWidth.wrapped(text) } == expected)
        #expect(PageWidth.wrapped(text) == text)
    }

    @Test("fits sentences in 80 columns where there is no terminal, and leaves tables and commands")
    func page() {
        let wide = String(repeating: "wide ", count: 20)
        let table = "name  figure\n────────────\na          1"
        let command = "Next          headway run \(wide)"
        let page = PageWidth.page("batch         \(wide)\n\n\(table)\n\n\(command)\n\(command)")
        let parts = page.components(separatedBy: "\n\n")
        #expect(parts.count == 3 && parts[1] == table && parts[2] == "\(command)\n\(command)")
        let lines = parts[0].split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.count <= 80 })
        #expect(lines[1].hasPrefix("              wide"))
        #expect(PageWidth.$columns.withValue(40) { PageWidth.page(wide) }.contains("\n"))
        // A sentence that touches a table is broken too, and settings go on as in a shell.
        #expect(PageWidth.page(table + "\n" + wide).split(separator: "\n").count == 5)
        let settings = (1...9).map { "engine.key_\($0)=1024" }.joined(separator: " ")
        let broken = PageWidth.page("BEST: " + settings).split(separator: "\n")
        #expect(broken.count == 3 && broken.allSatisfy { $0.count <= 80 })
        #expect(broken.dropLast().allSatisfy { $0.hasSuffix(" \\") })
        #expect(broken.joined().replacing(" \\ ", with: "") == "BEST: " + settings)
        // What is pasted with the command below it stays a comment.
        let comment = "# " + String(repeating: "word ", count: 30)
        let comments = PageWidth.page(comment).split(separator: "\n")
        #expect(comments.count > 1 && comments.allSatisfy { $0.hasPrefix("# ") })
    }

    @Test("keeps a number and its unit on one line")
    func units() {
        let text = "the shares are 12.5 %, and (3.4 ms) of it"
        for columns in 20...40 {
            let lines = PageWidth.$columns.withValue(columns) { PageWidth.wrapped(text) }
            #expect(lines.contains("12.5 %,") && lines.contains("(3.4 ms)"), "\(columns)")
        }
    }
}

@Suite("Every figure of a page")
struct PageFigureTests {
    private func keys(_ summary: RunSummary) throws -> [String: Any] {
        let data = Data(try jsonText(summary).utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("is in summary.json: distribution, series and the slowest 1 %")
    func nested() throws {
        var result = RunResult()
        var firstTokens = HotHistogram()
        for microseconds in [1_500, 15_000, 15_000, 700_000] as [Int64] {
            firstTokens.add(microseconds * 1_000_000)
        }
        result.timeToFirstToken = LatencyHistogram(firstTokens)
        var summary = RunSummary(result, clock: "")
        var timeline = Timeline()
        for second in 0..<2 {
            var record = RequestRecord(
                id: Int64(second), arrival: Int64(second) * 1_000_000_000_000, promptTokens: 1)
            record.outputTokens = 4
            if second == 0 { record.firstToken = record.arrival + 20_000_000_000 }
            record.finish = record.arrival + 40_000_000_000
            timeline.add(record)
        }
        summary.series = timeline.series
        summary.slowestParts = [.init(latency: "ttft", part: .queue, milliseconds: 3)]
        let values = try keys(summary)
        let classes = try #require(values["ttft_distribution"] as? [[String: Double]])
        #expect(classes.first == ["below_ms": 2, "share": 0.25])
        #expect(classes.last == ["below_ms": 1_000, "share": 0.25])
        #expect(classes.reduce(0) { $0 + $1["share"]! } == 1)
        let series = try #require(values["time_series"] as? [String: Any])
        #expect(series["window_s"] as? Double == 0.1)
        let arrivals = try #require(series["arrivals_per_s"] as? [Double])
        #expect(arrivals.count == 11 && arrivals[0] == 10 && arrivals[10] == 10)
        let waits = try #require(series["mean_ttft_ms"] as? [Any])
        #expect(waits[0] as? Double == 20 && waits[10] is NSNull)
        let slowest = try #require(values["slowest_1_percent"] as? [String: Double])
        #expect(slowest == ["mean_ttft_queue_ms": 3])
    }

    @Test("is absent where there is none, and not 0")
    func absent() throws {
        let values = try keys(RunSummary(RunResult(), clock: ""))
        for key in [
            "mean_ttft_ms", "p99_itl_ms", "max_queue_ms", "prefix_hit_rate", "mean_batch_size",
            "ttft_distribution", "time_series", "slowest_1_percent",
        ] { #expect(values[key] == nil, "\(key)") }
        #expect(values["completed"] as? Int == 0)
    }
}
