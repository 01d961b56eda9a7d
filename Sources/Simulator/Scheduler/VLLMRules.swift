/// The control flow of vLLM 0.33.0's `Scheduler.schedule` and `AsyncScheduler`, top to bottom, to
/// be read beside the engine's own. Section and rule numbers are those of the certified rules; S1
/// to S15 those by which other releases differ (`VersionRules`).

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
        scheduler.plan.leavesSome = !scheduler.waiting.isEmpty
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
        if requests <= 1, scheduler.rules.version.longPrefillCap == .amongOthers { threshold = 0 }
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
                let victim = Int(scheduler.running[place])
                // The release counts on more blocks than there are: the engine ends (S11).
                if cache.overdraft > 0 { return }
                let moves = scheduler.movesPlace(victim)
                preempt(&scheduler, &cache, at: place, for: slot)
                if place < index, moves { index -= 1 }
                guard victim == slot else { continue }
                // First come first served stops at the requester's own preemption.
                if scheduler.goesOnAfterItself { continue next }
                return
            }
        }
        index += 1
    }
}

/// Admissions, from the head of the queue, until one does not fit: nobody overtakes the head.
@inline(__always)
private func scheduleWaiting(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    if scheduler.rules.version.wholePrompt == .setAside, !scheduler.rules.enableChunkedPrefill {
        return scheduleWholePrompts(&scheduler, &cache)
    }
    while scheduler.plan.budget > 0, scheduler.running.count < scheduler.rules.activeLimit,
        let head = scheduler.waiting.head
    {
        if let refusal = admit(&scheduler, &cache, Int(head)) {
            scheduler.plan.stop = refusal.limit
            break
        }
    }
    scheduler.noteCapacity()
}

/// The same in a release that sets whole prompts aside which exceed the budget (S13).
@inline(never)
private func scheduleWholePrompts(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    while scheduler.plan.budget > 0, scheduler.running.count < scheduler.rules.activeLimit,
        let head = scheduler.waiting.head
    {
        guard let refusal = admit(&scheduler, &cache, Int(head)) else { continue }
        scheduler.plan.stop = scheduler.plan.stop ?? refusal.limit
        guard case .mustBeWhole = refusal else { break }
        scheduler.waiting.setAside()
    }
    scheduler.waiting.returnAside(scheduler.requests)
    scheduler.noteCapacity()
}

extension Scheduler {
    /// Tokens that a running request asks for, before the budget; 0 or less: it is skipped.
    @inline(__always)
    func wanted(_ slot: Int) -> Int {
        if plan.holds, requests[slot].prefilling { return 0 }
        return plan.clipped(requests[slot].tokensLeft(limit: rules.maxModelLen))
    }

    /// Whether the loop goes on after a request that preempted itself (S1).
    fileprivate var goesOnAfterItself: Bool {
        waiting.ordered && rules.version.selfPreemption == .nextRunning
    }

    /// Whether the loop's place moves with a victim that leaves from before it (S5).
    fileprivate func movesPlace(_ victim: Int) -> Bool {
        rules.version.victimPlace == .corrected || requests[victim].isScheduled
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
}
