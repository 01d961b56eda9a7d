/// `allocate` over runs; the same rules. O(groups · (hit runs + stretches evicted)).
func allocateRuns(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    if replica.sumsBlocks, replica.scratch.runHitBlocks == 0 {
        return allocatePlain(&replica, demand)
    }
    let slot = demand.slot
    let request = replica.requests[slot]
    let limit = replica.engine.maxModelLen
    let total = min(Int(request.computed) + demand.hitTokens, limit)
    let settled = max(0, total - Int(request.inFlight))
    let hitBlocks = replica.scratch.runHitBlocks
    let held = Int(replica.runTables[slot].count + hitBlocks)
    let freeHits = hitBlocks > 0 ? freeHits(&replica, settled) : 0
    if demand.gate {
        let want = replica.blockSize.holding(min(Int(request.known), limit))
        var need = freeHits
        for group in 0..<replica.groups.count {
            need += max(0, min(want, replica.groups[group].gateCap) - held)
        }
        if need + demand.mark > replica.runPool.freeCount { return false }
    }
    if replica.hasWindows { slideRuns(&replica, slot, settled) }
    let want = replica.blockSize.holding(min(total + demand.tokens, limit))
    let new = max(0, want - held)
    let need = new * replica.groups.count
    if need + freeHits + demand.mark > replica.runPool.freeCount { return false }
    if hitBlocks > 0 { adoptRuns(&replica, slot, settled) }
    if need > 0 { replica.runPool.take(need) }
    replica.runTables[slot].count += Int32(new)
    if replica.isCaching {
        registerRuns(&replica, slot, min(total + demand.tokens, Int(request.known)))
    }
    setQuiet(&replica, slot)
    return true
}

/// The same for full attention alone and without hits, as most requests are: nothing slides, and
/// what is missing is a difference.
private func allocatePlain(_ replica: inout Replica, _ demand: BlockDemand) -> Bool {
    let slot = demand.slot
    let limit = replica.engine.maxModelLen
    let known = Int(replica.requests[slot].known)
    let total = min(Int(replica.requests[slot].computed) + demand.tokens, limit)
    let held = Int(replica.runTables[slot].count)
    let new = max(0, replica.blockSize.holding(total) - held)
    let isWhole = !demand.gate || total >= known
    let need = isWhole ? new : replica.blockSize.holding(min(known, limit)) - held
    if max(new, need) + demand.mark > replica.runPool.freeCount { return false }
    if new > 0 { replica.runPool.take(new) }
    replica.runTables[slot].count += Int32(new)
    if replica.isCaching { registerRuns(&replica, slot, min(total, known)) }
    setQuiet(&replica, slot)
    return true
}

/// `allocate` over runs for one more token of a request that decodes, where blocks are known to
/// be free.
@inline(__always)
func allocateNextRun(_ replica: inout Replica, _ slot: Int) {
    let computed = Int(replica.requests[slot].computed)
    if replica.hasWindows {
        slideRuns(&replica, slot, computed - Int(replica.requests[slot].inFlight))
    }
    if replica.blockSize.holding(computed + 1) > Int(replica.runTables[slot].count) {
        replica.runPool.take(replica.groups.count)
        replica.runTables[slot].count += 1
    }
    if replica.isCaching {
        registerRuns(&replica, slot, min(computed + 1, Int(replica.requests[slot].known)))
    }
    setQuiet(&replica, slot)
}

/// How many hit blocks nobody holds, those aside that a window has left already.
private func freeHits(_ replica: inout Replica, _ settled: Int) -> Int {
    var free = 0
    for group in 0..<replica.groups.count {
        let skipped = Int32(replica.groups[group].skippedBlocks(settled))
        for index in replica.scratch.runHits[group].indices {
            var hit = replica.scratch.runHits[group][index]
            hit.low = max(hit.low, skipped)
            if hit.low < hit.high { free += Int(replica.runPool.freeCount(hit)) }
        }
    }
    return free
}

private func adoptRuns(_ replica: inout Replica, _ slot: Int, _ settled: Int) {
    let blocks = replica.scratch.runHitBlocks
    for group in 0..<replica.groups.count {
        let entry = slot * replica.groups.count + group
        let skipped = Int32(replica.groups[group].skippedBlocks(settled))
        var table = GroupTable()
        for index in replica.scratch.runHits[group].indices {
            var hit = replica.scratch.runHits[group][index]
            hit.low = max(hit.low, skipped)
            guard hit.low < hit.high else { continue }
            replica.runPool.hold(hit)
            replica.runLists.append(hit, to: &table.holds)
            table.keyed += hit.count
        }
        table.slid = blocks - table.keyed
        replica.groupTables[entry] = table
    }
    replica.runTables[slot].count = blocks
    replica.runTables[slot].registered = blocks
    for index in replica.scratch.path.indices where replica.scratch.path[index].low < blocks {
        replica.runTables[slot].node = replica.scratch.path[index].node
    }
    replica.runPool.tree.retain(replica.runTables[slot].node)
}

/// Releases what has left a window. O(groups · runs released).
private func slideRuns(_ replica: inout Replica, _ slot: Int, _ settled: Int) {
    let groupCount = replica.groups.count
    for group in 0..<groupCount where replica.groups[group].window > 0 {
        let skipped = replica.groups[group].skippedBlocks(settled)
        let end = min(Int32(skipped), replica.runTables[slot].count)
        let slid = replica.groupTables[slot * groupCount + group].slid
        guard slid < end else { continue }
        let keyed =
            replica.requests[slot].isPrivate
            ? slidePrivate(&replica, slot, group, Int(slid)..<Int(end))
            : releaseHolds(&replica, slot, group, below: end)
        replica.runPool.giveBack(Int(end - slid) - keyed)
        replica.groupTables[slot * groupCount + group].slid = end
    }
}

/// Releases a request's registered blocks of a group below a place, deepest first. Their number.
private func releaseHolds(
    _ replica: inout Replica, _ slot: Int, _ group: Int, below end: Int32
) -> Int {
    var table = replica.groupTables[slot * replica.groups.count + group]
    if table.keyed == 0 { return 0 }
    var index = Int(table.gone)
    while index < Int(table.holds.count), replica.runLists[table.holds, index].low < end {
        index += 1
    }
    let before = table.keyed
    while index > Int(table.gone) {
        index -= 1
        var hold = replica.runLists[table.holds, index]
        replica.runLists[table.holds, index].low = min(end, hold.high)
        hold.high = min(end, hold.high)
        table.keyed -= hold.count
        replica.runPool.release(hold)
    }
    while table.gone < table.holds.count,
        replica.runLists[table.holds, Int(table.gone)].count == 0
    {
        table.gone += 1
    }
    replica.groupTables[slot * replica.groups.count + group] = table
    return Int(before - table.keyed)
}

/// The same for a request whose content nobody else can name: it may have to, if it is preempted.
private func slidePrivate(
    _ replica: inout Replica, _ slot: Int, _ group: Int, _ places: Range<Int>
) -> Int {
    replica.scratch.retained.removeAll()
    let keyed = places.clamped(to: 0..<Int(replica.runTables[slot].registered))
    let count = forEachRetained(replica.groups[group], replica.requests[slot].retention, keyed) {
        replica.scratch.retained.append($0)
    }
    while let blocks = replica.scratch.retained.popLast() {
        let sequence = replica.requests[slot].sequence
        replica.runPool.releasePrivate(blocks, sequence: sequence, group: group)
    }
    return count
}

/// `release` over runs.
func releaseRuns(_ replica: inout Replica, _ slot: Int) {
    let table = replica.runTables[slot]
    replica.runTables[slot] = RunTable()
    if replica.requests[slot].isPrivate { return releasePrivate(&replica, slot, table) }
    for group in 0..<replica.groups.count {
        let keyed = releaseHolds(&replica, slot, group, below: .max)
        let entry = slot * replica.groups.count + group
        let blocks = Int(table.count - replica.groupTables[entry].slid)
        replica.runPool.giveBack(blocks - keyed)
        replica.runLists.free(&replica.groupTables[entry].holds)
        replica.groupTables[entry] = GroupTable()
    }
    if table.node >= 0 { replica.runPool.tree.release(table.node) }
}

private func releasePrivate(_ replica: inout Replica, _ slot: Int, _ table: RunTable) {
    // One group without a window: nothing has slid, and every block is registered or none is.
    guard replica.hasWindows || replica.groups.count > 1 else {
        replica.runPool.giveBack(Int(table.count - table.registered))
        return replica.runPool.releasePrivate(table.registered)
    }
    for group in 0..<replica.groups.count {
        let entry = slot * replica.groups.count + group
        let slid = Int(replica.groupTables[entry].slid)
        let registered = Int(table.registered)
        let keyed = forEachRetained(
            replica.groups[group], replica.requests[slot].retention,
            min(slid, registered)..<registered
        ) { _ in }
        replica.runPool.giveBack(Int(table.count) - slid - keyed)
        replica.runPool.releasePrivate(Int32(keyed))
        replica.groupTables[entry] = GroupTable()
    }
}
