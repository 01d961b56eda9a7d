import Basics

/// A schedule call by a Swift policy. Order, admission, victims and quota are the policy's; the
/// verbs of the engine's own rules do everything else.

extension Scheduler {
    /// Schedules a step as a policy decides. If each running request gets all it wants, whatever
    /// their order, they are scheduled together; otherwise individually in the policy's order.
    ///
    /// O(individuals) plus admission; O(running) in order.
    mutating func scheduleByPolicy(_ cache: inout KVCache, _ seat: PolicySeat) throws {
        seat.ask(&self, &cache, at: plan.time)
        if waiting.unplaced > 0 { placeArrivals(seat) }
        defer { seat.close(plan.prefill) }
        plan.prefillQuota = seat.shape.prefillQuota
        guard cohort.isOn else {
            return try scheduleInOrder(&cache, seat, from: 0)
        }
        updateCohort(&cache)
        let served = scheduleTogether(&cache, seat)
        let isDone = served.phases == seat.shape.phases.count
        if isDone, !served.decodes, cohort.count > 0, canSkipMembers(&cache) {
            return skipMembers()
        }
        defer { stepCohort() }
        if isDone, served.decodes || cohort.count == 0 && cohort.leaving.isEmpty {
            return
        }
        individualiseAll(&cache)
        defer { noteIndividuals() }
        guard !isDone else { return }
        try scheduleInOrder(&cache, seat, from: served.phases)
    }

    /// Whether members can stay members in a step that leaves them out: what they hold must depend
    /// on their tokens only, and no observer may be adding up their steps.
    @inline(__always)
    private mutating func canSkipMembers(_ cache: inout KVCache) -> Bool {
        cache.sumsBlocks && !cohort.isWatched
    }

    /// Leaves the members out of the step: their tick stands still.
    @inline(__always)
    private mutating func skipMembers() {
        plan.skipsMembers = true
        // More requests may be able to join by the next step.
        cohort.updatedAt = -1
    }

    /// Advances past the step just decided, with the members in it.
    @inline(__always)
    fileprivate mutating func stepCohort() {
        cohort.step(&plan.share)
        // An empty step is not dispatched: after one that left the members out, none of their
        // tokens is in flight.
        let last = flight.count - 1
        let isInFlight = last >= 0 && !flight[last].header.skipsMembers
        cohort.inFlight = isInFlight ? rules.inFlight : 0
    }

    /// Schedules phases from `first` on, one request after another.
    private mutating func scheduleInOrder(
        _ cache: inout KVCache, _ seat: PolicySeat, from first: Int
    ) throws {
        plan.endsAsEntered = true
        for phase in seat.shape.phases[first...] {
            if seat.shape.isExclusive, !plan.entries.isEmpty { break }
            if phase == .admissions {
                // The engine's rule: no request enters a step in which one was preempted.
                if plan.preempted.isEmpty { admitByPolicy(&cache, seat) }
            } else {
                try runByPolicy(&cache, seat, phase)
            }
        }
    }

    private mutating func runByPolicy(
        _ cache: inout KVCache, _ seat: PolicySeat, _ phase: StepShape.Phase
    ) throws {
        var order = running.elements
        if seat.ordersRunning { order = sorted(order, seat) }
        next: for slot in order where plan.budget > 0 {
            let slot = Int(slot)
            let request = requests[slot]
            // Preempted in this step, or already served by an earlier phase.
            guard request.state == .running, !request.isScheduled else { continue }
            if phase == .decodes && request.prefilling || phase == .chunks && !request.prefilling {
                continue
            }
            var tokens = min(wanted(slot), plan.budget)
            if request.prefilling { tokens = min(tokens, plan.prefillQuota) }
            guard tokens > 0 else { continue }
            while run(&cache, slot, tokens: tokens) != nil {
                let place = try victim(seat, for: slot)
                let preempted = running[place]
                preempt(&cache, at: place, for: slot)
                note(.preempted, preempted, seat, seat.step)
                if requests[slot].state != .running { continue next }
            }
        }
    }

    /// The index in `running` of the request that the policy preempts for another.
    private mutating func victim(_ seat: PolicySeat, for slot: Int) throws -> Int {
        var views: [RequestView] = []
        for slot in running.elements {
            views.append(requestView(seat, slot))
        }
        let place = seat.policy.victim(
            among: views, for: requestView(seat, Int32(slot)), at: seat.step)
        guard views.indices.contains(place) else {
            throw InputError(
                "scheduling policy \(type(of: seat.policy))",
                "names victim \(place) of \(views.count) running requests",
                expected: "a place in the list it was given")
        }
        return place
    }

    /// Running requests in the policy's order. O(n log n).
    mutating func sorted(_ slots: [Int32], _ seat: PolicySeat) -> [Int32] {
        var entries: [(slot: Int32, view: RequestView)] = []
        for slot in slots { entries.append((slot, requestView(seat, slot))) }
        return entries.sorted { seat.policy.precedes($0.view, $1.view, at: seat.step) }.map(\.slot)
    }
}
