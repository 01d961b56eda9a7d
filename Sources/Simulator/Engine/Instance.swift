import Basics
import Models
import StepTime
import Traces

/// One engine: a scheduler, a KV cache, and the loop's clock.
///
/// A step goes like this: `schedule` decides (`Scheduler/VLLMRules.swift`), the step time prices,
/// and `commit` delivers the sampled tokens (`Commit.swift`); the loop in `Loop.swift` moves the
/// clock. Synchronous scheduling is a pipeline of depth one, asynchronous of depth two.
struct Instance: ~Copyable {
    let number: Int32
    var prices: Prices
    var scheduler: Scheduler
    var cache: KVCache
    /// Slots of requests that arrived at the instance and that the loop has not reached yet.
    var inbox = RingQueue<Int32>()
    var aborts = EventHeap()
    var reception: Reception

    /// Host clock and end of the last dispatched batch, picoseconds.
    var clock: Int64 = 0
    var lastEnd: Int64 = 0
    /// Whether the loop must commit the oldest batch before it continues.
    var mustDrain = false
    var scheduledNothing = false
    /// Consecutive schedule calls that scheduled nothing with nothing in flight.
    var idleCalls = 0
    /// Number of the schedule call under way when a token was last delivered.
    var lastDeliveryCall = 0
    /// Schedule calls without a token after which requests must be preempting one another for ever:
    /// several times what the longest prompt takes at one token per step.
    let patience: Int
    var commitment = Commitment()
    var counters: InstanceCounters
    /// Its windows, if the run is sampled.
    var samples = InstanceSamples()
    var log: DecisionBuffer
    /// Whether invariants are checked, and when they last were.
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
        reception = Reception(interval: plan.engine.receiveInterval)
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

/// When an engine looks for new requests: once `interval` decode steps have been dispatched since
/// the last look, after any other step, and while it idles. SGLang's `--scheduler-recv-interval`
/// (its scheduler's receive skipper, 0.5.6 to 0.5.10) counts so; vLLM looks before every step.
struct Reception {
    let interval: Int
    /// Steps since the last look.
    private var steps: Int
    private var hasLooked = false

    init(interval: Int) {
        self.interval = interval
        steps = interval
    }

    /// Whether the engine looks at this moment, before its next step.
    mutating func looks(isIdle: Bool) -> Bool {
        if isIdle { steps = interval }
        hasLooked = steps >= interval
        return hasLooked
    }

    /// Counts dispatched steps, of decodes alone or not. In steps that are alike every look finds
    /// nothing.
    mutating func count(_ number: Int, decodesOnly: Bool) {
        let since = hasLooked ? 0 : steps
        hasLooked = false
        steps = decodesOnly ? (since + number - 1) % interval + 1 : interval
    }
}

/// Prices of a step on the GPU and the host, in picoseconds.
struct Prices: ~Copyable {
    var stepTime: StepTime
    /// Prices of decode-only steps by number of decodes; empty if they are not linear in context.
    /// The instances of a cluster share them.
    let lines: [DecodeLine]
    /// Counts the weights that steps read, if that depends on the batch. Read `countsWeights`
    /// first, because looking into this copies it.
    var weightReads: StepDemand?
    let countsWeights: Bool
    /// Most steps that may be priced as one: that many of the longest take less than 12 days, which
    /// 64 bits leave beyond `lastMoment`.
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

    /// Computes `mostAtOnce` from the line with the most decodes.
    private static func mostAtOnce(_ line: DecodeLine?, _ engine: EngineConfiguration) -> Int64 {
        guard let line else { return 1 }
        let context = Double(engine.maxNumSeqs) * Double(engine.maxModelLen)
        let units = context * Double(line.numerator) / Double(line.denominator)
        let longest =
            Double(line.base) + units * Double(line.unit) + context * Double(line.windowedSlope)
        return Int64(max(1, min(0x1p30, 1e18 / max(1, longest))))
    }
}

/// Counts the weights that equal steps read, if these differ from step to step.
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

/// A step's duration on the GPU in picoseconds, and what its host work depends on.
struct PricedStep {
    var duration: Int64
    var tokens: Int
    var requests: Int
    /// Requests that get a token in this step.
    var sampled: Int
    var decodesOnly: Bool
}

/// Prices a plan on the GPU, with its tokens and requests, and counts its work. O(entries); O(1)
/// for members of the cohort alone.
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

/// The same for a plan with other entries. Not inlined, so that the loop stays small.
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
