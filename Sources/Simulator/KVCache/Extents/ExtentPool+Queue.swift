/// The free queue of spans, and what leaves it.
extension ExtentPool {
    /// Returns keyed blocks of content that nobody can name any more: they join the back of the
    /// queue and wait to be evicted. O(1).
    mutating func releasePrivate(_ count: Int32) {
        guard count > 0 else { return }
        queuedFree += Int(count)
        let tail = queueTail
        if tail >= 0, spans[tail].extent == -1, spans[tail].sequence < 0 {
            spans[tail].high += count
        } else {
            enqueue(store(Span(extent: -1, low: 0, high: count, holders: 0)))
        }
    }

    /// Returns blocks without a key to the back of the queue. O(1).
    @inline(never)
    mutating func giveToBack(_ count: Int) {
        guard count > 0 else { return }
        queuedFree += count
        let tail = queueTail
        if tail >= 0, spans[tail].extent == -2 {
            spans[tail].high += Int32(count)
        } else {
            enqueue(store(Span(extent: -2, low: 0, high: Int32(count), holders: 0)))
        }
    }

    /// Returns keyed blocks that slid out of a window of a request which alone can name them, and
    /// may have to. O(1).
    mutating func releasePrivate(_ blocks: Range<Int>, sequence: Int64, group: Int) {
        queuedFree += blocks.count
        var span = Span(
            extent: -1, low: Int32(blocks.lowerBound), high: Int32(blocks.upperBound), holders: 0)
        span.group = Int32(group)
        span.sequence = sequence
        enqueue(store(span))
    }

    /// Makes extents of what a request left in the queue under its own name, all of it blocks of
    /// one node. O(spans in the queue), which are few when a request is preempted.
    mutating func expose(sequence: Int64, node: Int32) {
        var place = queueHead
        while place >= 0 {
            let span = spans[place]
            if span.extent < 0, span.sequence == sequence {
                let extent = makeExtent(node, span.group)
                extents[extent].shallowest = place
                extents[extent].deepest = place
                spans[place].extent = extent
            }
            place = span.next
        }
    }

    /// Puts a span at the back of the queue.
    mutating func enqueue(_ place: Int32) {
        spans[place].next = -1
        spans[place].previous = queueTail
        if queueTail >= 0 { spans[queueTail].next = place } else { queueHead = place }
        queueTail = place
    }

    /// Puts a span behind another one in the queue.
    mutating func enqueue(_ place: Int32, behind other: Int32) {
        let next = spans[other].next
        spans[place].previous = other
        spans[place].next = next
        spans[other].next = place
        if next >= 0 { spans[next].previous = place } else { queueTail = place }
    }

    /// Takes a span out of the queue.
    mutating func unqueue(_ place: Int32) {
        let (next, previous) = (spans[place].next, spans[place].previous)
        if previous >= 0 { spans[previous].next = next } else { queueHead = next }
        if next >= 0 { spans[next].previous = previous } else { queueTail = previous }
    }

    /// Hands out blocks from the front of the queue; their keys are forgotten. O(spans), and
    /// O(extents of the same node) for each.
    mutating func evict(_ count: Int) {
        var missing = Int32(count)
        evictions += count
        queuedFree -= count
        while missing > 0 {
            let place = queueHead
            precondition(place >= 0, "evicted more blocks than are queued")
            let span = spans[place]
            let taken = min(missing, span.count)
            missing -= taken
            let end = span.high - taken
            spans[place].high = end
            if span.extent == -1 {
                distinctKeys -= Int(taken)
            } else if span.extent < 0 {
                evictions -= Int(taken)
            } else {
                let extent = extents[span.extent]
                distinctKeys -= uncovered(
                    extent.node, extent.group, end, span.high, except: span.extent)
            }
            if end == span.low { removeFirst(place) }
        }
    }

    /// Removes an empty span from the front of the queue, and its extent if that is empty too.
    private mutating func removeFirst(_ place: Int32) {
        let extent = spans[place].extent
        unqueue(place)
        if extent >= 0 {
            detach(place)
            if extents[extent].shallowest < 0 { dissolve(extent) }
        }
        spans.remove(place)
    }
}
