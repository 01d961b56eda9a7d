import Basics
import Results
import Simulator
import TestSupport
import Testing
import Traces

@testable import Experiments
@testable import Fidelity

@Suite("What instances do, window by window")
struct SampleTests {
    /// A run's windows, or none where the case ends with an error.
    private func run(
        _ random: RandomCase, _ sampling: Sampling?, _ advance: EngineConfiguration.Advance,
        threads: Int? = nil
    ) throws -> RunResult? {
        var plan = random.plan
        plan.engine.advance = advance
        plan.sampling = sampling
        plan.threads = threads
        do {
            return try simulate(plan, source: InMemorySource(random.workload))
        } catch is InputError {
            return nil
        }
    }

    @Test("add up to the run, change none of its results, and are the same however it advances")
    func sums() throws {
        var compared = 0
        for seed in UInt64(1)...60 {
            let random = RandomCase(seed: seed)
            guard let plain = try run(random, nil, .fastForward) else { continue }
            let span = plain.end - plain.start
            for sampling in [
                Sampling.every(max(1, span / (3 + Int64(seed) * 7 % 90)), most: 1_000), .few,
            ] {
                let fast = try #require(try run(random, sampling, .fastForward), "seed \(seed)")
                #expect(fast.digest == plain.digest, "seed \(seed)")
                #expect(fast.counters == plain.counters, "seed \(seed)")
                #expect(fast.interTokenLatency == plain.interTokenLatency, "seed \(seed)")
                #expect(fast.usedBlockSeconds == plain.usedBlockSeconds, "seed \(seed)")
                #expect(fast.hostWaitTime == plain.hostWaitTime, "seed \(seed)")
                let samples = try #require(fast.samples)
                check(samples, fast, seed)
                let slow = try #require(try run(random, sampling, .step))
                #expect(slow.samples == samples, "seed \(seed) by steps")
                let single = try #require(try run(random, sampling, .fastForward, threads: 1))
                #expect(single.samples == samples, "seed \(seed) on one thread")
                compared += 1
            }
        }
        #expect(compared > 80)
    }

    private func check(_ samples: RunSamples, _ result: RunResult, _ seed: UInt64) {
        let sums = samples.sums
        var all = WindowSample()
        for window in sums { all.add(window) }
        let counters = result.counters
        let comment = Comment(rawValue: "seed \(seed)")
        #expect(all.steps == counters.steps, comment)
        #expect(all.entries == counters.scheduledEntries, comment)
        #expect(all.prefillTokens + all.decodeTokens == counters.scheduledTokens, comment)
        #expect(all.outputTokens == counters.outputTokens, comment)
        #expect(all.preemptions == counters.preemptions, comment)
        #expect(all.hitTokens == counters.hitTokens, comment)
        #expect(all.queriedTokens == counters.queriedTokens, comment)
        #expect(Int128(all.busyTime) == result.busyTime, comment)
        let blockSeconds = Double(all.blockTime) * 1e-12
        #expect(abs(blockSeconds - result.usedBlockSeconds) < 1e-6 * (1 + blockSeconds), comment)
        for windows in samples.replicas {
            #expect(windows.count == sums.count, comment)
            for window in windows {
                #expect(window.busyTime >= 0 && window.busyTime <= samples.interval, comment)
                #expect(window.steps >= 0 && window.prefillTokens >= 0, comment)
                #expect(window.waiting >= 0 && window.usedBlocks >= 0, comment)
            }
        }
        let last = sums.last ?? WindowSample()
        #expect(last.waiting == 0 && last.running == 0 && last.usedBlocks == 0, comment)
        // One more window would begin after the run.
        #expect(samples.end >= result.end, comment)
        #expect(Int64(sums.count - 1) * samples.interval <= samples.end - samples.start, comment)
        #expect(Int64(sums.count) * samples.interval >= samples.end - samples.start, comment)
        let joined = samples.joined(by: 3)
        var again = WindowSample()
        for window in joined.sums { again.add(window) }
        #expect(again == all, comment)
    }

    @Test("more windows than allowed are refused, not gathered")
    func tooMany() throws {
        let random = RandomCase(seed: 3)
        let plain = try #require(try run(random, nil, .fastForward))
        var plan = random.plan
        plan.sampling = .every(max(1, (plain.end - plain.start) / 100), most: 20)
        let error = try #require(throws: InputError.self) {
            try simulate(plan, source: InMemorySource(random.workload))
        }
        #expect("\(error)".contains("output.series_interval_s"))
        #expect("\(error)".contains("a longer interval"))
    }

    @Test("with the records they make a table whose rows add up to what requests did")
    func table() throws {
        for seed in UInt64(1)...25 {
            let random = RandomCase(seed: seed)
            guard let result = try run(random, .few, .fastForward) else { continue }
            for sampling in [
                Sampling.few, .every(max(1, (result.end - result.start) / 50), most: 100_000),
            ] {
                let again = try #require(try run(random, sampling, .fastForward))
                var plan = random.plan
                plan.sampling = sampling
                var requests = SeriesRequests(plan, sampling)
                for record in again.records { requests.add(record) }
                let table = try #require(try SeriesTable(again, requests, sampling))
                hold(table, again, delivery: plan.engine.host.delivery, seed)
                hold(table.atMost(7), again, delivery: plan.engine.host.delivery, seed)
                #expect(table.atMost(7).count <= 7)
            }
        }
    }

    private func hold(_ table: SeriesTable, _ result: RunResult, delivery: Int64, _ seed: UInt64) {
        var queue: Int128 = 0
        var running: Int128 = 0
        for record in result.records where record.outcome != .rejected {
            let end = record.finish - delivery
            let begin = record.arrival + record.frontEnd
            let admitted = record.admitted >= 0 ? record.admitted : max(begin, end)
            queue += Int128(max(0, admitted - begin))
            running += Int128(max(0, end - admitted))
        }
        let comment = Comment(rawValue: "seed \(seed)")
        let sums = table.sums
        #expect(sums.reduce(0) { $0 + $1.requests.arrivals } == result.counters.requests, comment)
        #expect(sums.reduce(0) { $0 + $1.requests.finished } == result.counters.finished, comment)
        #expect(sums.reduce(0) { $0 + $1.requests.aborted } == result.counters.aborted, comment)
        #expect(sums.reduce(0) { $0 + $1.requests.rejected } == result.counters.rejected, comment)
        #expect(sums.reduce(0) { $0 + $1.requests.queueTime } == queue, comment)
        #expect(sums.reduce(0) { $0 + $1.requests.runningTime } == running, comment)
        #expect(sums.reduce(0) { $0 + $1.engine.steps } == result.counters.steps, comment)
        var rows = 0
        table.eachRow { row in
            rows += 1
            #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == 27)
        }
        #expect(rows == table.count * (table.replicas.count + 1), comment)
    }
}
