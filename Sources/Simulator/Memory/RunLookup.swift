/// `lookUpPrefix` over runs: leaves each group's hits in `scratch.runHits` and their common length
/// in `scratch.runHitBlocks`. O(nodes + pieces passed + runs looked at).
func lookUpRuns(_ replica: inout Replica, _ slot: Int) -> Int {
    if replica.scratch.runHitBlocks > 0 { clearHits(&replica) }
    guard replica.isCaching, !replica.requests[slot].isPrivate else { return 0 }
    let size = replica.runPool.blockSize
    replica.scratch.path.removeAll()
    replica.runPool.tree.follow(
        replica.contents, slot, to: (replica.requests[slot].known - 1) / size,
        &replica.scratch.path)
    var blocks = replica.scratch.path.last?.high ?? 0
    var longest: Int32 = 0
    for kind in replica.lookupOrder.indices {
        let needed = replica.groups[replica.lookupOrder[kind][0]].needed
        let hits =
            replica.groups[replica.lookupOrder[kind][0]].window == 0
            ? 0..<leadingEnd(&replica, kind, blocks)
            : lastWindow(&replica, kind, blocks, needed: Int32(max(1, needed)))
        replica.scratch.kindHits[kind] = hits
        blocks = hits.upperBound
        longest = max(longest, blocks)
    }
    let alone = replica.groups.count == 1
    replica.requests[slot].junction = !alone && longest > blocks ? longest * size : 0
    guard blocks > 0 else { return 0 }
    for kind in replica.lookupOrder.indices {
        // A full hit that went on past the sliding groups' is cut back.
        let low = min(replica.scratch.kindHits[kind].lowerBound, blocks)
        for group in replica.lookupOrder[kind] { collectHits(&replica, group, low..<blocks) }
    }
    replica.scratch.runHitBlocks = blocks
    return Int(blocks) * Int(size)
}

/// Up to where all groups of a kind have every block from the first one, at most `limit`.
private func leadingEnd(_ replica: inout Replica, _ kind: Int, _ limit: Int32) -> Int32 {
    var end: Int32 = 0
    for index in replica.scratch.path.indices {
        let part = replica.scratch.path[index]
        guard part.low == end, end < limit else { break }
        end = min(part.high, limit)
        for member in replica.lookupOrder[kind].indices {
            let group = Int32(replica.lookupOrder[kind][member])
            replica.runPool.cover(part.node, group, part.low, end)
            end = replica.runPool.coveredEnd(from: part.low)
        }
        if end < part.high { break }
    }
    return end
}

/// The last `needed` blocks in a row, below `limit`, that all groups of a kind have; else as many
/// as there are at the start of the chain.
private func lastWindow(
    _ replica: inout Replica, _ kind: Int, _ limit: Int32, needed: Int32
) -> Range<Int32> {
    var row: Range<Int32> = limit..<limit
    for index in replica.scratch.path.indices.reversed() {
        let part = replica.scratch.path[index]
        let high = min(part.high, limit)
        guard part.low < high else { continue }
        intersect(&replica, kind, part, to: high)
        while let common = replica.scratch.common.popLast() {
            let end = common.high == row.lowerBound ? row.upperBound : common.high
            row = common.low..<end
            if row.count >= needed { return (end - needed)..<end }
        }
    }
    return row.lowerBound == 0 ? row : 0..<0
}

/// Leaves in `scratch.common` the blocks of a part that all groups of a kind have, in chain order.
private func intersect(_ replica: inout Replica, _ kind: Int, _ part: ChainPart, to high: Int32) {
    replica.scratch.common.removeAll()
    replica.scratch.common.append(ChainPart(node: part.node, low: part.low, high: high))
    for member in replica.lookupOrder[kind].indices {
        let group = Int32(replica.lookupOrder[kind][member])
        replica.runPool.cover(part.node, group, part.low, high)
        replica.runPool.keepCovered(of: &replica.scratch.common)
    }
}

/// Appends to a group's hits the oldest runs that have some blocks of the chain, all of which it
/// has.
private func collectHits(_ replica: inout Replica, _ group: Int, _ blocks: Range<Int32>) {
    for index in replica.scratch.path.indices {
        let part = replica.scratch.path[index]
        let low = max(part.low, blocks.lowerBound)
        let high = min(part.high, blocks.upperBound)
        guard low < high else { continue }
        replica.runPool.cover(part.node, Int32(group), low, high)
        for place in replica.runPool.covered.indices {
            replica.scratch.runHits[group].append(replica.runPool.covered[place])
        }
    }
}
