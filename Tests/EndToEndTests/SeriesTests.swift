import Foundation
import TestSupport
import Testing

/// What `output.series`, `output.token_times`, a window of the timeline and every run's report.json
/// hold.
@Suite("Series, token times and the report's file")
struct SeriesTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Requests in bursts, of which some give up and one is too long.
    private func trace() throws -> String {
        let rows = (0..<150).map { row in
            "{\"id\": \(row), \"arrival_us\": \(1_000_000 + row / 3 * 60_000), \"prompt_tokens\": "
                + "\(row == 70 ? 1_000_000 : 20 + row * 37 % 900), \"output_tokens\": "
                + "\(1 + row * 29 % 150), \"max_tokens\": 200"
                + "\(row % 9 == 4 ? ", \"abort_us\": \(1_000_000 + row * 25_000)" : "")}\n"
        }
        return try scratch.write("t.jsonl", Array(rows.joined().utf8))
    }

    private func run(_ folder: String, _ changes: [String]) throws -> Executable.Outcome {
        var arguments = ["run", "--trace", try trace(), "--quiet", "--json"]
        arguments += changes.flatMap { ["--set", $0] } + ["--out", scratch.path + "/" + folder]
        return try Executable.run(arguments, in: scratch.path)
    }

    private func json(_ file: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(try scratch.text(file).utf8))
        return try #require(value as? [String: Any])
    }

    /// Rows by their columns.
    private func rows(_ file: String) throws -> [[String: String]] {
        let lines = try scratch.text(file).split(separator: "\n")
        let names = lines[0].split(separator: ",").map(String.init)
        return lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return Dictionary(uniqueKeysWithValues: zip(names, cells.map(String.init)))
        }
    }

    @Test(
        "the rows of series.csv add up to summary.json, in sum and by replica",
        arguments: [
            ["cluster.replicas=3", "engine.num_gpu_blocks=160"],
            ["cluster.replicas=2", "output.series_interval_s=0.1"],
            ["cluster.replicas=1", "output.series_interval_s=1000", "engine.advance=step"],
        ])
    func addUp(changes: [String]) throws {
        let outcome = try run("a", changes + ["output.series=true"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let summary = try json("a/summary.json")
        let all = try rows("a/series.csv").filter { $0["replica"] == "all" }
        let own = try rows("a/series.csv").filter { $0["replica"] != "all" }
        for (column, key) in [
            ("arrivals", "num_prompts"), ("finished", "completed"), ("rejected", "rejected"),
            ("aborted", "aborted"), ("steps", "steps"), ("delivered_tokens", "delivered_tokens"),
            ("hit_tokens", "hit_tokens"), ("preemptions", "preemptions"),
        ] {
            for rows in [all, own] {
                let sum = rows.reduce(0) { $0 + (Int($1[column] ?? "") ?? .min / 1_000_000) }
                #expect(sum == summary[key] as? Int, "\(column)")
            }
        }
        func integral(_ column: String) -> Double {
            all.reduce(0) { sum, row in
                sum + (Double(row[column] ?? "") ?? .nan) * (Double(row["seconds"] ?? "") ?? .nan)
            }
        }
        let duration = try #require(summary["duration"] as? Double)
        #expect(abs(all.reduce(0) { $0 + Double($1["seconds"]!)! } - duration) < 1e-9)
        let used = try #require(summary["mean_kv_use"] as? Double)
        #expect(abs(integral("kv_use") / duration - used) < 1e-9)
        let busy = try #require(summary["gpu_busy_share"] as? Double)
        #expect(integral("busy_share") / duration >= busy - 1e-9)
        if changes.contains("engine.num_gpu_blocks=160") {
            #expect(try #require(summary["preemptions"] as? Int) > 0)
        }
        let other = try run("b", changes + ["output.series=true"])
        #expect(other.output == outcome.output)
        for file in ["series.csv", "report.json"] {
            #expect(try scratch.text("a/" + file) == scratch.text("b/" + file))
        }
    }

    @Test("token times end with the request, and are those of stepping")
    func tokenTimes() throws {
        let changes = [
            "cluster.replicas=2", "engine.num_gpu_blocks=200", "output.token_times=true",
        ]
        let fast = try run("a", changes)
        #expect(fast.status == 0, "\(fast.errors)")
        #expect(try run("b", changes + ["engine.advance=step"]).status == 0)
        #expect(try run("c", Array(changes.dropLast())).output == fast.output)
        for file in ["token_times.csv", "token_steps.csv"] {
            #expect(try scratch.text("a/" + file) == scratch.text("b/" + file))
        }
        let requests = try rows("a/requests.csv")
        let tokens = try rows("a/token_times.csv")
        #expect(tokens.count == requests.count)
        let steps = try spelledSteps()
        for (request, row) in zip(requests, tokens) {
            let own = try spelled(row, steps)
            #expect(own.count == Int(request["output_tokens"]!))
            #expect(row["id"] == request["id"] && row["tokens"] == request["output_tokens"])
            guard let first = own.first, let last = own.last else { continue }
            #expect(row["replica"] == request["replica"])
            #expect(abs(Double(first) / 1e12 - Double(request["first_token"]!)!) < 1e-6)
            if request["outcome"] == "finished" {
                #expect(abs(Double(last) / 1e12 - Double(request["finish"]!)!) < 1e-6)
            }
        }
    }

    /// When the tokens of each step left, by the article's rule and not by the program's code.
    private func spelledSteps() throws -> [String: [Int: Int64]] {
        var ends: [String: [Int: Int64]] = [:]
        for row in try rows("a/token_steps.csv") {
            var time = try #require(row["time_ps"].flatMap { Int64($0) })
            var gap = try #require(row["gap_ps"].flatMap { Int64($0) })
            for step in 0..<Int(row["steps"]!)! {
                ends[row["replica"]!, default: [:]][Int(row["step"]!)! + step] = time
                time += gap
                gap += Int64(row["rise_ps"]!)!
            }
        }
        return ends
    }

    /// The times of a row's tokens, likewise.
    private func spelled(
        _ row: [String: String], _ ends: [String: [Int: Int64]]
    ) throws -> [Int64] {
        var times: [Int64] = []
        for word in row["steps"]!.split(separator: " ") {
            let parts = word.split(separator: "*").compactMap { Int($0) }
            let first = try #require(parts.first)
            for step in first..<(first + (parts.count > 1 ? parts[1] : 1)) {
                times.append(try #require(ends[row["replica"]!]?[step]))
            }
        }
        guard let begin = times.first, let first = Int64(row["first_token_ps"]!) else { return [] }
        return times.map { first + $0 - begin }
    }

    @Test("a window of the timeline holds what overlaps it, and a full file says where it ends")
    func timeline() throws {
        let window = ["output.timeline_start_s=1.5", "output.timeline_end_s=2"]
        #expect(try run("a", ["output.timeline=true"]).status == 0)
        #expect(try run("b", ["output.timeline=true"] + window).status == 0)
        let all = try scratch.text("a/timeline.json").split(separator: "\n")
        let some = try scratch.text("b/timeline.json").split(separator: "\n")
        #expect(some.count > 20 && some.count < all.count / 2)
        let value = try JSONSerialization.jsonObject(
            with: Data(try scratch.text("b/timeline.json").utf8))
        let events = try #require(value as? [[String: Any]])
        for event in events where event["ph"] as? String == "X" {
            let begin = try #require(event["ts"] as? Double)
            let length = try #require(event["dur"] as? Double)
            // Decided in the window, it may begin a little later.
            #expect(begin < 2.1e6 && begin + length >= 1.49e6)
        }
        let outside = try run(
            "c", ["output.timeline=true", "output.timeline_start_s=5000"])
        #expect(outside.status == 0 && outside.output.contains("timeline.json holds nothing"))
        #expect(try scratch.text("c/timeline.json") == "[\n]\n")
    }

    @Test("a timeline that would be too long is cut, and the page says where")
    func cut() throws {
        let outcome = try Executable.run(
            [
                "run", "--limit", "600", "--quiet", "--set", "output.timeline=true", "--set",
                "output.timeline_mb=1", "--out", scratch.path + "/a",
            ], seconds: 300)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("timeline.json is cut at "), "\(outcome.output)")
        let text = try scratch.text("a/timeline.json")
        #expect(text.utf8.count < 1_000_000 && text.utf8.count > 800_000)
        #expect(text.contains("cut here"))
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    @Test("report.json holds what the article names, in some kilobytes")
    func report() throws {
        let changes = ["cluster.replicas=2", "output.latency_breakdown=true"]
        #expect(try run("a", changes).status == 0)
        let text = try scratch.text("a/report.json")
        #expect(text.utf8.count < 200_000)
        let article = try String(
            contentsOf: packageRoot.appendingPathComponent(
                "Sources/Reports/Reports.docc/RunFiles.md"), encoding: .utf8)
        let report = try json("a/report.json")
        let keys = Self.keys(report)
        #expect(keys.count > 50)
        // Keys of summary.json, which the statistics article names.
        let means = keys.filter { $0.hasPrefix("mean_ttft_") || $0.hasPrefix("mean_tpot_") }
        for key in keys.subtracting(means).sorted() {
            #expect(article.contains("`\(key)`"), "\(key) is not in RunFiles.md")
        }
        let summary = try json("a/summary.json")
        let latencies = try #require(report["latencies"] as? [String: [String: Any]])
        for (name, figures) in latencies {
            #expect(figures["count"] as? Int == summary["\(name)_count"] as? Int, "\(name)")
            let quantiles = try #require(figures["quantiles_ms"] as? [Double])
            #expect(quantiles.count == 201 && quantiles == quantiles.sorted(), "\(name)")
            let p99 = try #require(summary["p99_\(name)_ms"] as? Double)
            #expect(abs(quantiles[198] - p99) <= 0.002 * p99 + 1e-6, "\(name)")
            let worst = try #require(figures["worst_ms"] as? [Double])
            #expect(worst == worst.sorted(by: >) && worst.count <= 100)
            #expect(worst[0] == quantiles[200])
        }
        let series = try #require(report["series"] as? [String: Any])
        let arrivals = try #require(series["arrivals"] as? [Int])
        #expect(arrivals.reduce(0, +) == summary["num_prompts"] as? Int && arrivals.count <= 240)
        let map = try #require(report["heat_map"] as? [String: Any])
        let busy = try #require(map["busy_share"] as? [[Double]])
        #expect(busy.count == 2 && busy[0].count <= 120)
        let running = try #require(map["running"] as? [[Double]])
        #expect(running.map(\.count) == busy.map(\.count) && (running[0].max() ?? 0) > 0)
        let slowest = try #require(report["slowest"] as? [String: [[String: Any]]])
        #expect(slowest["ttft"]?.count == 20 && slowest["e2el"]?.count == 20)
        let first = try #require(slowest["ttft"]?.first)
        let longest = try #require(first["ttft_ms"] as? Double)
        #expect(abs(longest - (summary["max_ttft_ms"] as? Double ?? 0)) < 1e-6)
        let parts = try #require(first["ttft_parts"] as? [String: Double])
        #expect(abs(parts.values.reduce(0, +) - longest) < 1e-6)
    }

    private static func keys(_ value: Any) -> Set<String> {
        if let object = value as? [String: Any] {
            return object.reduce(into: Set(object.keys)) { $0.formUnion(keys($1.value)) }
        }
        return ((value as? [Any]) ?? []).reduce(into: []) { $0.formUnion(keys($1)) }
    }

    @Test("every column of the series and of token times stands in the article")
    func columns() throws {
        #expect(try run("a", ["output.series=true", "output.token_times=true"]).status == 0)
        let article = try String(
            contentsOf: packageRoot.appendingPathComponent(
                "Sources/Reports/Reports.docc/RunFiles.md"), encoding: .utf8)
        for file in ["series.csv", "token_times.csv", "token_steps.csv"] {
            for column in try scratch.text("a/" + file).prefix(while: { $0 != "\n" }).split(
                separator: ",")
            {
                #expect(article.contains("`\(column)`"), "\(file): \(column)")
            }
        }
    }

    @Test("what makes no sense is refused in one line, and nothing is left")
    func refused() throws {
        for (changes, words) in [
            (["output.series=true", "output.series_interval_s=0"], "a number, 0.0001 to"),
            (["output.series=true", "output.series_interval_s=-1"], "a number, 0.0001 to"),
            (["output.series=true", "output.series_interval_s=NaN"], "a number"),
            (["output.series=true", "output.series_interval_s=1e-12"], "a number, 0.0001 to"),
            (
                [
                    "output.series=true", "output.series_interval_s=1e-4", "cluster.replicas=96",
                    "hardware.nodes=12",
                ],
                "at most 2000000 rows"
            ),
            (["output.timeline=true", "output.timeline_end_s=0"], "output.timeline_end_s"),
            (["output.timeline=true", "output.timeline_start_s=-3"], "a number, 0 to"),
            (
                [
                    "output.timeline=true", "output.timeline_start_s=3",
                    "output.timeline_end_s=2",
                ], "not after output.timeline_start_s"
            ),
            (["output.timeline=true", "output.timeline_mb=0"], "a number, 1 to"),
            (["output.series=perhaps"], "output.series"),
        ] {
            let outcome = try run("a", changes)
            #expect(outcome.status == 2, "\(changes): \(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(changes): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(!scratch.names.contains("a"), "\(changes)")
        }
        for key in ["series", "token_times"] {
            let outcome = try Executable.run(
                ["run", "--limit", "5", "--quiet", "--set", "output.\(key)=true"])
            #expect(outcome.status == 2 && outcome.errors.contains("--out DIR"))
        }
    }

    @Test("a run in which nothing happens has its files, too")
    func nothing() throws {
        let rows = [5, 9_000_000].map { time in
            "{\"id\": \(time), \"arrival_us\": \(time), \"prompt_tokens\": 1000000, "
                + "\"output_tokens\": 3}\n"
        }
        let trace = try scratch.write("none.jsonl", Array(rows.joined().utf8))
        for interval in ["null", "0.5"] {
            let outcome = try Executable.run(
                [
                    "run", "--trace", trace, "--quiet", "--set", "output.series=true", "--set",
                    "output.series_interval_s=\(interval)", "--set", "output.token_times=true",
                    "--out", scratch.path + "/none-\(interval)",
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let all = try self.rows("none-\(interval)/series.csv").filter { $0["replica"] == "all" }
            #expect(all.reduce(0) { $0 + (Int($1["rejected"] ?? "") ?? 0) } == 2)
            #expect(try scratch.text("none-\(interval)/token_times.csv").contains("5,,0,,"))
        }
    }
}
