import Traces

/// Registers keys for the blocks that are full at `tokens` tokens. O(groups · extents), and O(1)
/// for content that nobody else can name.
@inline(__always)
func registerExtents(_ cache: inout KVCache, _ slot: Int, _ tokens: Int) {
    let full = Int32(cache.blockSize.filled(by: tokens))
    let done = cache.slots[slot].table.registered
    guard done < full else { return }
    cache.slots[slot].table.registered = full
    guard cache.slots[slot].isPrivate else {
        return registerNamed(&cache, slot, done..<full)
    }
    guard cache.hasWindows else {
        cache.extents.distinctKeys += Int(full - done) * cache.groups.count
        return
    }
    for group in 0..<cache.groups.count {
        cache.extents.distinctKeys += forEachRetained(
            cache.groups[group], cache.slots[slot].retention, Int(done)..<Int(full)
        ) { _ in }
    }
}

/// The same for content that others may name, for blocks that follow those registered.
private func registerNamed(_ cache: inout KVCache, _ slot: Int, _ blocks: Range<Int32>) {
    cache.found.path.removeAll()
    var node = cache.slots[slot].table.node
    cache.extents.tree.reach(
        cache.contents, slot, from: blocks.lowerBound, to: blocks.upperBound, &node,
        &cache.found.path)
    moveNode(&cache, slot, to: node)
    for group in 0..<cache.groups.count {
        let slid = cache.groupTables[slot * cache.groups.count + group].slid
        let low = max(blocks.lowerBound, slid)
        guard low < blocks.upperBound else { continue }
        _ = forEachRetained(
            cache.groups[group], cache.slots[slot].retention,
            Int(low)..<Int(blocks.upperBound)
        ) { retained in
            register(&cache, slot, group, Int32(retained.lowerBound)..<Int32(retained.upperBound))
        }
    }
}

/// Has a request need another node of the content tree instead of its own.
@inline(__always)
private func moveNode(_ cache: inout KVCache, _ slot: Int, to node: Int32) {
    let before = cache.slots[slot].table.node
    guard node != before else { return }
    cache.extents.tree.retain(node)
    if before >= 0 { cache.extents.tree.release(before) }
    cache.slots[slot].table.node = node
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

/// Calls with the ranges of a request's blocks, among some of them, that a group retains in the
/// prefix cache, in ascending order. Their sum. O(ranges).
@inline(__always)
func forEachRetained(
    _ rules: GroupRules, _ request: Retention, _ places: Range<Int>, _ body: (Range<Int>) -> Void
) -> Int {
    if rules.window == 0, !places.isEmpty {
        body(places)
        return places.count
    }
    var count = 0
    var next = places.lowerBound
    while next < places.upperBound {
        let retained = rules.retained(
            next..<places.upperBound, promptTokens: Int(request.promptTokens),
            junction: Int(request.junction))
        guard !retained.isEmpty else { break }
        body(retained)
        count += retained.count
        next = retained.upperBound
    }
    return count
}

/// Gives the content of a private request a name, and its blocks extents: it is about to be
/// preempted and may find its own blocks again.
func expose(_ cache: inout KVCache, _ slot: Int) {
    guard cache.slots[slot].isPrivate, cache.isCaching else { return }
    cache.slots[slot].isPrivate = false
    let sequence = cache.slots[slot].sequence
    let prompt = Segment.whole(of: sequence, length: cache.slots[slot].promptTokens)
    cache.contents.open(slot, [prompt], output: cache.slots[slot].outputContent)
    let registered = cache.slots[slot].table.registered
    guard registered > 0 else { return }
    for group in 0..<cache.groups.count {
        let slid = Int(cache.groupTables[slot * cache.groups.count + group].slid)
        cache.extents.distinctKeys -= forEachRetained(
            cache.groups[group], cache.slots[slot].retention,
            min(slid, Int(registered))..<Int(registered)
        ) { _ in }
    }
    registerNamed(&cache, slot, 0..<registered)
    cache.extents.expose(sequence: sequence, node: cache.slots[slot].table.node)
}
