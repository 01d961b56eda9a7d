import Basics
import Simulator
import TestSupport
import Testing
import Traces

@testable import Fidelity

// Debug builds are slow: a sample here, thousands of seeds in `headway conform --random`.
@Suite("Fast-forward is stepping")
struct AdvanceTests {
    @Test("all results are the same, whatever the workload", arguments: UInt64(1)...60)
    func sameResults(seed: UInt64) throws {
        #expect(try AdvanceComparison.difference(seed: seed) == nil)
    }

    @Test("every decision is the same, too", arguments: UInt64(1)...12)
    func sameDecisions(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        let stepped = try decisions(random, .step)
        #expect(try stepped == decisions(random, .fastForward))
    }

    @Test("the seeds do fast-forward")
    func stride() throws {
        var forwarded = 0
        for seed in UInt64(1)...30 {
            var random = RandomCase(seed: seed)
            random.plan.engine.advance = .fastForward
            let run = try? simulate(random.plan, source: InMemorySource(random.workload))
            forwarded += run?.steps.forwarded ?? 0
        }
        #expect(forwarded > 100)
    }

    @Test("the seeds draw what they promise, and nearly all of those cases end well")
    func features() throws {
        let kinds: [(name: String, has: (RandomCase) -> Bool)] = [
            ("a random policy", { $0.plan.policy is RandomPolicy }),
            (
                "a shipped policy",
                { ![.fcfs, .priority].contains($0.plan.engine.policy) && $0.plan.policy == nil }
            ),
            ("the engine's policy anew", { $0.mirrorsEngine }),
            ("whole prompts", { !$0.plan.engine.enableChunkedPrefill }),
            ("sessions", { !$0.workload.predecessors.isEmpty }),
            ("priorities", { !$0.workload.priorities.isEmpty }),
            ("limits of their own", { !$0.workload.maxTokens.isEmpty }),
            ("clients that give up", { !$0.workload.aborts.isEmpty }),
            ("several groups", { $0.plan.engine.groups.count > 1 }),
            ("a closed loop", { $0.plan.arrivals != .openLoop }),
        ]
        let cases = (UInt64(1)...400).map { RandomCase(seed: $0) }
        for kind in kinds {
            let some = cases.filter(kind.has)
            #expect(some.count >= 20, "\(some.count) with \(kind.name)")
            let ended = some.prefix(12).filter { random in
                (try? simulate(random.plan, source: InMemorySource(random.workload))) != nil
            }
            #expect(ended.count >= 9, "\(ended.count) of 12 with \(kind.name)")
        }
    }

    @Test("requests that preempt one another for ever end the run with an error")
    func noProgress() throws {
        // Found by `headway conform --random`, before cases had features.
        let random = RandomCase(seed: 18_999, hasFeatures: false)
        for advance in EngineConfiguration.Advance.allCases {
            var plan = random.plan
            plan.engine.advance = advance
            let error = try #require(throws: InputError.self) {
                try simulate(plan, source: InMemorySource(random.workload))
            }
            #expect("\(error)".contains("no progress"), "\(advance): \(error)")
        }
        #expect(try AdvanceComparison.difference(random) == nil)
    }

    @Test("a difference is named")
    func namesDifference() throws {
        let random = RandomCase(seed: 1)
        let run = try simulate(random.plan, source: InMemorySource(random.workload))
        var other = run
        other.counters.evictions += 1
        #expect(AdvanceComparison.difference(run, run) == nil)
        #expect(AdvanceComparison.difference(run, other)?.hasPrefix("counters: ") == true)
    }

    private func decisions(
        _ random: RandomCase, _ advance: EngineConfiguration.Advance
    ) throws -> [Decision] {
        final class Recorder: RunObserver {
            var decisions: [Decision] = []
            var decisionDetail: DecisionDetail { .decisions }
            func decided(_ decision: Decision) { decisions.append(decision) }
        }
        var plan = random.plan
        plan.engine.advance = advance
        let recorder = Recorder()
        _ = try? simulate(plan, source: InMemorySource(random.workload), observer: recorder)
        return recorder.decisions
    }
}
