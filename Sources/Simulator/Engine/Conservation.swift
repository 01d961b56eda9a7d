extension Instance {
    /// Checks that an idle instance accounts for everything it was given. Returns the broken
    /// invariant or nil. Invariants 21 to 23 and 26, by their numbers. O(1).
    mutating func unconserved() -> String? {
        remnant() ?? counters.unaccounted() ?? scheduler.miscounted(&counters)
    }

    /// I21, I22: every request that entered has ended and returned its slot and blocks.
    private mutating func remnant() -> String? {
        let left = scheduler.present + inbox.count
        if left > 0 { return "I21: \(left) requests are left" }
        if !scheduler.flight.isEmpty { return "I21: a batch is left in flight" }
        if scheduler.cohort.count + scheduler.cohort.leaving.count > 0
            || scheduler.cohort.context != 0 || scheduler.cohort.windowed != 0
            || scheduler.cohort.exits.count + scheduler.cohort.needs.wheel.count > 0
        {
            return "I21: the cohort is not empty"
        }
        let (slots, free) = (scheduler.requests.count, scheduler.freeSlots.count)
        if slots != free { return "I22: \(free) of \(slots) slots came back" }
        let held = cache.usedBlocks
        return held == 0 ? nil : "I22: \(held) blocks did not come back"
    }
}

extension Scheduler {
    /// I23, for one instance: tokens scheduled plus tokens found in the cache equal the tokens that
    /// requests had computed when they ended or were preempted, plus those computed for ended ones.
    fileprivate mutating func miscounted(_ counters: inout InstanceCounters) -> String? {
        let found = self.counters.hitTokensWithResumed
        // The tokens of an individual's wasted step are already in what it had when it ended.
        let wasted = counters.totals.wastedEntries - counters.ledger.wasted
        let had = counters.ledger.computed + wasted + droppedTokens
        if counters.totals.scheduledTokens + found == had { return nil }
        return "I23: \(counters.totals.scheduledTokens) tokens were scheduled and \(found) found, "
            + "requests had \(had)"
    }
}

extension InstanceCounters {
    /// I26: steps as priced match steps as scheduled, and the GPU is busy at most from the first
    /// arrival to the last end.
    fileprivate mutating func unaccounted() -> String? {
        if work.steps != totals.steps || work.tokens != totals.scheduledTokens
            || work.requests != totals.scheduledEntries
        {
            return "I26: \(work.tokens) tokens in \(work.steps) steps were priced, "
                + "\(totals.scheduledTokens) in \(totals.steps) scheduled"
        }
        let span = firstArrival == .max ? 0 : max(0, lastEnd - firstArrival)
        if busyTime < 0 || hostWaitTime < 0 || busyTime > span {
            return "I26: the GPU was busy for \(busyTime) of \(span) ps"
        }
        return nil
    }
}
