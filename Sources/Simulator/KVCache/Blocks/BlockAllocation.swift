/// A request's blocks in one KV group.
struct BlockTable {
    var list = Slab<Int32>.List()
    /// Leading blocks whose registration has been decided, or -1 before the first one.
    var cached: Int32 = -1
}

/// `canAllocate` over single blocks. O(hit blocks).
func canAllocateBlocks(_ cache: inout KVCache, _ demand: BlockDemand, _ hit: Hit) -> Bool {
    let limit = cache.maxModelLen
    let total = min(demand.computed + hit.tokens, limit)
    let settled = cache.settled(total, inFlight: demand.inFlight)
    if demand.reservesFullPrompt {
        let known = min(demand.known, limit)
        let need = blocksNeeded(&cache, demand.slot, hit, tokens: known, settled, .gate)
        if need + demand.watermark > cache.pool.freeCount { return false }
    }
    slideWindows(&cache, demand.slot, settled)
    let upTo = min(total + demand.tokens, limit)
    let need = blocksNeeded(&cache, demand.slot, hit, tokens: upTo, settled, .demand)
    guard need + demand.watermark <= cache.pool.freeCount else { return false }
    if cache.capsDemand {
        let whole = blocksNeeded(&cache, demand.slot, hit, tokens: upTo, settled, .whole)
        cache.overdraft = max(0, whole - cache.pool.freeCount)
    }
    return cache.overdraft == 0
}

/// `allocate` over single blocks. O(new blocks + hit blocks).
func allocateBlocks(_ cache: inout KVCache, _ demand: BlockDemand, _ hit: Hit) {
    let total = min(demand.computed + hit.tokens, cache.maxModelLen)
    if hit.tokens > 0 {
        adoptHits(&cache, demand.slot, cache.settled(total, inFlight: demand.inFlight))
    }
    grow(&cache, demand.slot, min(total + demand.tokens, cache.maxModelLen))
    if cache.isCaching {
        registerBlocks(&cache, demand.slot, min(total + demand.tokens, demand.known))
    }
}

/// `allocateNext` over single blocks.
func allocateNextBlock(
    _ cache: inout KVCache, _ slot: Int, computed: Int, known: Int, inFlight: Int
) {
    slideWindows(&cache, slot, computed - inFlight)
    grow(&cache, slot, computed + 1)
    if cache.isCaching { registerBlocks(&cache, slot, min(computed + 1, known)) }
}

/// What caps the blocks that a group is counted with.
private enum CountedFor {
    case gate
    case demand
    /// Nothing.
    case whole
}

/// Blocks to take from the free queue so that the request holds `tokens` tokens; hit blocks that
/// are free count, because adopting them takes them out of the queue.
private func blocksNeeded(
    _ cache: inout KVCache, _ slot: Int, _ hit: Hit, tokens: Int, _ settled: Int,
    _ purpose: CountedFor
) -> Int {
    let groupCount = cache.groups.count
    var need = 0
    for group in 0..<groupCount {
        let rules = cache.groups[group]
        let table = cache.tables[slot * groupCount + group]
        var want = cache.blockSize.holding(tokens)
        switch purpose {
        case .gate: want = min(want, cache.caps[group].gate)
        case .demand: want = min(want, cache.caps[group].demand)
        case .whole: break
        }
        let held = Int(table.list.count)
        if table.cached >= 0 {
            need += max(want - held, 0)
            continue
        }
        let skipped = rules.skippedBlocks(settled)
        let hits = hit.tokens > 0 ? cache.found.numbers[group].count : 0
        need += max(want - max(skipped, hits + held), 0)
        for index in max(0, skipped - held)..<max(hits, max(0, skipped - held)) {
            let block = cache.found.numbers[group][index]
            if block != 0, cache.pool.blocks[Int(block)].references == 0 { need += 1 }
        }
    }
    return need
}

private func slideWindows(_ cache: inout KVCache, _ slot: Int, _ settled: Int) {
    for group in 0..<cache.groups.count where cache.groups[group].window > 0 {
        let toBack = cache.keylessToBack(group)
        let skipped = cache.groups[group].skippedBlocks(settled)
        let list = cache.tables[slot * cache.groups.count + group].list
        var cursor: Int32 = 0
        var index = min(skipped, Int(list.count)) - 1
        while index >= 0 {
            let block = cache.blockLists[list, index]
            if block == 0 { break }
            cache.blockLists[list, index] = 0
            cache.pool.release(block, cursor: &cursor, keylessToBack: toBack)
            index -= 1
        }
    }
}

private func adoptHits(_ cache: inout KVCache, _ slot: Int, _ settled: Int) {
    for group in 0..<cache.groups.count {
        let entry = slot * cache.groups.count + group
        let skipped = cache.groups[group].skippedBlocks(settled)
        let hits = cache.found.numbers[group].count
        var list = cache.tables[entry].list
        cache.blockLists.reserve(max(hits, skipped), in: &list)
        for _ in 0..<skipped { cache.blockLists.append(0, to: &list) }
        for index in skipped..<max(skipped, hits) {
            let block = cache.found.numbers[group][index]
            cache.pool.adopt(block)
            cache.blockLists.append(block, to: &list)
        }
        cache.tables[entry].list = list
        cache.tables[entry].cached = list.count
    }
}

private func grow(_ cache: inout KVCache, _ slot: Int, _ tokens: Int) {
    let want = cache.blockSize.holding(tokens)
    for group in 0..<cache.groups.count {
        let entry = slot * cache.groups.count + group
        var list = cache.tables[entry].list
        guard Int(list.count) < want else { continue }
        cache.blockLists.reserve(want, in: &list)
        while Int(list.count) < want {
            cache.blockLists.append(cache.pool.take(), to: &list)
        }
        cache.tables[entry].list = list
    }
}

/// `register` over single blocks. O(blocks).
func registerBlocks(_ cache: inout KVCache, _ slot: Int, _ tokens: Int) {
    let full = cache.blockSize.filled(by: tokens)
    let groupCount = cache.groups.count
    for group in 0..<groupCount {
        let entry = slot * groupCount + group
        let done = max(0, Int(cache.tables[entry].cached))
        guard done < full else { continue }
        registerBlocks(&cache, slot, group, done..<full)
        cache.tables[entry].cached = Int32(full)
    }
}

private func registerBlocks(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, _ places: Range<Int>
) {
    let request = cache.slots[slot]
    let rules = cache.groups[group]
    let list = cache.tables[slot * cache.groups.count + group].list
    cache.chains.extend(slot, to: places.upperBound, outputContent: request.outputContent)
    for i in places {
        let block = cache.blockLists[list, i]
        guard block != 0 else { continue }
        let retained = rules.retains(
            block: i, promptTokens: Int(request.promptTokens), junction: Int(request.junction))
        guard retained else { continue }
        let key = KeyChains.key(cache.chains.key(slot, i), group: group)
        cache.pool.register(block, key: key)
    }
}

/// `release` over single blocks. O(blocks).
func releaseBlocks(_ cache: inout KVCache, _ slot: Int) {
    for group in 0..<cache.groups.count {
        let entry = slot * cache.groups.count + group
        var list = cache.tables[entry].list
        var cursor: Int32 = 0
        var index = Int(list.count) - 1
        while index >= 0 {
            cache.pool.release(
                cache.blockLists[list, index], cursor: &cursor,
                keylessToBack: cache.keylessToBack(group))
            index -= 1
        }
        cache.blockLists.free(&list)
        cache.tables[entry] = BlockTable(list: list)
    }
}
