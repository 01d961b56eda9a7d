import Basics
import Simulator
import TestSupport
import Testing
import Traces

@testable import Experiments

// Debug builds are slow: a sample here, thousands of seeds in `headway conform --random`.
@Suite("Striding is walking")
struct GaitTests {
    @Test("all results are the same, whatever the workload", arguments: UInt64(1)...60)
    func sameResults(seed: UInt64) throws {
        #expect(try GaitComparison.difference(seed: seed) == nil)
    }

    @Test("every decision is the same, too", arguments: UInt64(1)...12)
    func sameDecisions(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        let walked = try decisions(random, .walk)
        #expect(try walked == decisions(random, .stride))
    }

    @Test("the seeds do stride")
    func stride() throws {
        var strode = 0
        for seed in UInt64(1)...30 {
            var random = RandomCase(seed: seed)
            random.plan.engine.gait = .stride
            let run = try? simulate(random.plan, source: InMemorySource(random.workload))
            strode += run?.steps.strode ?? 0
        }
        #expect(strode > 100)
    }

    @Test("requests that preempt one another for ever end the run with an error")
    func noProgress() throws {
        // Found by `headway conform --random`, before cases had features.
        let random = RandomCase(seed: 18_999, hasFeatures: false)
        for gait in EngineConfiguration.Gait.allCases {
            var plan = random.plan
            plan.engine.gait = gait
            let error = try #require(throws: InputError.self) {
                try simulate(plan, source: InMemorySource(random.workload))
            }
            #expect("\(error)".contains("no progress"), "\(gait): \(error)")
        }
        #expect(try GaitComparison.difference(random) == nil)
    }

    @Test("a difference is named")
    func namesDifference() throws {
        let random = RandomCase(seed: 1)
        let run = try simulate(random.plan, source: InMemorySource(random.workload))
        var other = run
        other.counters.evictions += 1
        #expect(GaitComparison.difference(run, run) == nil)
        #expect(GaitComparison.difference(run, other) == "counters")
    }

    private func decisions(
        _ random: RandomCase, _ gait: EngineConfiguration.Gait
    ) throws -> [Decision] {
        final class Recorder: RunObserver {
            var decisions: [Decision] = []
            var decisionDetail: DecisionDetail { .decisions }
            func decided(_ decision: Decision) { decisions.append(decision) }
        }
        var plan = random.plan
        plan.engine.gait = gait
        let recorder = Recorder()
        _ = try? simulate(plan, source: InMemorySource(random.workload), observer: recorder)
        return recorder.decisions
    }
}
