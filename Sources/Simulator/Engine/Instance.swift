import Basics
import Models
import StepTime
import Traces

/// One engine: a scheduler, a KV cache, and the loop's clock.
///
/// The way of a step: `schedule` decides (`Scheduler/VLLMRules.swift`), the step time prices, and
/// `commit` delivers the sampled tokens (`Commit.swift`); the loop in `Loop.swift` moves the clock.
/// Synchronous scheduling is the pipeline of depth one, asynchronous of depth two.
struct Instance: ~Copyable {
    let number: Int32
    var prices: Prices
    var scheduler: Scheduler
    var cache: KVCache
    /// Slots that arrived at the instance but whose arrival the loop has not reached.
    var inbox = RingQueue<Int32>()
    var aborts = EventHeap()

    /// Host clock and end of the last dispatched batch, picoseconds.
    var clock: Int64 = 0
    var lastEnd: Int64 = 0
    /// Whether the loop must commit the oldest batch before it goes on.
    var mustDrain = false
    var scheduledNothing = false
    /// Schedule calls in a row that scheduled nothing while nothing was in flight.
    var idleCalls = 0
    /// Number of the schedule call under way when a token was last delivered.
    var lastDeliveryCall = 0
    /// Schedule calls without a token after which requests must be preempting one another for
    /// ever: several times what the longest prompt takes at a token a step.
    let patience: Int
    var commitment = Commitment()
    var counters: InstanceCounters
    /// What it did window by window, where that is asked for.
    var samples = InstanceSamples()
    var log: DecisionBuffer
    /// Whether the invariants are looked at, and when they last were.
    let checksInvariants: Bool
    var invariants = InvariantWatch()

    init(_ plan: RunPlan, number: Int, lines: [DecodeLine], detail: DecisionDetail) {
        self.number = Int32(number)
        prices = Prices(plan, lines: lines)
        counters = InstanceCounters(replica: number)
        counters.frontEnd = plan.engine.host.frontEnd
        counters.delivery = plan.engine.host.delivery
        counters.gaps = GapKeeper(
            tells: plan.tellsGaps, keepsTails: plan.objective.interTokenTail != nil,
            handsOn: !plan.margins.isNone)
        log = DecisionBuffer(
            detail, tellsGaps: plan.tellsGaps, tellsDeliveries: plan.tellsDeliveries)
        scheduler = Scheduler(plan, replica: number)
        checksInvariants = plan.checksInvariants
        cache = KVCache(plan.engine, numbersBlocks: plan.numbersBlocks)
        let interval = max(1, plan.engine.prefillScheduleInterval)
        patience = (4 * plan.engine.maxModelLen + 10_000) * interval
        scheduler.cohort.isWatched = detail != .none
    }

    /// When the oldest batch in flight will have been processed.
    var processedFirst: Int64 {
        @inline(__always) mutating get {
            max(clock, scheduler.flight.firstEnd)
                + prices.host.processing(sampled: scheduler.flight[0].header.sampled)
        }
    }

    /// Whether the loop has anything left to do.
    var hasMore: Bool {
        scheduler.hasWork || !scheduler.flight.isEmpty || scheduler.endedFlag || !inbox.isEmpty
    }
}

/// What a step takes, on the GPU and on the host. Picoseconds.
struct Prices: ~Copyable {
    var stepTime: StepTime
    /// Prices of steps that only decode, by decodes; empty where they are no lines in context. The
    /// instances of a cluster share them.
    let lines: [DecodeLine]
    /// Counts the weights that steps read, where that depends on what they hold. Asked for first,
    /// because looking into it copies it.
    var weightReads: StepDemand?
    let countsWeights: Bool
    /// Steps that may be priced as one: so many of the longest take less than 12 days, which 64
    /// bits leave beyond `lastMoment`.
    let mostAtOnce: Int64
    let host: HostTimes
    /// Sleep after an iteration that scheduled nothing.
    let emptyYield: Int64

    init(_ plan: RunPlan, lines: [DecodeLine]) {
        stepTime = plan.stepTime
        self.lines = lines
        let weightReads = plan.demand.flatMap { $0.isFixed ? nil : $0 }
        self.weightReads = weightReads
        countsWeights = weightReads != nil
        mostAtOnce = Self.mostAtOnce(lines.last, plan.engine)
        host = plan.engine.host
        emptyYield = plan.engine.emptyYieldMicroseconds * 1_000_000
    }

    /// See the property, for the line of most decodes.
    private static func mostAtOnce(_ line: DecodeLine?, _ engine: EngineConfiguration) -> Int64 {
        guard let line else { return 1 }
        let context = Double(engine.maxNumSeqs) * Double(engine.maxModelLen)
        let units = context * Double(line.numerator) / Double(line.denominator)
        let longest =
            Double(line.base) + units * Double(line.unit) + context * Double(line.windowedSlope)
        return Int64(max(1, min(0x1p30, 1e18 / max(1, longest))))
    }
}

/// Counts the weights that equal steps read, where these differ from step to step.
@inline(__always)
func countWeights(
    _ prices: inout Prices, tokens: Int, requests: Int, steps: Int, into work: inout StepSums
) {
    if prices.countsWeights { countDiffering(&prices, tokens, requests, steps, &work) }
}

@inline(never)
private func countDiffering(
    _ prices: inout Prices, _ tokens: Int, _ requests: Int, _ steps: Int, _ work: inout StepSums
) {
    prices.weightReads?.count(tokens: tokens, requests: requests, steps: steps, into: &work)
}

/// A step's time on the GPU in picoseconds, and what the host's work for it depends on.
struct PricedStep {
    var duration: Int64
    var tokens: Int
    var requests: Int
    /// Requests that get a token from it.
    var sampled: Int
    var decodesOnly: Bool
}

/// What a plan takes on the GPU, and how many tokens and requests it has; counts what it holds.
/// O(entries); O(1) for members of the cohort alone.
@inline(__always)
func price(
    _ plan: inout Plan, _ prices: inout Prices, into work: inout StepSums
) -> PricedStep {
    let members = plan.share.count + plan.share.wasted
    guard plan.entries.isEmpty, members > 0, members < prices.lines.count else {
        return priceEntries(&plan, &prices, &work)
    }
    let context = plan.share.context + plan.share.wastedContext
    let windowed = plan.share.windowed + plan.share.wastedWindowed
    work.addDecodes(
        members, steps: 1, context: Int128(context), windowedContext: Int128(windowed))
    countWeights(&prices, tokens: members, requests: members, steps: 1, into: &work)
    let duration = prices.lines[members].picoseconds(
        context: context, windowedContext: windowed)
    return PricedStep(
        duration: duration, tokens: members, requests: members, sampled: members,
        decodesOnly: true)
}

/// The same for a plan that has other entries. Apart, so that the loop stays small.
@inline(never)
private func priceEntries(
    _ plan: inout Plan, _ prices: inout Prices, _ work: inout StepSums
) -> PricedStep {
    let load = plan.load(window: prices.stepTime.window)
    if load.requests > 0 {
        work.add(load)
        countWeights(
            &prices, tokens: load.tokens, requests: load.requests, steps: 1, into: &work)
    }
    return PricedStep(
        duration: prices.stepTime.picoseconds(load), tokens: load.tokens,
        requests: load.requests, sampled: load.sampled, decodesOnly: load.chunks == 0)
}
