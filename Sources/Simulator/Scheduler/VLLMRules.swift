/// The control flow of vLLM 0.33.0's `Scheduler.schedule` and `AsyncScheduler`, top to bottom, to
/// be read beside the engine's own. Section and rule numbers are those of the certified rules.

/// Decides the next step: who computes how many tokens. Running requests come first, in order;
/// then admissions, if nothing was preempted. Leaves the decision in `scheduler.plan`.
func schedule(_ scheduler: inout Scheduler, _ cache: inout KVCache, at time: Int64) {
    begin(&scheduler, at: time)
    if scheduler.custom == nil {
        scheduleRunning(&scheduler, &cache)
        // Rule: no request enters a step in which one was preempted.
        if scheduler.plan.preempted.isEmpty { scheduleWaiting(&scheduler, &cache) }
    } else {
        scheduleCustom(&scheduler, &cache)
    }
    close(&scheduler)
}

/// The limits of one call: budget, long-prefill threshold, cadence.
@inline(__always)
private func begin(_ scheduler: inout Scheduler, at time: Int64) {
    var threshold = scheduler.rules.longPrefillTokenThreshold
    if threshold > 0 {
        let requests = scheduler.running.count + scheduler.waiting.count
        if requests > 1, scheduler.rules.isThresholdAdaptive {
            threshold = max(threshold, scheduler.rules.maxNumBatchedTokens / requests)
        }
        if requests <= 1 { threshold = 0 }
    }
    let holds =
        scheduler.cadence.interval > 1
        && scheduler.cadence.holds(someoneDecodes: scheduler.someoneDecodes)
    scheduler.plan.begin(
        budget: scheduler.rules.tokenBudget, threshold: threshold, holds: holds, at: time)
}

/// Running requests: all at once where each gets what it asks for, else in order.
private func scheduleRunning(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    if scheduler.cohort.isOn {
        if !runTogether(&scheduler, &cache) {
            individualiseAll(&scheduler, &cache)
            runInOrder(&scheduler, &cache)
            noteIndividuals(&scheduler)
        }
        scheduler.cohort.step(&scheduler.plan.share)
    } else {
        runInOrder(&scheduler, &cache)
    }
}

/// Running requests in order, while budget remains; a shortage of blocks preempts.
private func runInOrder(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    var index = 0
    next: while index < scheduler.running.count, scheduler.plan.budget > 0 {
        let slot = Int(scheduler.running[index])
        let tokens = min(scheduler.wanted(slot), scheduler.plan.budget)
        if tokens > 0 {
            while run(&scheduler, &cache, slot, tokens: tokens) != nil {
                let place = scheduler.victim
                let victim = scheduler.running[place]
                preempt(&scheduler, &cache, at: place)
                if place < index { index -= 1 }
                guard Int(victim) == slot else { continue }
                // First come first served stops at the requester's own preemption.
                if scheduler.waiting.ordered { continue next }
                return
            }
        }
        index += 1
    }
}

/// Admissions, from the head of the queue, until one does not fit: nobody overtakes the head.
@inline(__always)
private func scheduleWaiting(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    while scheduler.plan.budget > 0, scheduler.running.count < scheduler.rules.activeLimit,
        let head = scheduler.waiting.head
    {
        if admit(&scheduler, &cache, Int(head)) != nil { break }
    }
    scheduler.noteCapacity()
}

extension Scheduler {
    /// Tokens that a running request asks for, before the budget; 0 or less: it is skipped.
    @inline(__always)
    func wanted(_ slot: Int) -> Int {
        if plan.holds, requests[slot].prefilling { return 0 }
        return plan.clipped(requests[slot].tokensLeft(limit: rules.maxModelLen))
    }

    /// The place in `running` of the request to preempt: the last one, or by priority the largest
    /// (priority, arrival), the first of equals.
    fileprivate var victim: Int {
        guard waiting.ordered else { return running.count - 1 }
        var worst = 0
        for place in 1..<max(1, running.count) {
            let candidate = requests[Int(running[place])]
            let current = requests[Int(running[worst])]
            if (candidate.priority, candidate.arrival) > (current.priority, current.arrival) {
                worst = place
            }
        }
        return worst
    }

    /// Whether a running request is past its prompt, for the cadence.
    fileprivate var someoneDecodes: Bool {
        for index in running.indices {
            let slot = Int(running[index])
            // What a member last noted of itself is out of date.
            if requests[slot].membership != .individual || !requests[slot].prefilling {
                return true
            }
        }
        return false
    }
}

/// Notes on each request what its entry gave it, and holds vLLM's closing assertions: the budget is
/// kept, no request is twice in the step, and no more are scheduled than run.
@inline(__always)
func close(_ scheduler: inout Scheduler) {
    precondition(scheduler.plan.budget >= 0, "I1: a step exceeds its budget")
    precondition(
        scheduler.running.count <= scheduler.rules.activeLimit, "I3: more requests run than may")
    let members = scheduler.plan.share.count + scheduler.plan.share.wasted
    precondition(
        scheduler.plan.entries.count + members <= scheduler.running.count,
        "I3: a step has more entries than requests run")
    for position in scheduler.plan.entries.indices {
        let slot = Int(scheduler.plan.entries[position].slot)
        precondition(scheduler.requests[slot].isScheduled, "I2: a request is twice in a step")
        scheduler.requests[slot].isScheduled = false
        let tokens = scheduler.plan.entries[position].tokens
        scheduler.requests[slot].computed += tokens
        scheduler.requests[slot].inFlight += tokens
        let target = scheduler.requests[slot].known + scheduler.requests[slot].placeholders
        let prefilling = scheduler.requests[slot].computed < target
        scheduler.requests[slot].prefilling = prefilling
        if !prefilling {
            scheduler.requests[slot].placeholders += 1
            scheduler.plan.entries[position].samples = true
        }
    }
    scheduler.cadence.finish(scheduledSomething: !scheduler.plan.isEmpty)
}
