import StepTime

/// Runs steps in which only steady requests take part, without looking at any of them but those
/// that ask the pool for something: until an arrival, somebody's last token, a shortage of blocks
/// or the horizon.
///
/// The state it needs is that of `strideRun` with nothing but steady requests: none explicit,
/// ending or waiting, and (asynchronous) one dispatched batch of the same requests. It leaves the
/// state that walking the same steps would. O(1) per step, whatever the batch.
func strideStretch(_ replica: inout Replica, to horizon: Int64) {
    guard replica.stride.count > 0, replica.stride.explicit.isEmpty, replica.waiting.isEmpty,
        replica.stride.ending.isEmpty, replica.stride.count <= replica.tokenBudget
    else { return }
    if replica.depth > 1 {
        guard replica.dispatched[0].steady == replica.stride.count,
            replica.dispatched[0].end <= horizon, replica.dispatched[0].entries.isEmpty,
            replica.dispatched[0].wasted == 0,
            replica.dispatched[0].tick == replica.stride.tick - 1
        else { return }
    }
    // A step whose batch ends a request is processed the ordinary way.
    var exit = replica.stride.exits.earliest(from: replica.stride.tick)
    if replica.depth == 1 { exit -= 1 }
    guard replica.stride.tick < exit, replica.stride.count < replica.lines.count else { return }
    var limit = horizon
    if let next = replica.inbox.first {
        limit = min(limit, replica.requests[Int(next)].arrival)
    }
    var stretch = Stretch(
        &replica, replica.lines[replica.stride.count], limit: limit, horizon: horizon, exit: exit)
    if replica.sumsBlocks {
        stretch.run(&replica)
    } else {
        // Who asks is served before the step; the steps from there to the next asks are alike.
        var next = stretch.tick
        while true {
            stretch.exit = min(exit, replica.stride.asks.earliest(from: next))
            stretch.run(&replica)
            precondition(stretch.tick >= next, "who was served did not step")
            stretch.exit = exit
            guard stretch.serve(&replica) else { break }
            next = stretch.tick + 1
        }
    }
    if stretch.sums.steps > 0 { stretch.commit(to: &replica) }
}

/// A stretch under way: the loop's state in plain numbers.
private struct Stretch: ~Copyable {
    var sums: DecodeSteps
    let line: DecodeLine
    /// No step is scheduled at the limit or past it, none processed past the horizon, none
    /// scheduled at the tick of an exit.
    let limit: Int64
    let horizon: Int64
    var exit: Int64
    /// How many blocks were free when the stretch began.
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

    @inline(__always)
    init(
        _ replica: inout Replica, _ line: DecodeLine, limit: Int64, horizon: Int64, exit: Int64
    ) {
        sums = DecodeSteps(
            &replica, count: replica.stride.count, lastDelivery: replica.stride.lastDelivery)
        self.line = line
        self.limit = limit
        self.horizon = horizon
        self.exit = exit
        // Where they are no sums, blocks are asked for between stretches.
        free = replica.sumsBlocks ? replica.runPool.freeCount : .max / 2
        tick = replica.stride.tick
        phase = replica.stride.phase
        context = replica.stride.context
        windowed = replica.stride.windowed
        growing = replica.stride.growing
        duration = line.picoseconds(context: context, windowedContext: windowed)
        rise = sums.count * line.numerator * line.unit + Int64(growing) * line.windowedSlope
    }

    /// Steps until one that is not part of the stretch, or at a shortage of blocks.
    mutating func run(_ replica: inout Replica) {
        // Prices rise by the same amount a step where a token of context has a whole price.
        let isSmooth = sums.pipelined && line.denominator == 1
        while sums.clock < limit, tick < exit {
            let needed = Int(replica.stride.blockPhases[phase])
            guard sums.used + needed - sums.firstUsed <= free else { break }
            let isGliding =
                isSmooth && sums.lastEnd >= sums.clock + sums.host && duration >= sums.host
            let moved = isGliding ? glide(&replica) : step(&replica, needed)
            if !moved { break }
        }
    }

    /// Gets those who ask for blocks in the next step what they ask for. False, with nothing done,
    /// at a shortage or when the step is not part of the stretch.
    mutating func serve(_ replica: inout Replica) -> Bool {
        let start = sums.nextStart
        guard sums.clock < limit, tick < exit,
            sums.processed(from: start, to: start + duration) <= horizon
        else { return false }
        replica.stride.tick = tick
        guard gatherAsking(&replica) <= replica.freeBlocks else { return false }
        clearStaleHits(&replica)
        sums.account()
        serveAsking(&replica)
        sums.use(replica.usedBlocks)
        return true
    }

    /// Takes blocks for a step scheduled now.
    @inline(__always)
    private mutating func take(_ needed: Int) {
        guard needed > 0 else { return }
        sums.account()
        sums.used += needed
    }

    /// One step. False, with nothing done, when its predecessor or (without a pipeline) it would
    /// be processed past the horizon: such a one is dispatched the ordinary way.
    private mutating func step(_ replica: inout Replica, _ needed: Int) -> Bool {
        let start = sums.nextStart
        let end = start + duration
        if sums.processed(from: start, to: end) > horizon { return false }
        take(needed)
        sums.add(from: start, to: end, gaps: &replica.tally.interTokenLatency)
        tick += 1
        phase = phase + 1 == replica.stride.blockPhases.count ? 0 : phase + 1
        context += Int(sums.count)
        windowed += growing
        duration =
            line.denominator == 1
            ? duration + rise : line.picoseconds(context: context, windowedContext: windowed)
        return true
    }

    /// As many steps as fit, in closed form: the host keeps up, so each starts at the end of the
    /// one before, and then that one is processed. False, with nothing done, when the first would
    /// be processed past the horizon. O(steps that need blocks).
    private mutating func glide(_ replica: inout Replica) -> Bool {
        var number = exit - tick
        // Everybody takes one block a round, and a round has no fewer steps than this power of 2.
        let size = replica.stride.blockPhases.count
        let rounds = Int(number) >> (Int.bitWidth - 1 - size.leadingZeroBitCount)
        if sums.used - sums.firstUsed + (rounds + 1) * Int(sums.count) > free {
            number = min(number, Int64(replica.stride.stepsToNeed(after: phase)))
        }
        number = clipped(number)
        guard number > 0 else { return false }
        if replica.sumsBlocks {
            take(replica.stride, during: number)
        } else {
            phase = (phase + Int(number)) % size
        }
        let before = total(number - 1)
        let all = before + duration + (number - 1) * rise
        let first = sums.lastEnd
        sums.gaps.add(
            first - sums.lastDelivery, into: &replica.tally.interTokenLatency, times: sums.count)
        if number > 1 {
            sums.gaps.add(
                from: duration, rise: rise, number: number - 1,
                into: &replica.tally.interTokenLatency, times: sums.count)
        }
        sums.busy += all
        sums.lastEnd = first + all
        sums.clock = first + before
        sums.lastStart = sums.clock
        sums.lastDelivery = sums.clock
        sums.steps += Int(number)
        tick += number
        context += Int(sums.count * number)
        windowed += growing * Int(number)
        duration += number * rise
        return true
    }

    /// As many of so many steps as are scheduled before the limit and processed by the horizon.
    @inline(__always)
    private func clipped(_ number: Int64) -> Int64 {
        // Step n is scheduled when step n - 2 ends, and when step n - 1 ends, that is processed.
        var number = number
        if number > 1, sums.lastEnd + total(number - 2) >= limit {
            // No step takes longer than the last one.
            let longest = max(1, duration + number * rise)
            var ended = sums.lastEnd < limit ? (limit - 1 - sums.lastEnd) / longest : -1
            while sums.lastEnd + total(ended + 1) < limit { ended += 1 }
            number = ended + 2
        }
        return sums.lastEnd + total(number - 1) > horizon ? number - 1 : number
    }

    /// Takes the blocks that the next steps need, each when it is scheduled.
    @inline(__always)
    private mutating func take(_ stride: borrowing StrideState, during number: Int64) {
        let size = stride.blockPhases.count
        var taken = 0
        var last = sums.clock
        var timesBlocks: UInt128 = 0
        var position: Int64 = 0
        while position < number {
            let needed = Int(stride.blockPhases[phase])
            last = position == 0 ? sums.clock : sums.lastEnd + total(position - 1)
            timesBlocks += blockSeconds(last - sums.accounted, needed)
            taken += needed
            let ahead = min(Int64(stride.stepsToNeed(after: phase)), number - position)
            position += ahead
            phase += Int(ahead)
            if phase >= size { phase -= size }
        }
        // Σ needed × (last - time) is what those taken before the last step cost until then.
        let all = blockSeconds(last - sums.accounted, sums.used + taken)
        sums.account(until: last, blockTime: all - timesBlocks, taken: taken)
    }

    /// Duration of the next `number` steps.
    @inline(__always)
    private func total(_ number: Int64) -> Int64 {
        number * duration + rise * (number * (number - 1) / 2)
    }

    /// Writes the state back as the walked steps would have left it.
    @inline(__always)
    mutating func commit(to replica: inout Replica) {
        replica.stride.tick = tick
        replica.stride.phase = phase
        replica.stride.context = context
        replica.stride.windowed = windowed
        replica.stride.lastDelivery = sums.lastDelivery
        replica.tally.strode += sums.steps
        if replica.sumsBlocks, sums.used > sums.firstUsed {
            replica.runPool.take(sums.used - sums.firstUsed)
        }
        sums.commit(
            to: &replica, context: sums.sum(endingWith: context, rise: Int(sums.count)),
            windowedContext: windowed > 0 ? sums.sum(endingWith: windowed, rise: growing) : 0)
        if sums.pipelined { replica.dispatched[0].tick = tick - 1 }
    }
}
