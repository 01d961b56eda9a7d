import StepTime

/// Executes steps in which every running request decodes a token and nobody ends, one after the
/// other, over columns of numbers instead of the requests themselves. Comes back, with the state
/// between two steps, before an arrival, an abort, an end, a shortage of blocks or the horizon.
///
/// This is the walking gait at speed, and the gait of models with sliding windows. Whoever watches
/// decisions gets every step from `schedule` and `update`, to which this must be equal.
/// O(running) a step, plus `allocateNext` for who needs a block. False when there was no such step.
func walkRun(_ replica: inout Replica, to horizon: Int64) -> Bool {
    guard !replica.usesRuns, replica.custom == nil, !replica.log.isWanted,
        replica.cadence.interval == 1, replica.waiting.isEmpty, !replica.running.isEmpty,
        replica.running.count <= replica.tokenBudget,
        replica.dispatched.count == replica.depth - 1, gather(&replica)
    else { return false }
    clearHits(&replica)
    var walk = Walk(&replica, to: horizon)
    while walk.step(&replica) {}
    if walk.steps > 0 { walk.commit(to: &replica) }
    return walk.steps > 0
}

/// What changes about decoding requests from step to step, by place in the running list.
struct WalkColumns: ~Copyable {
    /// Tokens computed before the next step.
    var computed = HotArray<Int32>()
    /// When computed reaches this, the pool has to be asked, or the bound is passed.
    var attention = HotArray<Int32>()
    /// A step with more computed is not of the common kind: the last one or a wasted one.
    var bound = HotArray<Int32>()
    /// Places that have reached their attention, as `serve` found them.
    var asking = HotArray<Int32>()

    mutating func removeAll() {
        computed.removeAll()
        attention.removeAll()
        bound.removeAll()
    }

    /// Counts a step. Whether somebody now asks for attention.
    @inline(__always)
    mutating func advance() -> Bool {
        let count = computed.count
        return computed.withUnsafeMutablePointer { computed in
            attention.withUnsafeMutablePointer { attention in
                // Negative as soon as one has reached its attention.
                var left: Int32 = 0
                for place in 0..<count {
                    computed[place] &+= 1
                    left |= attention[place] &- 1 &- computed[place]
                }
                return left < 0
            }
        }
    }

    /// Σ (computed + 1) over the requests, and the same with at most `window` of each.
    func contexts(window: Int) -> (all: Int, windowed: Int) {
        var sums = (all: 0, windowed: 0)
        for place in computed.indices {
            sums.all += Int(computed[place]) + 1
            sums.windowed += min(Int(computed[place]) + 1, window)
        }
        return sums
    }

    /// Enters in `asking` who asks for attention.
    mutating func findAsking() {
        asking.removeAll()
        let count = computed.count
        computed.withUnsafeMutablePointer { computed in
            attention.withUnsafeMutablePointer { attention in
                for place in 0..<count where computed[place] >= attention[place] {
                    asking.append(Int32(place))
                }
            }
        }
    }
}

/// Fills the columns. False when a running request does something else than decode, or its last
/// token came with another batch than the others'.
private func gather(_ replica: inout Replica) -> Bool {
    let inFlight = Int32(replica.depth - 1)
    let isSame = inFlight == 0 || replica.dispatched[0].entries.count == replica.running.count
    guard isSame else { return false }
    replica.scratch.columns.removeAll()
    let last = replica.requests[Int(replica.running[0])].lastToken
    for place in replica.running.indices {
        let slot = Int(replica.running[place])
        let computed = replica.requests[slot].computed
        guard replica.requests[slot].lastToken == last, last >= 0,
            replica.requests[slot].placeholders == inFlight,
            replica.requests[slot].inFlight == inFlight, replica.requests[slot].stale == 0,
            replica.requests[slot].known + inFlight - computed == 1, computed > 0
        else { return false }
        if inFlight > 0 {
            let entry = replica.dispatched[0].entries[place]
            guard entry.slot == Int32(slot), entry.samples else { return false }
        }
        let end = lastDecode(replica.requests[slot], replica.engine.maxModelLen)
        // Without a pipeline a step is processed before the next: the last one ends the request.
        let bound = Int32(end) - 1 + inFlight
        let demand = Int32(clamping: nextDemand(&replica, slot, settled: nil))
        replica.scratch.columns.computed.append(computed)
        replica.scratch.columns.bound.append(bound)
        replica.scratch.columns.attention.append(min(demand, bound + 1))
    }
    return true
}

/// Tokens computed at which the pool has to be asked for a decoding request.
///
/// `settled` is what its latest `allocate` took for settled, on which depends how far its windows
/// have slid; nil: not known.
private func nextDemand(_ replica: inout Replica, _ slot: Int, settled: Int?) -> Int {
    let size = replica.engine.blockSize
    let inFlight = replica.depth - 1
    var next = Int.max
    for group in 0..<replica.groups.count {
        let table = replica.tables[slot * replica.groups.count + group]
        next = min(next, Int(table.list.count) * size)
        // What is full of known tokens is registered.
        if replica.isCaching {
            next = min(next, (Int(max(0, table.cached)) + 1) * size - 1 + inFlight)
        }
        let window = replica.groups[group].window
        guard window > 0 else { continue }
        guard let settled else { return 0 }
        let skipped = replica.groups[group].skippedBlocks(settled)
        next = min(next, (skipped + 1) * size + window - 1 + inFlight)
    }
    return next
}

/// Steps under way: the loop's state in plain numbers.
private struct Walk {
    let host: Int64
    let pipelined: Bool
    let count: Int
    /// No step is scheduled at the limit or past it, none processed past the last moment.
    let limit: Int64
    let last: Int64
    /// The context of the next step, over all requests.
    var context: Int
    var isAsking = true
    var clock: Int64
    var lastStart: Int64 = 0
    var lastEnd: Int64
    var lastDelivery: Int64
    var steps = 0
    var busy: Int64 = 0
    var hostWait: Int64 = 0

    init(_ replica: inout Replica, to horizon: Int64) {
        count = replica.running.count
        host = replica.engine.hostFixed + replica.engine.hostPerRequest * Int64(count)
        pipelined = replica.depth > 1
        let abort = replica.aborts.firstTime
        var limit = min(horizon, abort)
        if let next = replica.inbox.first {
            limit = min(limit, replica.requests[Int(next)].arrival)
        }
        self.limit = limit
        last = min(horizon, abort - 1)
        context = replica.scratch.columns.contexts(window: 0).all
        clock = replica.clock
        lastEnd = replica.lastEnd
        lastDelivery = replica.requests[Int(replica.running[0])].lastToken
    }

    /// One step: scheduled, priced, and the batch that ends then processed. False, with nothing
    /// done, when it is not of the common kind or belongs to a later time.
    @inline(__always)
    mutating func step(_ replica: inout Replica) -> Bool {
        guard clock < limit else { return false }
        let start = max(clock + host, lastEnd)
        let end = start + price(&replica)
        let processed = pipelined ? start : end
        guard processed <= last, !isAsking || serve(&replica) else { return false }
        isAsking = replica.scratch.columns.advance()
        context += count
        replica.tally.interTokenLatency.add(processed - lastDelivery, times: Int64(count))
        hostWait += start - max(clock, lastEnd)
        busy += end - start
        steps += 1
        clock = processed
        lastDelivery = processed
        lastStart = start
        lastEnd = end
        return true
    }

    /// What the next step takes, picoseconds.
    @inline(__always)
    private func price(_ replica: inout Replica) -> Int64 {
        if count < replica.lines.count {
            return replica.lines[count].picoseconds(context: context)
        }
        var load = StepLoad()
        load.addDecodes(count, context: context)
        load.sampled = count
        let window = replica.stepTime.window
        if window > 0 {
            load.decodeWindowedContext = replica.scratch.columns.contexts(window: window).windowed
        }
        return replica.stepTime.picoseconds(load)
    }

    /// Gets those their blocks who need some. False, with nothing done, at an end or a shortage.
    private func serve(_ replica: inout Replica) -> Bool {
        replica.scratch.columns.findAsking()
        let asking = replica.scratch.columns.asking.count
        guard asking * replica.groups.count <= replica.pool.freeCount else { return false }
        for index in 0..<asking {
            let place = Int(replica.scratch.columns.asking[index])
            let computed = replica.scratch.columns.computed[place]
            guard computed <= replica.scratch.columns.bound[place] else { return false }
        }
        replica.tally.account(until: clock, used: replica.usedBlocks)
        for index in 0..<asking {
            let place = Int(replica.scratch.columns.asking[index])
            let computed = replica.scratch.columns.computed[place]
            let slot = Int(replica.running[place])
            replica.requests[slot].computed = computed
            replica.requests[slot].known = computed + (pipelined ? 0 : 1)
            allocateNext(&replica, slot)
            let settled = Int(computed) - (pipelined ? 1 : 0)
            let demand = Int32(clamping: nextDemand(&replica, slot, settled: settled))
            replica.scratch.columns.attention[place] = min(
                demand, replica.scratch.columns.bound[place] + 1)
        }
        replica.tally.account(until: clock, used: replica.usedBlocks)
        return true
    }

    /// Writes the state back as `schedule` and `update` would have left it.
    func commit(to replica: inout Replica) {
        for place in 0..<count {
            let slot = Int(replica.running[place])
            let computed = replica.scratch.columns.computed[place]
            replica.requests[slot].computed = computed
            replica.requests[slot].known = computed + (pipelined ? 0 : 1)
            replica.requests[slot].lastToken = lastDelivery
            if pipelined {
                replica.dispatched[0].entries[place] = Entry(
                    slot: Int32(slot), tokens: 1, computedBefore: computed - 1, kind: .running,
                    samples: true)
            }
        }
        replica.clock = clock
        replica.lastEnd = lastEnd
        replica.calls += steps
        replica.lastDeliveryCall = replica.calls
        replica.cadence.executed += steps
        replica.cadence.capacityBound = false
        replica.idleCalls = 0
        replica.endedFlag = false
        replica.scheduledNothing = false
        replica.scratch.preempted.removeAll()
        replica.tally.lastEnd = max(replica.tally.lastEnd, lastEnd)
        replica.tally.busyTime += busy
        replica.tally.hostWaitTime += hostWait
        replica.tally.counters.steps += steps
        replica.tally.counters.scheduledTokens += steps * count
        replica.tally.counters.scheduledEntries += steps * count
        replica.tally.counters.outputTokens += steps * count
        if pipelined {
            replica.dispatched[0].number = replica.calls - 1
            replica.dispatched[0].start = lastStart
            replica.dispatched[0].end = lastEnd
        }
    }
}
