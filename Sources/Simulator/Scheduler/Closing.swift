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
        let target = scheduler.requests[slot].known + scheduler.requests[slot].outputsInFlight
        let prefilling = scheduler.requests[slot].computed < target
        scheduler.requests[slot].prefilling = prefilling
        if !prefilling {
            scheduler.requests[slot].outputsInFlight += 1
            scheduler.plan.entries[position].samples = true
        }
    }
    scheduler.cadence.finish(scheduledSomething: !scheduler.plan.isEmpty)
}
