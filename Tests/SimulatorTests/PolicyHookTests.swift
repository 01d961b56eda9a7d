import Simulator
import StepTime
import Synchronization
import Testing
import Traces

/// Counts how often a policy is asked.
private final class Calls: Sendable {
    let shapes = Atomic(0)
    let comparisons = Atomic(0)
}

/// First come, first served that counts, and that wants to be asked again after `pace` steps.
private struct Counting: SchedulingPolicy {
    let calls: Calls
    var pace: Int?

    func shape(_ step: StepView) -> StepShape {
        calls.shapes.add(1, ordering: .relaxed)
        var shape = StepShape()
        if let pace { shape.untilStep = step.number + pace }
        return shape
    }

    func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        calls.comparisons.add(1, ordering: .relaxed)
        return a.sequence < b.sequence
    }
}

/// To it all requests are alike.
private struct Indifferent: SchedulingPolicy {
    func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool { false }
}

private func plan(_ policy: any SchedulingPolicy, blocks: Int = 2_000) -> RunPlan {
    var plan = RunPlan(
        stepTime: StepTime(
            LinearStepTime(
                fixedMicroseconds: 1_000, perTokenMicroseconds: 1, perRequestMicroseconds: 0)))
    plan.engine.numGPUBlocks = blocks
    plan.engine.maxNumBatchedTokens = 256
    plan.engine.maxNumSeqs = 16
    plan.engine.maxModelLen = 4_000
    plan.policy = policy
    return plan
}

/// Requests that come one after the other and decode for long.
private func requests(_ count: Int, outputs: Int32 = 500, gap: Int64 = 50_000_000) -> Workload {
    var workload = Workload()
    for row in 0..<count {
        workload.ids.append(Int64(row))
        workload.arrivals.append(Int64(row) * gap)
        workload.promptTokens.append(40)
        workload.outputTokens.append(outputs)
    }
    return workload
}

@Suite("What a policy is asked, and when")
struct PolicyHookTests {
    @Test("a policy is asked once for many steps that only decode")
    func standing() throws {
        let calls = Calls()
        let workload = requests(10)
        let result = try simulate(plan(Counting(calls: calls)), source: InMemorySource(workload))
        #expect(result.counters.finished == 10)
        #expect(result.steps.forwarded > 9 * result.steps.executed)
        let asked = calls.shapes.load(ordering: .relaxed)
        #expect(asked <= 8 * 10, "\(asked)")
        #expect(calls.comparisons.load(ordering: .relaxed) <= 10)
    }

    @Test(
        "who decodes stays in the cohort while a policy prefills alone", arguments: [true, false])
    func skipped(isAsynchronous: Bool) throws {
        var plan = plan(PrefillFirst())
        plan.engine.asyncScheduling = isAsynchronous
        plan.checksInvariants = true
        let workload = requests(12)
        let result = try simulate(plan, source: InMemorySource(workload))
        #expect(result.counters.finished == 12)
        // Each joins once and leaves once: two operations on the wheel of ends.
        let operations = result.steps.queueOperations
        #expect(operations <= 2 * 12 + 4, "\(operations)")
        plan.engine.advance = .step
        let stepped = try simulate(plan, source: InMemorySource(workload))
        #expect(stepped.digest == result.digest)
    }

    @Test("its shape stands no longer than it says", arguments: [1, 7])
    func until(pace: Int) throws {
        let calls = Calls()
        let policy = Counting(calls: calls, pace: pace)
        let result = try simulate(plan(policy), source: InMemorySource(requests(3)))
        let asked = calls.shapes.load(ordering: .relaxed)
        #expect(asked * pace >= result.counters.steps)
        // The same run as when it stands for ever.
        let other = plan(Counting(calls: Calls()))
        let free = try simulate(other, source: InMemorySource(requests(3)))
        #expect(result.digest == free.digest)
    }

    @Test("each request is given its place once, by halving")
    func placing() throws {
        let calls = Calls()
        // All at once, sixteen at a time.
        let workload = requests(200, outputs: 5, gap: 0)
        _ = try simulate(plan(Counting(calls: calls)), source: InMemorySource(workload))
        let asked = calls.comparisons.load(ordering: .relaxed)
        #expect(asked > 0)
        #expect(asked <= 8 * 200, "\(asked)")
    }

    @Test("of equals who came first enters first, and who was preempted before all")
    func equals() throws {
        /// A queue that who comes back enters at the front.
        final class Keeper: RunObserver {
            var queue: [Int64] = [0, 1, 2, 3, 4]
            var preemptions = 0
            var wrong = 0
            var decisionDetail: DecisionDetail { .decisions }
            func decided(_ decision: Decision) {
                guard case .scheduled(let step) = decision else { return }
                for id in step.preempted { queue.insert(id, at: 0) }
                preemptions += step.preempted.count
                for entry in step.entries where entry.kind != .running {
                    if queue.first != entry.id { wrong += 1 }
                    queue.removeAll { $0 == entry.id }
                }
            }
        }
        // Room for two prompts of three blocks and not for their answers.
        var tight = plan(Indifferent(), blocks: 10)
        tight.engine.maxModelLen = 120
        tight.engine.schedulerReserveFullISL = false
        let keeper = Keeper()
        let workload = requests(5, outputs: 60, gap: 0)
        _ = try simulate(tight, source: InMemorySource(workload), observer: keeper)
        #expect(keeper.queue.isEmpty)
        #expect(keeper.preemptions > 0)
        #expect(keeper.wrong == 0)
    }
}
