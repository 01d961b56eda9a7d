import Basics
import Models
import StepTime
import TestSupport
import Testing
import Traces

@testable import Simulator

/// Requests that come, grow and go, on two replicas: one keeps runs of blocks, the other blocks.
private struct TwinReplicas: ~Copyable {
    var runs: Replica
    var blocks: Replica
    /// Slots that hold blocks, which are the same on both sides.
    var running: [Int] = []
    var waiting: [Int] = []
    private var sequence: Int64 = 0
    private let mayHide: Bool

    init(_ random: inout SeededRandom) {
        // No step is priced here.
        let clock = LinearStepTime(
            fixedMicroseconds: 1, perTokenMicroseconds: 0, perRequestMicroseconds: 0)
        var plan = RunPlan(stepTime: StepTime(clock))
        plan.engine.blockSize = [1, 2, 3, 4, 16][random.below(5)]
        plan.engine.maxModelLen = 200
        plan.engine.asyncScheduling = random.below(2) == 0
        let kinds: [[CacheGroup]] = [
            [.full], [.sliding(window: 20)], [.full, .sliding(window: 33)],
            [.sliding(window: 1), .full, .sliding(window: 33)],
            [.full, .full, .sliding(window: 9), .sliding(window: 60)],
        ]
        plan.engine.groups = kinds[random.below(kinds.count)]
        plan.engine.prefixCacheRetentionInterval = [nil, 0, 0, 24, 100][random.below(5)]
        let one = (200 / plan.engine.blockSize + 2) * plan.engine.groups.count
        plan.engine.numGPUBlocks = one * (1 + random.below(6))
        // Where others' content is not named, some may hide behind numbers.
        mayHide = random.below(2) == 0
        runs = Replica(plan, number: 0, lines: [])
        plan.numbersBlocks = true
        blocks = Replica(plan, number: 0, lines: [])
    }

    /// A new request, of a few contents that all share and one of its own, or without a name.
    mutating func arrive(_ random: inout SeededRandom) {
        sequence += 1
        var content: [Segment] = []
        var length: Int32 = 0
        for _ in 0..<(1 + random.below(4)) where length < 120 {
            let next = Int32(1 + random.below(60))
            let name = random.below(5) == 0 ? 100 + sequence : Int64(random.below(3))
            content.append(Segment(content: name, length: next))
            length += next
        }
        if mayHide, random.below(2) == 0 { content = [] }
        let request = ArrivingRequest(
            id: sequence, sequence: sequence, arrival: 0, promptTokens: length, outputTokens: 60,
            maxTokens: 60, priority: 0, abort: .max,
            outputContent: Segment.answer(of: sequence), isQuotable: false, content: content[...])
        enqueue(&runs, request)
        enqueue(&blocks, request)
        guard let slot = runs.inbox.popFirst(), blocks.inbox.popFirst() == slot else { return }
        waiting.append(Int(slot))
    }

    /// Looks up and admits a waiting request as far as it fits. What differs.
    mutating func admit(_ random: inout SeededRandom) -> String? {
        guard !waiting.isEmpty else { return nil }
        let place = random.below(waiting.count)
        let slot = waiting[place]
        let hit = lookUpPrefix(&runs, slot)
        let expected = lookUpPrefix(&blocks, slot)
        if hit != expected { return "a hit of \(hit) instead of \(expected) tokens" }
        let junctions = (runs.requests[slot].junction, blocks.requests[slot].junction)
        if junctions.0 != junctions.1 { return "junctions \(junctions)" }
        let left = Int(runs.requests[slot].known) - hit
        let demand = BlockDemand(
            slot: slot, tokens: 1 + random.below(left), hitTokens: hit, gate: random.below(2) == 0,
            mark: random.below(2) * random.below(10))
        let fits = allocate(&runs, demand)
        if fits != allocate(&blocks, demand) { return "admission \(fits)" }
        guard fits else { return nil }
        waiting.remove(at: place)
        running.append(slot)
        compute(slot, hit + demand.tokens)
        return nil
    }

    /// Gives a running request more tokens to compute. What differs.
    mutating func advance(_ random: inout SeededRandom) -> String? {
        guard !running.isEmpty else { return nil }
        let slot = running[random.below(running.count)]
        let known = Int(runs.requests[slot].known)
        let left = known - Int(runs.requests[slot].computed)
        if left == 0 {
            guard known < 190 else { return nil }
            runs.requests[slot].known += 1
            blocks.requests[slot].known += 1
        }
        let tokens = 1 + random.below(max(1, left))
        let demand = BlockDemand(slot: slot, tokens: tokens)
        clearHits(&runs)
        clearHits(&blocks)
        let fits = allocate(&runs, demand)
        if fits != allocate(&blocks, demand) { return "growth \(fits)" }
        if fits { compute(slot, Int(runs.requests[slot].computed) + tokens) }
        return nil
    }

    private mutating func compute(_ slot: Int, _ tokens: Int) {
        runs.requests[slot].computed = Int32(tokens)
        blocks.requests[slot].computed = Int32(tokens)
    }

    /// Ends or preempts a running request.
    mutating func leave(_ random: inout SeededRandom) {
        guard !running.isEmpty else { return }
        let slot = running.remove(at: random.below(running.count))
        let isPreempted = random.below(3) == 0
        if isPreempted { expose(&runs, slot) }
        release(&runs, slot)
        release(&blocks, slot)
        compute(slot, 0)
        if isPreempted { return waiting.append(slot) }
        if !runs.requests[slot].isPrivate { runs.contents.close(slot) }
        blocks.chains.close(slot)
        runs.freeSlots.append(Int32(slot))
        blocks.freeSlots.append(Int32(slot))
    }

    /// What the two sides count differently.
    func difference() -> String? {
        if runs.freeBlocks != blocks.freeBlocks {
            return "\(runs.freeBlocks) blocks free instead of \(blocks.freeBlocks)"
        }
        if runs.evictions != blocks.evictions {
            return "\(runs.evictions) evictions instead of \(blocks.evictions)"
        }
        if runs.distinctKeys != blocks.distinctKeys {
            return "\(runs.distinctKeys) keys instead of \(blocks.distinctKeys)"
        }
        return nil
    }

    /// Releases everything and hands out every block. What is left over.
    mutating func drain(_ random: inout SeededRandom) -> String? {
        while !running.isEmpty { leave(&random) }
        if runs.freeBlocks != runs.usableBlocks { return "blocks are held by nobody" }
        runs.runPool.take(runs.usableBlocks)
        if runs.distinctKeys != 0 { return "\(runs.distinctKeys) keys without blocks" }
        if runs.runPool.runs.count != 0 { return "\(runs.runPool.runs.count) runs without blocks" }
        if runs.runPool.tree.count != 0 { return "\(runs.runPool.tree.count) nodes without runs" }
        return nil
    }
}

@Suite("Runs of blocks")
struct RunPoolTests {
    @Test("are hit, taken and evicted as blocks are", arguments: UInt64(1)...40)
    func agreesWithBlocks(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var twins = TwinReplicas(&random)
        for step in 0..<400 {
            var fault: String?
            switch random.below(8) {
            case 0, 1: twins.arrive(&random)
            case 2, 3: fault = twins.admit(&random)
            case 4, 5, 6: fault = twins.advance(&random)
            default: twins.leave(&random)
            }
            fault = fault ?? twins.difference()
            #expect(fault == nil, "seed \(seed), step \(step)")
            if fault != nil { return }
        }
        let left = twins.drain(&random)
        #expect(left == nil, "seed \(seed)")
    }

    @Test("retained blocks are found by ranges as one by one", arguments: UInt64(1)...20)
    func retention(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            var engine = EngineConfiguration()
            engine.blockSize = [1, 2, 3, 16][random.below(4)]
            engine.prefixCacheRetentionInterval = [nil, 0, 1, 24, 100][random.below(5)]
            let window = [0, 1, 9, 20, 64][random.below(5)]
            let rules = GroupRules(window == 0 ? .full : .sliding(window: window), engine: engine)
            let low = random.below(60)
            let blocks = low..<(low + random.below(80))
            let (prompt, junction) = (1 + random.below(600), random.below(2) * random.below(400))
            var found: [Int] = []
            var next = blocks.lowerBound
            while next < blocks.upperBound {
                let range = rules.retained(
                    next..<blocks.upperBound, promptTokens: prompt, junction: junction)
                if range.isEmpty { break }
                found += Array(range)
                next = range.upperBound
            }
            let expected = blocks.filter {
                rules.retains(block: $0, promptTokens: prompt, junction: junction)
            }
            let place = "\(blocks) of \(engine.blockSize), prompt \(prompt), junction \(junction)"
            #expect(found == expected, "seed \(seed): window \(window), blocks \(place)")
        }
    }
}
