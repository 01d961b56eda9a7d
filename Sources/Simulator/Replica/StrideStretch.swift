import StepTime

/// Runs steps in which only steady requests take part, without looking at any of them: until an
/// arrival, somebody's last token, a shortage of blocks or the horizon.
///
/// The state it needs is that of `strideRun` with nothing but steady requests: none explicit,
/// ending or waiting, and (asynchronous) one dispatched batch of the same requests. It leaves the
/// state that walking the same steps would. O(1) per step, whatever the batch.
func strideStretch(_ replica: inout Replica, to horizon: Int64) {
    guard replica.stride.count > 0, replica.stride.explicit.isEmpty, replica.waiting.isEmpty,
        replica.stride.ending.isEmpty, replica.stride.count <= replica.tokenBudget
    else { return }
    var limit = horizon
    if let next = replica.inbox.first {
        limit = min(limit, replica.requests[Int(next)].arrival)
    }
    // A step whose batch ends a request is processed the ordinary way.
    var exit = replica.stride.exits.earliest(from: replica.stride.tick)
    if replica.depth > 1 {
        guard replica.dispatched[0].steady == replica.stride.count,
            replica.dispatched[0].end <= horizon, replica.dispatched[0].entries.isEmpty,
            replica.dispatched[0].wasted == 0,
            replica.dispatched[0].tick == replica.stride.tick - 1
        else { return }
    } else {
        exit -= 1
    }
    guard replica.stride.tick < exit, replica.stride.count < replica.lines.count else { return }
    var stretch = Stretch(
        &replica, replica.lines[replica.stride.count], limit: limit, horizon: horizon, exit: exit)
    if replica.usesRuns {
        stretch.run(replica.stride, gaps: &replica.tally.interTokenLatency)
    } else {
        // Between asks there are stretches; a step with asks is executed for who asks.
        repeat {
            stretch.exit = min(exit, replica.stride.asks.earliest(from: stretch.tick))
            stretch.run(replica.stride, gaps: &replica.tally.interTokenLatency)
            stretch.exit = exit
        } while stretch.stepServing(&replica)
    }
    stretch.gaps.flush(into: &replica.tally.interTokenLatency, times: stretch.count)
    if stretch.steps > 0 { stretch.commit(to: &replica) }
}

/// A stretch under way: the loop's state in plain numbers.
private struct Stretch {
    let line: DecodeLine
    let count: Int64
    let host: Int64
    let pipelined: Bool
    /// No step is scheduled at the limit or past it, none processed past the horizon, none
    /// scheduled at the tick of an exit.
    let limit: Int64
    let horizon: Int64
    var exit: Int64
    /// When the stretch began, with how many blocks in use, and how many were free.
    let firstClock: Int64
    let firstUsed: Int
    let free: Int
    /// Tick and phase of the next step.
    var tick: Int64
    var phase: Int
    var context: Int
    /// Context within the price's window, and by how much it grows a step.
    var windowed: Int
    let growing: Int
    /// What the next step takes, and by how much each takes longer than the one before.
    var duration: Int64
    let rise: Int64
    var clock: Int64
    /// End of the latest step; with a pipeline it is in flight.
    var lastEnd: Int64
    var lastStart: Int64 = 0
    var lastDelivery: Int64
    var steps = 0
    var busy: Int64 = 0
    var hostWait: Int64 = 0
    /// ∫ used blocks dt of the stretch, from `accounted`.
    var blockTime: UInt128 = 0
    var accounted: Int64
    var used: Int
    /// Most blocks in use between stretches.
    var peak = 0
    var gaps = GapRun()

    init(
        _ replica: inout Replica, _ line: DecodeLine, limit: Int64, horizon: Int64, exit: Int64
    ) {
        self.line = line
        self.limit = limit
        self.horizon = horizon
        count = Int64(replica.stride.count)
        host = replica.engine.hostFixed + replica.engine.hostPerRequest * count
        pipelined = replica.depth > 1
        self.exit = exit
        firstClock = replica.clock
        firstUsed = replica.usedBlocks
        // Kept one by one, blocks are asked for between stretches.
        free = replica.usesRuns ? replica.runPool.freeCount : .max / 2
        tick = replica.stride.tick
        phase = replica.stride.phase
        context = replica.stride.context
        windowed = replica.stride.windowed
        growing = replica.stride.growing
        duration = line.picoseconds(context: context, windowedContext: windowed)
        rise = count * line.numerator * line.unit + Int64(growing) * line.windowedSlope
        clock = replica.clock
        lastEnd = replica.lastEnd
        lastDelivery = replica.stride.lastDelivery
        accounted = replica.clock
        used = replica.usedBlocks
    }

    mutating func run(_ sums: borrowing StrideState, gaps histogram: inout HotHistogram) {
        // Prices rise by the same amount a step where a token of context has a whole price.
        let isSmooth = pipelined && line.denominator == 1
        while clock < limit, tick < exit {
            let needed = Int(sums.blockPhases[phase])
            guard used + needed - firstUsed <= free else { break }
            let isGliding = isSmooth && lastEnd >= clock + host && duration >= host
            let moved =
                isGliding
                ? glide(sums, &histogram) : step(needed, sums.blockPhases.count, &histogram)
            if !moved { break }
        }
    }

    /// One step in which some ask for blocks. False, with nothing done, at a shortage or when the
    /// step is not part of the stretch.
    mutating func stepServing(_ replica: inout Replica) -> Bool {
        let start = max(clock + host, lastEnd)
        guard clock < limit, tick < exit, (pipelined ? start : start + duration) <= horizon else {
            return false
        }
        replica.stride.tick = tick
        guard gatherAsking(&replica) <= replica.freeBlocks else { return false }
        clearStaleHits(&replica)
        blockTime += blockSeconds(clock - accounted, used)
        accounted = clock
        serveAsking(&replica)
        used = replica.usedBlocks
        peak = max(peak, used)
        return step(0, replica.stride.blockPhases.count, &replica.tally.interTokenLatency)
    }

    /// Takes blocks for a step scheduled now.
    @inline(__always)
    private mutating func take(_ needed: Int) {
        guard needed > 0 else { return }
        blockTime += blockSeconds(clock - accounted, used)
        accounted = clock
        used += needed
    }

    /// One step. False, with nothing done, when its predecessor or (without a pipeline) it would
    /// be processed past the horizon: such a one is dispatched the ordinary way.
    private mutating func step(
        _ needed: Int, _ size: Int, _ histogram: inout HotHistogram
    ) -> Bool {
        let start = max(clock + host, lastEnd)
        let end = start + duration
        // The batch in flight ended at `lastEnd`.
        let processed = pipelined ? start : end
        if processed > horizon { return false }
        take(needed)
        hostWait += start - max(clock, lastEnd)
        busy += duration
        steps += 1
        tick += 1
        phase = phase + 1 == size ? 0 : phase + 1
        context += Int(count)
        windowed += growing
        duration =
            line.denominator == 1
            ? duration + rise : line.picoseconds(context: context, windowedContext: windowed)
        gaps.add(processed - lastDelivery, into: &histogram, times: count)
        lastDelivery = processed
        clock = processed
        lastEnd = end
        lastStart = start
        return true
    }

    /// As many steps as fit, in closed form: the host keeps up, so each starts at the end of the
    /// one before, and then that one is processed. False, with nothing done, when the first would
    /// be processed past the horizon. O(steps that need blocks).
    private mutating func glide(
        _ sums: borrowing StrideState, _ histogram: inout HotHistogram
    ) -> Bool {
        var number = exit - tick
        // Everybody takes one block a round, and a round has no fewer steps than this power of 2.
        let rounds = Int(number) >> (Int.bitWidth - 1 - sums.blockPhases.count.leadingZeroBitCount)
        if used - firstUsed + (rounds + 1) * Int(count) > free {
            number = min(number, Int64(sums.stepsToNeed(after: phase)))
        }
        number = clipped(number)
        guard number > 0 else { return false }
        take(sums, during: number)
        let before = total(number - 1)
        let all = before + duration + (number - 1) * rise
        let first = lastEnd
        gaps.add(first - lastDelivery, into: &histogram, times: count)
        if number > 1 {
            gaps.add(
                from: duration, rise: rise, number: number - 1, into: &histogram, times: count)
        }
        busy += all
        lastEnd = first + all
        clock = first + before
        lastStart = clock
        lastDelivery = clock
        steps += Int(number)
        tick += number
        context += Int(count * number)
        windowed += growing * Int(number)
        duration += number * rise
        return true
    }

    /// As many of so many steps as are scheduled before the limit and processed by the horizon.
    @inline(__always)
    private func clipped(_ number: Int64) -> Int64 {
        // Step n is scheduled when step n - 2 ends, and when step n - 1 ends, that is processed.
        var number = number
        if number > 1, lastEnd + total(number - 2) >= limit {
            // No step takes longer than the last one.
            let longest = max(1, duration + number * rise)
            var ended = lastEnd < limit ? (limit - 1 - lastEnd) / longest : -1
            while lastEnd + total(ended + 1) < limit { ended += 1 }
            number = ended + 2
        }
        return lastEnd + total(number - 1) > horizon ? number - 1 : number
    }

    /// Takes the blocks that the next steps need, each when it is scheduled.
    @inline(__always)
    private mutating func take(_ sums: borrowing StrideState, during number: Int64) {
        let size = sums.blockPhases.count
        var taken = 0
        var last = clock
        var timesBlocks: UInt128 = 0
        var position: Int64 = 0
        while position < number {
            let needed = Int(sums.blockPhases[phase])
            last = position == 0 ? clock : lastEnd + total(position - 1)
            timesBlocks += blockSeconds(last - accounted, needed)
            taken += needed
            let ahead = min(Int64(sums.stepsToNeed(after: phase)), number - position)
            position += ahead
            phase += Int(ahead)
            if phase >= size { phase -= size }
        }
        // Σ needed × (last - time) is what those taken before the last step cost until then.
        blockTime += blockSeconds(last - accounted, used + taken) - timesBlocks
        accounted = last
        used += taken
    }

    /// Duration of the next `number` steps.
    @inline(__always)
    private func total(_ number: Int64) -> Int64 {
        number * duration + rise * (number * (number - 1) / 2)
    }

    /// Writes the state back as the walked steps would have left it.
    mutating func commit(to replica: inout Replica) {
        let tokens = steps * Int(count)
        replica.stride.tick = tick
        replica.stride.phase = phase
        replica.stride.context = context
        replica.stride.windowed = windowed
        replica.stride.lastDelivery = lastDelivery
        replica.calls += steps
        replica.cadence.executed += steps
        replica.idleCalls = 0
        replica.endedFlag = false
        replica.clock = clock
        replica.lastEnd = lastEnd
        replica.tally.lastEnd = max(replica.tally.lastEnd, lastEnd)
        replica.tally.account(until: firstClock, used: firstUsed)
        replica.tally.add(blockTime: blockTime, until: accounted, peak: max(peak, used))
        replica.tally.busyTime += busy
        replica.tally.hostWaitTime += hostWait
        replica.tally.strode += steps
        replica.tally.counters.steps += steps
        replica.tally.counters.scheduledTokens += tokens
        replica.tally.counters.scheduledEntries += tokens
        replica.tally.counters.outputTokens += tokens
        if replica.usesRuns, used > firstUsed { replica.runPool.take(used - firstUsed) }
        if pipelined {
            replica.dispatched[0].number = replica.calls - 1
            replica.dispatched[0].tick = tick - 1
            replica.dispatched[0].start = lastStart
            replica.dispatched[0].end = lastEnd
        }
    }
}
