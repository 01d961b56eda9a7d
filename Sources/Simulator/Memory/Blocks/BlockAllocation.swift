/// A request's blocks in one KV group.
struct BlockTable {
    var list = Slab<Int32>.List()
    /// Leading blocks whose registration has been decided, or -1 before the first one.
    var cached: Int32 = -1
}

/// `allocate` over single blocks. O(new blocks + hit blocks).
func allocateBlocks(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    let request = replica.requests[demand.slot]
    let limit = replica.engine.maxModelLen
    let local = Int(request.computed) + demand.hitTokens
    let total = min(local, limit)
    let settled = max(0, total - Int(request.inFlight))
    if demand.gate {
        let known = min(Int(request.known), limit)
        let need = blocksNeeded(&replica, demand.slot, tokens: known, settled, capped: true)
        if need + demand.mark > replica.pool.freeCount { return false }
    }
    let upTo = min(total + demand.tokens, limit)
    slideWindows(&replica, demand.slot, settled)
    let need = blocksNeeded(&replica, demand.slot, tokens: upTo, settled, capped: false)
    if need + demand.mark > replica.pool.freeCount { return false }
    if demand.hitTokens > 0 { adoptHits(&replica, demand.slot, settled) }
    grow(&replica, demand.slot, upTo)
    if replica.pool.caching {
        registerBlocks(&replica, demand.slot, min(total + demand.tokens, Int(request.known)))
    }
    setQuiet(&replica, demand.slot)
    return true
}

/// `allocateNext` over single blocks.
func allocateNextBlock(_ replica: inout Replica, _ slot: Int) {
    let next = Int(replica.requests[slot].computed) + 1
    slideWindows(&replica, slot, next - 1 - Int(replica.requests[slot].inFlight))
    grow(&replica, slot, next)
    if replica.pool.caching {
        registerBlocks(&replica, slot, min(next, Int(replica.requests[slot].known)))
    }
    setQuiet(&replica, slot)
}

/// Blocks to take from the free queue so that the request holds `tokens` tokens; hit blocks that
/// are free count, because adopting them takes them out of the queue.
private func blocksNeeded(
    _ replica: inout Replica, _ slot: Int, tokens: Int, _ settled: Int, capped: Bool
) -> Int {
    let groupCount = replica.groups.count
    var need = 0
    for group in 0..<groupCount {
        let rules = replica.groups[group]
        let table = replica.tables[slot * groupCount + group]
        var want = replica.blockSize.holding(tokens)
        if capped { want = min(want, rules.gateCap) }
        let held = Int(table.list.count)
        if table.cached >= 0 {
            need += max(want - held, 0)
            continue
        }
        let skipped = rules.skippedBlocks(settled)
        let hits = replica.scratch.hits[group].count
        need += max(want - max(skipped, hits + held), 0)
        for index in max(0, skipped - held)..<max(hits, max(0, skipped - held)) {
            let block = replica.scratch.hits[group][index]
            if block != 0, replica.pool.blocks[Int(block)].references == 0 { need += 1 }
        }
    }
    return need
}

private func slideWindows(_ replica: inout Replica, _ slot: Int, _ settled: Int) {
    for group in 0..<replica.groups.count where replica.groups[group].window > 0 {
        let skipped = replica.groups[group].skippedBlocks(settled)
        let list = replica.tables[slot * replica.groups.count + group].list
        var cursor: Int32 = 0
        var index = min(skipped, Int(list.count)) - 1
        while index >= 0 {
            let block = replica.blockLists[list, index]
            if block == 0 { break }
            replica.blockLists[list, index] = 0
            replica.pool.release(block, cursor: &cursor)
            index -= 1
        }
    }
}

private func adoptHits(_ replica: inout Replica, _ slot: Int, _ settled: Int) {
    for group in 0..<replica.groups.count {
        let entry = slot * replica.groups.count + group
        let skipped = replica.groups[group].skippedBlocks(settled)
        let hits = replica.scratch.hits[group].count
        var list = replica.tables[entry].list
        replica.blockLists.reserve(max(hits, skipped), in: &list)
        for _ in 0..<skipped { replica.blockLists.append(0, to: &list) }
        for index in skipped..<max(skipped, hits) {
            let block = replica.scratch.hits[group][index]
            replica.pool.adopt(block)
            replica.blockLists.append(block, to: &list)
        }
        replica.tables[entry].list = list
        replica.tables[entry].cached = list.count
    }
}

private func grow(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let want = replica.blockSize.holding(tokens)
    for group in 0..<replica.groups.count {
        let entry = slot * replica.groups.count + group
        var list = replica.tables[entry].list
        guard Int(list.count) < want else { continue }
        replica.blockLists.reserve(want, in: &list)
        while Int(list.count) < want {
            replica.blockLists.append(replica.pool.take(), to: &list)
        }
        replica.tables[entry].list = list
    }
}

/// `register` over single blocks. O(blocks).
func registerBlocks(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let full = replica.blockSize.filled(by: tokens)
    let groupCount = replica.groups.count
    for group in 0..<groupCount {
        let entry = slot * groupCount + group
        let done = max(0, Int(replica.tables[entry].cached))
        guard done < full else { continue }
        registerBlocks(&replica, slot, group, done..<full)
        replica.tables[entry].cached = Int32(full)
    }
}

private func registerBlocks(
    _ replica: inout Replica, _ slot: Int, _ group: Int, _ places: Range<Int>
) {
    let request = replica.requests[slot]
    let rules = replica.groups[group]
    let list = replica.tables[slot * replica.groups.count + group].list
    replica.chains.extend(slot, to: places.upperBound, outputContent: request.outputContent)
    for i in places {
        let block = replica.blockLists[list, i]
        guard block != 0 else { continue }
        let retained = rules.retains(
            block: i, promptTokens: Int(request.promptTokens), junction: Int(request.junction))
        guard retained else { continue }
        let key = KeyChains.key(replica.chains.key(slot, i), group: group)
        replica.pool.register(block, key: key)
    }
}

/// `release` over single blocks. O(blocks).
func releaseBlocks(_ replica: inout Replica, _ slot: Int) {
    for group in 0..<replica.groups.count {
        let entry = slot * replica.groups.count + group
        var list = replica.tables[entry].list
        var cursor: Int32 = 0
        var index = Int(list.count) - 1
        while index >= 0 {
            replica.pool.release(replica.blockLists[list, index], cursor: &cursor)
            index -= 1
        }
        replica.blockLists.free(&list)
        replica.tables[entry] = BlockTable(list: list)
    }
}
