/// Steps that only decode, the same requests in each, taken outside the loop: their clock and what
/// they add up to, in plain numbers.
struct DecodeSteps: ~Copyable {
    /// Requests in every step, and the host's work for it, picoseconds.
    let count: Int64
    let host: Int64
    /// Whether a step is processed when the next one starts, not when it ends.
    let pipelined: Bool
    var clock: Int64
    /// Start and end of the latest step; with a pipeline it is in flight.
    var lastStart: Int64 = 0
    var lastEnd: Int64
    var lastDelivery: Int64
    var steps = 0
    /// Tokens that were delivered, and counted, by themselves.
    var deliveredApart = 0
    var busy: Int64 = 0
    var hostWait: Int64 = 0
    var gaps = GapRun()
    /// When they began and with how many blocks in use.
    let firstClock: Int64
    let firstUsed: Int
    /// ∫ used blocks dt since, up to `accounted`; blocks in use now and at most.
    private(set) var blockTime: UInt128 = 0
    private(set) var accounted: Int64
    var used: Int
    private var peak: Int

    @inline(__always)
    init(_ instance: inout Instance) {
        count = Int64(instance.scheduler.cohort.count)
        lastDelivery = instance.scheduler.cohort.lastDelivery
        host = instance.prices.host(requests: instance.scheduler.cohort.count)
        pipelined = instance.scheduler.depth > 1
        clock = instance.clock
        lastEnd = instance.lastEnd
        firstClock = instance.clock
        accounted = instance.clock
        used = instance.cache.usedBlocks
        firstUsed = used
        peak = used
    }

    /// When the next step starts.
    var nextStart: Int64 {
        @inline(__always) get { max(clock + host, lastEnd) }
    }

    /// Until when the host is busy with the step that runs from `start` to `end`: it processes
    /// the one before, or this one.
    @inline(__always)
    func processed(from start: Int64, to end: Int64) -> Int64 { pipelined ? start : end }

    /// Counts a step, but for the gaps between the tokens it delivers.
    @inline(__always)
    mutating func add(from start: Int64, to end: Int64) {
        let processed = processed(from: start, to: end)
        hostWait += start - max(clock, lastEnd)
        busy += end - start
        steps += 1
        clock = processed
        lastDelivery = processed
        lastStart = start
        lastEnd = end
    }

    /// Charges the blocks in use up to now. Call before their number changes.
    @inline(__always)
    mutating func account() {
        blockTime += blockSeconds(clock - accounted, used)
        accounted = clock
    }

    /// Charges blocks in use up to a later time, computed elsewhere, and takes some more.
    @inline(__always)
    mutating func account(until time: Int64, blockTime more: UInt128, taken: Int) {
        blockTime += more
        accounted = time
        used += taken
    }

    /// Notes how many blocks are in use from now on.
    @inline(__always)
    mutating func use(_ blocks: Int) {
        used = blocks
        peak = max(peak, blocks)
    }

    /// The sum over the steps of what is `last` after them and grew by as much each step.
    @inline(__always)
    func sum(endingWith last: Int, rise: Int) -> Int128 {
        // Nearly always; products of 128 bits take longer than all the rest.
        if steps < 1 << 20, last < 1 << 40 {
            return Int128(steps &* last &- rise &* (steps &* (steps &+ 1) / 2))
        }
        let number = Int128(steps)
        return number * Int128(last) - Int128(rise) * (number * (number + 1) / 2)
    }

    /// Writes into the instance what the loop would have left there, requests and blocks apart;
    /// `context` and `windowedContext` are the steps' sums.
    mutating func commit(
        to instance: inout Instance, context: Int128, windowedContext: Int128
    ) {
        let tokens = steps * Int(count)
        instance.tally.work.addDecodes(
            Int(count), steps: steps, context: context, windowedContext: windowedContext)
        countWeights(
            &instance.prices, tokens: Int(count), requests: Int(count), steps: steps,
            into: &instance.tally.work)
        gaps.flush(into: &instance.tally.interTokenLatency, times: count)
        instance.clock = clock
        instance.lastEnd = lastEnd
        instance.idleCalls = 0
        instance.scheduler.calls += steps
        instance.lastDeliveryCall = instance.scheduler.calls
        instance.scheduler.cadence.executed += steps
        instance.scheduler.endedFlag = false
        instance.tally.lastEnd = max(instance.tally.lastEnd, lastEnd)
        instance.tally.account(until: firstClock, used: firstUsed)
        instance.tally.add(blockTime: blockTime, until: accounted, peak: max(peak, used))
        instance.tally.busyTime += busy
        instance.tally.hostWaitTime += hostWait
        instance.tally.counters.steps += steps
        instance.tally.counters.scheduledTokens += tokens
        instance.tally.counters.scheduledEntries += tokens
        instance.tally.counters.outputTokens += tokens - deliveredApart
        if pipelined {
            instance.scheduler.flight[0].header.number = instance.scheduler.calls - 1
            instance.scheduler.flight[0].header.start = lastStart
            instance.scheduler.flight[0].header.end = lastEnd
        }
    }
}
