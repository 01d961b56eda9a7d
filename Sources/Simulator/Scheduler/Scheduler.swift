import Basics

/// The queues of one engine and the state of a schedule call. It decides and has no clock: times
/// are passed in.
///
/// A step's decision is a `Plan`. The engine's rules (`VLLMRules.swift`), a Swift policy or another
/// program (`Policies/`) write it, all through the same verbs (`Verbs.swift`). Requests that decode
/// steadily are kept as sums (`Cohort`); without them this is the plain scheduler.
struct Scheduler: ~Copyable {
    let rules: SchedulerRules
    var requests = HotArray<LiveRequest>()
    var freeSlots = HotArray<Int32>()
    /// How much of each slot's prompt a cache could hold; empty while no prompt has content.
    var reusable = HotArray<ReusableTokens>()
    /// The prefixes that the requests of this replica share.
    var reuse: ReuseBound
    /// Slots in order of admission, or in any order while `cohort.isDisordered`.
    var running = HotArray<Int32>()
    var waiting: WaitingQueue
    /// Batches dispatched and not yet processed.
    var flight: Pipeline
    /// A request ended and no schedule call has told the workers yet (vLLM's finished_req_ids).
    var endedFlag = false

    var plan = Plan()
    var cohort: Cohort
    var cadence: PrefillCadence
    /// Numbered schedule calls so far.
    var calls = 0
    /// The scheduler in place of the engine's own rules, and its error.
    var custom: CustomScheduler?
    var failure: InputError?
    /// Hits, preemptions and prompts; the engine counts the rest.
    var counters = Counters()
    /// Tokens that preempted requests had computed or found in the cache.
    var droppedTokens = 0
    /// Arrivals, admissions, preemptions and ends.
    var events = 0
    /// Actions of an external scheduler that broke a rule, and the first of them.
    var refusedActions = 0
    var firstRefusal = ""

    init(_ plan: RunPlan, replica: Int) {
        // A plain value: Swift 6.3.1 destroys uninitialised members when the right side of an `&&`
        // follows a property of a noncopyable value under construction.
        let engine = plan.engine
        let isOrdered = engine.policy == .priority && !plan.hasCustomScheduler
        let hasPolicy = plan.externalScheduler == nil && plan.hasCustomScheduler
        rules = SchedulerRules(engine)
        flight = Pipeline(depth: engine.batchesInFlight)
        waiting = WaitingQueue(ordered: isOrdered, byPolicy: hasPolicy)
        cohort = Cohort(
            isOn: plan.keepsCohort, blockSize: engine.blockSize, window: plan.stepTime.window,
            inFlight: engine.tokensInFlight)
        let isPaced = engine.release.rules.prefillPacing == .local
        cadence = PrefillCadence(interval: isPaced ? engine.prefillScheduleInterval : 1)
        reuse = ReuseBound(
            isOn: engine.enablePrefixCaching, most: ReuseBound.mostPieces(of: plan.replicas))
        custom = CustomScheduler(plan, replica: replica)
    }

    var depth: Int { flight.depth }
    var hasWork: Bool { !running.isEmpty || !waiting.isEmpty }
    /// Requests that wait or run.
    var present: Int { running.count + waiting.count }
    /// Whether a leaving member gets one more step.
    @inline(__always)
    func wastesStep(_ slot: Int) -> Bool {
        requests[slot].wastesStep(limit: rules.maxModelLen, inFlight: rules.inFlight)
    }

    /// Whether a running request is past its prompt, for the cadence.
    mutating func someoneDecodes() -> Bool {
        for index in running.indices {
            let slot = Int(running[index])
            // The flag of a member is out of date.
            if requests[slot].membership != .individual || !requests[slot].prefilling {
                return true
            }
        }
        return false
    }

    /// The cadence's rule at the end of an admission loop: did the loop end for lack of capacity?
    @inline(__always)
    mutating func noteCapacity() {
        let waits = !waiting.isEmpty
        plan.leavesSome = waits
        if !plan.holds { cadence.capacityBound = waits }
    }

    /// A slot for a new request. O(1) amortised.
    @inline(__always)
    mutating func takeSlot(_ request: LiveRequest) -> Int {
        if let free = freeSlots.popLast() {
            requests[Int(free)] = request
            return Int(free)
        }
        requests.append(request)
        return requests.count - 1
    }
}

/// The rule of `prefill_schedule_interval`: prefill joins every n-th step only.
struct PrefillCadence {
    let interval: Int
    /// Schedule calls that scheduled something.
    var executed = 0
    var lastPrefill: Int
    var capacityBound = false
    /// Whether the call under way prefills.
    var carried = false

    init(interval: Int) {
        self.interval = interval
        lastPrefill = -interval
    }

    func holds(someoneDecodes: Bool) -> Bool {
        interval > 1 && !capacityBound && executed + 1 - lastPrefill < interval && someoneDecodes
    }

    mutating func finish(scheduledSomething: Bool) {
        if scheduledSomething { executed += 1 }
        if interval > 1, carried { lastPrefill = executed }
        carried = false
    }
}
