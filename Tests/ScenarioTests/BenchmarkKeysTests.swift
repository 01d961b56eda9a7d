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
