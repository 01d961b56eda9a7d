import Traces

/// Registers keys for blocks that have become full. O(groups · extents), and O(1) for content that
/// nobody else can name.
@inline(__always)
func registerExtents(_ cache: inout KVCache, _ slot: Int, _ blocks: Range<Int32>) {
    guard cache.slots[slot].isPrivate else { return registerNamed(&cache, slot, blocks) }
    // The same, for most requests without looking at the group.
    if cache.sumsBlocks {
        cache.extents.distinctKeys += blocks.count
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
        let slid = cache.groupTables[slot * cache.groups.count + group].slid
        let low = min(max(blocks.lowerBound, slid), blocks.upperBound)
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
        table.keyed += part.high - part.low
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
        let slid = cache.groupTables[slot * cache.groups.count + group].slid
        cache.extents.distinctKeys -=
            retained(&cache, slot, group, min(slid, registered)..<registered)
    }
    registerNamed(&cache, slot, 0..<registered)
    cache.extents.expose(sequence: sequence, node: cache.slots[slot].table.node)
}
