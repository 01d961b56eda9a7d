import Basics

/// A replica's copy of a Swift policy, with what the engine keeps for it.
///
/// A reference type: an existential inside the scheduler would make the scheduler too large to keep
/// loaded.
final class PolicySeat {
    var policy: any SchedulingPolicy
    let ordersRunning: Bool
    let orderFollowsStep: Bool
    let keepsNotes: Bool
    /// The step to be scheduled, as it began; the policy's shape for it; and the call it was asked
    /// for.
    private(set) var step = StepView.none
    private(set) var shape = StepShape()
    private var askedFor = -1
    /// The policy's number on each request, by slot; empty if it keeps none.
    var notes = HotArray<Int64>()
    /// Prefill tokens scheduled so far.
    var prefilled = 0
    /// Requests admitted in the step under way, and waiting ones passed over in it.
    var entered = 0
    var passedOver = 0
    /// Whether waiting requests may be out of order because a note has changed.
    var isDisordered = false
    /// Individuals in the order in which the step serves them, their tokens, and how many there are
    /// up to the end of each phase.
    var order = HotArray<Int32>()
    var tokens = HotArray<Int32>()
    var ends = HotArray<Int32>()

    init(_ policy: any SchedulingPolicy) {
        self.policy = policy
        ordersRunning = policy.ordersRunning
        orderFollowsStep = policy.orderFollowsStep
        keepsNotes = policy.keepsNotes
    }

    /// Gets the shape of the next call from the policy, once.
    @inline(__always)
    func ask(_ scheduler: inout Scheduler, _ cache: inout KVCache, at time: Int64) {
        guard askedFor != scheduler.calls else { return }
        askedFor = scheduler.calls
        entered = 0
        passedOver = 0
        step = scheduler.stepView(&cache, self, at: time)
        shape = policy.shape(step)
    }

    /// Ends the call. A call that only reports an ended request shares its number with the next
    /// one.
    func close(_ prefill: Int) {
        askedFor = -1
        prefilled += prefill
    }
}

extension StepView {
    /// A placeholder for no step.
    fileprivate static let none = StepView(
        number: 0, time: 0, tokenBudget: 0, freeBlocks: 0, usableBlocks: 0, blockSize: 0,
        running: 0, waiting: 0, runningLimit: 0, prefilling: 0, prefilledTokens: 0, passedOver: 0)
}

extension Scheduler {
    /// What a policy sees of the engine now. O(running) without a cohort, else O(individuals).
    @inline(__always)
    mutating func stepView(_ cache: inout KVCache, _ seat: PolicySeat, at time: Int64) -> StepView {
        StepView(
            number: calls, time: time, tokenBudget: rules.tokenBudget, freeBlocks: cache.freeBlocks,
            usableBlocks: cache.usableBlocks, blockSize: cache.blockSize.tokens,
            running: running.count, waiting: waiting.count, runningLimit: rules.activeLimit,
            prefilling: prefilling() + seat.entered, prefilledTokens: seat.prefilled,
            passedOver: seat.passedOver)
    }

    /// Running requests whose latest step left some of the prompt to do.
    @inline(__always)
    private mutating func prefilling() -> Int {
        var count = 0
        // Requests that are not individual only decode. In the middle of a step in order the list
        // of individuals is out of date.
        if cohort.isOn, !plan.endsAsEntered {
            for index in cohort.individuals.indices
            where requests[Int(cohort.individuals[index])].prefilling {
                count += 1
            }
        } else {
            for index in running.indices
            where requests[Int(running[index])].prefilling {
                count += 1
            }
        }
        return count
    }

    /// What a policy sees of a request that is not a member of the cohort.
    @inline(__always)
    mutating func requestView(_ seat: PolicySeat, _ slot: Int32) -> RequestView {
        let request = requests[Int(slot)]
        return RequestView(
            id: request.id, sequence: request.sequence, arrival: request.arrival,
            priority: Int(request.priority), promptTokens: Int(request.promptTokens),
            knownTokens: Int(request.known + request.outputsInFlight),
            computedTokens: Int(request.computed), deliveredTokens: Int(request.delivered),
            maxTokens: Int(request.maxTokens), preemptions: Int(request.preemptions),
            isPrefilling: request.state == .running && request.prefilling,
            note: seat.keepsNotes ? seat.notes[Int(slot)] : 0)
    }

    /// Passes an event of a request to the policy, and keeps its note.
    @inline(__always)
    mutating func note(_ event: RequestEvent, _ slot: Int32, _ seat: PolicySeat, _ step: StepView) {
        if seat.keepsNotes { keepNote(event, slot, seat, step) }
    }

    @inline(never)
    private mutating func keepNote(
        _ event: RequestEvent, _ slot: Int32, _ seat: PolicySeat, _ step: StepView
    ) {
        let before = seat.notes[Int(slot)]
        let after = seat.policy.noted(requestView(seat, slot), event, step)
        seat.notes[Int(slot)] = after
        if event == .passedOver, after != before { seat.isDisordered = true }
    }

    /// How many steps a decision holds for as far as the policy can tell, while no request waits,
    /// enters, ends or prefills: at most `times`, the last of them decided before `limit`.
    mutating func clip(
        _ times: inout Int64, _ limit: inout Int64,
        _ cache: inout KVCache, _ seat: PolicySeat, at time: Int64
    ) {
        seat.ask(&self, &cache, at: time)
        guard seat.shape.phases.contains(where: { $0 == .running || $0 == .decodes }) else {
            times = 0
            return
        }
        // The policy decides the order in which requests end, so that step is decided on its own.
        if seat.ordersRunning, rules.inFlight > 0 { times -= 1 }
        if seat.shape.untilStep < .max {
            times = min(times, max(0, Int64(seat.shape.untilStep - calls)))
        }
        limit = min(limit, seat.shape.untilTime)
    }
}
