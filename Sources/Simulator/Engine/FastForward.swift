/// Prices and commits a decision that stands for many steps, in closed form: only the cohort
/// decodes, without looking at any member but those that need the pool, until an arrival, an abort,
/// a member's last token, a shortage of blocks or the horizon. Whether there was such a step.
///
/// It leaves the state that deciding the same steps one at a time would. O(1) per step at most,
/// whatever the batch.
@inline(__always)
func fastForward(_ instance: inout Instance, to horizon: Int64) -> Bool {
    guard instance.scheduler.cohort.isOn, instance.scheduler.waiting.isEmpty,
        instance.scheduler.cadence.interval == 1, !instance.log.isStepped
    else { return false }
    updateCohort(&instance.scheduler, &instance.cache)
    var times = standingTimes(&instance.scheduler)
    guard times > 0 else { return false }
    var limit = horizon
    if case .policy(let seat) = instance.scheduler.custom {
        clip(
            &times, &limit, &instance.scheduler, &instance.cache, seat, at: instance.clock)
        guard times > 0 else { return false }
    }
    return fastForward(&instance, to: horizon, times, before: limit)
}

/// How many steps the decision of the next one stands for as far as the scheduler can tell, which
/// knows no clock and counts no blocks: no request waits, enters or ends. 0: it must be decided.
@inline(__always)
private func standingTimes(_ scheduler: inout Scheduler) -> Int64 {
    let count = scheduler.cohort.count
    guard count > 0, scheduler.cohort.individuals.isEmpty, scheduler.cohort.leaving.isEmpty,
        count <= scheduler.rules.tokenBudget,
        scheduler.flight.count == scheduler.rules.inFlight
    else { return 0 }
    // A step whose batch ends a request is committed the ordinary way.
    var exit = scheduler.cohort.exits.earliest(from: scheduler.cohort.tick)
    if scheduler.rules.inFlight == 0 {
        exit -= 1
    } else {
        guard delivers(&scheduler, count) else { return 0 }
    }
    return max(0, exit - scheduler.cohort.tick)
}

/// Whether all that the batch in flight does is to give each member a token: those that were
/// members already, and those that joined with it.
@inline(__always)
private func delivers(_ scheduler: inout Scheduler, _ members: Int) -> Bool {
    let entries = scheduler.flight[0].entries.count
    guard scheduler.flight[0].header.tick == scheduler.cohort.tick - 1,
        scheduler.flight[0].header.members + entries == members
    else { return false }
    for place in 0..<entries {
        let slot = Int(scheduler.flight[0].entries[place].slot)
        if scheduler.requests[slot].membership != .member { return false }
    }
    return true
}

/// The same for so many times at most, the last of them decided before `limit`.
private func fastForward(
    _ instance: inout Instance, to horizon: Int64, _ times: Int64, before limit: Int64
) -> Bool {
    let count = instance.scheduler.cohort.count
    guard count < instance.prices.lines.count else { return false }
    // Who gives up is seen to by the loop, and at no other time than theirs.
    let horizon = min(horizon, instance.aborts.firstTime - 1)
    if instance.scheduler.rules.inFlight > 0, instance.processedFirst > horizon { return false }
    var limit = min(limit, horizon)
    if let next = instance.inbox.first {
        limit = min(limit, instance.scheduler.requests[Int(next)].arrival)
    }
    let exit = instance.scheduler.cohort.tick + times
    var taken = DecodeSteps(
        &instance, instance.prices.lines[count], limit: limit, horizon: horizon, exit: exit)
    let first = taken.nextSpan
    if instance.cache.sumsBlocks {
        taken.run(&instance)
    } else {
        // Who needs the pool is served before the step; the steps from there to the next needs
        // are alike.
        var next = taken.tick
        while true {
            taken.exit = min(exit, instance.scheduler.cohort.needs.earliest(from: next))
            taken.run(&instance)
            precondition(taken.tick >= next, "who was served did not step")
            taken.exit = exit
            guard taken.serve(&instance) else { break }
            next = taken.tick + 1
        }
    }
    guard taken.steps > 0 else { return false }
    if instance.log.isWanted { notePlan(&instance, taken.summary(lasting: first)) }
    taken.commit(to: &instance)
    return true
}
