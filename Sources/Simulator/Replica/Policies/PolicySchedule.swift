import Basics

/// One schedule call by a policy.
struct PolicyTurn {
    let policy: any SchedulingPolicy
    let shape: StepShape
    /// Prefill tokens scheduled so far.
    var prefill = 0

    init(policy: any SchedulingPolicy, shape: StepShape) {
        self.policy = policy
        self.shape = shape
    }

    /// Prefill tokens that the quota still allows.
    var quota: Int { shape.prefillQuota - prefill }
}

/// Schedules a step as a policy decides, under the engine's rules: the same as the engine's own
/// scheduler but for order, admission and victims. O(running + waiting) for each admission.
func scheduleByPolicy(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ turn: inout PolicyTurn
) throws {
    for phase in turn.shape.phases {
        if turn.shape.isExclusive,
            replica.scratch.entries.firstIndex(where: { $0.tokens > 0 }) != nil
        {
            break
        }
        if phase == .admissions {
            // Rule of the engine: nobody enters a step in which somebody was preempted.
            if replica.scratch.preempted.isEmpty { admitByPolicy(&replica, &pass, &turn) }
        } else {
            try runByPolicy(&replica, &pass, &turn, phase)
        }
    }
}

private func runByPolicy(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ turn: inout PolicyTurn,
    _ phase: StepShape.Phase
) throws {
    var order = replica.running.elements
    if turn.policy.ordersRunning {
        var views: [(slot: Int32, view: RequestView)] = []
        for slot in order { views.append((slot, replica.view(slot))) }
        order = views.sorted { turn.policy.precedes($0.view, $1.view) }.map(\.slot)
    }
    for slot in order where pass.budget > 0 {
        let request = replica.requests[Int(slot)]
        // A victim of this very step, or one that phases before this one served.
        guard request.state == .running, !isScheduled(replica, Int(slot)) else { continue }
        if phase == .decodes && request.prefilling || phase == .chunks && !request.prefilling {
            continue
        }
        if pass.holds, request.prefilling { continue }
        var tokens = tokensLeft(replica, Int(slot))
        tokens = min(pass.clipped(tokens), pass.budget)
        if request.prefilling { tokens = min(tokens, turn.quota) }
        guard tokens > 0 else { continue }
        guard try takeBlocks(&replica, &pass, turn.policy, slot, tokens) else { continue }
        appendRunning(&replica, &pass, slot, tokens)
        if request.prefilling { turn.prefill += tokens }
    }
}

/// Whether a request is in the step that a custom scheduler makes: phases may overlap, and a
/// request is served once. O(1).
func isScheduled(_ replica: borrowing Replica, _ slot: Int) -> Bool {
    slot < replica.scratch.scheduledIn.count
        && replica.scratch.scheduledIn[slot] == replica.calls + 1
}

/// Notes that a request is in the step. O(1).
func noteInStep(_ replica: inout Replica, _ slot: Int) {
    let known = replica.scratch.scheduledIn.count
    if slot >= known { replica.scratch.scheduledIn.append(0, times: slot + 1 - known) }
    precondition(!isScheduled(replica, slot), "a request is in a step twice")
    replica.scratch.scheduledIn[slot] = replica.calls + 1
}

/// Tokens that a running request could compute, whatever the budget; 0 when its last token is in
/// flight already.
func tokensLeft(_ replica: borrowing Replica, _ slot: Int) -> Int {
    let request = replica.requests[slot]
    if request.placeholders > 0 {
        let ahead = Int(request.computed) + 2 - Int(request.placeholders)
        if ahead >= Int(request.promptTokens) + Int(request.maxTokens) { return 0 }
    }
    let left = Int(request.known + request.placeholders - request.computed)
    return min(left, replica.engine.maxModelLen - Int(request.computed) - 1)
}

/// Enters a running request, whose blocks are taken, into the step.
func appendRunning(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ slot: Int32, _ tokens: Int
) {
    let request = replica.requests[Int(slot)]
    noteInStep(&replica, Int(slot))
    replica.scratch.entries.append(
        Entry(
            slot: slot, tokens: Int32(tokens), computedBefore: request.computed, kind: .running))
    replica.cadence.carried = replica.cadence.carried || request.prefilling
    pass.budget -= tokens
}

/// Gets a running request its blocks, preempting whom the policy names until it fits. False when
/// that was the requester itself.
private func takeBlocks(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ policy: any SchedulingPolicy,
    _ slot: Int32, _ tokens: Int
) throws -> Bool {
    let request = replica.requests[Int(slot)]
    guard Int(request.computed) + tokens > Int(request.quietUntil) else { return true }
    clearHits(&replica)
    while !allocate(&replica, BlockDemand(slot: Int(slot), tokens: tokens)) {
        var views: [RequestView] = []
        for slot in replica.running.elements { views.append(replica.view(slot)) }
        let place = policy.victim(among: views, for: replica.view(slot))
        guard views.indices.contains(place) else {
            throw InputError(
                "scheduling policy \(type(of: policy))",
                "names victim \(place) of \(views.count) running requests",
                expected: "a place in the list it was given")
        }
        let victim = replica.running.remove(at: place)
        refund(&replica, &pass, victim)
        preempt(&replica, Int(victim))
        if victim == slot { return false }
    }
    return true
}

private func admitByPolicy(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ turn: inout PolicyTurn
) {
    let engine = replica.engine
    while pass.budget > 0, replica.running.count < replica.activeLimit,
        let head = firstWaiting(replica, turn.policy)
    {
        guard turn.policy.admits(replica.view(head), replica.stepView) else { break }
        let slot = Int(head)
        let hit = lookUpPrefix(&replica, slot)
        let known = Int(replica.requests[slot].known)
        if pass.holds, hit < known - 1 { break }
        var tokens = pass.clipped(known - hit)
        if engine.enableChunkedPrefill {
            tokens = min(tokens, turn.quota)
        } else if tokens > pass.budget || (turn.prefill > 0 && tokens > turn.quota) {
            // A prompt that exceeds the quota whole goes alone rather than never.
            break
        }
        tokens = min(tokens, pass.budget)
        guard tokens > 0 else { break }
        guard allocateForAdmission(&replica, slot, tokens: tokens, hit: hit) else { break }
        replica.waiting.remove(head)
        admit(&replica, slot, hit: hit, tokens: tokens)
        noteInStep(&replica, slot)
        replica.cadence.carried = replica.cadence.carried || hit < known - 1
        pass.budget -= tokens
        turn.prefill += tokens
    }
    if !pass.holds { replica.cadence.capacityBound = !replica.waiting.isEmpty }
}

/// Gets a waiting request, whose hit blocks are looked up, what admission needs: the engine's
/// gate and watermark included.
func allocateForAdmission(
    _ replica: inout Replica, _ slot: Int, tokens: Int, hit: Int
) -> Bool {
    let demand = BlockDemand(
        slot: slot, tokens: tokens, hitTokens: hit,
        gate: replica.engine.schedulerReserveFullISL,
        mark: replica.running.isEmpty ? 0 : replica.watermarkBlocks)
    return allocate(&replica, demand)
}

/// The waiting request that the policy serves first. O(waiting).
private func firstWaiting(
    _ replica: borrowing Replica, _ policy: any SchedulingPolicy
) -> Int32? {
    guard var best = replica.waiting.head else { return nil }
    var bestView = replica.view(best)
    for place in 1..<max(1, replica.waiting.count) {
        let slot = replica.waiting[place]
        let view = replica.view(slot)
        if policy.precedes(view, bestView) { (best, bestView) = (slot, view) }
    }
    return best
}
