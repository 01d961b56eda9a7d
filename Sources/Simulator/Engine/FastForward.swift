extension Instance {
    /// Fast-forwards a decision that holds for many steps, in closed form. Only the cohort decodes,
    /// until an arrival, an abort, a member's last token, a shortage of blocks or the horizon; it
    /// visits only members that need the pool. Returns whether there was such a step.
    ///
    /// It leaves the same state as executing these steps individually. At most O(1) per step,
    /// whatever the batch.
    @inline(__always)
    mutating func fastForward(to horizon: Int64) -> Bool {
        guard scheduler.cohort.isOn, scheduler.waiting.isEmpty,
            scheduler.cadence.interval == 1, !log.isStepped,
            // Who has come may have to wait for a look.
            reception.interval == 1 || inbox.isEmpty
        else { return false }
        scheduler.updateCohort(&cache)
        var times = scheduler.standingTimes()
        guard times > 0 else { return false }
        var limit = horizon
        if case .policy(let seat) = scheduler.custom {
            scheduler.clip(&times, &limit, &cache, seat, at: clock)
            guard times > 0 else { return false }
        }
        return fastForward(to: horizon, times, before: limit)
    }
}

extension Scheduler {
    /// How many steps the next decision holds for as far as the scheduler can tell, without a clock
    /// or block counts: while no request waits, enters or ends. 0 if the step must be executed.
    @inline(__always)
    fileprivate mutating func standingTimes() -> Int64 {
        let count = cohort.count
        guard count > 0, cohort.individuals.isEmpty, cohort.leaving.isEmpty,
            count <= rules.tokenBudget,
            flight.count == rules.inFlight
        else { return 0 }
        // A step whose batch ends a request is committed by the loop.
        var exit = cohort.exits.earliest(from: cohort.tick)
        if rules.inFlight == 0 {
            exit -= 1
        } else {
            guard delivers(count) else { return 0 }
        }
        return max(0, exit - cohort.tick)
    }

    /// Whether the batch in flight only gives each member a token, including those that joined with
    /// it.
    @inline(__always)
    private mutating func delivers(_ members: Int) -> Bool {
        let entries = flight[0].entries.count
        guard flight[0].header.tick == cohort.tick - 1,
            flight[0].header.members + entries == members
        else { return false }
        for place in 0..<entries {
            let slot = Int(flight[0].entries[place].slot)
            if requests[slot].membership != .member { return false }
        }
        return true
    }
}

extension Instance {
    /// The same for at most `times` steps, the last of them decided before `limit`.
    private mutating func fastForward(
        to horizon: Int64, _ times: Int64, before limit: Int64
    ) -> Bool {
        let count = scheduler.cohort.count
        guard count < prices.lines.count else { return false }
        // The loop handles clients that give up, exactly when they do.
        let horizon = min(horizon, aborts.firstTime - 1)
        if scheduler.rules.inFlight > 0, processedFirst > horizon { return false }
        var limit = min(limit, horizon)
        if let next = inbox.first {
            limit = min(limit, scheduler.requests[Int(next)].arrival)
        }
        let exit = scheduler.cohort.tick + times
        var taken = DecodeSteps(
            &self, prices.lines[count], limit: limit, horizon: horizon, exit: exit)
        let (start, span) = (taken.nextStart, taken.nextSpan)
        if cache.sumsBlocks {
            taken.run(&self)
        } else {
            // Members that need the pool are served before the step; the steps from there to the
            // next need are alike.
            var next = taken.tick
            while true {
                taken.exit = min(exit, scheduler.cohort.needs.earliest(from: next))
                taken.run(&self)
                precondition(taken.tick >= next, "who was served did not step")
                taken.exit = exit
                guard taken.serve(&self) else { break }
                next = taken.tick + 1
            }
        }
        guard taken.steps > 0 else { return false }
        if log.isWanted {
            let cohort = (scheduler.cohort.context, scheduler.cohort.windowed)
            notePlan(
                taken.summary(of: scheduler.calls, from: start, lasting: span),
                CohortShare(count: count, context: cohort.0, windowed: cohort.1))
        }
        if reception.interval > 1 { reception.count(Int(taken.steps), decodesOnly: true) }
        taken.commit(to: &self)
        return true
    }
}
