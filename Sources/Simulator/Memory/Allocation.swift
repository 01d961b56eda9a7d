/// Asking for KV blocks, and taking them: vLLM's `KVCacheManager.allocate_slots`.
///
/// Asking (`canAllocate`) has one side effect only, which the engine has too: blocks that left a
/// sliding window are released first, even when the answer is no.

/// What a request wants to hold, as `allocate` needs it.
struct BlockDemand {
    var slot: Int
    /// Tokens to compute in this step.
    var tokens: Int
    /// Tokens of the prefix hit; the hit blocks are in `scratch.hits`.
    var hitTokens = 0
    /// Refuse unless all known tokens fit.
    var gate = false
    /// Blocks to leave free.
    var mark = 0
}

/// Gets a request the blocks for its next tokens, or returns false and changes nothing but what
/// slid out of a window. O(new blocks + hit blocks).
func allocate(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    if replica.usesRuns { return allocateRuns(&replica, demand) }
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

/// `allocate` for one more token of a request that decodes, where blocks are known to be free.
func allocateNext(_ replica: inout Replica, _ slot: Int) {
    if replica.usesRuns { return allocateNextRun(&replica, slot) }
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
        var index = min(skipped, Int(list.count)) - 1
        while index >= 0 {
            let block = replica.blockLists[list, index]
            if block == 0 { break }
            replica.blockLists[list, index] = 0
            replica.pool.release(block)
            index -= 1
        }
        replica.pool.endRelease()
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

/// Registers keys for the blocks that are full at `tokens` tokens.
@inline(__always)
func registerBlocks(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    if replica.usesRuns {
        registerRuns(&replica, slot, tokens)
    } else {
        registerSingle(&replica, slot, tokens)
    }
}

private func registerSingle(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let full = replica.blockSize.filled(by: tokens)
    let groupCount = replica.groups.count
    for group in 0..<groupCount {
        let entry = slot * groupCount + group
        let done = max(0, Int(replica.tables[entry].cached))
        guard done < full else { continue }
        registerSingle(&replica, slot, group, done..<full)
        replica.tables[entry].cached = Int32(full)
    }
}

private func registerSingle(
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

/// Tokens computed at which the pool has to be asked for a decoding request.
///
/// `settled` is what its latest `allocate` took for settled, on which depends how far its windows
/// have slid; nil: not known.
func nextDemand(_ replica: inout Replica, _ slot: Int, settled: Int?) -> Int {
    let size = replica.engine.blockSize
    let inFlight = replica.depth - 1
    let table = commonTable(&replica, slot)
    // What is full of known tokens is registered.
    let fill = table.nextFill(
        unknown: Int32(inFlight), size: Int32(size), caching: replica.isCaching)
    var next = Int(min(table.nextTake(size: Int32(size)), fill))
    guard replica.hasWindows else { return next }
    guard let settled else { return 0 }
    for group in 0..<replica.groups.count where replica.groups[group].window > 0 {
        let skipped = replica.groups[group].skippedBlocks(settled)
        next = min(next, (skipped + 1) * size + replica.groups[group].window - 1 + inFlight)
    }
    return next
}

/// Notes until when the request's next steps need nothing from the pool.
@inline(__always)
func setQuiet(_ replica: inout Replica, _ slot: Int) {
    let size = replica.runPool.blockSize
    let table = commonTable(&replica, slot)
    let fill = table.nextFill(unknown: 0, size: size, caching: replica.isCaching)
    replica.requests[slot].quietUntil =
        replica.hasWindows ? -1 : min(table.nextTake(size: size), fill)
}

/// What all groups' tables of a request have in common, however its blocks are kept.
@inline(__always)
func commonTable(_ replica: inout Replica, _ slot: Int) -> RunTable {
    if replica.usesRuns { return replica.runTables[slot] }
    let first = replica.tables[slot * replica.groups.count]
    return RunTable(count: first.list.count, registered: max(0, first.cached))
}

/// Releases everything a request holds, the last block first, group 0 first.
func releaseBlocks(_ replica: inout Replica, _ slot: Int) {
    if replica.usesRuns { return releaseRuns(&replica, slot) }
    for group in 0..<replica.groups.count {
        let entry = slot * replica.groups.count + group
        var list = replica.tables[entry].list
        var index = Int(list.count) - 1
        while index >= 0 {
            replica.pool.release(replica.blockLists[list, index])
            index -= 1
        }
        replica.pool.endRelease()
        replica.blockLists.free(&list)
        replica.tables[entry] = BlockTable(list: list)
    }
    replica.requests[slot].quietUntil = -1
}
