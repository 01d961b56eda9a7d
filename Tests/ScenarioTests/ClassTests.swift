import Basics
import Foundation
import Results
import Scenario
import StepTime
import TestSupport
import Testing
import Traces

@testable import Simulator

/// Keeps whose each gap between tokens is.
private final class GapCounter: RunObserver {
    var gaps: [Int64: [Int64]] = [:]
    /// From every step's entries and the time at which it was processed.
    var deliveries: [Int64: [Int64]] = [:]
    private var sampled: [Int: [Int64]] = [:]
    let decisionDetail: DecisionDetail
    let watchesGaps: Bool

    init(_ detail: DecisionDetail, watchesGaps: Bool = true) {
        decisionDetail = detail
        self.watchesGaps = watchesGaps
    }

    func decided(_ plans: DecidedPlans) {
        for gap in plans.gaps { gaps[gap.sequence, default: []].append(gap.gap) }
    }

    func decided(_ decision: Decision) {
        switch decision {
        case .scheduled(let step):
            sampled[step.number] = step.entries.filter(\.samples).map(\.sequence)
        case .updated(let step):
            for sequence in sampled.removeValue(forKey: step.number) ?? [] {
                deliveries[sequence, default: []].append(step.time)
            }
        }
    }
}

@Suite("Figures by class, and gaps by request")
struct ClassTests {
    private func requests(_ count: Int, aborts: Bool = false) -> Workload {
        var workload = Workload()
        for row in 0..<count {
            workload.ids.append(Int64(row))
            workload.arrivals.append(Int64(row) * 9_000_000)
            workload.promptTokens.append(Int32(40 + row * 613 % 2600))
            workload.outputTokens.append(Int32(1 + row * 37 % 90))
            workload.priorities.append(Int32(row % 3))
            if aborts {
                workload.aborts.append(row % 5 == 0 ? Int64(row * 9 + 250) * 1_000_000 : -1)
            }
        }
        return workload
    }

    private func plan(_ changes: [String]) throws -> RunPlan {
        try Configuration.read(file: nil, changes: changes).resolved().plan
    }

    /// NumPy's linear percentile.
    private func percentile(_ values: [Int64], _ share: Double) -> Double {
        let sorted = values.sorted()
        let place = share * Double(sorted.count - 1)
        let low = Int(place)
        let high = min(low + 1, sorted.count - 1)
        let rest = place - Double(low)
        return Double(sorted[low]) + rest * Double(sorted[high] - sorted[low])
    }

    private static let modes: [[String]] = [
        ["cluster.replicas=1"], ["cluster.replicas=3", "cluster.router=round_robin"],
        ["cluster.replicas=1", "engine.async_scheduling=false"],
        ["cluster.replicas=1", "engine.num_gpu_blocks=300"],
        ["cluster.replicas=2", "engine.scheduling_policy=decode_first"],
    ]

    @Test(
        "the gaps of finished requests are those of the run, and watching changes nothing",
        arguments: modes)
    func gaps(changes: [String]) throws {
        let plan = try plan(changes)
        let workload = requests(150, aborts: true)
        let alone = try simulate(plan, source: InMemorySource(workload))
        let counter = GapCounter(.none)
        let watched = try simulate(plan, source: InMemorySource(workload), observer: counter)
        #expect(alone.digest == watched.digest && alone.limits == watched.limits)
        #expect(alone.interTokenLatency == watched.interTokenLatency)
        var all = HotHistogram()
        for (sequence, gaps) in counter.gaps
        where watched.records[Int(sequence)].outcome == .finished {
            for gap in gaps { all.add(gap) }
        }
        #expect(LatencyHistogram(all) == watched.interTokenLatency)
        for (sequence, record) in watched.records.enumerated() {
            let own = counter.gaps[Int64(sequence)] ?? []
            #expect(own.count == max(0, Int(record.outputTokens) - 1))
            guard record.outcome == .finished else { continue }
            #expect(own.reduce(0, +) == record.finish - record.firstToken)
        }
        #expect(watched.counters.aborted > 0)
    }

    @Test("each request's gaps are the times between the steps that gave it tokens")
    func gapsOfSteps() throws {
        let plan = try plan(["cluster.replicas=1", "engine.async_scheduling=false"])
        let counter = GapCounter(.decisions)
        let result = try simulate(plan, source: InMemorySource(requests(80)), observer: counter)
        #expect(counter.deliveries.count == 80)
        for (sequence, times) in counter.deliveries {
            #expect(
                zip(times, times.dropFirst()).map { $1 - $0 } == counter.gaps[sequence] ?? [])
        }
        #expect(result.counters.finished == 80)
    }

    @Test("goodput by the tail of a request's own gaps is that of the gaps", arguments: modes)
    func tails(changes: [String]) throws {
        let workload = requests(150, aborts: true)
        let counter = GapCounter(.none)
        let base = changes + ["slo.ttft_ms=null", "slo.tpot_ms=null"]
        let watched = try simulate(plan(base), source: InMemorySource(workload), observer: counter)
        let limit = watched.interTokenLatency.percentile(98)
        let limited = try simulate(
            plan(base + ["slo.itl_ms=\(Double(limit) * 1e-9)"]),
            source: InMemorySource(workload))
        #expect(limited.digest == watched.digest)
        var good = 0
        for (sequence, record) in limited.records.enumerated() {
            let own = counter.gaps[Int64(sequence)] ?? []
            let tail = own.isEmpty ? -1 : Int64(percentile(own, 0.99))
            #expect(record.tailGap == tail)
            if record.outcome == .finished, tail <= limit { good += 1 }
        }
        #expect(limited.goodRequests == good && good < limited.counters.finished && good > 0)
        // One token, no gap to miss.
        #expect(limited.records.contains { $0.outputTokens == 1 && $0.tailGap == -1 })
    }

    /// The figures of a run by a rule.
    private func figures(
        _ workload: Workload, _ rule: ClassRule, _ changes: [String]
    ) throws -> (result: RunResult, figures: RequestFigures, gaps: [Int64: [Int64]]) {
        let plan = try plan(changes)
        let counter = GapCounter(.none)
        let result = try simulate(plan, source: InMemorySource(workload), observer: counter)
        let figures = RequestFigures(plan, by: [rule], watchesGaps: true)
        for (sequence, record) in result.records.enumerated() {
            let own = counter.gaps[Int64(sequence)] ?? []
            figures.add(own.map { TokenGap(sequence: Int64(sequence), gap: $0) })
            figures.add(record)
        }
        figures.finish()
        return (result, figures, counter.gaps)
    }

    @Test("every figure of a class is that of its requests")
    func classes() throws {
        let bounds = [300, 900, 2000]
        let (result, figures, gaps) = try figures(
            requests(200, aborts: true), .prompts(from: bounds), ["cluster.replicas=2"])
        let classes = figures.classes[0].classes
        #expect(
            classes.map(\.name) == ["below 300", "300 to 899", "900 to 1999", "2000 or more"])
        for (place, members) in classes.enumerated() {
            let own = result.records.enumerated().filter { _, record in
                bounds.count { $0 <= Int(record.promptTokens) } == place
            }
            let finished = own.map(\.element).filter { $0.outcome == .finished }
            let summary = ClassSummary(members, seconds: 10)
            #expect(summary.counters.requests == own.count)
            #expect(summary.counters.finished == finished.count && finished.count > 10)
            #expect(
                summary.counters.finishedOutputTokens
                    == finished.reduce(0) { $0 + Int($1.outputTokens) })
            let lists: [(LatencySummary?, [Int64])] = [
                (summary.timeToFirstToken, finished.map { $0.firstToken - $0.arrival }),
                (summary.timePerOutputToken, finished.compactMap(\.timePerOutputToken)),
                (summary.endToEnd, finished.map { $0.finish - $0.arrival }),
                (
                    summary.queueTime,
                    own.map(\.element).compactMap(\.queueTime)
                ),
            ]
            for (found, values) in lists {
                let found = try #require(found)
                let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
                let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
                #expect(found.count == values.count)
                #expect(abs(found.mean - mean * 1e-9) < 1e-9 * found.mean)
                let deviation = (squares / Double(values.count)).squareRoot() * 1e-9
                #expect(abs(found.deviation - deviation) < 1e-6 * deviation)
                for (percent, value) in [
                    (0.5, found.median), (0.9, found.p90), (0.95, found.p95), (0.99, found.p99),
                    (1, found.maximum),
                ] {
                    let exact = percentile(values, percent) * 1e-9
                    #expect(abs(value - exact) <= 1e-12 * exact, "p\(percent)")
                }
            }
            let ownGaps = own.filter { $0.element.outcome == .finished }
                .flatMap { gaps[Int64($0.offset)] ?? [] }
            let found = try #require(summary.interTokenLatency)
            #expect(found.count == ownGaps.count)
            let mean = Double(ownGaps.reduce(0, +)) / Double(ownGaps.count) * 1e-9
            #expect(abs(found.mean - mean) < 1e-9 * mean)
            #expect(abs(found.p99 - percentile(ownGaps, 0.99) * 1e-9) < 2e-3 * found.p99)
        }
    }

    @Test("gaps outside the margins are in no class")
    func margins() throws {
        let (result, figures, gaps) = try figures(
            requests(120), .priority,
            ["cluster.replicas=1", "output.warmup=20", "output.cooldown=15"])
        let found = figures.classes[0].classes
        #expect(found.map(\.counters.requests).reduce(0, +) == 85)
        let expected = (20..<105).reduce(0) { $0 + (gaps[Int64($1)]?.count ?? 0) }
        let gapsFound = found.compactMap { $0.interTokenLatency?.count }.reduce(0, +)
        #expect(Int(gapsFound) == expected && expected == Int(result.interTokenLatency.count))
    }

    @Test("exact percentiles are those of the values, and are given up beyond a million")
    func exact() throws {
        var latencies = LatencyValues()
        #expect(latencies.percentiles([50]) == nil)
        for value in [40, 10, 20, 30] as [Int64] { latencies.add(value) }
        #expect(latencies.percentiles([0, 50, 75, 100]) == [10, 25, 32.5, 40])
        let figures = RequestFigures(
            try plan(["cluster.replicas=1"]), by: [.priority], watchesGaps: false)
        var record = RequestRecord(
            id: 0, arrival: 0, admitted: 1, firstToken: 2, finish: 3, promptTokens: 1,
            outputTokens: 1, outcome: .finished)
        for place in 0..<RequestLatencies.most {
            record.arrival = Int64(place)
            record.admitted = Int64(place)
            record.firstToken = Int64(place) + 5
            record.finish = Int64(place) + 5
            figures.add(record)
        }
        #expect(figures.latencies != nil && figures.classes[0].classes[0].latencies != nil)
        figures.add(record)
        #expect(figures.latencies == nil && figures.classes[0].classes[0].latencies == nil)
    }

    @Test("classes and buckets that are none are refused")
    func badNames() {
        for change in [
            "output.by=customer", "output.by=", "output.by=3", "output.prompt_buckets=0",
            "output.prompt_buckets=100,50", "output.prompt_buckets=", "output.prompt_buckets=a",
            "output.prompt_buckets=100,100", "slo.itl_ms=-1", "slo.itl_ms=fast",
        ] {
            #expect(throws: InputError.self, "\(change)") {
                try Configuration.read(file: nil, changes: [change])
            }
        }
    }
}
