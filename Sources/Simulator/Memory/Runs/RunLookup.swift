/// Groups of one kind, which are looked up together.
struct LookupKind {
    /// Its groups, as places in `ScheduleScratch.members`.
    var members: Range<Int>
    /// Cached blocks in a row that a hit needs, at least one; 0: all from the first one, for full
    /// attention.
    var needed: Int32
    /// What the lookup under way found for it.
    var hits: Range<Int32> = 0..<0
}

/// `lookUpPrefix` over runs: leaves each group's hits in `scratch.runHits` and their common length
/// in `scratch.runHitBlocks`. O(nodes + pieces passed + runs looked at).
func lookUpRuns(_ replica: inout Replica, _ slot: Int) -> Int {
    if replica.scratch.runHitBlocks > 0 { clearHits(&replica) }
    guard replica.isCaching, !replica.requests[slot].isPrivate else { return 0 }
    let size = replica.runPool.blockSize
    let limit = replica.blockSize.filled(by: Int(replica.requests[slot].known) - 1)
    replica.scratch.path.removeAll()
    replica.runPool.tree.follow(
        replica.contents, slot, to: Int32(limit), &replica.scratch.path)
    var blocks = replica.scratch.path.last?.high ?? 0
    var longest: Int32 = 0
    for place in replica.scratch.kinds.indices {
        let kind = replica.scratch.kinds[place]
        let hits =
            kind.needed == 0
            ? 0..<leadingEnd(&replica, kind, blocks) : lastWindow(&replica, kind, blocks)
        replica.scratch.kinds[place].hits = hits
        blocks = hits.upperBound
        longest = max(longest, blocks)
    }
    let alone = replica.groups.count == 1
    replica.requests[slot].junction = !alone && longest > blocks ? longest * size : 0
    guard blocks > 0 else { return 0 }
    for place in replica.scratch.kinds.indices {
        let kind = replica.scratch.kinds[place]
        // A full hit that went on past the sliding groups' is cut back.
        let blocks = min(kind.hits.lowerBound, blocks)..<blocks
        for member in kind.members { collectHits(&replica, member, blocks) }
    }
    replica.scratch.runHitBlocks = blocks
    return Int(blocks) * Int(size)
}

/// Up to where all groups of a kind have every block from the first one, at most `limit`.
private func leadingEnd(_ replica: inout Replica, _ kind: LookupKind, _ limit: Int32) -> Int32 {
    var end: Int32 = 0
    for index in replica.scratch.path.indices {
        let part = replica.scratch.path[index]
        guard part.low == end, end < limit else { break }
        end = min(part.high, limit)
        for member in kind.members {
            let group = replica.scratch.members[member]
            replica.runPool.cover(part.node, group, part.low, end)
            end = replica.runPool.coveredEnd(from: part.low)
        }
    }
    return end
}

/// The last `kind.needed` blocks in a row, below `limit`, that all groups of a kind have; else as
/// many as there are at the start of the chain.
private func lastWindow(
    _ replica: inout Replica, _ kind: LookupKind, _ limit: Int32
) -> Range<Int32> {
    var row = limit..<limit
    for index in replica.scratch.path.indices.reversed() {
        let part = replica.scratch.path[index]
        let high = min(part.high, limit)
        guard part.low < high else { continue }
        replica.scratch.common.removeAll()
        replica.scratch.common.append(ChainPart(node: part.node, low: part.low, high: high))
        for member in kind.members {
            let group = replica.scratch.members[member]
            replica.runPool.cover(part.node, group, part.low, high)
            replica.runPool.keepCovered(of: &replica.scratch.common)
        }
        while let common = replica.scratch.common.popLast() {
            let end = common.high == row.lowerBound ? row.upperBound : common.high
            row = common.low..<end
            if row.count >= kind.needed { return (end - kind.needed)..<end }
        }
    }
    return row.lowerBound == 0 ? row : 0..<0
}

/// Enters the oldest runs that have some blocks of the chain, all of which a group has.
private func collectHits(_ replica: inout Replica, _ member: Int, _ blocks: Range<Int32>) {
    let group = replica.scratch.members[member]
    for index in replica.scratch.path.indices {
        let part = replica.scratch.path[index]
        let low = max(part.low, blocks.lowerBound)
        let high = min(part.high, blocks.upperBound)
        guard low < high else { continue }
        replica.runPool.cover(part.node, group, low, high)
        for place in replica.runPool.covered.indices {
            replica.scratch.runHits[Int(group)].append(replica.runPool.covered[place])
        }
    }
}
