/// Leaves in `found` the parts of a request's chain that the content tree knows, at most so many
/// blocks. How many. O(nodes + pieces passed).
func followPrefix(_ cache: inout KVCache, _ slot: Int, _ limit: Int32) -> Int32 {
    cache.found.path.removeAll()
    cache.extents.tree.follow(cache.contents, slot, to: limit, &cache.found.path)
    return cache.found.path.last?.high ?? 0
}

/// One kind's turn of a lookup over extents: where a hit of at most `limit` blocks ends for it.
/// O(extents looked at).
func lookUpExtents(_ cache: inout KVCache, _ place: Int, _ limit: Int32) -> Int32 {
    let kind = cache.found.kinds[place]
    let hits =
        kind.needed == 0
        ? 0..<leadingEnd(&cache, kind, limit) : lastWindow(&cache, kind, limit)
    cache.found.kinds[place].hits = hits
    return hits.upperBound
}

/// Leaves in `found` the extents of each group that hold a hit of so many blocks.
func collectHits(_ cache: inout KVCache, _ end: Int32) {
    for place in cache.found.kinds.indices {
        let kind = cache.found.kinds[place]
        // A full hit that went on past the sliding groups' is cut back.
        let blocks = min(kind.hits.lowerBound, end)..<end
        for member in kind.members { collectHits(&cache, cache.found.members[member], blocks) }
    }
}

/// Up to where all groups of a kind have every block from the first one, at most `limit`.
private func leadingEnd(_ cache: inout KVCache, _ kind: LookupKind, _ limit: Int32) -> Int32 {
    var end: Int32 = 0
    for index in cache.found.path.indices {
        let part = cache.found.path[index]
        guard part.low == end, end < limit else { break }
        end = min(part.high, limit)
        for member in kind.members {
            let group = cache.found.members[member]
            cache.extents.cover(part.node, group, part.low, end)
            end = cache.extents.coveredEnd(from: part.low)
        }
    }
    return end
}

/// The last `kind.needed` blocks in a row, below `limit`, that all groups of a kind have; else as
/// many as there are at the start of the chain.
private func lastWindow(
    _ cache: inout KVCache, _ kind: LookupKind, _ limit: Int32
) -> Range<Int32> {
    var row = limit..<limit
    for index in cache.found.path.indices.reversed() {
        let part = cache.found.path[index]
        let high = min(part.high, limit)
        guard part.low < high else { continue }
        cache.found.common.removeAll()
        cache.found.common.append(ChainPart(node: part.node, low: part.low, high: high))
        for member in kind.members {
            let group = cache.found.members[member]
            cache.extents.cover(part.node, group, part.low, high)
            cache.extents.keepCovered(of: &cache.found.common)
        }
        while let common = cache.found.common.popLast() {
            let end = common.high == row.lowerBound ? row.upperBound : common.high
            row = common.low..<end
            if row.count >= kind.needed { return (end - kind.needed)..<end }
        }
    }
    return row.lowerBound == 0 ? row : 0..<0
}

/// Enters the oldest extents that have some blocks of the chain, all of which a group has.
private func collectHits(_ cache: inout KVCache, _ group: Int32, _ blocks: Range<Int32>) {
    cache.found.extents[Int(group)].removeAll()
    for index in cache.found.path.indices {
        let part = cache.found.path[index]
        let low = max(part.low, blocks.lowerBound)
        let high = min(part.high, blocks.upperBound)
        guard low < high else { continue }
        cache.extents.cover(part.node, group, low, high)
        for place in cache.extents.covered.indices {
            cache.found.extents[Int(group)].append(cache.extents.covered[place])
        }
    }
}
