/// The control flow of vLLM 0.33.0's `Scheduler.schedule` and `AsyncScheduler`, top to bottom, to
/// be read beside the engine's own. S1 to S15 number the rules by which other releases differ
/// (`VersionRules`).

extension Scheduler {
    /// Decides how many tokens each request computes in the next step: running requests first, in
    /// order, then admissions if nothing was preempted. Leaves the decision in `plan`.
    mutating func schedule(_ cache: inout KVCache, at time: Int64) {
        begin(at: time)
        if custom == nil {
            scheduleRunning(&cache)
            // Rule: no request enters a step in which one was preempted.
            if plan.preempted.isEmpty { scheduleWaiting(&cache) }
        } else {
            scheduleCustom(&cache)
            plan.leavesSome = !waiting.isEmpty
        }
        close()
    }

    /// The limits of one call: budget, long-prefill threshold, cadence.
    @inline(__always)
    private mutating func begin(at time: Int64) {
        var threshold = rules.longPrefillTokenThreshold
        if threshold > 0 {
            let requests = running.count + waiting.count
            if requests > 1, rules.isThresholdAdaptive {
                threshold = max(threshold, rules.maxNumBatchedTokens / requests)
            }
            if requests <= 1, rules.version.longPrefillCap == .amongOthers { threshold = 0 }
        }
        let holds = cadence.interval > 1 && cadence.holds(someoneDecodes: someoneDecodes())
        plan.begin(budget: rules.tokenBudget, threshold: threshold, holds: holds, at: time)
    }

    /// Running requests: all together if each gets all it wants, otherwise in order.
    private mutating func scheduleRunning(_ cache: inout KVCache) {
        if cohort.isOn {
            if !runTogether(&cache) {
                individualiseAll(&cache)
                runInOrder(&cache)
                noteIndividuals()
            }
            cohort.step(&plan.share)
        } else {
            runInOrder(&cache)
        }
    }

    /// Running requests in order, while budget remains. A shortage of blocks preempts.
    private mutating func runInOrder(_ cache: inout KVCache) {
        var index = 0
        next: while index < running.count, plan.budget > 0 {
            let slot = Int(running[index])
            let tokens = min(wanted(slot), plan.budget)
            if tokens > 0 {
                while run(&cache, slot, tokens: tokens) != nil {
                    let place = victim()
                    let victim = Int(running[place])
                    // The release counts on more blocks than there are, so the engine ends (S11).
                    if cache.overdraft > 0 { return }
                    let moves = movesPlace(victim)
                    preempt(&cache, at: place, for: slot)
                    if place < index, moves { index -= 1 }
                    guard victim == slot else { continue }
                    // First come, first served stops at the requester's own preemption.
                    if goesOnAfterItself { continue next }
                    return
                }
            }
            index += 1
        }
    }

    /// Admissions from the head of the queue, until one does not fit: no request overtakes the
    /// head.
    @inline(__always)
    private mutating func scheduleWaiting(_ cache: inout KVCache) {
        if rules.version.wholePrompt == .setAside, !rules.enableChunkedPrefill {
            return scheduleWholePrompts(&cache)
        }
        while plan.budget > 0, running.count < rules.activeLimit, let head = waiting.head {
            if let refusal = admit(&cache, Int(head)) {
                plan.stop = refusal.limit
                break
            }
        }
        noteCapacity()
    }

    /// The same in a release that sets whole prompts aside if they exceed the budget (S13).
    @inline(never)
    private mutating func scheduleWholePrompts(_ cache: inout KVCache) {
        while plan.budget > 0, running.count < rules.activeLimit, let head = waiting.head {
            guard let refusal = admit(&cache, Int(head)) else { continue }
            plan.stop = plan.stop ?? refusal.limit
            guard case .mustBeWhole = refusal else { break }
            waiting.setAside()
        }
        waiting.returnAside(requests)
        noteCapacity()
    }

    /// Tokens that a running request wants, before the budget; it is skipped at 0 or less.
    @inline(__always)
    mutating func wanted(_ slot: Int) -> Int {
        if plan.holds, requests[slot].prefilling { return 0 }
        return plan.clipped(requests[slot].tokensLeft(limit: rules.maxModelLen))
    }

    /// Whether the loop continues after a request that preempted itself (S1).
    fileprivate var goesOnAfterItself: Bool {
        waiting.ordered && rules.version.selfPreemption == .nextRunning
    }

    /// Whether the loop's position moves when a victim ahead of it leaves (S5).
    fileprivate func movesPlace(_ victim: Int) -> Bool {
        rules.version.victimPlace == .corrected || requests[victim].isScheduled
    }

    /// The index in `running` of the request to preempt: the last one, or with priorities the one
    /// with the largest (priority, arrival), the first among equals.
    fileprivate mutating func victim() -> Int {
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
