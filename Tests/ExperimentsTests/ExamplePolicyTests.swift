import Basics
import ExamplePolicies
import Simulator
import StepTime
import Testing
import Traces

@testable import Experiments
@testable import Fidelity

/// The examples under configs/schedulers/swift-policy, with limits small enough to matter in small
/// runs.
private let examples: [(name: String, policy: any SchedulingPolicy)] = [
    ("pass over", PassOver(reach: 3, patience: 4)),
    ("short first", ShortRequestsFirst(threshold: 60, longestWaitSeconds: 0.05)),
    ("attention work", AgedAttentionWork(doublingSeconds: 0.02)),
    ("feedback", SkipJoinFeedback(base: 32, levels: 5, patienceSeconds: 0.05)),
    ("prefill limit", PrefillLimit(most: 2)),
    ("prefill budget", PrefillBudget(rate: 24, most: 90)),
]

/// Requests that come faster than they are served.
private func crowd(_ seed: UInt64, requests: Int = 60) -> Workload {
    var random = SeededRandom(seed: seed)
    var workload = Workload()
    var time: Int64 = 0
    for row in 0..<requests {
        time += Int64(random.below(8_000)) * 1_000
        workload.ids.append(Int64(row))
        workload.arrivals.append(time)
        let length = random.below(4) == 0 ? 200 : 50
        workload.promptTokens.append(Int32(1 + random.below(length)))
        workload.outputTokens.append(Int32(1 + random.below(40)))
    }
    return workload
}

private func plan(_ policy: any SchedulingPolicy, blocks: Int = 40) -> RunPlan {
    var plan = RunPlan(
        stepTime: StepTime(
            LinearStepTime(
                fixedMicroseconds: 2_000, perTokenMicroseconds: 20, perRequestMicroseconds: 2)))
    plan.engine.numGPUBlocks = blocks
    plan.engine.maxNumBatchedTokens = 128
    plan.engine.maxNumSeqs = 12
    plan.engine.maxModelLen = 400
    plan.policy = policy
    return plan
}

private final class StepKeeper: RunObserver {
    var steps: [ScheduleDecision] = []
    var lastFree = -1
    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) {
        switch decision {
        case .scheduled(let step): steps.append(step)
        case .updated(let update): lastFree = update.freeBlocks
        }
    }
}

private func steps(
    _ policy: any SchedulingPolicy, seed: UInt64, blocks: Int = 40
) throws -> (steps: [ScheduleDecision], workload: Workload) {
    let keeper = StepKeeper()
    let workload = crowd(seed)
    let result = try simulate(
        plan(policy, blocks: blocks), source: InMemorySource(workload), observer: keeper)
    #expect(result.counters.finished == workload.count, "seed \(seed)")
    return (keeper.steps, workload)
}

/// Calls `body` at each admission with the step, the request that enters, and who waits then, in
/// order of arrival.
private func atAdmissions(
    _ steps: [ScheduleDecision], _ workload: Workload,
    _ body: (ScheduleDecision, Int64, [Int64]) -> Void
) {
    var inside: Set<Int64> = []
    var ended: Set<Int64> = []
    var last: [Int64: Int] = [:]
    for step in steps {
        inside.subtract(step.preempted)
        let arrived = workload.ids.filter { workload.arrivals[Int($0)] * 1_000 <= step.time }
        for entry in step.entries where entry.kind != .running {
            let waiting = arrived.filter { !inside.contains($0) && !ended.contains($0) }
            body(step, entry.id, waiting.filter { $0 != entry.id })
            inside.insert(entry.id)
        }
        for entry in step.entries where entry.samples {
            last[entry.id, default: 0] += 1
            if last[entry.id]! >= Int(workload.outputTokens[Int(entry.id)]) {
                ended.insert(entry.id)
            }
        }
    }
}

@Suite("Example policies")
struct ExamplePolicyTests {
    @Test("each keeps pool and budget, however its steps are taken", arguments: 0..<6)
    func everyWay(example: Int) throws {
        for seed in UInt64(1)...14 {
            var random = RandomCase(seed: 1_000 * UInt64(example) + seed)
            random.plan.policy = examples[example].policy
            random.mirrorsEngine = false
            let difference = try AdvanceComparison.difference(random)
            #expect(difference == nil, "\(examples[example].name), seed \(seed)")
        }
    }

    @Test("each gives back every block, and finishes everybody", arguments: 0..<6)
    func conserves(example: Int) throws {
        for seed in UInt64(1)...4 {
            let keeper = StepKeeper()
            let plan = plan(examples[example].policy)
            let result = try simulate(
                plan, source: InMemorySource(crowd(seed)), observer: keeper)
            #expect(result.counters.finished == 60)
            #expect(keeper.lastFree == plan.engine.numGPUBlocks - 1)
            for step in keeper.steps {
                let tokens = step.entries.reduce(0) { $0 + $1.tokens }
                #expect(tokens <= 128 && step.running <= 12 && step.freeBlocks >= 0)
            }
        }
    }

    @Test("a request is passed over, and by no more than its patience", arguments: UInt64(1)...6)
    func passes(seed: UInt64) throws {
        let (steps, workload) = try steps(PassOver(reach: 3, patience: 4), seed: seed)
        var passed: [Int64: Int] = [:]
        var most = 0
        atAdmissions(steps, workload) { _, id, waiting in
            passed[id] = nil
            for other in waiting where other < id {
                passed[other, default: 0] += 1
                most = max(most, passed[other]!)
            }
        }
        #expect(most > 0 && most <= 4, "\(most)")
    }

    @Test("nobody short enters before a long request at its bound", arguments: UInt64(1)...6)
    func shortFirst(seed: UInt64) throws {
        let policy = ShortRequestsFirst(threshold: 60, longestWaitSeconds: 0.05)
        let (steps, workload) = try steps(policy, seed: seed)
        var overtaken = 0
        var late = 0
        var preempted: Set<Int64> = []
        for step in steps { preempted.formUnion(step.preempted) }
        atAdmissions(steps, workload) { step, id, waiting in
            guard workload.promptTokens[Int(id)] <= 60, !preempted.contains(id) else { return }
            for other in waiting where workload.promptTokens[Int(other)] > 60 {
                let wait = step.time - workload.arrivals[Int(other)] * 1_000
                if other < id { overtaken += 1 }
                if wait >= policy.longestWait { late += 1 }
            }
        }
        #expect(overtaken > 0)
        #expect(late == 0)
    }

    @Test("attention work ages: who comes much later does not overtake", arguments: UInt64(1)...6)
    func ages(seed: UInt64) throws {
        let (steps, workload) = try steps(AgedAttentionWork(doublingSeconds: 0.02), seed: seed)
        var overtaken = 0
        var late = 0
        atAdmissions(steps, workload) { _, id, waiting in
            for other in waiting where other < id {
                overtaken += 1
                let later = workload.arrivals[Int(id)] - workload.arrivals[Int(other)]
                // Of 240 tokens, what was preempted included: 2 · log2 W is less than 30.
                if Double(later) * 1e-9 > 30 * 0.02 { late += 1 }
            }
        }
        #expect(overtaken > 0)
        #expect(late == 0)
    }

    @Test("whoever has waited for its patience is overtaken by nobody", arguments: UInt64(1)...6)
    func feedback(seed: UInt64) throws {
        let policy = SkipJoinFeedback(base: 32, levels: 5, patienceSeconds: 0.05)
        let (steps, workload) = try steps(policy, seed: seed)
        var since: [Int64: Int64] = [:]
        var overtaken = 0
        var late = 0
        var next = steps.startIndex
        atAdmissions(steps, workload) { step, id, waiting in
            while steps[next].number <= step.number, next < steps.count - 1 {
                // A preempted request waits from then on.
                for id in steps[next].preempted { since[id] = steps[next].time }
                next += 1
            }
            for other in waiting where other < id {
                overtaken += 1
                // It is seen, and begins to wait, at the first call after its arrival.
                let seen = steps.first {
                    $0.time >= workload.arrivals[Int(other)] * 1_000
                }?.time
                if step.time - (since[other] ?? seen ?? .max) >= policy.patience { late += 1 }
            }
        }
        #expect(overtaken > 0)
        #expect(late == 0)
    }

    @Test("no more prefills are under way than the limit", arguments: UInt64(1)...4)
    func limit(seed: UInt64) throws {
        let (steps, _) = try steps(PrefillLimit(most: 2), seed: seed, blocks: 200)
        var left: Set<Int64> = []
        var most = 0
        for step in steps {
            let entering = step.entries.count { $0.kind != .running }
            most = max(most, left.count + entering)
            for entry in step.entries {
                let isLeft = entry.computedBefore + entry.tokens < entry.promptTokens
                if isLeft { left.insert(entry.id) } else { left.remove(entry.id) }
            }
        }
        #expect(most == 2)
    }

    @Test(
        "prefill keeps its budget over any steps in which somebody runs", arguments: UInt64(1)...4)
    func budget(seed: UInt64) throws {
        let (steps, _) = try steps(PrefillBudget(rate: 24, most: 90), seed: seed, blocks: 200)
        var owed = 0
        var worst = 0
        var longest = 0
        for step in steps {
            let entering = step.entries.count { $0.kind != .running }
            let prefill = step.entries.filter { $0.computedBefore < $0.promptTokens }
                .reduce(0) { $0 + $1.tokens }
            guard step.running > entering else {
                owed = 0
                continue
            }
            owed = max(0, owed + prefill - 24)
            worst = max(worst, owed)
            longest = max(longest, prefill)
        }
        #expect(worst <= 90, "\(worst)")
        #expect(longest > 24)
    }
}
