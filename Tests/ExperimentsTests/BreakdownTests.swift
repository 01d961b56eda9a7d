import Basics
import Simulator
import StepTime
import Testing
import Traces

@testable import Experiments
@testable import Fidelity

/// Keeps every request's parts and record.
private final class BreakdownKeeper: RunObserver {
    var breakdown: LatencyBreakdownKeeper
    var parts: [Int64: RequestBreakdown] = [:]
    var records: [RequestRecord] = []
    var decisionDetail: DecisionDetail { .plans }

    init(_ plan: RunPlan) { breakdown = LatencyBreakdownKeeper(plan) }

    func decided(_ plans: DecidedPlans) { breakdown.add(plans) }
    func record(_ record: RequestRecord) {
        records.append(record)
        parts[record.id] = breakdown.close(record)
    }
}

@Suite("Parts of a latency")
struct BreakdownTests {
    @Test(
        "sum to the whole, in both ways of advancing, whatever the workload",
        arguments: UInt64(1)...60)
    func sums(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        var both: [[Int64: RequestBreakdown]?] = []
        for advance in EngineConfiguration.Advance.allCases {
            var plan = random.plan
            plan.engine.advance = advance
            let keeper = BreakdownKeeper(plan)
            let run = try? simulate(
                plan, source: InMemorySource(random.workload), observer: keeper)
            // What cannot run has no parts, in either way.
            both.append(run == nil ? nil : keeper.parts)
            guard run != nil else { continue }
            for record in keeper.records { check(record, keeper.parts[record.id], seed, plan) }
        }
        #expect(both[0] == both[1], "seed \(seed)")
    }

    // In the last ones a policy preempts a request in the step that admits it.
    @Test(
        "are those of single steps, entry by entry",
        arguments: Array(UInt64(1)...40) + [4_125, 4_271, 8_691])
    func oracle(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        let stepped = AdvanceComparison.StepWatcher(random.plan)
        let planned = AdvanceComparison.PlanWatcher(random.plan)
        for observer in [stepped, planned] as [any RunObserver] {
            _ = try? simulate(
                random.plan, source: InMemorySource(random.workload), observer: observer)
        }
        #expect(stepped.parts == planned.parts, "seed \(seed)")
        #expect(stepped.parts == stepped.fromPlans, "seed \(seed)")
    }

    @Test("do not keep the run from fast-forwarding")
    func together() {
        var together = 0
        for seed in UInt64(1)...30 {
            let random = RandomCase(seed: seed)
            let planned = AdvanceComparison.PlanWatcher(random.plan)
            _ = try? simulate(
                random.plan, source: InMemorySource(random.workload), observer: planned)
            together += planned.together
        }
        #expect(together > 100)
    }

    private func check(
        _ record: RequestRecord, _ parts: RequestBreakdown?, _ seed: UInt64, _ plan: RunPlan
    ) {
        guard record.outcome == .finished || record.outcome == .aborted else {
            #expect(parts == nil, "seed \(seed), request \(record.id)")
            return
        }
        guard let parts else {
            Issue.record("seed \(seed): request \(record.id) has no parts")
            return
        }
        let whole = parts.whole
        let isPositive = LatencyParts.Part.allCases.allSatisfy {
            parts.toFirstToken[$0] >= 0 && parts.afterwards[$0] >= 0
        }
        #expect(isPositive, "seed \(seed), request \(record.id): \(parts)")
        #expect(
            whole.total == record.finish - record.arrival, "seed \(seed), request \(record.id)")
        if record.firstToken >= 0 {
            #expect(
                parts.toFirstToken.total == record.firstToken - record.arrival,
                "seed \(seed), request \(record.id)")
        }
        let host = plan.engine.host
        let unseen = record.finish - record.arrival - host.frontEnd - host.delivery
        #expect(
            whole[.queue] == record.queueTime ?? unseen, "seed \(seed), request \(record.id)")
        if record.preemptions == 0 {
            #expect(
                whole[.preempted] == 0 && whole[.recompute] == 0,
                "seed \(seed), request \(record.id)")
        }
    }

    private func pair(preempting: Bool = false) throws -> [Int64: RequestBreakdown] {
        let (plan, workload) = decodingPair(preempting: preempting)
        let keeper = BreakdownKeeper(plan)
        _ = try simulate(plan, source: InMemorySource(workload), observer: keeper)
        return keeper.parts
    }

    @Test("two requests, by hand")
    func byHand() throws {
        let parts = try pair()
        let microsecond: Int64 = 1_000_000
        // Step 1: 30 tokens, 130 µs. Step 2: a decode and 40 tokens, 141 µs, of which the decode
        // alone 101. Step 3: two decodes, 102 µs. Step 4: a decode, 101 µs.
        let first = try #require(parts[1])
        #expect(first.toFirstToken.total == 130 * microsecond)
        #expect(first.toFirstToken[.prefill] == 130 * microsecond)
        #expect(first.afterwards[.decode] == (101 + 102 + 101) * microsecond)
        #expect(first.afterwards[.interference] == 40 * microsecond)
        #expect(first.afterwards.total == 344 * microsecond)
        // It comes at 50 µs and waits for the end of step 1.
        let second = try #require(parts[2])
        #expect(second.toFirstToken[.queue] == 80 * microsecond)
        #expect(second.toFirstToken[.prefill] == 141 * microsecond)
        #expect(second.toFirstToken.total == 221 * microsecond)
        #expect(second.afterwards[.decode] == 102 * microsecond)
        #expect(second.afterwards.total == 102 * microsecond)
    }

    @Test("what runs after a client gave up is no part of the wait")
    func abort() throws {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 100, perTokenMicroseconds: 1, perRequestMicroseconds: 0)))
        plan.engine.asyncScheduling = true
        plan.engine.numGPUBlocks = 100
        plan.engine.host.schedule = 500_000_000
        plan.engine.numGPUBlocks = 1_000
        plan.engine.maxModelLen = 80
        var workload = Workload()
        workload.ids = [1]
        workload.arrivals = [0]
        workload.promptTokens = [30]
        workload.outputTokens = [10]
        workload.aborts = [900_000]
        let keeper = BreakdownKeeper(plan)
        _ = try simulate(plan, source: InMemorySource(workload), observer: keeper)
        let parts = try #require(keeper.parts[1]).whole
        // The host works from 0 to 500 µs, the prompt's step runs until 630, and at 1,000, where
        // the next one begins, it is seen that the client gave up.
        let microsecond: Int64 = 1_000_000
        #expect(parts[.prefill] == 130 * microsecond)
        #expect(parts[.host] == 870 * microsecond)
        #expect(parts.total == 1_000 * microsecond)
    }

    @Test("a preempted request waits and computes again")
    func preemption() throws {
        let second = try #require(try pair(preempting: true)[2])
        #expect(second.afterwards[.preempted] > 0)
        #expect(second.afterwards[.recompute] > 0)
    }
}
