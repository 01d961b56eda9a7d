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
            replica.dispatched[0].end < limit, replica.dispatched[0].entries.isEmpty,
            replica.dispatched[0].wasted == 0,
            replica.dispatched[0].tick == replica.stride.tick - 1
        else { return }
    } else {
        exit -= 1
    }
    guard replica.stride.tick < exit,
        let line = replica.stepTime.decodeLine(decodes: replica.stride.count)
    else { return }
    var stretch = Stretch(&replica, line, exit: exit)
    stretch.run(
        to: limit, blocks: &replica.runPool, phases: replica.stride.blockPhases,
        gaps: &replica.tally.interTokenLatency)
    if stretch.steps > 0 { stretch.commit(to: &replica) }
}

/// A stretch under way: the loop's state in plain numbers.
private struct Stretch {
    let line: DecodeLine
    let count: Int64
    let host: Int64
    let pipelined: Bool
    let exit: Int64
    /// When the stretch began, with how many blocks in use; the next tick.
    let firstClock: Int64
    let firstUsed: Int
    var tick: Int64
    var phase: Int
    var context: Int
    var clock: Int64
    var lastEnd: Int64
    /// End of the dispatched batch (pipelined).
    var inFlightStart: Int64 = 0
    var inFlightEnd: Int64 = 0
    var lastDelivery: Int64
    var steps = 0
    var busy: Int64 = 0
    var hostWait: Int64 = 0
    /// ∫ used blocks dt of the stretch, from `accounted`.
    var blockTime: UInt128 = 0
    var accounted: Int64
    var used: Int
    var gaps = GapRun()

    init(_ replica: inout Replica, _ line: DecodeLine, exit: Int64) {
        self.line = line
        count = Int64(replica.stride.count)
        host = replica.engine.hostFixed + replica.engine.hostPerRequest * count
        pipelined = replica.depth > 1
        self.exit = exit
        firstClock = replica.clock
        firstUsed = replica.usedBlocks
        tick = replica.stride.tick
        phase = replica.stride.phase
        context = replica.stride.context
        clock = replica.clock
        lastEnd = replica.lastEnd
        if pipelined { inFlightEnd = replica.dispatched[0].end }
        lastDelivery = replica.stride.lastDelivery
        accounted = replica.clock
        used = replica.usedBlocks
    }

    mutating func run(
        to limit: Int64, blocks pool: inout RunPool, phases: borrowing HotArray<Int32>,
        gaps histogram: inout HotHistogram
    ) {
        defer { gaps.flush(into: &histogram, times: count) }
        // Prices rise by the same amount a step where a token of context has a whole price.
        let rises = line.denominator == 1
        let rise = count * line.numerator * line.unit
        var duration = line.picoseconds(context: context)
        while clock < limit, tick < exit {
            let needed = Int(phases[phase])
            let start = max(clock + host, lastEnd)
            let end = start + duration
            let processed = pipelined ? max(clock + host, inFlightEnd) : end
            // What ends later is dispatched the ordinary way and stays in flight.
            if processed >= limit { return }
            if needed > 0 {
                guard needed <= pool.freeCount else { return }
                pool.take(needed)
                blockTime += UInt128(clock - accounted) * UInt128(used)
                accounted = clock
                used += needed
            }
            hostWait += start - max(clock, lastEnd)
            busy += duration
            steps += 1
            tick += 1
            phase = phase + 1 == phases.count ? 0 : phase + 1
            context += Int(count)
            duration = rises ? duration + rise : line.picoseconds(context: context)
            gaps.add(processed - lastDelivery, into: &histogram, times: count)
            lastDelivery = processed
            clock = processed
            lastEnd = end
            inFlightStart = start
            inFlightEnd = end
        }
    }

    /// Writes the state back as the walked steps would have left it.
    mutating func commit(to replica: inout Replica) {
        let tokens = steps * Int(count)
        replica.stride.tick = tick
        replica.stride.phase = phase
        replica.stride.context = context
        replica.stride.lastDelivery = lastDelivery
        replica.calls += steps
        replica.cadence.executed += steps
        replica.idleCalls = 0
        replica.endedFlag = false
        replica.clock = clock
        replica.lastEnd = lastEnd
        replica.tally.lastEnd = max(replica.tally.lastEnd, lastEnd)
        replica.tally.account(until: firstClock, used: firstUsed)
        replica.tally.add(blockTime: blockTime, until: accounted, used: used)
        replica.tally.busyTime += busy
        replica.tally.hostWaitTime += hostWait
        replica.tally.strode += steps
        replica.tally.counters.steps += steps
        replica.tally.counters.scheduledTokens += tokens
        replica.tally.counters.scheduledEntries += tokens
        replica.tally.counters.outputTokens += tokens
        if pipelined {
            replica.dispatched[0].number = replica.calls - 1
            replica.dispatched[0].tick = tick - 1
            replica.dispatched[0].start = inFlightStart
            replica.dispatched[0].end = inFlightEnd
        }
    }
}

/// Gaps that fall into one histogram bucket after another: in a stretch they hardly change.
private struct GapRun {
    private var low: Int64 = 0
    private var high: Int64 = -1
    private var steps: Int64 = 0
    private var sum: Int64 = 0
    private var minimum: Int64 = .max
    private var maximum: Int64 = 0

    @inline(__always)
    mutating func add(_ gap: Int64, into histogram: inout HotHistogram, times count: Int64) {
        // 2^20 gaps of 2^42 ps (4 s) stay within 64 bits; longer gaps flush at every step.
        if gap < low || gap >= high || steps >= 1 << 20 || gap >= 1 << 42 {
            flush(into: &histogram, times: count)
            let bucket = LatencyHistogram.bucket(of: gap)
            low = LatencyHistogram.lowerBound(of: bucket)
            high = LatencyHistogram.lowerBound(of: bucket + 1)
        }
        steps += 1
        sum += gap
        minimum = min(minimum, gap)
        maximum = max(maximum, gap)
    }

    /// Enters the gaps so far, each for `count` requests.
    mutating func flush(into histogram: inout HotHistogram, times count: Int64) {
        guard steps > 0 else { return }
        let product = UInt64(sum).multipliedFullWidth(by: UInt64(count))
        histogram.add(
            bucket: LatencyHistogram.bucket(of: minimum), values: steps * count,
            sum: UInt128(product.high) << 64 | UInt128(product.low), minimum: minimum,
            maximum: maximum)
        steps = 0
        sum = 0
        minimum = .max
        maximum = 0
    }
}
