import StepTime

/// Prices and commits a decision that stands for many steps, in closed form: only the cohort
/// decodes, without looking at any member but those that need the pool, until an arrival, an abort,
/// a member's last token, a shortage of blocks or the horizon. Whether there was such a step.
///
/// It leaves the state that deciding the same steps one at a time would. O(1) per step at most,
/// whatever the batch.
@inline(__always)
func fastForward(_ instance: inout Instance, to horizon: Int64) -> Bool {
    guard instance.scheduler.cohort.isOn, instance.scheduler.waiting.isEmpty,
        instance.scheduler.cadence.interval == 1, !instance.log.isWanted
    else { return false }
    updateCohort(&instance.scheduler, &instance.cache)
    let times = standingTimes(&instance.scheduler)
    return times > 0 && fastForward(&instance, to: horizon, times)
}

/// How many steps the decision of the next one stands for as far as the scheduler can tell, which
/// knows no clock and counts no blocks: no request waits, enters or ends. 0: it must be decided.
@inline(__always)
private func standingTimes(_ scheduler: inout Scheduler) -> Int64 {
    let count = scheduler.cohort.count
    guard count > 0, scheduler.cohort.individuals.isEmpty, scheduler.cohort.leaving.isEmpty,
        count <= scheduler.rules.tokenBudget,
        scheduler.flight.count == scheduler.rules.inFlight
    else { return 0 }
    // A step whose batch ends a request is committed the ordinary way.
    var exit = scheduler.cohort.exits.earliest(from: scheduler.cohort.tick)
    if scheduler.rules.inFlight == 0 {
        exit -= 1
    } else {
        guard delivers(&scheduler, count) else { return 0 }
    }
    return max(0, exit - scheduler.cohort.tick)
}

/// Whether all that the batch in flight does is to give each member a token: those that were
/// members already, and those that joined with it.
@inline(__always)
private func delivers(_ scheduler: inout Scheduler, _ members: Int) -> Bool {
    let entries = scheduler.flight[0].entries.count
    guard scheduler.flight[0].header.tick == scheduler.cohort.tick - 1,
        scheduler.flight[0].header.members + entries == members
    else { return false }
    for place in 0..<entries {
        let slot = Int(scheduler.flight[0].entries[place].slot)
        if scheduler.requests[slot].membership != .member { return false }
    }
    return true
}

private func fastForward(
    _ instance: inout Instance, to horizon: Int64, _ times: Int64
) -> Bool {
    let count = instance.scheduler.cohort.count
    guard count < instance.prices.lines.count else { return false }
    // Who gives up is seen to by the loop, and at no other time than theirs.
    let horizon = min(horizon, instance.aborts.firstTime - 1)
    if instance.scheduler.rules.inFlight > 0, instance.scheduler.flight[0].header.end > horizon {
        return false
    }
    var limit = horizon
    if let next = instance.inbox.first {
        limit = min(limit, instance.scheduler.requests[Int(next)].arrival)
    }
    let exit = instance.scheduler.cohort.tick + times
    var span = Span(
        &instance, instance.prices.lines[count], limit: limit, horizon: horizon, exit: exit)
    if instance.cache.sumsBlocks {
        span.run(&instance)
    } else {
        // Who needs the pool is served before the step; the steps from there to the next needs
        // are alike.
        var next = span.tick
        while true {
            span.exit = min(exit, instance.scheduler.cohort.needs.earliest(from: next))
            span.run(&instance)
            precondition(span.tick >= next, "who was served did not step")
            span.exit = exit
            guard span.serve(&instance) else { break }
            next = span.tick + 1
        }
    }
    if span.sums.steps > 0 { span.commit(to: &instance) }
    return span.sums.steps > 0
}

/// Delivers the tokens of the batch in flight, all of whose entries are members by now, and empties
/// it.
private func deliver(
    _ scheduler: inout Scheduler, _ tally: inout Tally, at time: Int64, since last: Int64
) {
    let header = scheduler.flight[0].header
    tally.interTokenLatency.add(time - last, times: Int64(header.members))
    tally.counters.outputTokens += header.members
    tally.counters.wastedEntries += header.wasted
    for place in scheduler.flight[0].entries.indices {
        let slot = Int(scheduler.flight[0].entries[place].slot)
        deliver(&scheduler.requests[slot], &tally, at: time)
    }
    scheduler.flight[0].entries.removeAll()
    scheduler.flight[0].header.wasted = 0
}

/// Steps under way: the loop's state in plain numbers.
private struct Span: ~Copyable {
    var sums: DecodeSteps
    let line: DecodeLine
    /// No step is scheduled at the limit or past it, none processed past the horizon, none
    /// scheduled at the tick of an exit.
    let limit: Int64
    let horizon: Int64
    var exit: Int64
    /// Whether the batch in flight has more than the members' tokens.
    var isMixed: Bool
    /// Whether many steps are taken at once; else each is priced and counted by itself.
    let isFast: Bool
    /// How many blocks were free when the span began.
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
        _ instance: inout Instance, _ line: DecodeLine, limit: Int64, horizon: Int64,
        exit: Int64
    ) {
        sums = DecodeSteps(&instance)
        self.line = line
        self.limit = limit
        self.horizon = horizon
        self.exit = exit
        isFast = instance.scheduler.rules.fastForwards
        isMixed =
            sums.pipelined
            && instance.scheduler.flight[0].header.members != instance.scheduler.cohort.count
        isMixed =
            isMixed || sums.pipelined && instance.scheduler.flight[0].header.wasted > 0
        // Where they are no sums, blocks are asked for between spans.
        free = instance.cache.sumsBlocks ? instance.cache.freeBlocks : .max / 2
        tick = instance.scheduler.cohort.tick
        phase = instance.scheduler.cohort.phase
        context = instance.scheduler.cohort.context
        windowed = instance.scheduler.cohort.windowed
        growing = instance.scheduler.cohort.growing
        duration = line.picoseconds(context: context, windowedContext: windowed)
        rise = sums.count * line.numerator * line.unit + Int64(growing) * line.windowedSlope
    }

    /// Steps until one that is not part of the span, or at a shortage of blocks.
    mutating func run(_ instance: inout Instance) {
        // Prices rise by the same amount a step where a token of context has a whole price.
        let isSmooth = sums.pipelined && line.denominator == 1 && isFast
        while sums.clock < limit, tick < exit {
            let needed = Int(instance.scheduler.cohort.blockPhases[phase])
            guard sums.used + needed - sums.firstUsed <= free else { break }
            let isGliding =
                isSmooth && !isMixed && sums.lastEnd >= sums.clock + sums.host
                && duration >= sums.host
            let moved = isGliding ? glide(&instance) : step(&instance, needed)
            if !moved { break }
        }
    }

    /// Gets those who ask for blocks in the next step what they ask for. False, with nothing done,
    /// at a shortage or when the step is not part of the span.
    mutating func serve(_ instance: inout Instance) -> Bool {
        let start = sums.nextStart
        guard sums.clock < limit, tick < exit,
            sums.processed(from: start, to: start + duration) <= horizon
        else { return false }
        instance.scheduler.cohort.tick = tick
        guard gatherNeeds(&instance.scheduler, &instance.cache) <= instance.cache.freeBlocks else {
            return false
        }
        sums.account()
        serveNeeds(&instance.scheduler, &instance.cache)
        sums.use(instance.cache.usedBlocks)
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
    /// be committed past the horizon: such a one is dispatched the ordinary way.
    private mutating func step(_ instance: inout Instance, _ needed: Int) -> Bool {
        let start = sums.nextStart
        let end = start + duration
        let committed = sums.processed(from: start, to: end)
        if committed > horizon { return false }
        take(needed)
        if isMixed {
            deliverMixed(&instance, at: committed)
        } else {
            sums.gaps.add(
                committed - sums.lastDelivery, into: &instance.tally.interTokenLatency,
                times: sums.count)
        }
        sums.add(from: start, to: end)
        tick += 1
        phase = phase + 1 == instance.scheduler.cohort.blockPhases.count ? 0 : phase + 1
        context += Int(sums.count)
        windowed += growing
        duration =
            line.denominator == 1
            ? duration + rise : line.picoseconds(context: context, windowedContext: windowed)
        return true
    }

    /// Commits the batch in flight, in which some joined or which wasted an entry, so that the next
    /// one holds nothing but the members.
    private mutating func deliverMixed(_ instance: inout Instance, at time: Int64) {
        deliver(&instance.scheduler, &instance.tally, at: time, since: sums.lastDelivery)
        sums.deliveredApart = Int(sums.count)
        isMixed = false
    }

    /// Steps taken at once: their number squared times the blocks of a pool stays within 64 bits.
    private static var mostSteps: Int64 { 1 << 16 }

    /// As many steps as fit, in closed form: the host keeps up, so each starts at the end of the
    /// one before, and then that one is processed. False, with nothing done, when the first would
    /// be processed past the horizon. O(steps that need blocks).
    private mutating func glide(_ instance: inout Instance) -> Bool {
        var number = min(exit - tick, instance.prices.mostAtOnce, Self.mostSteps)
        // Everybody takes one block a round, and a round has no fewer steps than this power of 2.
        let size = instance.scheduler.cohort.blockPhases.count
        let rounds = Int(number) >> (Int.bitWidth - 1 - size.leadingZeroBitCount)
        if sums.used - sums.firstUsed + (rounds + 1) * Int(sums.count) > free {
            number = min(number, Int64(instance.scheduler.cohort.stepsToNeed(after: phase)))
        }
        number = clipped(number)
        guard number > 0 else { return false }
        if instance.cache.sumsBlocks {
            take(&instance.scheduler.cohort, during: number)
        } else {
            phase = (phase + Int(number)) % size
        }
        let before = total(number - 1)
        let all = before + duration + (number - 1) * rise
        let first = sums.lastEnd
        sums.gaps.add(
            first - sums.lastDelivery, into: &instance.tally.interTokenLatency, times: sums.count)
        if number > 1 {
            sums.gaps.add(
                from: duration, rise: rise, number: number - 1,
                into: &instance.tally.interTokenLatency, times: sums.count)
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

    /// Takes the blocks that the next steps need, each when it is scheduled: step p > 0 when step
    /// p - 2 ends, `total(p - 1)` after the one in flight.
    ///
    /// What they cost until the last of them is taken is a sum of times that are quadratic in p, so
    /// that three sums of small numbers are enough.
    @inline(__always)
    private mutating func take(_ cohort: inout Cohort, during number: Int64) {
        let size = cohort.blockPhases.count
        let first = Int(cohort.blockPhases[phase])
        var taken = first
        var (position, latest) = (Int64(0), Int64(0))
        var (linear, quadratic) = (0, 0)
        while true {
            let ahead = min(Int64(cohort.stepsToNeed(after: phase)), number - position)
            position += ahead
            phase += Int(ahead)
            if phase >= size { phase -= size }
            guard position < number else { break }
            let needed = Int(cohort.blockPhases[phase])
            latest = position
            let before = Int(position) &- 1
            taken &+= needed
            linear &+= needed &* before
            quadratic &+= needed &* (before &* (before &- 1) / 2)
        }
        let last = latest == 0 ? sums.clock : sums.lastEnd + total(latest - 1)
        // Σ needed × (last - time) is what those taken before the last step cost until then.
        let all = blockSeconds(last - sums.accounted, sums.used + taken)
        let atFirst = blockSeconds(sums.clock - sums.accounted, first)
        let later = blockSeconds(sums.lastEnd - sums.accounted, taken - first)
        let rising =
            UInt128(UInt64(linear)) * UInt128(UInt64(duration))
            + UInt128(UInt64(quadratic)) * UInt128(UInt64(rise))
        sums.account(until: last, blockTime: all - atFirst - later - rising, taken: taken)
    }

    /// Duration of the next `number` steps.
    @inline(__always)
    private func total(_ number: Int64) -> Int64 {
        number * duration + rise * (number * (number - 1) / 2)
    }

    /// Writes the state back as steps decided one at a time would have left it.
    @inline(__always)
    mutating func commit(to instance: inout Instance) {
        instance.scheduler.cohort.tick = tick
        instance.scheduler.cohort.phase = phase
        instance.scheduler.cohort.context = context
        instance.scheduler.cohort.windowed = windowed
        instance.scheduler.cohort.lastDelivery = sums.lastDelivery
        if isFast { instance.tally.skipped += sums.steps }
        if instance.cache.sumsBlocks, sums.used > sums.firstUsed {
            instance.cache.take(sums.used - sums.firstUsed)
        }
        sums.commit(
            to: &instance, context: sums.sum(endingWith: context, rise: Int(sums.count)),
            windowedContext: windowed > 0 ? sums.sum(endingWith: windowed, rise: growing) : 0)
        if sums.pipelined {
            instance.scheduler.flight[0].header.tick = tick - 1
            instance.scheduler.flight[0].header.members = Int(sums.count)
        }
    }
}
