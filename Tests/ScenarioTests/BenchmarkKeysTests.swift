import Foundation
import Results
import Scenario
import StepTime
import Testing
import Traces

@testable import Simulator

/// Adds the tokens of each second up from what every step delivered.
private final class SecondCounter: RunObserver {
    var tokens: [Int: Int] = [:]

    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) {
        guard case .updated(let update) = decision else { return }
        tokens[Int(update.time / 1_000_000_000_000), default: 0] += update.delivered
    }
}

@Suite("Figures that vLLM's serving benchmark has too")
struct BenchmarkKeysTests {
    /// Requests that bunch together at first, with answers of up to some seconds.
    private func requests(_ count: Int, outputs: (Int) -> Int) -> Workload {
        var workload = Workload()
        for row in 0..<count {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row * row) * 400_000)
            workload.promptTokens.append(Int32(50 + row * 613 % 2000))
            workload.outputTokens.append(Int32(outputs(row)))
        }
        return workload
    }

    private func run(
        _ workload: Workload, _ changes: [String], observer: (any RunObserver)? = nil
    ) throws -> RunResult {
        let plan = try Configuration.read(file: nil, changes: changes).resolved().plan
        return try simulate(plan, source: InMemorySource(workload), observer: observer)
    }

    /// Where each answer is one token, records tell when each was delivered.
    @Test("the busiest second is that of the records", arguments: [1, 4])
    func busiestSecond(replicas: Int) throws {
        let result = try run(
            requests(180) { _ in 1 }, ["cluster.replicas=\(replicas)"])
        var tokens: [Int64: Int] = [:]
        for record in result.records {
            let since = record.firstToken - result.records[0].arrival
            tokens[since / 1_000_000_000_000, default: 0] += 1
        }
        #expect(tokens.count > 3)
        #expect(result.mostTokensInSecond == tokens.values.max())
        #expect(RunSummary(result, clock: "").mostTokensInSecond == result.mostTokensInSecond)
    }

    /// Steps that are taken at once end in the same seconds as those taken one by one.
    @Test(
        "the busiest second is that of all steps, however they are taken",
        arguments: [
            ["cluster.replicas=1"], ["cluster.replicas=3"],
            ["cluster.replicas=3", "cluster.router=round_robin"],
            ["cluster.replicas=1", "engine.async_scheduling=false"],
            ["cluster.replicas=1", "step_time.kind=linear"],
            ["cluster.replicas=1", "trace.concurrency=5"],
            ["cluster.replicas=1", "engine.num_gpu_blocks=200"],
        ])
    func everyStep(changes: [String]) throws {
        let workload = requests(90) { row in 1 + row * 97 % 900 }
        let counter = SecondCounter()
        let watched = try run(workload, changes + ["engine.advance=step"], observer: counter)
        let alone = try run(workload, changes)
        let most = try #require(counter.tokens.values.max())
        #expect(counter.tokens.count > 5)
        #expect(counter.tokens.values.reduce(0, +) == watched.counters.outputTokens)
        #expect(watched.mostTokensInSecond == most)
        #expect(alone.mostTokensInSecond == most && alone.digest == watched.digest)
    }

    @Test("seconds count from the first arrival, and long spans fall apart into theirs")
    func seconds() {
        var seconds = DeliverySeconds()
        let unit: Int64 = 1_000_000_000_000
        seconds.begin(at: unit / 2)
        // At 0.6 s, 0.8 s, 1.1 s, 1.5 s, 2.0 s, 2.6 s: 0.5 to 1.5 s holds three of them.
        seconds.add(
            7, times: 6, from: 6 * unit / 10, duration: 2 * unit / 10, rise: unit / 10,
            last: 26 * unit / 10)
        var sums = SecondSums()
        sums.take(&seconds)
        #expect(sums.most == 21)
        // 2.5 to 3.5 s: one of those and these.
        seconds.add(30, at: 34 * unit / 10)
        seconds.add(1, at: 35 * unit / 10)
        sums.takeAll(&seconds)
        #expect(sums.most == 37)
    }
}

/// By vLLM's `calculate_metrics` (`vllm/benchmarks/serve.py`), from rows of requests.csv alone.
@Suite("Figures of vLLM's serving benchmark, recomputed from requests.csv")
struct RecomputedKeysTests {
    /// What a row says, seconds and tokens.
    private struct Row {
        var arrival: Double
        var first: Double?
        var finish: Double?
        var prompt: Int
        var output: Int
        var isFinished: Bool

        init(_ line: Substring) {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            arrival = Double(cells[1])!
            first = Double(cells[3])
            finish = Double(cells[4])
            prompt = Int(cells[5])!
            output = Int(cells[7])!
            isFinished = cells[10] == "finished"
        }
    }

    private func requests(_ count: Int) -> Workload {
        var workload = Workload()
        for row in 0..<count {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 7_000_000)
            workload.promptTokens.append(Int32(50 + row * 613 % 2500))
            workload.outputTokens.append(Int32(1 + row * 37 % 150))
            workload.aborts.append(row % 6 == 0 ? Int64(row * 7 + 200) * 1_000_000 : -1)
        }
        return workload
    }

    /// NumPy's percentile: linear between neighbours.
    private func percentile(_ values: [Double], _ percent: Double) -> Double {
        let sorted = values.sorted()
        let place = percent / 100 * Double(sorted.count - 1)
        let low = Int(place.rounded(.down))
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }

    /// The keys of summary.json and the rows of requests.csv of a run.
    private func figures(_ changes: [String]) throws -> (values: [String: Any], rows: [Row]) {
        let resolved = try Configuration.read(
            file: nil, changes: changes + ["slo.e2e_ms=900", "slo.tpot_ms=9"]
        ).resolved()
        let result = try simulate(resolved.plan, source: InMemorySource(requests(240)))
        var bytes: [UInt8] = []
        var peak = ConcurrencyPeak()
        let figures = RequestFigures(resolved.plan, by: [], watchesGaps: false)
        for record in result.records {
            RequestLine.append(record, to: &bytes)
            peak.add(record)
            figures.add(record)
        }
        figures.finish()
        var summary = RunSummary(result, clock: "")
        summary.mostConcurrent = peak.requests
        summary.take(figures, by: nil)
        let object = try JSONSerialization.jsonObject(with: Data(jsonText(summary).utf8))
        let rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(Row.init)
        return (try #require(object as? [String: Any]), rows)
    }

    @Test(
        "each key has the benchmark's value",
        arguments: [
            ["cluster.replicas=1"], ["cluster.replicas=3"],
            ["cluster.replicas=1", "trace.concurrency=9"],
        ])
    func keys(changes: [String]) throws {
        let (values, rows) = try figures(changes)
        let done = rows.filter(\.isFinished)
        #expect(rows.count == 240 && done.count > 100 && done.count < 240)
        func expect(_ key: String, _ right: Double, within error: Double) {
            let found = (values[key] as? NSNumber)?.doubleValue
            #expect(
                found != nil && abs(found! - right) <= error,
                "\(key): \(String(describing: found)), \(right)")
        }
        let duration = try #require(values["duration"] as? Double)
        // It ends with the last step, which an answer may not wait for.
        let last = rows.compactMap(\.finish).max()! - rows[0].arrival
        #expect(duration >= last - 1e-5 && duration < last + 0.2)
        let (input, output) = (
            done.reduce(0) { $0 + $1.prompt }, done.reduce(0) { $0 + $1.output }
        )
        expect("completed", Double(done.count), within: 0)
        expect("failed", Double(240 - done.count), within: 0)
        expect("total_input_tokens", Double(input), within: 0)
        expect("total_output_tokens", Double(output), within: 0)
        expect("request_throughput", Double(done.count) / duration, within: 1e-9)
        expect("output_throughput", Double(output) / duration, within: 1e-6)
        expect("total_token_throughput", Double(input + output) / duration, within: 1e-6)
        let ttfts = done.map { ($0.first! - $0.arrival) * 1e3 }
        let ends = done.map { ($0.finish! - $0.arrival) * 1e3 }
        let tpots = done.filter { $0.output > 1 }.map {
            ($0.finish! - $0.first!) * 1e3 / Double($0.output - 1)
        }
        let good = done.count { row in
            let first = (row.first! - row.arrival) * 1e3
            let end = (row.finish! - row.arrival) * 1e3
            let perToken = row.output > 1 ? (end - first) / Double(row.output - 1) : 0
            return first <= 450 && perToken <= 9 && end <= 900
        }
        #expect(good > 0 && good < done.count)
        expect("request_goodput", Double(good) / duration, within: 1e-9)
        // Rows are rounded to microseconds.
        for (name, list) in [("ttft", ttfts), ("tpot", tpots), ("e2el", ends)] {
            let mean = list.reduce(0, +) / Double(list.count)
            let squares = list.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            expect("mean_\(name)_ms", mean, within: 2e-3)
            expect("std_\(name)_ms", (squares / Double(list.count)).squareRoot(), within: 2e-3)
            for (key, percent) in [("median", 50.0), ("p90", 90), ("p95", 95), ("p99", 99)] {
                expect("\(key)_\(name)_ms", percentile(list, percent), within: 2e-3)
            }
        }
        let steps = (done.map { ($0.finish!, -1) } + done.map { ($0.arrival, 1) }).sorted {
            $0.0 != $1.0 ? $0.0 < $1.0 : $0.1 < $1.1
        }
        var (now, most) = (0, 0)
        for step in steps {
            now += step.1
            most = max(most, now)
        }
        expect("max_concurrent_requests", Double(most), within: 0)
    }
}
