/// Registering, holding and releasing blocks of runs.
extension RunPool {
    /// Registers blocks of a node for a request that holds them: as the continuation of `last`,
    /// its latest hold in the group, if they are one; nil: as a run of their own, held so.
    /// O(1), and O(runs of the same node and group) where there are several.
    mutating func register(_ part: ChainPart, _ group: Int32, after last: RunHold?) -> RunHold? {
        if let last, last.high == part.low, continues(last.run, part, group) {
            // What a node's only run has not reached is new.
            distinctKeys +=
                runs[last.run].older < 0
                ? Int(part.high - part.low)
                : uncovered(part.node, group, part.low, part.high, except: -1)
            let deepest = runs[last.run].deepest
            if stretches[deepest].holders == 1 {
                stretches[deepest].high = part.high
            } else {
                attach(part, to: last.run)
            }
            return nil
        }
        distinctKeys += uncovered(part.node, group, part.low, part.high, except: -1)
        let run = makeRun(part.node, group)
        attach(part, to: run)
        return RunHold(run: run, low: part.low, high: part.high)
    }

    /// Whether blocks may join the end of a run: none younger may have been registered meanwhile,
    /// or the order of runs would not be that of their blocks.
    @inline(__always)
    private func continues(_ run: Int32, _ part: ChainPart, _ group: Int32) -> Bool {
        let r = runs[run]
        return r.node == part.node && r.group == group && r.younger < 0
            && stretches[r.deepest].high == part.low
    }

    /// Adds a stretch with one holder at the deep end of a run.
    private mutating func attach(_ part: ChainPart, to run: Int32) {
        var stretch = Stretch(run: run, low: part.low, high: part.high, holders: 1)
        let deepest = runs[run].deepest
        stretch.shallower = deepest
        let place = store(stretch)
        if deepest >= 0 {
            stretches[deepest].deeper = place
        } else {
            runs[run].shallowest = place
        }
        runs[run].deepest = place
    }

    /// Adds a holder of blocks of a run, which must exist; free ones leave the queue.
    /// O(stretches of the run).
    mutating func hold(_ blocks: RunHold) {
        var place = runs[blocks.run].shallowest
        while stretches[place].high <= blocks.low { place = stretches[place].deeper }
        if stretches[place].low < blocks.low { place = split(place, at: blocks.low) }
        while true {
            if stretches[place].high > blocks.high {
                place = stretches[split(place, at: blocks.high)].shallower
            }
            if stretches[place].holders == 0 {
                unqueue(place)
                keyedFree -= Int(stretches[place].count)
            }
            stretches[place].holders += 1
            place = mergeWithShallower(place)
            let deeper = stretches[place].deeper
            if stretches[place].high >= blocks.high {
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
                return
            }
            place = deeper
        }
    }

    /// Removes a holder of blocks of a run; what nobody holds joins the back of the queue, deepest
    /// first. O(stretches of the run).
    mutating func release(_ blocks: RunHold) {
        var place = runs[blocks.run].deepest
        while stretches[place].low >= blocks.high { place = stretches[place].shallower }
        if stretches[place].high > blocks.high {
            place = stretches[split(place, at: blocks.high)].shallower
        }
        while true {
            if stretches[place].low < blocks.low { place = split(place, at: blocks.low) }
            stretches[place].holders -= 1
            if stretches[place].holders == 0 {
                keyedFree += Int(stretches[place].count)
                place = joinQueue(place)
            } else {
                let deeper = stretches[place].deeper
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
            }
            if stretches[place].low <= blocks.low { break }
            place = stretches[place].shallower
        }
        _ = mergeWithShallower(place)
    }

    /// How many of blocks of a run nobody holds. O(stretches of the run).
    @inline(__always)
    func freeCount(_ blocks: RunHold) -> Int32 {
        var count: Int32 = 0
        var place = runs[blocks.run].shallowest
        while place >= 0, stretches[place].low < blocks.high {
            let stretch = stretches[place]
            let shared = min(stretch.high, blocks.high) - max(stretch.low, blocks.low)
            if stretch.holders == 0, shared > 0 { count += shared }
            place = stretch.deeper
        }
        return count
    }

    /// Puts a stretch without holders at the back of the queue, as one with the deeper neighbour
    /// that came just before it. Where it is now.
    private mutating func joinQueue(_ place: Int32) -> Int32 {
        let deeper = stretches[place].deeper
        guard deeper >= 0, deeper == queueTail,
            stretches[deeper].low == stretches[place].high
        else {
            enqueue(place)
            return place
        }
        stretches[deeper].low = stretches[place].low
        detach(place)
        stretches.remove(place)
        return deeper
    }

    /// Makes one of a held stretch and its shallower neighbour if that has as many holders. Where
    /// it is now.
    private mutating func mergeWithShallower(_ place: Int32) -> Int32 {
        let stretch = stretches[place]
        let shallower = stretch.shallower
        guard shallower >= 0, stretch.holders > 0,
            stretches[shallower].holders == stretch.holders,
            stretches[shallower].high == stretch.low
        else { return place }
        stretches[shallower].high = stretch.high
        detach(place)
        stretches.remove(place)
        return shallower
    }

    /// Cuts a stretch in two. The deeper part, which in the queue stands before the other.
    private mutating func split(_ place: Int32, at block: Int32) -> Int32 {
        let stretch = stretches[place]
        // The deeper part keeps the place in the queue; the shallower goes behind it.
        let shallow = store(stretch)
        stretches[shallow].high = block
        stretches[shallow].deeper = place
        stretches[place].low = block
        stretches[place].shallower = shallow
        if stretch.shallower >= 0 {
            stretches[stretch.shallower].deeper = shallow
        } else {
            runs[stretch.run].shallowest = shallow
        }
        if stretch.holders == 0 { enqueue(shallow, behind: place) }
        return place
    }

    /// Takes a stretch out of its run.
    mutating func detach(_ place: Int32) {
        let stretch = stretches[place]
        if stretch.shallower >= 0 {
            stretches[stretch.shallower].deeper = stretch.deeper
        } else {
            runs[stretch.run].shallowest = stretch.deeper
        }
        if stretch.deeper >= 0 {
            stretches[stretch.deeper].shallower = stretch.shallower
        } else {
            runs[stretch.run].deepest = stretch.shallower
        }
    }
}
