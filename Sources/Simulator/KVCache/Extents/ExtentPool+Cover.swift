/// Which blocks of a chain exist, and in which extent.
extension ExtentPool {
    /// Leaves in `covered` the blocks of a part that a group has cached, each in the oldest extent
    /// that has it. O(spans of the node in the group) with several extents, else O(spans found).
    mutating func cover(
        _ node: Int32, _ group: Int32, _ low: Int32, _ high: Int32, except: Int32 = -1
    ) {
        covered.removeAll()
        var missing = high - low
        var extent = ages[ages(of: node, group)].first
        while extent >= 0, missing > 0 {
            if extent != except { missing -= cover(with: extent, low, high) }
            extent = byAge.next(extent)
        }
    }

    private mutating func cover(with extent: Int32, _ low: Int32, _ high: Int32) -> Int32 {
        var added: Int32 = 0
        var place = extents[extent].spans.first
        while place >= 0, spans[place].low < high {
            let from = max(low, spans[place].low)
            let to = min(high, spans[place].high)
            if from < to { added += add(extent, from, to) }
            place = byDepth.next(place)
        }
        return added
    }

    /// Adds an extent's blocks that are not covered yet. Returns how many.
    private mutating func add(_ extent: Int32, _ low: Int32, _ high: Int32) -> Int32 {
        var place = covered.count
        while place > 0, covered[place - 1].high > low { place -= 1 }
        var from = low
        var added: Int32 = 0
        while from < high {
            let next = place < covered.count ? covered[place].low : .max
            let to = min(high, next)
            if from < to {
                added += to - from
                if place > 0, covered[place - 1].extent == extent, covered[place - 1].high == from {
                    covered[place - 1].high = to
                } else {
                    let found = ExtentRange(extent: extent, low: from, high: to)
                    if place < covered.count {
                        covered.insert(found, at: place)
                    } else {
                        covered.append(found)
                    }
                    place += 1
                }
            }
            guard place < covered.count else { break }
            from = max(to, covered[place].high)
            place += 1
        }
        return added
    }

    /// How many blocks of a part a group has in no other extent. O(1) without other extents.
    mutating func uncovered(
        _ node: Int32, _ group: Int32, _ low: Int32, _ high: Int32, except: Int32
    ) -> Int {
        let list = ages[ages(of: node, group)]
        if list.first == except, list.last == except { return Int(high - low) }
        cover(node, group, low, high, except: except)
        var count = high - low
        for place in covered.indices { count -= covered[place].count }
        return Int(count)
    }

    /// Up to where the blocks found by `cover` are complete from `low` on.
    @inline(__always)
    func coveredEnd(from low: Int32) -> Int32 {
        var end = low
        for place in covered.indices {
            guard covered[place].low <= end else { break }
            end = covered[place].high
        }
        return end
    }

    /// Intersects disjoint parts in chain order with what `cover` found. O(parts · found).
    func keepCovered(of parts: inout HotArray<ChainPart>) {
        let count = parts.count
        for index in 0..<count {
            let part = parts[index]
            for place in covered.indices {
                let low = max(part.low, covered[place].low)
                let high = min(part.high, covered[place].high)
                if low < high { parts.append(ChainPart(node: part.node, low: low, high: high)) }
            }
        }
        var kept = 0
        for index in count..<parts.count {
            parts[kept] = parts[index]
            kept += 1
        }
        parts.removeLast(parts.count - kept)
    }
}
