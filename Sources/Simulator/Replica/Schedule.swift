import StepTime

/// Decides the next step: who computes how many tokens. Running requests come first, in order;
/// then admissions, if nothing was preempted. Leaves the entries in `scratch.entries`.
///
/// Rules: vLLM 0.33.0 `Scheduler.schedule`, `AsyncScheduler`.
func schedule(_ replica: inout Replica) {
    replica.scratch.entries.removeAll()
    replica.scratch.preempted.removeAll()
    replica.stride.share = StrideShare()
    var pass = SchedulePass(&replica)
    if replica.custom == nil {
        scheduleByRules(&replica, &pass)
    } else {
        scheduleCustom(&replica, &pass)
    }
    if pass.droppedEntries { dropRefunded(&replica) }
    checkStep(&replica, pass)
    replica.cadence.finish(
        scheduledSomething: !replica.scratch.entries.isEmpty || !replica.stride.share.isEmpty)
    noteScheduled(&replica)
}

/// What vLLM asserts at the end of `schedule`. O(1).
@inline(__always)
func checkStep(_ replica: inout Replica, _ pass: SchedulePass) {
    precondition(pass.budget >= 0, "a step exceeds its token budget")
    precondition(
        replica.running.count <= replica.activeLimit, "more requests run than are allowed")
    let share = replica.stride.share
    precondition(
        replica.scratch.entries.count + share.count + share.wasted <= replica.running.count,
        "a step holds more entries than requests run")
}

/// Notes on each request what the step's entries gave it.
func noteScheduled(_ replica: inout Replica) {
    for position in replica.scratch.entries.indices {
        let slot = Int(replica.scratch.entries[position].slot)
        let tokens = replica.scratch.entries[position].tokens
        replica.requests[slot].computed += tokens
        replica.requests[slot].inFlight += tokens
        let target = replica.requests[slot].known + replica.requests[slot].placeholders
        let prefilling = replica.requests[slot].computed < target
        replica.requests[slot].prefilling = prefilling
        if !prefilling {
            replica.requests[slot].placeholders += 1
            replica.scratch.entries[position].samples = true
        }
    }
}

/// Forgets the entries whose tokens went back to the budget.
private func dropRefunded(_ replica: inout Replica) {
    var kept = 0
    for index in replica.scratch.entries.indices where replica.scratch.entries[index].tokens > 0 {
        replica.scratch.entries[kept] = replica.scratch.entries[index]
        kept += 1
    }
    replica.scratch.entries.removeLast(replica.scratch.entries.count - kept)
}

/// The engine's own scheduler: running requests, then admissions.
private func scheduleByRules(_ replica: inout Replica, _ pass: inout SchedulePass) {
    if replica.stride.isOn {
        if !scheduleTogether(&replica, &pass) {
            makeAllExplicit(&replica)
            scheduleRunning(&replica, &pass)
            notePlaces(&replica)
            replica.stride.explicit.removeAll()
            for index in replica.running.indices {
                replica.stride.explicit.append(replica.running[index])
            }
        }
        replica.stride.step()
    } else {
        scheduleRunning(&replica, &pass)
    }
    if replica.scratch.preempted.isEmpty { scheduleWaiting(&replica, &pass) }
}

/// The limits of one schedule call.
struct SchedulePass {
    /// Tokens that may still be scheduled.
    var budget: Int
    /// Long-prefill threshold; 0: off.
    let threshold: Int
    /// The cadence keeps prefill out of this step.
    let holds: Bool
    /// Entries were refunded and remain as zeroes.
    var droppedEntries = false

    init(_ replica: inout Replica) {
        budget = replica.tokenBudget
        let requests = replica.running.count + replica.waiting.count
        var threshold = requests > 1 ? replica.engine.longPrefillTokenThreshold : 0
        if threshold > 0, replica.engine.longPrefillTokenThresholdAdaptive {
            threshold = max(threshold, replica.engine.maxNumBatchedTokens / requests)
        }
        self.threshold = threshold
        holds =
            replica.cadence.interval > 1
            && replica.cadence.holds(someoneDecodes: Self.someoneDecodes(&replica))
    }

    private static func someoneDecodes(_ replica: inout Replica) -> Bool {
        for index in replica.running.indices {
            let slot = Int(replica.running[index])
            // What a request in the sums last noted of itself is out of date.
            let isPacing = replica.requests[slot].pace != .explicit
            if isPacing || !replica.requests[slot].prefilling { return true }
        }
        return false
    }

    func clipped(_ tokens: Int) -> Int {
        threshold > 0 && tokens > threshold ? threshold : tokens
    }

    /// Tokens a running request asks for, before the budget; 0 or less: it is skipped.
    func wanted(_ replica: inout Replica, _ slot: Int) -> Int {
        let request = replica.requests[slot]
        if request.placeholders > 0 {
            // The token in flight is the last one by max_tokens: nothing more to schedule.
            let ahead = Int(request.computed) + 2 - Int(request.placeholders)
            if ahead >= Int(request.promptTokens) + Int(request.maxTokens) { return 0 }
        }
        if holds, request.prefilling { return 0 }
        let tokens = Int(request.known + request.placeholders - request.computed)
        return min(clipped(tokens), replica.engine.maxModelLen - Int(request.computed) - 1)
    }
}

private func scheduleRunning(_ replica: inout Replica, _ pass: inout SchedulePass) {
    var index = 0
    while index < replica.running.count, pass.budget > 0 {
        let slot = Int(replica.running[index])
        let request = replica.requests[slot]
        let tokens = min(pass.wanted(&replica, slot), pass.budget)
        if tokens <= 0 {
            index += 1
            continue
        }
        if Int(request.computed) + tokens > Int(request.quietUntil) {
            guard makeRoom(&replica, &pass, &index, slot, tokens) else {
                // First come first served stops at the requester's own preemption.
                if replica.waiting.ordered { continue }
                break
            }
        }
        replica.scratch.entries.append(
            Entry(
                slot: Int32(slot), tokens: Int32(tokens), computedBefore: request.computed,
                kind: .running))
        replica.cadence.carried = replica.cadence.carried || request.prefilling
        pass.budget -= tokens
        index += 1
    }
}

/// Gets a running request its blocks, preempting until it fits. False when the requester itself
/// was preempted. `index`, the requester's place in `running`, follows removals before it.
private func makeRoom(
    _ replica: inout Replica, _ pass: inout SchedulePass, _ index: inout Int, _ slot: Int,
    _ tokens: Int
) -> Bool {
    clearHits(&replica)
    while !allocate(&replica, BlockDemand(slot: slot, tokens: tokens)) {
        let place = victim(&replica)
        let victim = replica.running.remove(at: place)
        if place < index {
            index -= 1
            refund(&replica, &pass, victim)
        }
        preempt(&replica, Int(victim))
        if Int(victim) == slot { return false }
    }
    return true
}

func clearHits(_ replica: inout Replica) {
    replica.scratch.runHitBlocks = 0
    for group in replica.groups.indices {
        replica.scratch.runHits[group].removeAll()
        replica.scratch.hits[group].removeAll()
    }
}

/// The place in `running` of the request to preempt: the last one, or by priority the largest
/// (priority, arrival), the first of equals.
private func victim(_ replica: inout Replica) -> Int {
    guard replica.waiting.ordered else { return replica.running.count - 1 }
    var worst = 0
    for place in 1..<max(1, replica.running.count) {
        let candidate = replica.requests[Int(replica.running[place])]
        let current = replica.requests[Int(replica.running[worst])]
        if (candidate.priority, candidate.arrival) > (current.priority, current.arrival) {
            worst = place
        }
    }
    return worst
}

/// Takes an already scheduled victim out of the step and returns its tokens to the budget.
func refund(_ replica: inout Replica, _ pass: inout SchedulePass, _ victim: Int32) {
    let entry = replica.scratch.entries.firstIndex { $0.slot == victim }
    guard let place = entry else { return }
    pass.budget += Int(replica.scratch.entries[place].tokens)
    if Int(victim) < replica.scratch.scheduledIn.count {
        replica.scratch.scheduledIn[Int(victim)] = 0
    }
    replica.scratch.entries[place].tokens = 0
    pass.droppedEntries = true
}

/// Frees a request's blocks and puts it back to the waiting queue; its outputs stay.
func preempt(_ replica: inout Replica, _ slot: Int) {
    expose(&replica, slot)
    release(&replica, slot)
    replica.requests[slot].computed = 0
    replica.requests[slot].stale = replica.requests[slot].inFlight
    replica.requests[slot].placeholders = 0
    replica.requests[slot].state = .preempted
    replica.requests[slot].preemptions += 1
    replica.tally.counters.preemptions += 1
    replica.tally.events += 1
    replica.scratch.preempted.append(Int32(slot))
    replica.waiting.putBack(Int32(slot), rank: replica.rank(slot))
}

func scheduleWaiting(_ replica: inout Replica, _ pass: inout SchedulePass) {
    while pass.budget > 0, replica.running.count < replica.activeLimit,
        let head = replica.waiting.head
    {
        let slot = Int(head)
        let hit = lookUpPrefix(&replica, slot)
        let known = Int(replica.requests[slot].known)
        if pass.holds, hit < known - 1 { break }
        var tokens = pass.clipped(known - hit)
        if !replica.engine.enableChunkedPrefill, tokens > pass.budget { break }
        tokens = min(tokens, pass.budget)
        let demand = BlockDemand(
            slot: slot, tokens: tokens, hitTokens: hit,
            gate: replica.engine.schedulerReserveFullISL,
            mark: replica.running.isEmpty ? 0 : replica.watermarkBlocks)
        guard allocate(&replica, demand) else { break }
        replica.waiting.removeHead()
        admit(&replica, slot, hit: hit, tokens: tokens)
        replica.cadence.carried = replica.cadence.carried || hit < known - 1
        pass.budget -= tokens
    }
    if !pass.holds { replica.cadence.capacityBound = !replica.waiting.isEmpty }
}

func admit(_ replica: inout Replica, _ slot: Int, hit: Int, tokens: Int) {
    let resumed = replica.requests[slot].state == .preempted
    replica.running.append(Int32(slot))
    replica.requests[slot].state = .running
    if replica.stride.isOn {
        replica.stride.explicit.append(Int32(slot))
        replica.stride.admissions += 1
        replica.requests[slot].admission = replica.stride.admissions
        replica.requests[slot].pace = .explicit
        replica.requests[slot].place = Int32(replica.running.count - 1)
    }
    replica.requests[slot].computed = Int32(hit)
    replica.scratch.entries.append(
        Entry(
            slot: Int32(slot), tokens: Int32(tokens), computedBefore: Int32(hit),
            kind: resumed ? .resumed : .admitted))
    replica.tally.counters.hitTokensWithResumed += hit
    replica.tally.events += 1
    if replica.requests[slot].admitted < 0 {
        replica.requests[slot].admitted = replica.clock
        replica.requests[slot].hitTokens = Int32(hit)
        replica.tally.counters.hitTokens += hit
        replica.tally.counters.queriedTokens += Int(replica.requests[slot].promptTokens)
    }
}
