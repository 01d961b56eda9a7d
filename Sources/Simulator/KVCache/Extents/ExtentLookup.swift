extension KVCache {
    /// Leaves in `found` the parts of a request's chain that the content tree knows, at most
    /// `limit` blocks. Returns how many blocks. O(nodes + pieces passed).
    mutating func followPrefix(_ slot: Int, _ limit: Int32) -> Int32 {
        found.path.removeAll()
        extents.tree.follow(contents, slot, to: limit, &found.path)
        return found.path.last?.high ?? 0
    }

    /// One kind's part of a lookup over extents: where a hit of at most `limit` blocks ends for it.
    /// O(extents looked at).
    mutating func lookUpExtents(_ place: Int, _ limit: Int32) -> Int32 {
        let kind = found.kinds[place]
        let hits = kind.needed == 0 ? 0..<leadingEnd(kind, limit) : lastWindow(kind, limit)
        found.kinds[place].hits = hits
        return hits.upperBound
    }

    /// Leaves in `found` the extents of each group that hold a hit of `end` blocks.
    mutating func collectHits(_ end: Int32) {
        for place in found.kinds.indices {
            let kind = found.kinds[place]
            // A full-attention hit longer than the sliding groups' is cut back.
            let blocks = min(kind.hits.lowerBound, end)..<end
            for member in kind.members { collectHits(found.members[member], blocks) }
        }
    }

    /// Up to where all groups of a kind have every block from the first, at most `limit`.
    private mutating func leadingEnd(_ kind: LookupKind, _ limit: Int32) -> Int32 {
        var end: Int32 = 0
        for index in found.path.indices {
            let part = found.path[index]
            guard part.low == end, end < limit else { break }
            end = min(part.high, limit)
            for member in kind.members {
                let group = found.members[member]
                extents.cover(part.node, group, part.low, end)
                end = extents.coveredEnd(from: part.low)
            }
        }
        return end
    }

    /// The last `kind.needed` consecutive blocks, below `limit`, that all groups of a kind have;
    /// else those at the start of the chain.
    private mutating func lastWindow(_ kind: LookupKind, _ limit: Int32) -> Range<Int32> {
        var row = limit..<limit
        for index in found.path.indices.reversed() {
            let part = found.path[index]
            let high = min(part.high, limit)
            guard part.low < high else { continue }
            found.common.removeAll()
            found.common.append(ChainPart(node: part.node, low: part.low, high: high))
            for member in kind.members {
                let group = found.members[member]
                extents.cover(part.node, group, part.low, high)
                extents.keepCovered(of: &found.common)
            }
            while let common = found.common.popLast() {
                let end = common.high == row.lowerBound ? row.upperBound : common.high
                row = common.low..<end
                if row.count >= kind.needed { return (end - kind.needed)..<end }
            }
        }
        return row.lowerBound == 0 ? row : 0..<0
    }

    /// Collects the oldest extents that hold blocks of the chain, all of which the group has.
    private mutating func collectHits(_ group: Int32, _ blocks: Range<Int32>) {
        found.extents[Int(group)].removeAll()
        for index in found.path.indices {
            let part = found.path[index]
            let low = max(part.low, blocks.lowerBound)
            let high = min(part.high, blocks.upperBound)
            guard low < high else { continue }
            extents.cover(part.node, group, low, high)
            for place in extents.covered.indices {
                found.extents[Int(group)].append(extents.covered[place])
            }
        }
    }
}
