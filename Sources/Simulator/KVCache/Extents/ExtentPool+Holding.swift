/// Registering, holding and releasing blocks of extents.
extension ExtentPool {
    /// Registers blocks of a node for a request that holds them: as the continuation of `last`,
    /// its latest hold in the group, if they are one; nil: as an extent of their own, held so.
    /// O(1), and O(extents of the same node and group) where there are several.
    mutating func register(_ part: ChainPart, _ group: Int32, after last: ExtentRange?)
        -> ExtentRange?
    {
        if let last, last.high == part.low, continues(last.extent, part, group) {
            // What a node's only extent has not reached is new.
            distinctKeys +=
                extents[last.extent].older < 0
                ? Int(part.high - part.low)
                : uncovered(part.node, group, part.low, part.high, except: -1)
            let deepest = extents[last.extent].deepest
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

    /// Whether blocks may join the end of an extent: none younger may have been registered
    /// meanwhile, or the order of extents would not be that of their blocks.
    @inline(__always)
    private func continues(_ extent: Int32, _ part: ChainPart, _ group: Int32) -> Bool {
        let r = extents[extent]
        return r.node == part.node && r.group == group && r.younger < 0
            && spans[r.deepest].high == part.low
    }

    /// Adds a span with one holder at the deep end of an extent.
    private mutating func attach(_ part: ChainPart, to extent: Int32) {
        var span = Span(extent: extent, low: part.low, high: part.high, holders: 1)
        let deepest = extents[extent].deepest
        span.shallower = deepest
        let place = store(span)
        if deepest >= 0 {
            spans[deepest].deeper = place
        } else {
            extents[extent].shallowest = place
        }
        extents[extent].deepest = place
    }

    /// Adds a holder of blocks of an extent, which must exist; free ones leave the queue.
    /// O(spans of the extent).
    mutating func hold(_ blocks: ExtentRange) {
        var place = extents[blocks.extent].shallowest
        while spans[place].high <= blocks.low { place = spans[place].deeper }
        if spans[place].low < blocks.low { place = split(place, at: blocks.low) }
        while true {
            if spans[place].high > blocks.high {
                place = spans[split(place, at: blocks.high)].shallower
            }
            if spans[place].holders == 0 {
                unqueue(place)
                queuedFree -= Int(spans[place].count)
            }
            spans[place].holders += 1
            place = mergeWithShallower(place)
            let deeper = spans[place].deeper
            if spans[place].high >= blocks.high {
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
                return
            }
            place = deeper
        }
    }

    /// Removes a holder of blocks of an extent; what nobody holds joins the back of the queue,
    /// deepest first. O(spans of the extent).
    mutating func release(_ blocks: ExtentRange) {
        var place = extents[blocks.extent].deepest
        while spans[place].low >= blocks.high { place = spans[place].shallower }
        if spans[place].high > blocks.high {
            place = spans[split(place, at: blocks.high)].shallower
        }
        while true {
            if spans[place].low < blocks.low { place = split(place, at: blocks.low) }
            spans[place].holders -= 1
            if spans[place].holders == 0 {
                queuedFree += Int(spans[place].count)
                place = joinQueue(place)
            } else {
                let deeper = spans[place].deeper
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
            }
            if spans[place].low <= blocks.low { break }
            place = spans[place].shallower
        }
        _ = mergeWithShallower(place)
    }

    /// How many of blocks of an extent nobody holds. O(spans of the extent).
    @inline(__always)
    func freeCount(_ blocks: ExtentRange) -> Int32 {
        var count: Int32 = 0
        var place = extents[blocks.extent].shallowest
        while place >= 0, spans[place].low < blocks.high {
            let span = spans[place]
            let shared = min(span.high, blocks.high) - max(span.low, blocks.low)
            if span.holders == 0, shared > 0 { count += shared }
            place = span.deeper
        }
        return count
    }

    /// Puts a span without holders at the back of the queue, as one with the deeper neighbour
    /// that came just before it. Where it is now.
    private mutating func joinQueue(_ place: Int32) -> Int32 {
        let deeper = spans[place].deeper
        guard deeper >= 0, deeper == queueTail,
            spans[deeper].low == spans[place].high
        else {
            enqueue(place)
            return place
        }
        spans[deeper].low = spans[place].low
        detach(place)
        spans.remove(place)
        return deeper
    }

    /// Makes one of a held span and its shallower neighbour if that has as many holders. Where
    /// it is now.
    private mutating func mergeWithShallower(_ place: Int32) -> Int32 {
        let span = spans[place]
        let shallower = span.shallower
        guard shallower >= 0, span.holders > 0,
            spans[shallower].holders == span.holders,
            spans[shallower].high == span.low
        else { return place }
        spans[shallower].high = span.high
        detach(place)
        spans.remove(place)
        return shallower
    }

    /// Cuts a span in two. The deeper part, which in the queue stands before the other.
    private mutating func split(_ place: Int32, at block: Int32) -> Int32 {
        let span = spans[place]
        // The deeper part keeps the place in the queue; the shallower goes behind it.
        let shallow = store(span)
        spans[shallow].high = block
        spans[shallow].deeper = place
        spans[place].low = block
        spans[place].shallower = shallow
        if span.shallower >= 0 {
            spans[span.shallower].deeper = shallow
        } else {
            extents[span.extent].shallowest = shallow
        }
        if span.holders == 0 { enqueue(shallow, behind: place) }
        return place
    }

    /// Takes a span out of its extent.
    mutating func detach(_ place: Int32) {
        let span = spans[place]
        if span.shallower >= 0 {
            spans[span.shallower].deeper = span.deeper
        } else {
            extents[span.extent].shallowest = span.deeper
        }
        if span.deeper >= 0 {
            spans[span.deeper].shallower = span.shallower
        } else {
            extents[span.extent].deepest = span.shallower
        }
    }
}
