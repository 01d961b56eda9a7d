import StepTime

/// A run of decode-only steps over the same requests, taken outside the loop: its state and its
/// sums, in plain numbers.
struct DecodeSteps: ~Copyable {
    /// Requests in every step, and the host's work to dispatch and process one, in picoseconds.
    let count: Int64
    let host: HostTimes.Dispatch
    private let processing: Int64
    /// The same for the batch in flight at the start.
    private let firstProcessing: Int64
    /// Whether a step is processed when the next one starts rather than when it ends.
    let pipelined: Bool
    let line: DecodeLine
    /// No step is scheduled at `limit` or later, none is processed after `horizon`, and none is
    /// scheduled at the tick `exit`.
    let limit: Int64
    let horizon: Int64
    var exit: Int64
    /// Whether the batch in flight holds more than the members' tokens. These are then delivered,
    /// and counted, separately.
    private var isMixed = false
    private var deliveredApart = 0
    /// Whether many steps are taken at once; if not, each is priced and counted individually.
    private let isFast: Bool

    private(set) var clock: Int64
    /// Start and end of the latest step, which is in flight with a pipeline.
    private var lastStart: Int64 = 0
    private var lastEnd: Int64
    private var lastDelivery: Int64
    private(set) var steps = 0
    private var busy: Int64 = 0
    /// The part of `busy` in which launches delay the end.
    private var stretched: Int64 = 0
    private var hostWait: Int64 = 0
    private var hostPaced = 0
    private var gaps = GapRun()

    /// Tick and phase of the next step.
    private(set) var tick: Int64
    private var phase: Int
    private var context: Int
    /// Context within the price's window, and its growth per step.
    private var windowed: Int
    private let growing: Int
    /// Duration of the next step, and by how much each step takes longer than the one before.
    private(set) var duration: Int64
    private let rise: Int64

    /// The clock at the start; blocks free and in use then; blocks in use now, and at most.
    private let firstClock: Int64
    private let free: Int
    private let firstUsed: Int
    private var used: Int
    private var peak: Int
    /// ∫ used blocks dt from the start up to `accounted`.
    private var blockTime: UInt128 = 0
    private var accounted: Int64

    @inline(__always)
    init(
        _ instance: inout Instance, _ line: DecodeLine, limit: Int64, horizon: Int64, exit: Int64
    ) {
        count = Int64(instance.scheduler.cohort.count)
        let members = instance.scheduler.cohort.count
        host = instance.prices.host.dispatch(tokens: members, requests: members, decodesOnly: true)
        let processing = instance.prices.host.processing(sampled: members)
        self.processing = processing
        // Plain values before `&&`: Swift 6.3.1 crashes on properties there.
        let pipelined = instance.scheduler.depth > 1
        self.pipelined = pipelined
        self.line = line
        self.limit = limit
        self.horizon = horizon
        self.exit = exit
        let header = pipelined ? instance.scheduler.flight[0].header : BatchHeader()
        if pipelined { isMixed = header.members != members || header.wasted > 0 }
        firstProcessing = instance.prices.host.processing(sampled: header.sampled)
        isFast = instance.scheduler.rules.fastForwards
        clock = instance.clock
        lastEnd = instance.lastEnd
        lastDelivery = instance.scheduler.cohort.lastDelivery
        tick = instance.scheduler.cohort.tick
        phase = instance.scheduler.cohort.phase
        context = instance.scheduler.cohort.context
        windowed = instance.scheduler.cohort.windowed
        growing = instance.scheduler.cohort.growing
        duration = line.picoseconds(context: context, windowedContext: windowed)
        rise = count * line.numerator * line.unit + Int64(growing) * line.windowedSlope
        firstClock = clock
        // Without block sums, blocks are taken between runs.
        free = instance.cache.sumsBlocks ? instance.cache.freeBlocks : .max / 2
        firstUsed = instance.cache.usedBlocks
        used = firstUsed
        peak = firstUsed
        accounted = clock
    }

    /// Duration of the next step.
    var nextSpan: Int64 { nextEnd(from: nextStart) - nextStart }

    /// When the next step starts.
    var nextStart: Int64 {
        @inline(__always) get { max(clock + host.before, lastEnd) }
    }

    /// When the next step, which starts at `start`, ends: not before it has been launched.
    @inline(__always)
    private func nextEnd(from start: Int64) -> Int64 {
        max(start + duration, clock + host.whole)
    }

    /// Until when the host is busy with the next step, which ends at `end`. It processes the step
    /// before, or this one without a pipeline.
    @inline(__always)
    private func processed(to end: Int64) -> Int64 {
        guard pipelined else { return end + processing }
        return max(clock + host.whole, lastEnd) + (isMixed ? firstProcessing : processing)
    }

    /// When the batch in flight will have been processed, if the host keeps up.
    private var processedInFlight: Int64 {
        @inline(__always) get { lastEnd + processing }
    }

    /// Duration of the next `number` steps.
    @inline(__always)
    private func total(_ number: Int64) -> Int64 {
        number * duration + rise * (number * (number - 1) / 2)
    }

    /// Takes steps until one is not of this kind or blocks run short.
    mutating func run(_ instance: inout Instance) {
        // The price rises equally per step if a token of context has a whole price.
        let isSmooth = pipelined && line.denominator == 1 && isFast
        while clock < limit, tick < exit {
            let needed = Int(instance.scheduler.cohort.blockPhases[phase])
            guard used + needed - firstUsed <= free else { break }
            let isLeaping =
                isSmooth && !isMixed && lastEnd >= clock + host.whole
                && duration >= host.whole + processing
            let moved = isLeaping ? leap(&instance) : step(&instance, needed)
            if !moved { break }
        }
    }

    /// Takes the blocks that members need in the next step. Returns false, with nothing done, at a
    /// shortage or if the step is not of this kind.
    mutating func serve(_ instance: inout Instance) -> Bool {
        let start = nextStart
        guard clock < limit, tick < exit, processed(to: nextEnd(from: start)) <= horizon
        else { return false }
        instance.scheduler.cohort.tick = tick
        guard instance.scheduler.gatherNeeds(&instance.cache) <= instance.cache.freeBlocks else {
            return false
        }
        account()
        instance.scheduler.serveNeeds(&instance.cache)
        used = instance.cache.usedBlocks
        peak = max(peak, used)
        return true
    }

    /// Charges the blocks in use up to now. Call before their number changes.
    @inline(__always)
    private mutating func account() {
        blockTime += blockSeconds(clock - accounted, used)
        accounted = clock
    }

    /// Takes one step. Returns false, with nothing done, if the commit of its predecessor (without
    /// a pipeline: its own) is past the horizon. The loop dispatches such a step.
    private mutating func step(_ instance: inout Instance, _ needed: Int) -> Bool {
        let start = nextStart
        let end = nextEnd(from: start)
        let committed = processed(to: end)
        if committed > horizon { return false }
        if needed > 0 {
            account()
            used += needed
        }
        if isMixed {
            deliverMixed(&instance, at: committed)
        } else {
            gaps.add(
                committed - lastDelivery, into: &instance.counters.interTokenLatency, times: count)
        }
        instance.counters.seconds.add(Int(count), at: committed)
        instance.noteDelivery(past: stepsDelivered, at: committed)
        let late = end - duration - max(clock, lastEnd)
        hostWait += late
        if late > 0 { hostPaced += 1 }
        busy += end - start
        stretched += end - start - duration
        steps += 1
        clock = committed
        lastDelivery = committed
        lastStart = start
        lastEnd = end
        tick += 1
        phase = phase + 1 == instance.scheduler.cohort.blockPhases.count ? 0 : phase + 1
        context += Int(count)
        windowed += growing
        duration =
            line.denominator == 1
            ? duration + rise : line.picoseconds(context: context, windowedContext: windowed)
        return true
    }

    /// Commits the batch in flight if requests joined in it, all of them members by now, or if it
    /// wasted an entry. The next batch then holds only members.
    private mutating func deliverMixed(_ instance: inout Instance, at time: Int64) {
        let header = instance.scheduler.flight[0].header
        instance.counters.interTokenLatency.add(time - lastDelivery, times: Int64(header.members))
        instance.counters.totals.outputTokens += header.members
        instance.counters.totals.wastedEntries += header.wasted
        for place in instance.scheduler.flight[0].entries.indices {
            let slot = Int(instance.scheduler.flight[0].entries[place].slot)
            deliver(&instance.scheduler.requests[slot], &instance.counters, at: time)
        }
        instance.scheduler.flight[0].entries.removeAll()
        instance.scheduler.flight[0].header.wasted = 0
        deliveredApart = Int(count)
        isMixed = false
    }

    /// Most steps taken at once: their number squared times the blocks of a pool fits in 64 bits.
    private static var mostSteps: Int64 { 1 << 16 }

    /// Takes as many steps as fit, in closed form. The host keeps up, so each step starts when the
    /// one before ends, and that one is processed then. Returns false, with nothing done, if the
    /// first would be processed past the horizon. O(steps that need blocks).
    private mutating func leap(_ instance: inout Instance) -> Bool {
        var number = min(exit - tick, instance.prices.mostAtOnce, Self.mostSteps)
        // Every member takes one block a round, and a round has at least this power of 2 of steps.
        let size = instance.scheduler.cohort.blockPhases.count
        let rounds = Int(number) >> (Int.bitWidth - 1 - size.leadingZeroBitCount)
        if used - firstUsed + (rounds + 1) * Int(count) > free {
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
        let first = processedInFlight
        gaps.add(first - lastDelivery, into: &instance.counters.interTokenLatency, times: count)
        if number > 1 {
            gaps.add(
                from: duration, rise: rise, number: number - 1,
                into: &instance.counters.interTokenLatency, times: count)
        }
        instance.noteDelivery(
            past: stepsDelivered, times: Int(number), at: first, gap: duration, rise: rise)
        busy += all
        clock = first + before
        instance.counters.seconds.add(
            Int(count), times: number, from: first, duration: duration, rise: rise, last: clock)
        lastStart = lastEnd + before
        lastEnd += all
        lastDelivery = clock
        steps += Int(number)
        tick += number
        context += Int(count * number)
        windowed += growing * Int(number)
        duration += number * rise
        return true
    }

    /// How many of `number` steps are scheduled before the limit and processed by the horizon.
    @inline(__always)
    private func clipped(_ number: Int64) -> Int64 {
        // Step n is scheduled once step n - 2 is processed, which is when step n - 1 ends.
        var number = number
        let first = processedInFlight
        if number > 1, first + total(number - 2) >= limit {
            // No step takes longer than the last one.
            let longest = max(1, duration + number * rise)
            var ended = first < limit ? (limit - 1 - first) / longest : -1
            while first + total(ended + 1) < limit { ended += 1 }
            number = ended + 2
        }
        return first + total(number - 1) > horizon ? number - 1 : number
    }

    /// Takes the blocks that the next steps need, each when it is scheduled: step p > 0 when step p
    /// - 2 is processed, which is `total(p - 1)` after the one in flight is.
    ///
    /// The cost of the blocks until the last one is taken is a sum of times quadratic in p, so
    /// three sums of small numbers suffice.
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
        let inFlight = processedInFlight
        let last = latest == 0 ? clock : inFlight + total(latest - 1)
        // Σ needed × (last - time): what the blocks taken before the last step cost until then.
        let all = blockSeconds(last - accounted, used + taken)
        let atFirst = blockSeconds(clock - accounted, first)
        let later = blockSeconds(inFlight - accounted, taken - first)
        let rising =
            UInt128(UInt64(linear)) * UInt128(UInt64(duration))
            + UInt128(UInt64(quadratic)) * UInt128(UInt64(rise))
        blockTime += all - atFirst - later - rising
        accounted = last
        used += taken
    }

    /// A summary of the steps for observers. `call`, `start` and `span` belong to the first step.
    @inline(__always)
    func summary(of call: Int, from start: Int64, lasting span: Int64) -> StepsTaken {
        StepsTaken(
            call: call, called: firstClock, number: steps, start: start, duration: span,
            lastStart: lastStart, lastEnd: lastEnd, busy: busy, usedBlocks: used)
    }

    /// The sum over the steps of a value that is `last` after them and grew by `rise` each step.
    @inline(__always)
    private func sum(endingWith last: Int, rise: Int) -> Int128 {
        // The usual case: products of 128 bits take longer than everything else here.
        if steps < 1 << 20, last < 1 << 40 {
            return Int128(steps &* last &- rise &* (steps &* (steps &+ 1) / 2))
        }
        let number = Int128(steps)
        return number * Int128(last) - Int128(rise) * (number * (number + 1) / 2)
    }

    /// Writes the state back as executing the steps individually would have left it.
    mutating func commit(to instance: inout Instance) {
        let requests = Int(count)
        let tokens = steps * requests
        instance.scheduler.cohort.tick = tick
        instance.scheduler.cohort.phase = phase
        instance.scheduler.cohort.context = context
        instance.scheduler.cohort.windowed = windowed
        instance.scheduler.cohort.lastDelivery = lastDelivery
        instance.scheduler.cohort.inFlight = instance.scheduler.rules.inFlight
        if instance.cache.sumsBlocks { instance.cache.take(used - firstUsed) }
        instance.counters.work.addDecodes(
            requests, steps: steps, context: sum(endingWith: context, rise: requests),
            windowedContext: windowed > 0 ? sum(endingWith: windowed, rise: growing) : 0)
        countWeights(
            &instance.prices, tokens: requests, requests: requests, steps: steps,
            into: &instance.counters.work)
        gaps.flush(into: &instance.counters.interTokenLatency, times: count)
        instance.clock = clock
        instance.lastEnd = lastEnd
        instance.idleCalls = 0
        instance.scheduler.calls += steps
        instance.lastDeliveryCall = instance.scheduler.calls
        instance.scheduler.cadence.executed += steps
        instance.scheduler.endedFlag = false
        instance.counters.lastEnd = max(
            instance.counters.lastEnd, lastEnd, clock + instance.counters.delivery)
        instance.counters.account(until: firstClock, used: firstUsed)
        instance.counters.add(blockTime: blockTime, until: accounted, peak: max(peak, used))
        instance.counters.busyTime += busy - stretched
        instance.counters.hostWaitTime += hostWait
        instance.counters.hostPacedSteps += hostPaced
        if isFast { instance.counters.skipped += steps }
        instance.counters.totals.steps += steps
        instance.counters.totals.scheduledTokens += tokens
        instance.counters.totals.scheduledEntries += tokens
        instance.counters.totals.outputTokens += tokens - deliveredApart
        if pipelined {
            instance.scheduler.flight[0].header.number = instance.scheduler.calls - 1
            instance.scheduler.flight[0].header.start = lastStart
            instance.scheduler.flight[0].header.end = lastEnd
            instance.scheduler.flight[0].header.tick = tick - 1
            instance.scheduler.flight[0].header.members = requests
            instance.scheduler.flight[0].header.sampled = requests
        }
    }
}
