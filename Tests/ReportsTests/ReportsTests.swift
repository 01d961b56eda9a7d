import Basics
import Foundation
import Reports
import Testing

@testable import Simulator

@Suite("Numbers for people")
struct QuantityTests {
    @Test(
        "group thousands",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func counts(value: Int, text: String) { #expect(Quantity.count(value) == text) }

    @Test(
        "keep three significant digits",
        arguments: [
            (0.0, "0"), (41.23, "41.2"), (412.3, "412"), (1234.5, "1,234"), (0.04123, "0.0412"),
            (99.97, "100"), (.infinity, "inf"), (.nan, "nan"), (-2.5, "-2.50"),
        ])
    func significant(value: Double, text: String) {
        #expect(Quantity.significant(value) == text)
    }

    @Test(
        "choose the unit that reads best",
        arguments: [
            (0.0, "0 s"), (8.12e-4, "812 µs"), (0.0412, "41.2 ms"), (3.05, "3.05 s"),
            (90.0, "90.0 s"), (600.0, "10 min"), (9000.0, "2 h 30 min"), (200_000.0, "2 d 7 h"),
        ])
    func durations(seconds: Double, text: String) {
        #expect(Quantity.duration(seconds: seconds) == text)
    }

    @Test(
        "lose no digit where they are exact",
        arguments: [
            (0, "0.000000"), (1, "0.000001"), (999_999, "0.999999"), (12_000_001, "12.000001"),
        ])
    func exact(value: Int64, text: String) {
        #expect(Quantity.exact(value, decimals: 6) == text)
    }

    @Test("tell decimal from binary bytes")
    func bytes() {
        #expect(Quantity.bytes(327_680) == "327.7 kB")
        #expect(Quantity.binaryBytes(85_899_345_920) == "80.0 GiB")
        #expect(Quantity.bytes(12) == "12 B")
        #expect(Quantity.percent(0.3736) == "37.4 %")
    }
}

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
            "(50.0 %) with TTFT at most 20 ms", "25.0 % of prompt tokens hit", "50.0 % at peak",
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
        #expect(picture.contains("arrivals"))
        #expect(picture.contains("at most 1.01/s"), "\(picture)")
        #expect(picture.contains("at most 2.00\n"), "\(picture)")
        #expect(picture.contains("at most 5.00 ms"))
        for line in picture.split(separator: "\n") { #expect(line.count <= 105) }
    }
}

@Suite("A row of requests.csv")
struct RequestLineTests {
    private func row(_ record: RequestRecord) -> String {
        var bytes: [UInt8] = []
        RequestLine.append(record, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("has seconds to the microsecond, rounded")
    func finished() {
        var record = RequestRecord(id: 7, arrival: 1_500_000_499_999, promptTokens: 100)
        record.admitted = 1_500_000_500_000
        record.firstToken = 2_000_000_000_000
        record.finish = 3_999_999_999_999
        record.hitTokens = 64
        record.outputTokens = 5
        record.preemptions = 1
        record.replica = 3
        record.priority = -2
        record.outcome = .finished
        #expect(
            row(record)
                == "7,1.500000,1.500001,2.000000,4.000000,100,64,5,1,3,finished,,-2\n")
    }

    @Test("leaves empty what never happened, and says why")
    func rejected() {
        var record = RequestRecord(id: -1, arrival: 0, promptTokens: 9)
        record.outcome = .rejected
        record.rejection = .needsMoreBlocksThanThePool
        #expect(row(record) == "-1,0.000000,,,,9,0,0,0,,rejected,exceeds_kv_pool,0\n")
    }

    /// A row as one would write it without a thought for speed.
    private func naiveRow(_ record: RequestRecord) -> String {
        func seconds(_ picoseconds: Int64) -> String {
            guard picoseconds >= 0 else { return "" }
            let microseconds = (UInt64(picoseconds) + 500_000) / 1_000_000
            let fraction = String(microseconds % 1_000_000)
            let zeros = String(repeating: "0", count: 6 - fraction.count)
            return "\(microseconds / 1_000_000).\(zeros)\(fraction)"
        }
        let cells = [
            "\(record.id)", seconds(record.arrival), seconds(record.admitted),
            seconds(record.firstToken), seconds(record.finish), "\(record.promptTokens)",
            "\(record.hitTokens)", "\(record.outputTokens)", "\(record.preemptions)",
            record.replica < 0 ? "" : "\(record.replica)", record.outcome.name,
            record.rejection.name, "\(record.priority)",
        ]
        return cells.joined(separator: ",") + "\n"
    }

    @Test("is what a plain formatter makes of any record")
    func random() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        /// Numbers of every length, both limits and both sides of zero.
        func wild() -> Int64 {
            switch random.below(8) {
            case 0: [0, -1, 1, .max, .min, .max - 1][random.below(6)]
            case 1: -Int64(bitPattern: random.next() >> UInt64(1 + random.below(63)))
            case 2:
                // Powers of ten and their neighbours, where lengths change.
                (0..<random.below(19)).reduce(Int64(1)) { power, _ in power * 10 }
                    - Int64(random.below(2))
            default: Int64(bitPattern: random.next() >> UInt64(1 + random.below(63)))
            }
        }
        for _ in 0..<20_000 {
            var record = RequestRecord(
                id: wild(), arrival: wild(), promptTokens: Int32(truncatingIfNeeded: wild()))
            record.admitted = wild()
            record.firstToken = wild()
            record.finish = wild()
            record.hitTokens = Int32(truncatingIfNeeded: wild())
            record.outputTokens = Int32(truncatingIfNeeded: wild())
            record.preemptions = Int32(truncatingIfNeeded: wild())
            record.replica = Int32(truncatingIfNeeded: wild())
            record.priority = Int32(truncatingIfNeeded: wild())
            record.outcome = Outcome.allCases[random.below(Outcome.allCases.count)]
            record.rejection =
                RejectionReason.allCases[
                    random.below(RejectionReason.allCases.count)]
            let text = row(record)
            #expect(text == naiveRow(record), "seed \(seed)")
            guard text == naiveRow(record) else { return }
            #expect(text.utf8.count + TextRoom.slack <= RequestLine.longest, "seed \(seed)")
        }
    }
}
