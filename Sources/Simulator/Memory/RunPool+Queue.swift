/// Holding, releasing and evicting: the free queue of stretches.
extension RunPool {
    /// Adds a holder of the first `count` blocks of a run; free ones among them leave the queue.
    /// O(levels + stretches).
    mutating func hold(_ run: Int32, _ count: Int32) {
        let r = Int(run)
        if count > runs[r].held {
            keyedFree -= Int(count - runs[r].held)
            unqueue(run, below: count)
            runs[r].held = count
        }
        addLevel(run, count)
    }

    /// Makes the maker of a run its first holder, of all its blocks. O(1).
    mutating func holdNew(_ run: Int32) {
        runs[Int(run)].held = runs[Int(run)].live
        addLevel(run, runs[Int(run)].live)
    }

    /// Moves the longest holder of a run, its owner, from `count` to `longer` blocks.
    mutating func lengthenHold(_ run: Int32, from count: Int32, to longer: Int32) {
        let head = runs[Int(run)].levels
        if levels[Int(head)].holders == 1, levels[Int(head)].count == count {
            levels[Int(head)].count = longer
        } else {
            removeLevel(run, count)
            addLevel(run, longer)
        }
        runs[Int(run)].held = longer
    }

    /// Removes a holder of the first `count` blocks; what nobody holds joins the back of the
    /// queue, deepest first. O(levels).
    mutating func release(_ run: Int32, _ count: Int32) {
        let r = Int(run)
        removeLevel(run, count)
        let head = runs[r].levels
        let held = head < 0 ? 0 : levels[Int(head)].count
        let before = runs[r].held
        guard held < before else { return }
        runs[r].held = held
        keyedFree += Int(before - held)
        let top = runs[r].shallowest
        if top >= 0, top == queueTail, extents[Int(top)].low == before {
            extents[Int(top)].low = held
        } else {
            enqueue(run, held, before)
        }
    }

    /// Returns keyed blocks of content that nobody else can name: they join the back of the queue
    /// and wait to be evicted. O(1).
    mutating func releasePrivate(_ count: Int32) {
        guard count > 0 else { return }
        keyedFree += Int(count)
        if queueTail >= 0, extents[Int(queueTail)].run < 0 {
            extents[Int(queueTail)].high += count
        } else {
            _ = link(Extent(run: -1, low: 0, high: count))
        }
    }

    private mutating func addLevel(_ run: Int32, _ count: Int32) {
        var previous: Int32 = -1
        var level = runs[Int(run)].levels
        while level >= 0, levels[Int(level)].count > count {
            previous = level
            level = levels[Int(level)].next
        }
        if level >= 0, levels[Int(level)].count == count {
            levels[Int(level)].holders += 1
            return
        }
        let new = HoldLevel(count: count, holders: 1, next: level)
        let place: Int32
        if let spare = spareLevels.popLast() {
            levels[Int(spare)] = new
            place = spare
        } else {
            levels.append(new)
            place = Int32(levels.count - 1)
        }
        if previous < 0 {
            runs[Int(run)].levels = place
        } else {
            levels[Int(previous)].next = place
        }
    }

    private mutating func removeLevel(_ run: Int32, _ count: Int32) {
        var previous: Int32 = -1
        var level = runs[Int(run)].levels
        while level >= 0, levels[Int(level)].count != count {
            previous = level
            level = levels[Int(level)].next
        }
        precondition(level >= 0, "released a hold that was never taken")
        levels[Int(level)].holders -= 1
        guard levels[Int(level)].holders == 0 else { return }
        if previous < 0 {
            runs[Int(run)].levels = levels[Int(level)].next
        } else {
            levels[Int(previous)].next = levels[Int(level)].next
        }
        spareLevels.append(level)
    }

    /// Appends a free stretch at the back of the queue, the shallowest of its run.
    private mutating func enqueue(_ run: Int32, _ low: Int32, _ high: Int32) {
        let r = Int(run)
        var extent = Extent(run: run, low: low, high: high)
        extent.deeper = runs[r].shallowest
        let place = link(extent)
        if extent.deeper >= 0 {
            extents[Int(extent.deeper)].shallower = place
        } else {
            runs[r].deepest = place
        }
        runs[r].shallowest = place
    }

    /// Stores a stretch at the back of the queue and returns its place.
    private mutating func link(_ extent: Extent) -> Int32 {
        let place: Int32
        if let spare = spareExtents.popLast() {
            extents[Int(spare)] = extent
            place = spare
        } else {
            extents.append(extent)
            place = Int32(extents.count - 1)
        }
        extents[Int(place)].previous = queueTail
        if queueTail >= 0 { extents[Int(queueTail)].next = place } else { queueHead = place }
        queueTail = place
        return place
    }

    /// Takes the free blocks below `limit` of a run out of the queue.
    private mutating func unqueue(_ run: Int32, below limit: Int32) {
        while true {
            let top = runs[Int(run)].shallowest
            guard top >= 0, extents[Int(top)].low < limit else { return }
            if extents[Int(top)].high > limit {
                extents[Int(top)].low = limit
                return
            }
            dropExtent(top)
        }
    }

    private mutating func dropExtent(_ place: Int32) {
        let extent = extents[Int(place)]
        if extent.previous >= 0 {
            extents[Int(extent.previous)].next = extent.next
        } else {
            queueHead = extent.next
        }
        if extent.next >= 0 {
            extents[Int(extent.next)].previous = extent.previous
        } else {
            queueTail = extent.previous
        }
        spareExtents.append(place)
        guard extent.run >= 0 else { return }
        if extent.shallower >= 0 {
            extents[Int(extent.shallower)].deeper = extent.deeper
        } else {
            runs[Int(extent.run)].shallowest = extent.deeper
        }
        if extent.deeper >= 0 {
            extents[Int(extent.deeper)].shallower = extent.shallower
        } else {
            runs[Int(extent.run)].deepest = extent.shallower
        }
    }

    /// Hands out keyed blocks from the front of the queue; their keys are forgotten.
    mutating func evict(_ count: Int) {
        var missing = Int32(count)
        evictions += count
        keyedFree -= count
        while missing > 0 {
            let place = queueHead
            precondition(place >= 0, "evicted more blocks than are queued")
            let extent = extents[Int(place)]
            let taken = min(missing, extent.high - extent.low)
            missing -= taken
            guard extent.run >= 0 else {
                distinctKeys -= Int(taken)
                extents[Int(place)].high = extent.high - taken
                if extent.high - taken == extent.low { dropExtent(place) }
                continue
            }
            let run = Int(extent.run)
            precondition(runs[run].live == extent.high, "a run is evicted from its end")
            forgetKeys(extent.run, from: extent.high - taken, to: extent.high)
            runs[run].live = extent.high - taken
            extents[Int(place)].high = extent.high - taken
            if extent.high - taken == extent.low { dropExtent(place) }
            if runs[run].live == 0 { dissolve(extent.run) }
        }
    }

    /// Corrects the number of distinct keys for blocks of a run that lose theirs.
    private mutating func forgetKeys(_ run: Int32, from low: Int32, to high: Int32) {
        let r = Int(run)
        if runs[r].isShadow {
            if !hasOtherCopy(ofShadow: run) { distinctKeys -= 1 }
        } else if runs[r].hasShadows {
            for block in low..<high where !hasShadow(run, block) { distinctKeys -= 1 }
        } else {
            distinctKeys -= Int(high - low)
        }
    }

    private mutating func hasShadow(_ run: Int32, _ block: Int32) -> Bool {
        if block == 0 { return runs[Int(run)].nextSame >= 0 }
        return index.find(prefixHash(run, runs[Int(run)].start + block + 1), runs) >= 0
    }

    private mutating func hasOtherCopy(ofShadow run: Int32) -> Bool {
        let shadow = runs[Int(run)]
        let head = index.find(shadow.firstKey, runs)
        if head != run || shadow.nextSame >= 0 { return true }
        return isAlive(shadow.primary) && runs[Int(shadow.primary.run)].end > shadow.start
    }

    /// Removes a run without blocks.
    private mutating func dissolve(_ run: Int32) {
        index.remove(run, &runs)
        pieces.free(&runs[Int(run)].pieces)
        runs[Int(run)].stamp = 0
        spareRuns.append(run)
    }

    /// Identity of the chain up to `blocks` blocks, which the run must cover. O(log pieces).
    func prefixHash(_ run: Int32, _ blocks: Int32) -> UInt64 {
        let list = runs[Int(run)].pieces
        let token = blocks * blockSize - 1
        var (low, high) = (0, Int(list.count))
        while high - low > 1 {
            let middle = (low + high) / 2
            if pieces[list, middle].start <= token { low = middle } else { high = middle }
        }
        return pieces[list, low].prefixHash(to: token + 1)
    }
}
