import StepTime

/// An ended request's record and its place in the order of arrival.
struct EndedRequest {
    var sequence: Int64
    var record: RequestRecord
}

/// The counts of one replica during a run. Integers only, so that sums over replicas do not depend
/// on their order.
struct InstanceCounters: ~Copyable {
    var totals = Counters()
    /// The contents of the steps that computed something.
    var work = StepSums()
    var interTokenLatency = HotHistogram()
    /// Tokens delivered in each second.
    var seconds = DeliverySeconds()
    /// The instance's number.
    let replica: Int32
    /// From the client to the scheduler and back (`HostTimes`): the difference between a record's
    /// times and the engine's.
    var frontEnd: Int64 = 0
    var delivery: Int64 = 0
    /// Steps that were fast-forwarded.
    var skipped = 0
    var busyTime: Int64 = 0
    var hostWaitTime: Int64 = 0
    /// Steps that began or ended later than they would have without host time.
    var hostPacedSteps = 0
    var firstArrival = Int64.max
    var lastArrival = Int64.min
    var lastEnd: Int64 = 0
    /// Σ used blocks × picoseconds.
    var usedBlockTime: UInt128 = 0
    var peakUsedBlocks = 0
    /// How long each limit kept steps from holding more.
    var limits = LimitTimes()
    /// Gaps between tokens, if they must be attributed to requests.
    var gaps = GapKeeper()
    /// The longest context of a request that ended before its first token, in tokens.
    var longestContext = 0
    /// Figures that verify the counters at the end of a run.
    var ledger = Ledger()
    /// Storage allocations for the replica's state.
    var allocations = 0
    private var accountedUntil: Int64 = 0
    /// A replica stops to hand on its ended requests at this many, so that memory grows with the
    /// requests alive.
    static let endedAtOnce = 1_024
    /// Ended requests for the cluster to hand on.
    var ended = HotArray<EndedRequest>()
    init(replica: Int) { self.replica = Int32(replica) }

    /// Charges the blocks in use up to `time`. Call before the number changes.
    @inline(__always)
    mutating func account(until time: Int64, used: Int) {
        // Multiplying is cheaper than predicting whether time has passed.
        usedBlockTime += blockSeconds(max(0, time - accountedUntil), used)
        accountedUntil = max(accountedUntil, time)
        peakUsedBlocks = max(peakUsedBlocks, used)
    }

    /// Blocks in use × picoseconds up to `time`, with `used` blocks in use since the last charge.
    func usedBlockTime(until time: Int64, used: Int) -> UInt128 {
        usedBlockTime + blockSeconds(max(0, time - accountedUntil), used)
    }

    /// Adds the charge of steps that kept their own account up to `time`, with at most `peak`
    /// blocks in use.
    mutating func add(blockTime: UInt128, until time: Int64, peak: Int) {
        usedBlockTime += blockTime
        accountedUntil = max(accountedUntil, time)
        peakUsedBlocks = max(peakUsedBlocks, peak)
    }

    /// Counts a dispatched step that has requests. It ends at `end`, and could have begun at
    /// `free`, when the host had begun its work for it and the GPU was free. Times are in
    /// picoseconds.
    @inline(__always)
    mutating func count(
        _ duration: Int64, tokens: Int, requests: Int, to end: Int64, after free: Int64
    ) {
        let late = end - duration - free
        hostWaitTime += late
        if late > 0 { hostPacedSteps += 1 }
        busyTime += duration
        totals.steps += 1
        totals.scheduledTokens += tokens
        totals.scheduledEntries += requests
    }
}

/// Blocks in use × picoseconds, both at least 0, with one multiplication.
@inline(__always)
func blockSeconds(_ time: Int64, _ used: Int) -> UInt128 {
    let product = UInt64(time).multipliedFullWidth(by: UInt64(used))
    return UInt128(product.high) << 64 | UInt128(product.low)
}
