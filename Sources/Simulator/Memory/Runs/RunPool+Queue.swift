/// The free queue of stretches, and what leaves it.
extension RunPool {
    /// Returns keyed blocks of content that nobody can name any more: they join the back of the
    /// queue and wait to be evicted. O(1).
    mutating func releasePrivate(_ count: Int32) {
        guard count > 0 else { return }
        keyedFree += Int(count)
        let tail = queueTail
        if tail >= 0, stretches[tail].run < 0, stretches[tail].sequence < 0 {
            stretches[tail].high += count
        } else {
            enqueue(store(Stretch(run: -1, low: 0, high: count, holders: 0)))
        }
    }

    /// Returns keyed blocks that slid out of a window of a request which alone can name them, and
    /// may have to. O(1).
    mutating func releasePrivate(_ blocks: Range<Int>, sequence: Int64, group: Int) {
        keyedFree += blocks.count
        var stretch = Stretch(
            run: -1, low: Int32(blocks.lowerBound), high: Int32(blocks.upperBound), holders: 0)
        stretch.group = Int32(group)
        stretch.sequence = sequence
        enqueue(store(stretch))
    }

    /// Makes runs of what a request left in the queue under its own name, all of it blocks of one
    /// node. O(stretches in the queue), which are few when a request is preempted.
    mutating func expose(sequence: Int64, node: Int32) {
        var place = queueHead
        while place >= 0 {
            let stretch = stretches[place]
            if stretch.run < 0, stretch.sequence == sequence {
                let run = makeRun(node, stretch.group)
                runs[run].shallowest = place
                runs[run].deepest = place
                stretches[place].run = run
            }
            place = stretch.next
        }
    }

    /// Puts a stretch at the back of the queue.
    mutating func enqueue(_ place: Int32) {
        stretches[place].next = -1
        stretches[place].previous = queueTail
        if queueTail >= 0 { stretches[queueTail].next = place } else { queueHead = place }
        queueTail = place
    }

    /// Puts a stretch behind another one in the queue.
    mutating func enqueue(_ place: Int32, behind other: Int32) {
        let next = stretches[other].next
        stretches[place].previous = other
        stretches[place].next = next
        stretches[other].next = place
        if next >= 0 { stretches[next].previous = place } else { queueTail = place }
    }

    /// Takes a stretch out of the queue.
    mutating func unqueue(_ place: Int32) {
        let (next, previous) = (stretches[place].next, stretches[place].previous)
        if previous >= 0 { stretches[previous].next = next } else { queueHead = next }
        if next >= 0 { stretches[next].previous = previous } else { queueTail = previous }
    }

    /// Hands out keyed blocks from the front of the queue; their keys are forgotten. O(stretches),
    /// and O(runs of the same node) for each.
    mutating func evict(_ count: Int) {
        var missing = Int32(count)
        evictions += count
        keyedFree -= count
        while missing > 0 {
            let place = queueHead
            precondition(place >= 0, "evicted more blocks than are queued")
            let stretch = stretches[place]
            let taken = min(missing, stretch.count)
            missing -= taken
            let end = stretch.high - taken
            stretches[place].high = end
            if stretch.run < 0 {
                distinctKeys -= Int(taken)
            } else {
                let run = runs[stretch.run]
                distinctKeys -= uncovered(
                    run.node, run.group, end, stretch.high, except: stretch.run)
            }
            if end == stretch.low { removeFirst(place) }
        }
    }

    /// Removes an empty stretch from the front of the queue, and its run if that is empty too.
    private mutating func removeFirst(_ place: Int32) {
        let run = stretches[place].run
        unqueue(place)
        if run >= 0 {
            detach(place)
            if runs[run].shallowest < 0 { dissolve(run) }
        }
        stretches.remove(place)
    }
}
