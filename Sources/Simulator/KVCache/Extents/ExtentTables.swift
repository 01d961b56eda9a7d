import Traces

/// A request's blocks in one group, when they are kept as extents.
struct GroupTable {
    /// Places at the front whose blocks have left the window.
    var behindWindow: Int32 = 0
    /// Registered blocks, in chain order; not kept for content that nobody else can name.
    var holds = Slab<ExtentRange>.List()
    /// Holds at the front of the list that have left it wholly.
    var gone: Int32 = 0
    /// Blocks in the others.
    var cached: Int32 = 0
}

/// How many hit blocks nobody holds, those aside that a window has left already.
func freeHitExtents(_ cache: inout KVCache, _ settled: Int) -> Int {
    var free = 0
    forEachHit(&cache, settled) { cache, _, hit in free += Int(cache.extents.freeCount(hit)) }
    return free
}

/// Calls with each hit of each group, without what a window has left already.
@inline(__always)
private func forEachHit(
    _ cache: inout KVCache, _ settled: Int, _ body: (inout KVCache, Int, ExtentRange) -> Void
) {
    for group in cache.groups.indices {
        let skipped = Int32(cache.groups[group].skippedBlocks(settled))
        for index in cache.found.extents[group].indices {
            var hit = cache.found.extents[group][index]
            hit.low = max(hit.low, skipped)
            if hit.low < hit.high { body(&cache, group, hit) }
        }
    }
}

/// Has a request hold what its lookup found.
func adoptExtents(_ cache: inout KVCache, _ slot: Int, _ settled: Int) {
    let blocks = cache.slots[slot].table.count
    let first = slot * cache.groups.count
    forEachHit(&cache, settled) { cache, group, hit in
        cache.extents.hold(hit)
        cache.holds.append(hit, to: &cache.groupTables[first + group].holds)
        cache.groupTables[first + group].cached += hit.count
    }
    for entry in first..<(first + cache.groups.count) {
        cache.groupTables[entry].behindWindow = blocks - cache.groupTables[entry].cached
    }
    for index in cache.found.path.indices where cache.found.path[index].low < blocks {
        cache.slots[slot].table.node = cache.found.path[index].node
    }
    cache.extents.tree.retain(cache.slots[slot].table.node)
}

/// Releases the blocks of a group that stand before a place, which have left its window.
/// O(extents released).
func freeBehindWindows(_ cache: inout KVCache, _ slot: Int, _ group: Int, to end: Int32) {
    let behindWindow = cache.groupTables[slot * cache.groups.count + group].behindWindow
    guard behindWindow < end else { return }
    // A walk to the back begins with what has left before it was registered.
    let unregistered =
        cache.groups[group].keylessToBack
        ? end - min(end, max(behindWindow, cache.slots[slot].table.registered)) : 0
    if unregistered > 0 { cache.extents.giveBack(Int(unregistered), toBack: true) }
    let cached =
        cache.slots[slot].isPrivate
        ? freePrivateBehindWindow(&cache, slot, group, behindWindow..<end)
        : releaseHolds(&cache, slot, group, below: end)
    cache.extents.giveBack(Int(end - behindWindow - unregistered) - cached)
    cache.groupTables[slot * cache.groups.count + group].behindWindow = end
}

/// Releases a request's registered blocks of a group below a place, deepest first. Their number.
private func releaseHolds(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, below end: Int32
) -> Int {
    var table = cache.groupTables[slot * cache.groups.count + group]
    if table.cached == 0 { return 0 }
    var index = Int(table.gone)
    while index < Int(table.holds.count), cache.holds[table.holds, index].low < end {
        index += 1
    }
    let before = table.cached
    while index > Int(table.gone) {
        index -= 1
        var hold = cache.holds[table.holds, index]
        cache.holds[table.holds, index].low = min(end, hold.high)
        hold.high = min(end, hold.high)
        table.cached -= hold.count
        cache.extents.release(hold)
    }
    while table.gone < table.holds.count,
        cache.holds[table.holds, Int(table.gone)].count == 0
    {
        table.gone += 1
    }
    cache.groupTables[slot * cache.groups.count + group] = table
    return Int(before - table.cached)
}

/// The same for a request whose content nobody else can name: it may have to, if it is preempted.
private func freePrivateBehindWindow(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, _ places: Range<Int32>
) -> Int {
    let cached = places.clamped(to: 0..<cache.slots[slot].table.registered)
    let rules = cache.groups[group]
    cache.found.retained.removeAll()
    let count = rules.forEachRetained(cached, cache.slots[slot].retention) {
        cache.found.retained.append($0)
    }
    while let blocks = cache.found.retained.popLast() {
        let sequence = cache.slots[slot].sequence
        cache.extents.releasePrivate(blocks, sequence: sequence, group: Int32(group))
    }
    return count
}

/// Releases all of a request's blocks, whose table this was.
func releaseExtents(_ cache: inout KVCache, _ slot: Int, _ table: BlockTable) {
    // Nothing has left a window, and every block is registered or none is.
    if cache.sumsBlocks, cache.slots[slot].isPrivate {
        cache.extents.giveBack(
            Int(table.count - table.registered), toBack: cache.groups[0].keylessToBack)
        return cache.extents.releasePrivate(Int(table.registered))
    }
    for group in cache.groups.indices {
        let entry = slot * cache.groups.count + group
        let behindWindow = cache.groupTables[entry].behindWindow
        let isPrivate = cache.slots[slot].isPrivate
        let cached =
            isPrivate
            ? retained(&cache, slot, group, min(behindWindow, table.registered)..<table.registered)
            : Int(cache.groupTables[entry].cached)
        cache.extents.giveBack(
            Int(table.count - behindWindow) - cached, toBack: cache.groups[group].keylessToBack)
        if isPrivate {
            cache.extents.releasePrivate(cached)
        } else {
            _ = releaseHolds(&cache, slot, group, below: .max)
            cache.holds.free(&cache.groupTables[entry].holds)
        }
        cache.groupTables[entry] = GroupTable()
    }
    if table.node >= 0 { cache.extents.tree.release(table.node) }
}

/// Registers keys for blocks that have become full. O(groups · extents), and O(1) for content that
/// nobody else can name.
@inline(__always)
func registerExtents(_ cache: inout KVCache, _ slot: Int, _ blocks: Range<Int32>) {
    guard cache.slots[slot].isPrivate else { return registerNamed(&cache, slot, blocks) }
    // The same, for most requests without looking at the group.
    if cache.sumsBlocks {
        cache.extents.distinctKeys += Int(blocks.upperBound - blocks.lowerBound)
        return
    }
    for group in cache.groups.indices {
        cache.extents.distinctKeys += retained(&cache, slot, group, blocks)
    }
}

/// How many of some of a request's blocks a group retains in the prefix cache.
func retained(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, _ blocks: Range<Int32>
) -> Int {
    cache.groups[group].forEachRetained(blocks, cache.slots[slot].retention) { _ in }
}

/// The same for content that others may name, for blocks that follow those registered.
@inline(never)
private func registerNamed(_ cache: inout KVCache, _ slot: Int, _ blocks: Range<Int32>) {
    cache.found.path.removeAll()
    let before = cache.slots[slot].table.node
    var node = before
    cache.extents.tree.reach(
        cache.contents, slot, from: blocks.lowerBound, to: blocks.upperBound, &node,
        &cache.found.path)
    if node != before {
        cache.extents.tree.retain(node)
        if before >= 0 { cache.extents.tree.release(before) }
        cache.slots[slot].table.node = node
    }
    for group in cache.groups.indices {
        let behindWindow = cache.groupTables[slot * cache.groups.count + group].behindWindow
        let low = min(max(blocks.lowerBound, behindWindow), blocks.upperBound)
        let rules = cache.groups[group]
        _ = rules.forEachRetained(low..<blocks.upperBound, cache.slots[slot].retention) {
            register(&cache, slot, group, $0)
        }
    }
}

/// Registers blocks of one group, whose nodes are in `scratch.path`.
private func register(
    _ cache: inout KVCache, _ slot: Int, _ group: Int, _ blocks: Range<Int32>
) {
    let entry = slot * cache.groups.count + group
    for index in cache.found.path.indices {
        var part = cache.found.path[index]
        part.low = max(part.low, blocks.lowerBound)
        part.high = min(part.high, blocks.upperBound)
        guard part.low < part.high else { continue }
        var table = cache.groupTables[entry]
        let last = Int(table.holds.count) - 1
        let hold = last >= Int(table.gone) ? cache.holds[table.holds, last] : nil
        if let new = cache.extents.register(part, Int32(group), after: hold) {
            cache.holds.append(new, to: &table.holds)
        } else {
            cache.holds[table.holds, last].high = part.high
        }
        table.cached += part.high - part.low
        cache.groupTables[entry] = table
    }
}

/// Gives the content of a private request a name, and its blocks extents: it is about to be
/// preempted and may find its own blocks again.
func expose(_ cache: inout KVCache, _ slot: Int, output: Int64) {
    guard cache.slots[slot].isPrivate, cache.isCaching else { return }
    cache.slots[slot].isPrivate = false
    let sequence = cache.slots[slot].sequence
    let prompt = Segment.whole(of: sequence, length: cache.slots[slot].promptTokens)
    cache.contents.open(slot, [prompt], output: output)
    let registered = cache.slots[slot].table.registered
    guard registered > 0 else { return }
    for group in cache.groups.indices {
        let behindWindow = cache.groupTables[slot * cache.groups.count + group].behindWindow
        cache.extents.distinctKeys -=
            retained(&cache, slot, group, min(behindWindow, registered)..<registered)
    }
    registerNamed(&cache, slot, 0..<registered)
    cache.extents.expose(sequence: sequence, node: cache.slots[slot].table.node)
}
