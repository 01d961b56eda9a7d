import Basics
import Simulator
import Testing
import Traces

@testable import Fidelity

/// A run of a random case with all that was decided.
private struct WatchedRun {
    let random: RandomCase
    let decisions: [Decision]
    let result: RunResult

    /// Nil for a case that cannot make progress. Half of the cases run each way of stepping.
    init?(seed: UInt64, aborting: Bool = true) {
        final class Recorder: RunObserver {
            var decisions: [Decision] = []
            var decisionDetail: DecisionDetail { .decisions }
            func decided(_ decision: Decision) { decisions.append(decision) }
        }
        var random = RandomCase(seed: seed)
        if !aborting { random.workload.aborts = [] }
        random.plan.engine.advance = seed % 2 == 0 ? .step : .fastForward
        let recorder = Recorder()
        let source = InMemorySource(random.workload)
        guard let result = try? simulate(random.plan, source: source, observer: recorder) else {
            return nil
        }
        self.random = random
        self.result = result
        decisions = recorder.decisions
    }

    /// Decisions replica by replica, in order.
    var byReplica: [[Decision]] {
        var lists = Array(repeating: [Decision](), count: random.plan.replicas)
        for decision in decisions { lists[decision.replica].append(decision) }
        return lists
    }

    /// Records of those that entered a replica, replica by replica, on the engine's clock.
    var recordsByReplica: [[RequestRecord]] {
        var lists = Array(repeating: [RequestRecord](), count: random.plan.replicas)
        for record in result.records where record.outcome != .rejected {
            lists[Int(record.replica)].append(record.asTheEngineSawIt(random.plan.engine.host))
        }
        return lists
    }
}

extension Decision {
    fileprivate var replica: Int {
        switch self {
        case .scheduled(let call): call.replica
        case .updated(let update): update.replica
        }
    }
    fileprivate var time: Int64 {
        switch self {
        case .scheduled(let call): call.time
        case .updated(let update): update.time
        }
    }
    /// Requests in the replica after it.
    fileprivate var present: Int {
        switch self {
        case .scheduled(let call): call.waiting + call.running
        case .updated(let update): update.waiting + update.running
        }
    }
}

// Debug builds are slow: a sample here, thousands of seeds in `headway conform --random`.
@Suite("What must add up, whatever the workload")
struct ConservationTests {
    @Test("every request that came in went out, once", arguments: UInt64(1)...40)
    func requests(seed: UInt64) {
        guard let run = WatchedRun(seed: seed) else { return }
        let counters = run.result.counters
        let records = run.result.records
        #expect(counters.requests == run.random.workload.count, "seed \(seed)")
        #expect(records.map(\.id).sorted() == run.random.workload.ids.sorted(), "seed \(seed)")
        func count(_ outcome: Outcome) -> Int { records.count { $0.outcome == outcome } }
        #expect(counters.finished == count(.finished), "seed \(seed)")
        #expect(counters.aborted == count(.aborted), "seed \(seed)")
        #expect(counters.rejected == count(.rejected), "seed \(seed)")
        #expect(counters.unfinished == count(.unfinished), "seed \(seed)")
        #expect(
            counters.requests
                == counters.finished + counters.aborted + counters.rejected + counters.unfinished)
        let ends = run.decisions.flatMap { decision in
            if case .updated(let update) = decision { update.finished } else { [Int64]() }
        }
        let finished = records.filter { $0.outcome == .finished }.map(\.id)
        #expect(ends.sorted() == finished.sorted(), "seed \(seed)")
        for pair in zip(records, records.dropFirst()) where pair.0.arrival > pair.1.arrival {
            Issue.record("seed \(seed): request \(pair.1.id) leaves after a later one")
        }
    }

    @Test("requests present are those that came and have not ended", arguments: UInt64(1)...40)
    func population(seed: UInt64) {
        guard let run = WatchedRun(seed: seed) else { return }
        let isAsync = run.random.plan.engine.asyncScheduling
        for (decisions, records) in zip(run.byReplica, run.recordsByReplica) {
            var called = Int64.min
            for decision in decisions {
                if case .scheduled(let call) = decision { called = call.time }
                let present = records.count { record in
                    // Who came since the latest call is seen in the next.
                    record.arrival <= called && !hasEnded(record, by: decision, isAsync: isAsync)
                }
                #expect(decision.present == present, "seed \(seed), \(decision.time) ps")
            }
        }
    }

    /// Under synchronous scheduling those who give up are seen to before the next call, that is
    /// after the update of the same moment.
    private func hasEnded(_ record: RequestRecord, by decision: Decision, isAsync: Bool) -> Bool {
        if case .updated = decision, record.outcome == .aborted, !isAsync {
            return record.finish < decision.time
        }
        return record.finish <= decision.time
    }

    @Test("the integral of requests over time is the sum of their times", arguments: UInt64(1)...40)
    func littlesLaw(seed: UInt64) {
        // Aborts are not always followed by a decision that would show them.
        guard let run = WatchedRun(seed: seed, aborting: false) else { return }
        for (decisions, records) in zip(run.byReplica, run.recordsByReplica) {
            var integral: Int128 = 0
            for (decision, next) in zip(decisions, decisions.dropFirst()) {
                integral += Int128(decision.present) * Int128(next.time - decision.time)
            }
            let calls = decisions.compactMap { decision -> Int64? in
                if case .scheduled(let call) = decision { call.time } else { nil }
            }
            // Until the next call they are on their way: the loop looks at arrivals there.
            var onTheirWay: Int128 = 0
            var inSystem: Int128 = 0
            for record in records {
                guard let taken = calls.first(where: { $0 >= record.arrival }) else {
                    Issue.record("seed \(seed): nobody ever saw request \(record.id)")
                    continue
                }
                onTheirWay += Int128(taken - record.arrival)
                inSystem += Int128(record.finish - record.arrival)
            }
            #expect(integral + onTheirWay == inSystem, "seed \(seed)")
        }
    }

    @Test(
        "tokens scheduled, hit, delivered and wasted are accounted for", arguments: UInt64(1)...40)
    func tokens(seed: UInt64) {
        guard let run = WatchedRun(seed: seed) else { return }
        let counters = run.result.counters
        var scheduled = 0
        var entries = 0
        var delivered = 0
        var wasted = 0
        for decision in run.decisions {
            switch decision {
            case .scheduled(let call):
                scheduled += call.entries.reduce(0) { $0 + $1.tokens }
                entries += call.entries.count
            case .updated(let update):
                delivered += update.delivered
                wasted += update.wasted
            }
        }
        #expect(scheduled == counters.scheduledTokens, "seed \(seed)")
        #expect(entries == counters.scheduledEntries, "seed \(seed)")
        #expect(delivered == counters.outputTokens, "seed \(seed)")
        #expect(wasted == counters.wastedEntries, "seed \(seed)")
        let records = run.result.records
        #expect(records.reduce(0) { $0 + Int($1.outputTokens) } == delivered, "seed \(seed)")
        #expect(records.reduce(0) { $0 + Int($1.hitTokens) } == counters.hitTokens, "seed \(seed)")
        let prompts = records.reduce(0) {
            $0 + ($1.outcome == .rejected ? 0 : Int($1.promptTokens))
        }
        #expect(prompts == counters.promptTokens, "seed \(seed)")
        #expect(
            records.reduce(0) { $0 + Int($1.preemptions) } == counters.preemptions, "seed \(seed)")
    }

    @Test("tokens computed again stand where the request had been", arguments: UInt64(1)...60)
    func recomputation(seed: UInt64) {
        guard let run = WatchedRun(seed: seed) else { return }
        var reached: [Int64: Int] = [:]
        var again = 0
        for case .scheduled(let call) in run.decisions {
            for entry in call.entries {
                let end = entry.computedBefore + entry.tokens
                let before = reached[entry.id] ?? 0
                again += max(0, min(end, before) - entry.computedBefore)
                reached[entry.id] = max(end, before)
            }
        }
        let counters = run.result.counters
        #expect(counters.recomputedTokens == again, "seed \(seed)")
        let hit = run.result.records.map(\.preemptions).filter { $0 > 0 }
        #expect(counters.preemptedRequests == hit.count, "seed \(seed)")
        #expect(run.result.mostPreemptions == Int(hit.max() ?? 0), "seed \(seed)")
    }

    @Test("each request computes every token once between preemptions", arguments: UInt64(1)...40)
    func tokensOfEachRequest(seed: UInt64) {
        guard let run = WatchedRun(seed: seed) else { return }
        var computed: [Int64: Int] = [:]
        var preempted: Set<Int64> = []
        for case .scheduled(let call) in run.decisions {
            // A preempted request may be back in a later call, never in the same one.
            for entry in call.entries {
                let place = "seed \(seed), call \(call.number), request \(entry.id)"
                switch entry.kind {
                case .running: #expect(computed[entry.id] == entry.computedBefore, "\(place)")
                case .admitted: #expect(computed[entry.id] == nil, "\(place)")
                case .resumed: #expect(preempted.remove(entry.id) != nil, "\(place)")
                }
                #expect(entry.tokens > 0, "\(place)")
                computed[entry.id] = entry.computedBefore + entry.tokens
            }
            for id in call.preempted { #expect(preempted.insert(id).inserted, "seed \(seed)") }
        }
        // The last token is sampled, not computed; what was computed for nobody is on top.
        for record in run.result.records where record.outcome == .finished {
            let all = Int(record.promptTokens + record.outputTokens) - 1
            let wasted = (computed[record.id] ?? 0) - all
            let isInFlight = preempted.contains(record.id)
            #expect(isInFlight || (0...1).contains(wasted), "seed \(seed), request \(record.id)")
        }
    }

    @Test("no step exceeds its budget, and every block comes back", arguments: UInt64(1)...40)
    func budgetsAndBlocks(seed: UInt64) {
        guard let run = WatchedRun(seed: seed) else { return }
        let engine = run.random.plan.engine
        let tokens = min(
            engine.maxNumScheduledTokens ?? engine.maxNumBatchedTokens, engine.maxNumBatchedTokens)
        let limit = engine.maxNumActiveSeqs ?? engine.maxNumSeqs
        for decisions in run.byReplica {
            var end = Int64.min
            for case .scheduled(let call) in decisions {
                let place = "seed \(seed), call \(call.number)"
                #expect(call.entries.reduce(0) { $0 + $1.tokens } <= tokens, "\(place)")
                #expect(Set(call.entries.map(\.id)).count == call.entries.count, "\(place)")
                #expect(call.running <= limit && call.entries.count <= call.running, "\(place)")
                #expect((0..<engine.numGPUBlocks).contains(call.freeBlocks), "\(place)")
                #expect((call.keys ?? 0) < engine.numGPUBlocks, "\(place)")
                // One batch at a time is executed.
                #expect(call.executionStart >= end, "\(place)")
                end = call.executionEnd
            }
            guard case .updated(let last)? = decisions.last else { continue }
            if last.running + last.waiting == 0 {
                #expect(last.freeBlocks == engine.numGPUBlocks - 1, "seed \(seed)")
            }
        }
    }
}
