import Basics
import Simulator
import StepTime
import Testing
import Traces

@testable import Experiments

/// Keeps every request's parts and record.
private final class PartitionKeeper: RunObserver {
    var partition: LatencyPartition
    var parts: [Int64: PartitionedRequest] = [:]
    var records: [RequestRecord] = []
    var decisionDetail: DecisionDetail { .decisions }

    init(_ plan: RunPlan) { partition = LatencyPartition(plan) }

    func decided(_ decision: Decision) { partition.add(decision) }
    func record(_ record: RequestRecord) {
        records.append(record)
        parts[record.id] = partition.close(record)
    }
}

@Suite("Parts of a latency")
struct PartitionTests {
    @Test("sum to the whole, in both gaits, whatever the workload", arguments: UInt64(1)...60)
    func sums(seed: UInt64) throws {
        let random = RandomCase(seed: seed)
        var both: [[Int64: PartitionedRequest]?] = []
        for gait in EngineConfiguration.Gait.allCases {
            var plan = random.plan
            plan.engine.gait = gait
            let keeper = PartitionKeeper(plan)
            let run = try? simulate(
                plan, source: InMemorySource(random.workload), observer: keeper)
            // What cannot run has no parts, in either gait.
            both.append(run == nil ? nil : keeper.parts)
            guard run != nil else { continue }
            for record in keeper.records { check(record, keeper.parts[record.id], seed) }
        }
        #expect(both[0] == both[1], "seed \(seed)")
    }

    private func check(_ record: RequestRecord, _ parts: PartitionedRequest?, _ seed: UInt64) {
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
        let until = record.admitted < 0 ? record.finish : record.admitted
        #expect(whole[.queue] == until - record.arrival, "seed \(seed), request \(record.id)")
        if record.preemptions == 0 {
            #expect(
                whole[.preempted] == 0 && whole[.recompute] == 0,
                "seed \(seed), request \(record.id)")
        }
    }

    /// A step takes 100 µs and 1 µs a token; one request decodes when another comes.
    private func pair(preempting: Bool = false) throws -> [Int64: PartitionedRequest] {
        var plan = RunPlan(
            stepTime: StepTime(
                LinearStepTime(
                    fixedMicroseconds: 100, perTokenMicroseconds: 1, perRequestMicroseconds: 0)))
        plan.engine.asyncScheduling = false
        plan.engine.blockSize = 16
        plan.engine.numGPUBlocks = preempting ? 6 : 1_000
        plan.engine.maxModelLen = 80
        var workload = Workload()
        workload.ids = [1, 2]
        workload.arrivals = [0, 50_000]
        workload.promptTokens = [30, 40]
        workload.outputTokens = [preempting ? 20 : 4, preempting ? 20 : 2]
        let keeper = PartitionKeeper(plan)
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

    @Test("a preempted request waits and computes again")
    func preemption() throws {
        let second = try #require(try pair(preempting: true)[2])
        #expect(second.afterwards[.preempted] > 0)
        #expect(second.afterwards[.recompute] > 0)
    }
}
