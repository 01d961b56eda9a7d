import Basics

/// A replica's copy of a Swift policy, with what the engine keeps for it.
///
/// A class: an existential inside the scheduler would make that too large a type to keep loaded.
final class PolicySeat {
    var policy: any SchedulingPolicy
    let ordersRunning: Bool
    let orderFollowsStep: Bool
    let keepsNotes: Bool
    /// The step to be scheduled as it began, the policy's shape for it, and for which call it was
    /// asked.
    private(set) var step = StepView.none
    private(set) var shape = StepShape()
    private var askedFor = -1
    /// The policy's number on each request, by slot; empty where it keeps none.
    var notes = HotArray<Int64>()
    /// Tokens of prefill scheduled so far.
    var prefilled = 0
    /// Requests admitted in the step under way, and waiting ones passed over in it.
    var entered = 0
    var passedOver = 0
    /// Whether waiting requests may have lost their order: a note has changed.
    var isDisordered = false
    /// Individuals in the order in which the step serves them, their tokens, and how many there
    /// are up to the end of each phase.
    var order = HotArray<Int32>()
    var tokens = HotArray<Int32>()
    var ends = HotArray<Int32>()

    init(_ policy: any SchedulingPolicy) {
        self.policy = policy
        ordersRunning = policy.ordersRunning
        orderFollowsStep = policy.orderFollowsStep
        keepsNotes = policy.keepsNotes
    }

    /// Asks for the shape of the next call, once.
    @inline(__always)
    func ask(_ scheduler: inout Scheduler, _ cache: inout KVCache, at time: Int64) {
        guard askedFor != scheduler.calls else { return }
        askedFor = scheduler.calls
        entered = 0
        passedOver = 0
        step = scheduler.stepView(&cache, self, at: time)
        shape = policy.shape(step)
    }

    /// The call is made. One that only tells of a finish has the number of the next.
    func close(_ prefill: Int) {
        askedFor = -1
        prefilled += prefill
    }
}

extension StepView {
    /// Of no step.
    fileprivate static let none = StepView(
        number: 0, time: 0, tokenBudget: 0, freeBlocks: 0, usableBlocks: 0, blockSize: 0,
        running: 0, waiting: 0, runningLimit: 0, prefilling: 0, prefilledTokens: 0, passedOver: 0)
}

extension Scheduler {
    /// What a policy sees of the engine now. O(running) where requests are kept one by one, else
    /// O(individuals).
    @inline(__always)
    mutating func stepView(_ cache: inout KVCache, _ seat: PolicySeat, at time: Int64) -> StepView {
        StepView(
            number: calls, time: time, tokenBudget: rules.tokenBudget, freeBlocks: cache.freeBlocks,
            usableBlocks: cache.usableBlocks, blockSize: cache.blockSize.tokens,
            running: running.count, waiting: waiting.count, runningLimit: rules.activeLimit,
            prefilling: prefilling() + seat.entered, prefilledTokens: seat.prefilled,
            passedOver: seat.passedOver)
    }

    /// Running requests whose latest step left prompt over.
    @inline(__always)
    private mutating func prefilling() -> Int {
        var count = 0
        // What is no individual only decodes. In the middle of a step in order the list of
        // individuals is out of date.
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

    /// What a policy sees of a request that is no member of the cohort.
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

    /// Tells the policy that something happened to a request, and keeps its note.
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

    /// How many steps a decision stands for as far as the policy can tell, when no request waits,
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
        // The order in which requests end is the policy's: such a step is decided by itself.
        if seat.ordersRunning, rules.inFlight > 0 { times -= 1 }
        if seat.shape.untilStep < .max {
            times = min(times, max(0, Int64(seat.shape.untilStep - calls)))
        }
        limit = min(limit, seat.shape.untilTime)
    }
}
