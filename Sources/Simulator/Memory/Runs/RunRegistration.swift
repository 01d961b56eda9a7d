import Traces

/// Registers keys for the blocks that are full at `tokens` tokens. O(groups · runs), and O(1) for
/// content that nobody else can name.
@inline(__always)
func registerRuns(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let full = Int32(replica.blockSize.filled(by: tokens))
    let done = replica.runTables[slot].registered
    guard done < full else { return }
    replica.runTables[slot].registered = full
    guard replica.requests[slot].isPrivate else {
        return registerNamed(&replica, slot, done..<full)
    }
    guard replica.hasWindows else {
        replica.runPool.distinctKeys += Int(full - done)
        return
    }
    for group in 0..<replica.groups.count {
        replica.runPool.distinctKeys += forEachRetained(
            replica.groups[group], replica.requests[slot].retention, Int(done)..<Int(full)
        ) { _ in }
    }
}

/// The same for content that others may name, for blocks that follow those registered.
private func registerNamed(_ replica: inout Replica, _ slot: Int, _ blocks: Range<Int32>) {
    replica.scratch.path.removeAll()
    var node = replica.runTables[slot].node
    replica.runPool.tree.reach(
        replica.contents, slot, from: blocks.lowerBound, to: blocks.upperBound, &node,
        &replica.scratch.path)
    moveNode(&replica, slot, to: node)
    for group in 0..<replica.groups.count {
        let slid = replica.groupTables[slot * replica.groups.count + group].slid
        let low = max(blocks.lowerBound, slid)
        guard low < blocks.upperBound else { continue }
        _ = forEachRetained(
            replica.groups[group], replica.requests[slot].retention,
            Int(low)..<Int(blocks.upperBound)
        ) { retained in
            register(&replica, slot, group, Int32(retained.lowerBound)..<Int32(retained.upperBound))
        }
    }
}

/// Has a request need another node of the content tree instead of its own.
@inline(__always)
private func moveNode(_ replica: inout Replica, _ slot: Int, to node: Int32) {
    let before = replica.runTables[slot].node
    guard node != before else { return }
    replica.runPool.tree.retain(node)
    if before >= 0 { replica.runPool.tree.release(before) }
    replica.runTables[slot].node = node
}

/// Registers blocks of one group, whose nodes are in `scratch.path`.
private func register(
    _ replica: inout Replica, _ slot: Int, _ group: Int, _ blocks: Range<Int32>
) {
    let entry = slot * replica.groups.count + group
    for index in replica.scratch.path.indices {
        var part = replica.scratch.path[index]
        part.low = max(part.low, blocks.lowerBound)
        part.high = min(part.high, blocks.upperBound)
        guard part.low < part.high else { continue }
        var table = replica.groupTables[entry]
        let last = Int(table.holds.count) - 1
        let hold = last >= Int(table.gone) ? replica.runLists[table.holds, last] : nil
        if let new = replica.runPool.register(part, Int32(group), after: hold) {
            replica.runLists.append(new, to: &table.holds)
        } else {
            replica.runLists[table.holds, last].high = part.high
        }
        table.keyed += part.high - part.low
        replica.groupTables[entry] = table
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

/// Gives the content of a private request a name, and its blocks runs: it is about to be
/// preempted and may find its own blocks again.
func expose(_ replica: inout Replica, _ slot: Int) {
    guard replica.requests[slot].isPrivate, replica.isCaching else { return }
    replica.requests[slot].isPrivate = false
    let sequence = replica.requests[slot].sequence
    let prompt = Segment.whole(of: sequence, length: replica.requests[slot].promptTokens)
    replica.contents.open(slot, [prompt], output: replica.requests[slot].outputContent)
    let registered = replica.runTables[slot].registered
    guard registered > 0 else { return }
    for group in 0..<replica.groups.count {
        let slid = Int(replica.groupTables[slot * replica.groups.count + group].slid)
        replica.runPool.distinctKeys -= forEachRetained(
            replica.groups[group], replica.requests[slot].retention,
            min(slid, Int(registered))..<Int(registered)
        ) { _ in }
    }
    registerNamed(&replica, slot, 0..<registered)
    replica.runPool.expose(sequence: sequence, node: replica.runTables[slot].node)
}
