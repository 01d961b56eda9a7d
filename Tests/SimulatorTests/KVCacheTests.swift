import Basics
import Models
import TestSupport
import Testing
import Traces

@testable import Simulator

/// Requests that come, grow and go, in two caches: one keeps extents, the other numbered blocks.
private struct TwinCaches: ~Copyable {
    var extents: KVCache
    var blocks: KVCache
    var requests: [LiveRequest] = []
    /// Slots that hold blocks, which are the same on both sides.
    var running: [Int] = []
    var waiting: [Int] = []
    private var spares: [Int] = []
    private var sequence: Int64 = 0
    private let mayHide: Bool

    init(_ random: inout SeededRandom) {
        var engine = EngineConfiguration()
        engine.blockSize = [1, 2, 3, 4, 16][random.below(5)]
        engine.maxModelLen = 200
        engine.asyncScheduling = random.below(2) == 0
        let kinds: [[CacheGroup]] = [
            [.full], [.sliding(window: 20)], [.full, .sliding(window: 33)],
            [.sliding(window: 1), .full, .sliding(window: 33)],
            [.full, .full, .sliding(window: 9), .sliding(window: 60)],
        ]
        engine.groups = kinds[random.below(kinds.count)]
        engine.prefixCacheRetentionInterval = [nil, 0, 0, 24, 100][random.below(5)]
        engine.release = EngineRelease.all[random.below(EngineRelease.all.count)]
        engine.dropMissingOptions()
        let one = (200 / engine.blockSize + 2) * engine.groups.count
        engine.numGPUBlocks = one * (1 + random.below(6))
        // Where others' content is not named, some may hide behind numbers.
        mayHide = random.below(2) == 0
        extents = KVCache(engine, numbersBlocks: false)
        blocks = KVCache(engine, numbersBlocks: true)
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
        let hides = mayHide && random.below(2) == 0
        let own = Segment.whole(of: sequence, length: length)
        let request = LiveRequest(
            known: length, promptTokens: length, outputTokens: 60, maxTokens: 60, priority: 0,
            sequence: sequence, id: sequence, arrival: 0, abort: .max, firstTokenLimit: .max,
            outputContent: Segment.answer(of: sequence))
        let slot = spares.popLast() ?? requests.count
        if slot < requests.count { requests[slot] = request } else { requests.append(request) }
        extents.open(slot, request, content: hides ? nil : content[...])
        blocks.open(slot, request, content: hides ? [own] : content[...])
        waiting.append(slot)
    }

    /// Looks up and admits a waiting request as far as it fits. What differs.
    mutating func admit(_ random: inout SeededRandom) -> String? {
        guard !waiting.isEmpty else { return nil }
        let place = random.below(waiting.count)
        let slot = waiting[place]
        let known = Int(requests[slot].known)
        let hit = extents.lookUp(slot, known: known)
        let expected = blocks.lookUp(slot, known: known)
        if hit.tokens != expected.tokens {
            return "a hit of \(hit.tokens) instead of \(expected.tokens) tokens"
        }
        let junctions = (
            extents.slots[slot].retention.junction, blocks.slots[slot].retention.junction
        )
        if junctions.0 != junctions.1 { return "junctions \(junctions)" }
        let tokens = 1 + random.below(known - hit.tokens)
        var demand = BlockDemand(requests[slot], slot: slot, tokens: tokens)
        demand.reservesFullPrompt = random.below(2) == 0
        demand.watermark = random.below(2) * random.below(10)
        let fits = extents.canAllocate(demand, hit)
        if fits != blocks.canAllocate(demand, expected) { return "admission \(fits)" }
        guard fits else { return nil }
        extents.allocate(demand, hit)
        blocks.allocate(demand, expected)
        waiting.remove(at: place)
        running.append(slot)
        requests[slot].computed = Int32(hit.tokens + tokens)
        return nil
    }

    /// Gives a running request more tokens to compute. What differs.
    mutating func advance(_ random: inout SeededRandom) -> String? {
        guard !running.isEmpty else { return nil }
        let slot = running[random.below(running.count)]
        let left = Int(requests[slot].known - requests[slot].computed)
        if left == 0 {
            guard requests[slot].known < 190 else { return nil }
            requests[slot].known += 1
        }
        let tokens = 1 + random.below(max(1, left))
        let demand = BlockDemand(requests[slot], slot: slot, tokens: tokens)
        let fits = extents.canAllocate(demand)
        if fits != blocks.canAllocate(demand) { return "growth \(fits)" }
        guard fits else { return nil }
        extents.allocate(demand)
        blocks.allocate(demand)
        requests[slot].computed += Int32(tokens)
        return nil
    }

    /// Ends or preempts a running request.
    mutating func leave(_ random: inout SeededRandom) {
        guard !running.isEmpty else { return }
        let slot = running.remove(at: random.below(running.count))
        requests[slot].computed = 0
        if random.below(3) == 0 {
            extents.release(slot, returning: requests[slot])
            blocks.release(slot, returning: requests[slot])
            return waiting.append(slot)
        }
        extents.release(slot)
        blocks.release(slot)
        extents.close(slot)
        blocks.close(slot)
        spares.append(slot)
    }

    /// What the two sides count differently.
    func difference() -> String? {
        if extents.freeBlocks != blocks.freeBlocks {
            return "\(extents.freeBlocks) blocks free instead of \(blocks.freeBlocks)"
        }
        if extents.evictions != blocks.evictions {
            return "\(extents.evictions) evictions instead of \(blocks.evictions)"
        }
        if extents.distinctKeys != blocks.distinctKeys {
            return "\(extents.distinctKeys) keys instead of \(blocks.distinctKeys)"
        }
        return nil
    }

    /// Releases everything and hands out every block. What is left over.
    mutating func drain(_ random: inout SeededRandom) -> String? {
        while !running.isEmpty { leave(&random) }
        if extents.freeBlocks != extents.usableBlocks { return "blocks are held by no request" }
        extents.take(extents.usableBlocks)
        if extents.distinctKeys != 0 { return "\(extents.distinctKeys) keys without blocks" }
        let (count, nodes) = (extents.extents.extents.count, extents.extents.tree.count)
        if count != 0 { return "\(count) extents without blocks" }
        if nodes != 0 { return "\(nodes) nodes without extents" }
        return nil
    }
}

@Suite("The KV cache")
struct KVCacheTests {
    @Test("keeps extents as it keeps numbered blocks", arguments: UInt64(1)...40)
    func agreesWithBlocks(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var twins = TwinCaches(&random)
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

    @Test("retained blocks come in ranges as long as can be", arguments: UInt64(1)...20)
    func retention(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            var engine = EngineConfiguration()
            engine.blockSize = [1, 2, 3, 16][random.below(4)]
            engine.prefixCacheRetentionInterval = [nil, 0, 1, 24, 100][random.below(5)]
            let window = [0, 1, 9, 20, 64][random.below(5)]
            let rules = GroupRules(window == 0 ? .full : .sliding(window: window), engine: engine)
            let low = Int32(random.below(60))
            let blocks = low..<(low + Int32(random.below(80)))
            let (prompt, junction) = (1 + random.below(600), random.below(2) * random.below(400))
            var request = Retention(promptTokens: Int32(prompt), rules.blockSize)
            request.junction = Int32(junction / engine.blockSize)
            var found: [Range<Int32>] = []
            let count = rules.forEachRetained(blocks, request) { found.append($0) }
            let expected = blocks.filter { rules.retains(block: Int($0), request) }
            let isMaximal = zip(found, found.dropFirst())
                .allSatisfy { $0.upperBound < $1.lowerBound }
            #expect(isMaximal && count == expected.count, "seed \(seed)")
            #expect(
                found.flatMap(Array.init) == expected,
                """
                seed \(seed): window \(window), blocks \(blocks) of \(engine.blockSize), \
                prompt \(prompt), junction \(junction)
                """)
        }
    }
}
