import Basics

/// A schedule call by a Swift policy: order, admission, victims and quota are the policy's, all
/// else is done by the verbs that the engine's own rules use.

/// Schedules a step as a policy decides: running requests all at once where each gets what it asks
/// for, whatever their order, else one by one in the policy's.
///
/// O(individuals) and what admission takes; O(running) in order.
func scheduleByPolicy(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat
) throws {
    seat.ask(&scheduler, &cache, at: scheduler.plan.time)
    if scheduler.waiting.unplaced > 0 { placeArrivals(&scheduler, seat) }
    defer { seat.close(scheduler.plan.prefill) }
    scheduler.plan.prefillQuota = seat.shape.prefillQuota
    guard scheduler.cohort.isOn else {
        return try scheduleInOrder(&scheduler, &cache, seat, from: 0)
    }
    updateCohort(&scheduler, &cache)
    let served = scheduleTogether(&scheduler, &cache, seat)
    let isDone = served.phases == seat.shape.phases.count
    if isDone, !served.decodes, scheduler.cohort.count > 0, canSkipMembers(&scheduler, &cache) {
        return skipMembers(&scheduler)
    }
    defer { scheduler.stepCohort() }
    if isDone, served.decodes || scheduler.cohort.count == 0 && scheduler.cohort.leaving.isEmpty {
        return
    }
    individualiseAll(&scheduler, &cache)
    defer { noteIndividuals(&scheduler) }
    guard !isDone else { return }
    try scheduleInOrder(&scheduler, &cache, seat, from: served.phases)
}

/// Whether members stay what they are in a step that leaves them out: where what they hold depends
/// on nothing but their tokens, and nobody adds up what their steps are to them.
@inline(__always)
private func canSkipMembers(_ scheduler: inout Scheduler, _ cache: inout KVCache) -> Bool {
    cache.sumsBlocks && !scheduler.cohort.isWatched
}

/// Leaves the members out of the step: their time stands still.
@inline(__always)
private func skipMembers(_ scheduler: inout Scheduler) {
    scheduler.plan.skipsMembers = true
    // Who may join by the next step?
    scheduler.cohort.updatedAt = -1
}

extension Scheduler {
    /// Counts the step just decided, with the members in it.
    @inline(__always)
    fileprivate mutating func stepCohort() {
        cohort.step(&plan.share)
        // An empty step is not dispatched: after one that left the members out, nothing is.
        let last = flight.count - 1
        let isInFlight = last >= 0 && !flight[last].header.skipsMembers
        cohort.inFlight = isInFlight ? rules.inFlight : 0
    }
}

/// Schedules phases from one on, one request after the other.
private func scheduleInOrder(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat, from first: Int
) throws {
    scheduler.plan.endsAsEntered = true
    for phase in seat.shape.phases[first...] {
        if seat.shape.isExclusive, !scheduler.plan.entries.isEmpty { break }
        if phase == .admissions {
            // Rule of the engine: no request enters a step in which one was preempted.
            if scheduler.plan.preempted.isEmpty { admitByPolicy(&scheduler, &cache, seat) }
        } else {
            try runByPolicy(&scheduler, &cache, seat, phase)
        }
    }
}

private func runByPolicy(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat,
    _ phase: StepShape.Phase
) throws {
    var order = scheduler.running.elements
    if seat.ordersRunning { order = sorted(order, &scheduler, seat) }
    next: for slot in order where scheduler.plan.budget > 0 {
        let slot = Int(slot)
        let request = scheduler.requests[slot]
        // A victim of this very step, or one that a phase before this one served.
        guard request.state == .running, !request.isScheduled else { continue }
        if phase == .decodes && request.prefilling || phase == .chunks && !request.prefilling {
            continue
        }
        var tokens = min(scheduler.wanted(slot), scheduler.plan.budget)
        if request.prefilling { tokens = min(tokens, scheduler.plan.prefillQuota) }
        guard tokens > 0 else { continue }
        while run(&scheduler, &cache, slot, tokens: tokens) != nil {
            let place = try victim(&scheduler, seat, for: slot)
            let preempted = scheduler.running[place]
            preempt(&scheduler, &cache, at: place, for: slot)
            note(.preempted, preempted, &scheduler, seat, seat.step)
            if scheduler.requests[slot].state != .running { continue next }
        }
    }
}

/// The place in `running` of the request that the policy preempts for another.
private func victim(
    _ scheduler: inout Scheduler, _ seat: PolicySeat, for slot: Int
) throws -> Int {
    var views: [RequestView] = []
    for slot in scheduler.running.elements {
        views.append(requestView(&scheduler, seat, slot))
    }
    let place = seat.policy.victim(
        among: views, for: requestView(&scheduler, seat, Int32(slot)),
        at: seat.step)
    guard views.indices.contains(place) else {
        throw InputError(
            "scheduling policy \(type(of: seat.policy))",
            "names victim \(place) of \(views.count) running requests",
            expected: "a place in the list it was given")
    }
    return place
}

/// Running requests in the policy's order. O(n log n).
func sorted(
    _ slots: [Int32], _ scheduler: inout Scheduler, _ seat: PolicySeat
) -> [Int32] {
    var entries: [(slot: Int32, view: RequestView)] = []
    for slot in slots { entries.append((slot, requestView(&scheduler, seat, slot))) }
    return entries.sorted { seat.policy.precedes($0.view, $1.view, at: seat.step) }.map(\.slot)
}
