/// Registering, holding and releasing blocks of extents.
extension ExtentPool {
    /// Registers blocks of a node for a request that holds them. If they continue `last`, its
    /// latest hold in the group, returns nil; otherwise makes a new extent and returns the hold of
    /// it. O(1), and O(extents of the same node and group) if there are several.
    mutating func register(_ part: ChainPart, _ group: Int32, after last: ExtentRange?)
        -> ExtentRange?
    {
        if let last, last.high == part.low, continues(last.extent, part, group) {
            // Blocks beyond a node's only extent are new.
            distinctKeys +=
                byAge.previous(last.extent) < 0
                ? Int(part.high - part.low)
                : uncovered(part.node, group, part.low, part.high, except: -1)
            let deepest = extents[last.extent].spans.last
            if spans[deepest].holders == 1 {
                spans[deepest].high = part.high
            } else {
                attach(part, to: last.extent)
            }
            return nil
        }
        distinctKeys += uncovered(part.node, group, part.low, part.high, except: -1)
        let extent = makeExtent(part.node, group)
        attach(part, to: extent)
        return ExtentRange(extent: extent, low: part.low, high: part.high)
    }

    /// Whether blocks may join the end of an extent. Not if a younger extent has been registered
    /// since, or the order of extents would not be that of their blocks.
    @inline(__always)
    private func continues(_ extent: Int32, _ part: ChainPart, _ group: Int32) -> Bool {
        let e = extents[extent]
        return e.node == part.node && e.group == group && byAge.next(extent) < 0
            && spans[e.spans.last].high == part.low
    }

    /// Adds a span with one holder at the deep end of an extent.
    private mutating func attach(_ part: ChainPart, to extent: Int32) {
        let span = store(Span(extent: extent, low: part.low, high: part.high, holders: 1))
        byDepth.append(span, to: &extents[extent].spans)
    }

    /// Adds a holder to existing blocks of an extent. Free ones leave the queue. O(spans of the
    /// extent).
    mutating func hold(_ blocks: ExtentRange) {
        var place = extents[blocks.extent].spans.first
        while spans[place].high <= blocks.low { place = byDepth.next(place) }
        if spans[place].low < blocks.low { place = split(place, at: blocks.low) }
        while true {
            if spans[place].high > blocks.high {
                place = byDepth.previous(split(place, at: blocks.high))
            }
            if spans[place].holders == 0 {
                queue.remove(place, from: &free)
                queuedFree -= Int(spans[place].count)
            }
            spans[place].holders += 1
            place = mergeWithShallower(place)
            let deeper = byDepth.next(place)
            if spans[place].high >= blocks.high {
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
                return
            }
            place = deeper
        }
    }

    /// Removes a holder of blocks of an extent. Blocks without holders join the back of the queue,
    /// deepest first. O(spans of the extent).
    mutating func release(_ blocks: ExtentRange) {
        var place = extents[blocks.extent].spans.last
        while spans[place].low >= blocks.high { place = byDepth.previous(place) }
        if spans[place].high > blocks.high {
            place = byDepth.previous(split(place, at: blocks.high))
        }
        while true {
            if spans[place].low < blocks.low { place = split(place, at: blocks.low) }
            spans[place].holders -= 1
            if spans[place].holders == 0 {
                queuedFree += Int(spans[place].count)
                place = joinQueue(place)
            } else {
                let deeper = byDepth.next(place)
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
            }
            if spans[place].low <= blocks.low { break }
            place = byDepth.previous(place)
        }
        _ = mergeWithShallower(place)
    }

    /// How many of an extent's blocks no request holds. O(spans of the extent).
    @inline(__always)
    func freeCount(_ blocks: ExtentRange) -> Int32 {
        var count: Int32 = 0
        var place = extents[blocks.extent].spans.first
        while place >= 0, spans[place].low < blocks.high {
            let span = spans[place]
            let shared = min(span.high, blocks.high) - max(span.low, blocks.low)
            if span.holders == 0, shared > 0 { count += shared }
            place = byDepth.next(place)
        }
        return count
    }

    /// Puts a span without holders at the back of the queue, merged with its deeper neighbour if
    /// that came just before it. Returns where it is now.
    private mutating func joinQueue(_ place: Int32) -> Int32 {
        let deeper = byDepth.next(place)
        guard deeper >= 0, deeper == free.last,
            spans[deeper].low == spans[place].high
        else {
            enqueue(place)
            return place
        }
        spans[deeper].low = spans[place].low
        remove(place)
        return deeper
    }

    /// Merges a held span with its shallower neighbour if both have as many holders. Returns where
    /// it is now.
    private mutating func mergeWithShallower(_ place: Int32) -> Int32 {
        let span = spans[place]
        let shallower = byDepth.previous(place)
        guard shallower >= 0, span.holders > 0,
            spans[shallower].holders == span.holders,
            spans[shallower].high == span.low
        else { return place }
        spans[shallower].high = span.high
        remove(place)
        return shallower
    }

    /// Splits a span in two. Returns the deeper part, which precedes the other in the queue.
    private mutating func split(_ place: Int32, at block: Int32) -> Int32 {
        let span = spans[place]
        // The deeper part keeps the place in the queue; the shallower goes behind it.
        let shallow = store(span)
        spans[shallow].high = block
        spans[place].low = block
        byDepth.insert(
            shallow, after: byDepth.previous(place), in: &extents[span.extent].spans)
        if span.holders == 0 { queue.insert(shallow, after: place, in: &free) }
        return place
    }

    /// Removes a span of an extent. It must not be in the queue.
    mutating func remove(_ place: Int32) {
        byDepth.remove(place, from: &extents[spans[place].extent].spans)
        spans.remove(place)
    }
}
