import Basics

/// A schedule call by a Swift policy: order, admission, victims and quota are the policy's, all
/// else is done by the verbs that the engine's own rules use.

/// Schedules a step as a policy decides. O(running + waiting) for each admission.
func scheduleByPolicy(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ policy: any SchedulingPolicy,
    _ shape: StepShape
) throws {
    scheduler.plan.prefillQuota = shape.prefillQuota
    for phase in shape.phases {
        if shape.isExclusive, !scheduler.plan.entries.isEmpty { break }
        if phase == .admissions {
            // Rule of the engine: no request enters a step in which one was preempted.
            if scheduler.plan.preempted.isEmpty { admitByPolicy(&scheduler, &cache, policy) }
        } else {
            try runByPolicy(&scheduler, &cache, policy, phase)
        }
    }
}

private func runByPolicy(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ policy: any SchedulingPolicy,
    _ phase: StepShape.Phase
) throws {
    var order = scheduler.running.elements
    if policy.ordersRunning {
        let views = order.map { (slot: $0, view: scheduler.view($0)) }
        order = views.sorted { policy.precedes($0.view, $1.view) }.map(\.slot)
    }
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
            let victim = try scheduler.victim(policy, for: slot)
            preempt(&scheduler, &cache, at: victim)
            if scheduler.requests[slot].state != .running { continue next }
        }
    }
}

private func admitByPolicy(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ policy: any SchedulingPolicy
) {
    while scheduler.plan.budget > 0, scheduler.running.count < scheduler.rules.activeLimit,
        let first = scheduler.firstWaiting(policy)
    {
        guard policy.admits(scheduler.view(first), scheduler.stepView(cache)),
            admit(&scheduler, &cache, Int(first)) == nil
        else { break }
    }
    scheduler.noteCapacity()
}

extension Scheduler {
    /// The place in `running` of the request that the policy preempts for another.
    fileprivate func victim(_ policy: any SchedulingPolicy, for slot: Int) throws -> Int {
        let views = running.elements.map { view($0) }
        let place = policy.victim(among: views, for: view(Int32(slot)))
        guard views.indices.contains(place) else {
            throw InputError(
                "scheduling policy \(type(of: policy))",
                "names victim \(place) of \(views.count) running requests",
                expected: "a place in the list it was given")
        }
        return place
    }

    /// The waiting request that the policy serves first. O(waiting).
    fileprivate func firstWaiting(_ policy: any SchedulingPolicy) -> Int32? {
        guard var best = waiting.head else { return nil }
        var bestView = view(best)
        for place in 1..<max(1, waiting.count) {
            let slot = waiting[place]
            let view = view(slot)
            if policy.precedes(view, bestView) { (best, bestView) = (slot, view) }
        }
        return best
    }

    /// What a policy sees of the engine now.
    func stepView(_ cache: borrowing KVCache) -> StepView {
        StepView(
            number: calls, time: plan.time, tokenBudget: rules.tokenBudget,
            freeBlocks: cache.freeBlocks, usableBlocks: cache.usableBlocks,
            blockSize: cache.blockSize.tokens, running: running.count, waiting: waiting.count,
            runningLimit: rules.activeLimit)
    }

    /// What a policy sees of a request.
    func view(_ slot: Int32) -> RequestView {
        let request = requests[Int(slot)]
        return RequestView(
            id: request.id, sequence: request.sequence, arrival: request.arrival,
            priority: Int(request.priority), promptTokens: Int(request.promptTokens),
            knownTokens: Int(request.known + request.placeholders),
            computedTokens: Int(request.computed), deliveredTokens: Int(request.delivered),
            maxTokens: Int(request.maxTokens), preemptions: Int(request.preemptions),
            isPrefilling: request.state == .running && request.prefilling)
    }
}
