import StepTime

/// An ended request's record and its place in the order of arrival.
struct EndedRequest {
    var sequence: Int64
    var record: RequestRecord
}

/// What one replica counts while it runs. Integers only, so that the sums over replicas do not
/// depend on their order.
struct InstanceCounters: ~Copyable {
    var totals = Counters()
    /// What the steps held, those that computed something.
    var work = StepSums()
    var interTokenLatency = HotHistogram()
    /// When the tokens were delivered, by seconds.
    var seconds = DeliverySeconds()
    /// The instance's number.
    let replica: Int32
    /// From the client to the scheduler and back (`HostTimes`): what a record's times have more
    /// than the engine's.
    var frontEnd: Int64 = 0
    var delivery: Int64 = 0
    /// Steps that were taken in closed form.
    var skipped = 0
    var busyTime: Int64 = 0
    var hostWaitTime: Int64 = 0
    /// Steps that began or ended later than they would have without the host.
    var hostPacedSteps = 0
    var firstArrival = Int64.max
    var lastArrival = Int64.min
    var lastEnd: Int64 = 0
    /// Σ used blocks × picoseconds.
    var usedBlockTime: UInt128 = 0
    var peakUsedBlocks = 0
    /// For how long which limit kept steps from holding more.
    var limits = LimitTimes()
    /// Gaps between tokens, where it matters whose they are.
    var gaps = GapKeeper()
    /// What proves the counters at the end of a run.
    var ledger = Ledger()
    /// Of storage for the replica's state.
    var allocations = 0
    private var accountedUntil: Int64 = 0
    /// A replica stops to hand its ended requests on when they are so many: memory follows the
    /// requests alive.
    static let endedAtOnce = 1_024
    /// Ended requests, to be handed on by the cluster.
    var ended = HotArray<EndedRequest>()
    init(replica: Int) { self.replica = Int32(replica) }

    /// Charges the blocks in use up to `time`. Call before the number changes.
    @inline(__always)
    mutating func account(until time: Int64, used: Int) {
        // Multiplying is cheaper than foretelling whether time has passed.
        usedBlockTime += blockSeconds(max(0, time - accountedUntil), used)
        accountedUntil = max(accountedUntil, time)
        peakUsedBlocks = max(peakUsedBlocks, used)
    }

    /// Blocks in use × picoseconds up to a moment by which they were charged, with so many in use
    /// since.
    func usedBlockTime(until time: Int64, used: Int) -> UInt128 {
        usedBlockTime + blockSeconds(max(0, time - accountedUntil), used)
    }

    /// Charges a span of steps that kept its own account up to `time`, with at most `peak`
    /// blocks in use.
    mutating func add(blockTime: UInt128, until time: Int64, peak: Int) {
        usedBlockTime += blockTime
        accountedUntil = max(accountedUntil, time)
        peakUsedBlocks = max(peakUsedBlocks, peak)
    }

    /// Counts a dispatched step that has requests: it ends at `end`, and could have begun at
    /// `free`, when both the host had begun its work for it and the GPU was free. Picoseconds.
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

/// Blocks in use × picoseconds, both at least 0, through one multiplication.
@inline(__always)
func blockSeconds(_ time: Int64, _ used: Int) -> UInt128 {
    let product = UInt64(time).multipliedFullWidth(by: UInt64(used))
    return UInt128(product.high) << 64 | UInt128(product.low)
}
