import Basics
import Foundation
import Reports
import Results
import Testing

@testable import Simulator

@Suite("Tables and charts")
struct TableTests {
    @Test("align columns and leave no spaces at line ends")
    func table() {
        var table = TextTable(["name", "value"])
        table.add(["a", "1"])
        table.add(["long name", "100"])
        #expect(
            table.text == """
                name       value
                ────────────────
                a              1
                long name    100
                """)
        #expect(table.markdown.hasPrefix("| name | value |\n|---|---:|\n| a | 1 |"))
    }

    @Test("break titles that make them wider than the page, and leave narrow ones whole")
    func titles() {
        let wide = String(repeating: "x", count: 57)
        var table = TextTable(["key", "max_num_batched_tokens", "TTFT p99", wide])
        table.add(["a", "8192", "1.25 s", "1"])
        let lines = table.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "     max_num_")
        #expect(lines[1].hasPrefix("     batched_    TTFT"))
        #expect(lines[2].hasPrefix("key    tokens     p99  xxxx"))
        #expect(lines[3].allSatisfy { $0 == "─" } && lines[3].count == 80)
        #expect(lines[4].hasPrefix("a        8192  1.25 s"))
        #expect(lines.count == 5)
    }

    @Test("put headings across columns, which they do not widen")
    func headings() {
        var table = TextTable(["figure", "rows"])
        table.add(heading: "a server with a long name")
        table.add(["  ttft", "9"])
        #expect(
            table.text == """
                figure  rows
                ────────────
                a server with a long name
                  ttft     9
                """)
        #expect(table.count == 2)
    }

    @Test("draw bars to an eighth of a character")
    func bars() {
        #expect(Chart.bar(1, of: 2, width: 4) == "██")
        #expect(Chart.bar(1, of: 16, width: 2) == "▏")
        #expect(Chart.bar(1e-9, of: 1, width: 8) == "▏")
        #expect(Chart.bar(0, of: 1, width: 8).isEmpty)
        #expect(Chart.bar(.nan, of: 1, width: 8).isEmpty)
        #expect(Chart.sparkline([0, 1, 4, 8]) == " ▂▅█")
        #expect(Chart.squeezed([1, 3, 5, 7], to: 2) == [2, 6])
    }
}

@Suite("A run's summary")
struct SummaryTests {
    /// Three finished requests in two seconds, by hand.
    private var result: RunResult {
        var result = RunResult()
        result.start = 1_000_000_000_000
        result.end = 3_000_000_000_000
        result.counters.requests = 4
        result.counters.finished = 3
        result.counters.rejected = 1
        result.counters.promptTokens = 600
        result.counters.outputTokens = 90
        result.counters.finishedPromptTokens = 600
        result.counters.finishedOutputTokens = 90
        result.counters.hitTokens = 150
        result.counters.queriedTokens = 600
        result.counters.steps = 40
        result.counters.scheduledEntries = 80
        result.counters.scheduledTokens = 560
        result.goodRequests = 2
        result.replicas = 2
        result.blocksPerReplica = 100
        result.usedBlockSeconds = 100
        result.peakUsedBlocks = 50
        result.busyTime = 1_000_000_000_000
        var firstTokens = HotHistogram()
        for milliseconds in [10, 20, 30] as [Int64] {
            firstTokens.add(milliseconds * 1_000_000_000)
        }
        result.timeToFirstToken = LatencyHistogram(firstTokens)
        result.digest = "00000000000000ff"
        return result
    }

    private func keys(_ summary: RunSummary) throws -> [String: Any] {
        let data = Data(try jsonText(summary).utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("has the keys and the meaning of vLLM's serving benchmark")
    func keys() throws {
        let values = try keys(RunSummary(result, clock: "linear"))
        #expect(values["duration"] as? Double == 2)
        #expect(values["completed"] as? Int == 3)
        #expect(values["num_prompts"] as? Int == 4)
        #expect(values["total_input_tokens"] as? Int == 600)
        #expect(values["request_throughput"] as? Double == 1.5)
        #expect(values["request_goodput"] as? Double == 1)
        #expect(values["output_throughput"] as? Double == 45)
        #expect(values["total_token_throughput"] as? Double == 345)
        let mean = try #require(values["mean_ttft_ms"] as? Double)
        #expect(abs(mean - 20) < 1e-9)
        let median = try #require(values["median_ttft_ms"] as? Double)
        #expect(abs(median - 20) < 0.02)
        #expect(values["max_ttft_ms"] as? Double == 30)
        for statistic in ["mean", "median", "p90", "p95", "p99", "max"] {
            #expect(values["\(statistic)_ttft_ms"] is Double, "\(statistic)")
            // No request has two tokens.
            #expect(values["\(statistic)_tpot_ms"] == nil, "\(statistic)")
        }
    }

    @Test("takes shares over all replicas and blocks")
    func shares() throws {
        let summary = RunSummary(result, clock: "linear")
        #expect(summary.prefixHitRate == 0.25)
        #expect(summary.meanKVUse == 0.25)
        #expect(summary.peakKVUse == 0.5)
        #expect(summary.busyShare == 0.25)
        #expect(summary.meanBatchSize == 2)
        #expect(summary.meanTokensPerStep == 14)
    }

    @Test("of a run without requests has zeros and no NaN")
    func empty() throws {
        let values = try keys(RunSummary(RunResult(), clock: ""))
        for case (let key, let value as Double) in values
        where key != "replicas" && key != "num_gpu_blocks" {
            #expect(value == 0, "\(key)")
        }
    }

    @Test("as a page names every statistic")
    func page() {
        let summary = RunSummary(result, clock: "linear", warnings: ["mind the gap"])
        let page = RunReport.text(summary, result: result, objective: "TTFT at most 20 ms")
        for part in [
            "TTFT", "TPOT", "ITL", "E2E", "queue", "3 finished, 1 rejected", "1.50 requests/s",
            "(50.0 %) with TTFT at most 20 ms", "25.0 % of prompt tokens hit", "peak 50.0 %",
            "2.00 requests and 14.0 tokens a step", "00000000000000ff", "Clock: linear",
            "Note: mind the gap", "< 20.0 ms",
        ] { #expect(page.contains(part), "\(part)") }
        #expect(!page.contains(" \n"))
    }

    @Test("shares of the TTFT's classes sum to the whole")
    func distribution() throws {
        let page = RunReport.text(
            RunSummary(result, clock: ""), result: result, objective: "")
        let shares = page.split(separator: "\n").filter { $0.contains("< ") }
            .compactMap { $0.split(separator: " ").dropLast().last.flatMap { Double($0) } }
        #expect(abs(shares.reduce(0, +) - 100) < 0.2, "\(page)")
    }
}

@Suite("A timeline")
struct TimelineTests {
    private func record(_ arrival: Int64, _ finish: Int64) -> RequestRecord {
        var record = RequestRecord(id: 0, arrival: arrival, promptTokens: 1)
        record.firstToken = arrival + 5_000_000_000
        record.finish = finish
        record.outputTokens = 10
        return record
    }

    @Test("counts each request where it arrived, and keeps its windows few")
    func picture() throws {
        var timeline = Timeline()
        #expect(timeline.picture == nil)
        let second: Int64 = 1_000_000_000_000
        // One request a second, each one stays two seconds, over three hours.
        for arrival in 0..<10_800 as Range<Int64> {
            timeline.add(record(arrival * second, (arrival + 2) * second))
        }
        let picture = try #require(timeline.picture)
        // The last window ends behind the run, so their length is told and not the run's.
        #expect(picture.hasPrefix("Over simulated time, windows of "), "\(picture)")
        #expect(picture.contains("arrivals"))
        #expect(picture.contains("at most 1.01/s"), "\(picture)")
        #expect(picture.contains("at most 2.00\n"), "\(picture)")
        #expect(picture.contains("at most 5.00 ms"))
        for line in picture.split(separator: "\n") { #expect(line.count <= 105) }
    }
}
