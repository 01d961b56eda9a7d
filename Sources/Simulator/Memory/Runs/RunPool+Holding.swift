/// Registering, holding and releasing blocks of runs.
extension RunPool {
    /// Registers blocks of a node for a request that holds them: as the continuation of `last`,
    /// its latest hold in the group, if they are one; nil: as a run of their own, held so.
    /// O(1), and O(runs of the same node and group) where there are several.
    mutating func register(_ part: ChainPart, _ group: Int32, after last: RunHold?) -> RunHold? {
        distinctKeys += uncovered(part.node, group, part.low, part.high, except: -1)
        if let last, last.high == part.low, continues(last.run, part, group) {
            let deepest = Int(runs[Int(last.run)].deepest)
            if stretches[deepest].holders == 1 {
                stretches[deepest].high = part.high
            } else {
                attach(part, to: last.run)
            }
            return nil
        }
        let run = makeRun(part.node, group)
        attach(part, to: run)
        return RunHold(run: run, low: part.low, high: part.high)
    }

    /// Whether blocks may join the end of a run: none younger may have been registered meanwhile,
    /// or the order of runs would not be that of their blocks.
    private func continues(_ run: Int32, _ part: ChainPart, _ group: Int32) -> Bool {
        let r = runs[Int(run)]
        return r.node == part.node && r.group == group && r.younger < 0
            && stretches[Int(r.deepest)].high == part.low
    }

    /// Adds a stretch with one holder at the deep end of a run.
    private mutating func attach(_ part: ChainPart, to run: Int32) {
        var stretch = Stretch(run: run, low: part.low, high: part.high, holders: 1)
        let deepest = runs[Int(run)].deepest
        stretch.shallower = deepest
        let place = store(stretch)
        if deepest >= 0 {
            stretches[Int(deepest)].deeper = place
        } else {
            runs[Int(run)].shallowest = place
        }
        runs[Int(run)].deepest = place
    }

    /// Adds a holder of blocks of a run, which must exist; free ones leave the queue.
    /// O(stretches of the run).
    mutating func hold(_ blocks: RunHold) {
        var place = runs[Int(blocks.run)].shallowest
        while stretches[Int(place)].high <= blocks.low { place = stretches[Int(place)].deeper }
        if stretches[Int(place)].low < blocks.low { place = split(place, at: blocks.low) }
        while true {
            if stretches[Int(place)].high > blocks.high {
                place = stretches[Int(split(place, at: blocks.high))].shallower
            }
            if stretches[Int(place)].holders == 0 {
                unqueue(place)
                keyedFree -= Int(stretches[Int(place)].count)
            }
            stretches[Int(place)].holders += 1
            place = mergeWithShallower(place)
            let deeper = stretches[Int(place)].deeper
            if stretches[Int(place)].high >= blocks.high {
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
                return
            }
            place = deeper
        }
    }

    /// Removes a holder of blocks of a run; what nobody holds joins the back of the queue, deepest
    /// first. O(stretches of the run).
    mutating func release(_ blocks: RunHold) {
        var place = runs[Int(blocks.run)].deepest
        while stretches[Int(place)].low >= blocks.high { place = stretches[Int(place)].shallower }
        if stretches[Int(place)].high > blocks.high {
            place = stretches[Int(split(place, at: blocks.high))].shallower
        }
        while true {
            if stretches[Int(place)].low < blocks.low { place = split(place, at: blocks.low) }
            stretches[Int(place)].holders -= 1
            if stretches[Int(place)].holders == 0 {
                keyedFree += Int(stretches[Int(place)].count)
                place = joinQueue(place)
            } else {
                let deeper = stretches[Int(place)].deeper
                if deeper >= 0 { _ = mergeWithShallower(deeper) }
            }
            if stretches[Int(place)].low <= blocks.low { break }
            place = stretches[Int(place)].shallower
        }
        _ = mergeWithShallower(place)
    }

    /// How many of blocks of a run nobody holds. O(stretches of the run).
    func freeCount(_ blocks: RunHold) -> Int32 {
        var count: Int32 = 0
        var place = runs[Int(blocks.run)].shallowest
        while place >= 0, stretches[Int(place)].low < blocks.high {
            let stretch = stretches[Int(place)]
            let shared = min(stretch.high, blocks.high) - max(stretch.low, blocks.low)
            if stretch.holders == 0, shared > 0 { count += shared }
            place = stretch.deeper
        }
        return count
    }

    /// Puts a stretch without holders at the back of the queue, as one with the deeper neighbour
    /// that came just before it. Where it is now.
    private mutating func joinQueue(_ place: Int32) -> Int32 {
        let deeper = stretches[Int(place)].deeper
        guard deeper >= 0, deeper == queueTail,
            stretches[Int(deeper)].low == stretches[Int(place)].high
        else {
            enqueue(place)
            return place
        }
        stretches[Int(deeper)].low = stretches[Int(place)].low
        detach(place)
        spareStretches.append(place)
        return deeper
    }

    /// Makes one of a held stretch and its shallower neighbour if that has as many holders. Where
    /// it is now.
    private mutating func mergeWithShallower(_ place: Int32) -> Int32 {
        let stretch = stretches[Int(place)]
        let shallower = stretch.shallower
        guard shallower >= 0, stretch.holders > 0,
            stretches[Int(shallower)].holders == stretch.holders,
            stretches[Int(shallower)].high == stretch.low
        else { return place }
        stretches[Int(shallower)].high = stretch.high
        detach(place)
        spareStretches.append(place)
        return shallower
    }

    /// Cuts a stretch in two. The deeper part, which in the queue stands before the other.
    private mutating func split(_ place: Int32, at block: Int32) -> Int32 {
        let stretch = stretches[Int(place)]
        // The deeper part keeps the place in the queue; the shallower goes behind it.
        let shallow = store(stretch)
        stretches[Int(shallow)].high = block
        stretches[Int(shallow)].deeper = place
        stretches[Int(place)].low = block
        stretches[Int(place)].shallower = shallow
        if stretch.shallower >= 0 {
            stretches[Int(stretch.shallower)].deeper = shallow
        } else {
            runs[Int(stretch.run)].shallowest = shallow
        }
        if stretch.holders == 0 { enqueue(shallow, behind: place) }
        return place
    }

    /// Takes a stretch out of its run.
    mutating func detach(_ place: Int32) {
        let stretch = stretches[Int(place)]
        if stretch.shallower >= 0 {
            stretches[Int(stretch.shallower)].deeper = stretch.deeper
        } else {
            runs[Int(stretch.run)].shallowest = stretch.deeper
        }
        if stretch.deeper >= 0 {
            stretches[Int(stretch.deeper)].shallower = stretch.shallower
        } else {
            runs[Int(stretch.run)].deepest = stretch.shallower
        }
    }
}
