/// `canAllocate` over extents. O(groups · hit extents).
func canAllocateExtents(_ cache: inout KVCache, _ demand: BlockDemand, _ hit: Hit) -> Bool {
    if cache.sumsBlocks, hit.tokens == 0 { return canAllocatePlain(&cache, demand) }
    let slot = demand.slot
    let limit = cache.maxModelLen
    let total = min(demand.computed + hit.tokens, limit)
    let settled = cache.settled(total, inFlight: demand.inFlight)
    let held = Int(cache.slots[slot].table.count) + cache.blockSize.filled(by: hit.tokens)
    let freeHits = hit.tokens > 0 ? freeHits(&cache, settled) : 0
    if demand.reservesFullPrompt {
        let want = cache.blockSize.holding(min(demand.known, limit))
        var need = freeHits
        for group in 0..<cache.groups.count {
            need += max(0, min(want, cache.caps[group].gate) - held)
        }
        if need + demand.watermark > cache.extents.freeCount { return false }
    }
    if cache.hasWindows { slideExtents(&cache, slot, settled) }
    let want = cache.blockSize.holding(min(total + demand.tokens, limit))
    let need = max(0, want - held) * cache.groups.count + freeHits
    if cache.capsDemand {
        let free = cache.extents.freeCount - demand.watermark
        return fitsCapped(&cache, want, held, freeHits, whole: need, free: free)
    }
    return need + demand.watermark <= cache.extents.freeCount
}

/// The same where windows cap the demand (S11). What is let through so and is not there leaves an
/// overdraft.
private func fitsCapped(
    _ cache: inout KVCache, _ want: Int, _ held: Int, _ freeHits: Int, whole: Int, free: Int
) -> Bool {
    var need = freeHits
    for group in 0..<cache.groups.count {
        need += max(0, min(want, cache.caps[group].demand) - held)
    }
    guard need <= free else { return false }
    cache.overdraft = max(0, whole - cache.extents.freeCount)
    return cache.overdraft == 0
}

/// The same for full attention alone and without hits, as most requests are: nothing slides, and
/// what is missing is a difference.
@inline(__always)
private func canAllocatePlain(_ cache: inout KVCache, _ demand: BlockDemand) -> Bool {
    let limit = cache.maxModelLen
    let total = min(demand.computed + demand.tokens, limit)
    let held = Int(cache.slots[demand.slot].table.count)
    let isWhole = !demand.reservesFullPrompt || total >= demand.known
    let most = isWhole ? total : max(total, min(demand.known, limit))
    let need = max(0, cache.blockSize.holding(most) - held)
    return need + demand.watermark <= cache.extents.freeCount
}

/// `allocate` over extents. O(groups · (hit extents + spans evicted)).
@inline(__always)
func allocateExtents(_ cache: inout KVCache, _ demand: BlockDemand, _ hit: Hit) {
    let slot = demand.slot
    let total = min(demand.computed + hit.tokens, cache.maxModelLen)
    if hit.tokens > 0 {
        adoptExtents(
            &cache, slot, Int32(cache.blockSize.filled(by: hit.tokens)),
            settled: cache.settled(total, inFlight: demand.inFlight))
    }
    let want = cache.blockSize.holding(min(total + demand.tokens, cache.maxModelLen))
    let new = want - Int(cache.slots[slot].table.count)
    if new > 0 {
        cache.extents.take(new * cache.groups.count)
        cache.slots[slot].table.count += Int32(new)
    }
    if cache.isCaching {
        registerExtents(&cache, slot, min(total + demand.tokens, demand.known))
    }
}

/// `allocateNext` over extents.
@inline(__always)
func allocateNextExtent(
    _ cache: inout KVCache, _ slot: Int, computed: Int, known: Int, inFlight: Int
) {
    if cache.hasWindows { slideExtents(&cache, slot, computed - inFlight) }
    if cache.blockSize.holding(computed + 1) > Int(cache.slots[slot].table.count) {
        cache.extents.take(cache.groups.count)
        cache.slots[slot].table.count += 1
    }
    if cache.isCaching { registerExtents(&cache, slot, min(computed + 1, known)) }
}

/// How many hit blocks nobody holds, those aside that a window has left already.
private func freeHits(_ cache: inout KVCache, _ settled: Int) -> Int {
    var free = 0
    for group in 0..<cache.groups.count {
        let skipped = Int32(cache.groups[group].skippedBlocks(settled))
        for index in cache.found.extents[group].indices {
            var hit = cache.found.extents[group][index]
            hit.low = max(hit.low, skipped)
            if hit.low < hit.high { free += Int(cache.extents.freeCount(hit)) }
        }
    }
    return free
}

private func adoptExtents(
    _ cache: inout KVCache, _ slot: Int, _ blocks: Int32, settled: Int
) {
    for group in 0..<cache.groups.count {
        let entry = slot * cache.groups.count + group
        let skipped = Int32(cache.groups[group].skippedBlocks(settled))
        var table = GroupTable()
        for index in cache.found.extents[group].indices {
            var hit = cache.found.extents[group][index]
            hit.low = max(hit.low, skipped)
            guard hit.low < hit.high else { continue }
            cache.extents.hold(hit)
            cache.holds.append(hit, to: &table.holds)
            table.keyed += hit.count
        }
        table.slid = blocks - table.keyed
        cache.groupTables[entry] = table
    }
    cache.slots[slot].table.count = blocks
    cache.slots[slot].table.registered = blocks
    for index in cache.found.path.indices where cache.found.path[index].low < blocks {
        cache.slots[slot].table.node = cache.found.path[index].node
    }
    cache.extents.tree.retain(cache.slots[slot].table.node)
}

/// Releases what has left a window. O(groups · extents released).
private func slideExtents(_ cache: inout KVCache, _ slot: Int, _ settled: Int) {
    let groupCount = cache.groups.count
    for group in 0..<groupCount where cache.groups[group].window > 0 {
        let skipped = cache.groups[group].skippedBlocks(settled)
        let end = min(Int32(skipped), cache.slots[slot].table.count)
        let slid = cache.groupTables[slot * groupCount + group].slid
        guard slid < end else { continue }
        if cache.keylessToBack(group) {
            slideToBack(&cache, slot, group, slid..<end)
            continue
        }
        let keyed =
            cache.slots[slot].isPrivate
            ? slidePrivate(&cache, slot, group, Int(slid)..<Int(end))
            : releaseHolds(&cache, slot, group, below: end)
        cache.extents.giveBack(Int(end - slid) - keyed)
        cache.groupTables[slot * groupCount + group].slid = end
    }
}

/// The same in a release where blocks without a key go to the back (S8): a walk from the deep end
/// begins with what leaves before it is registered. Such releases register every full block.
@inline(never)
private func slideToBack(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, _ places: Range<Int32>
) {
    let registered = max(cache.slots[slot].table.registered, places.lowerBound)
    let keyless = max(0, places.upperBound - registered)
    cache.extents.giveBack(Int(keyless), toBack: true)
    let keyed =
        cache.slots[slot].isPrivate
        ? slidePrivate(&cache, slot, group, Int(places.lowerBound)..<Int(places.upperBound))
        : releaseHolds(&cache, slot, group, below: places.upperBound)
    precondition(keyed + Int(keyless) == places.count, "a window left what it does not hold")
    cache.groupTables[slot * cache.groups.count + group].slid = places.upperBound
}

/// Releases a request's registered blocks of a group below a place, deepest first. Their number.
private func releaseHolds(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, below end: Int32
) -> Int {
    var table = cache.groupTables[slot * cache.groups.count + group]
    if table.keyed == 0 { return 0 }
    var index = Int(table.gone)
    while index < Int(table.holds.count), cache.holds[table.holds, index].low < end {
        index += 1
    }
    let before = table.keyed
    while index > Int(table.gone) {
        index -= 1
        var hold = cache.holds[table.holds, index]
        cache.holds[table.holds, index].low = min(end, hold.high)
        hold.high = min(end, hold.high)
        table.keyed -= hold.count
        cache.extents.release(hold)
    }
    while table.gone < table.holds.count,
        cache.holds[table.holds, Int(table.gone)].count == 0
    {
        table.gone += 1
    }
    cache.groupTables[slot * cache.groups.count + group] = table
    return Int(before - table.keyed)
}

/// The same for a request whose content nobody else can name: it may have to, if it is preempted.
private func slidePrivate(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, _ places: Range<Int>
) -> Int {
    cache.found.retained.removeAll()
    let keyed = places.clamped(to: 0..<Int(cache.slots[slot].table.registered))
    let count = forEachRetained(cache.groups[group], cache.slots[slot].retention, keyed) {
        cache.found.retained.append($0)
    }
    while let blocks = cache.found.retained.popLast() {
        let sequence = cache.slots[slot].sequence
        cache.extents.releasePrivate(blocks, sequence: sequence, group: group)
    }
    return count
}

/// `release` over extents.
func releaseExtents(_ cache: inout KVCache, _ slot: Int) {
    let table = cache.slots[slot].table
    cache.slots[slot].table = ExtentTable()
    if cache.slots[slot].isPrivate { return releasePrivate(&cache, slot, table) }
    for group in 0..<cache.groups.count {
        let entry = slot * cache.groups.count + group
        let keyless =
            table.count - cache.groupTables[entry].slid - cache.groupTables[entry].keyed
        cache.extents.giveBack(Int(keyless), toBack: cache.keylessToBack(group))
        _ = releaseHolds(&cache, slot, group, below: .max)
        cache.holds.free(&cache.groupTables[entry].holds)
        cache.groupTables[entry] = GroupTable()
    }
    if table.node >= 0 { cache.extents.tree.release(table.node) }
}

private func releasePrivate(_ cache: inout KVCache, _ slot: Int, _ table: ExtentTable) {
    // One group without a window: nothing has slid, and every block is registered or none is.
    guard cache.hasWindows || cache.groups.count > 1 else {
        cache.extents.giveBack(
            Int(table.count - table.registered), toBack: cache.keylessToBack(0))
        return cache.extents.releasePrivate(table.registered)
    }
    for group in 0..<cache.groups.count {
        let entry = slot * cache.groups.count + group
        let slid = Int(cache.groupTables[entry].slid)
        let registered = Int(table.registered)
        let keyed = forEachRetained(
            cache.groups[group], cache.slots[slot].retention,
            min(slid, registered)..<registered
        ) { _ in }
        cache.extents.giveBack(
            Int(table.count) - slid - keyed, toBack: cache.keylessToBack(group))
        cache.extents.releasePrivate(Int32(keyed))
        cache.groupTables[entry] = GroupTable()
    }
}
