extension Scheduler {
    /// Updates each request by its entry, and checks vLLM's closing assertions: the step keeps its
    /// budget, no request is in it twice, and no more requests are scheduled than run.
    @inline(__always)
    mutating func close() {
        precondition(plan.budget >= 0, "I1: a step exceeds its budget")
        precondition(running.count <= rules.activeLimit, "I3: more requests run than may")
        let members = plan.share.count + plan.share.wasted
        precondition(
            plan.entries.count + members <= running.count,
            "I3: a step has more entries than requests run")
        for position in plan.entries.indices {
            let slot = Int(plan.entries[position].slot)
            precondition(requests[slot].isScheduled, "I2: a request is twice in a step")
            requests[slot].isScheduled = false
            let tokens = plan.entries[position].tokens
            requests[slot].computed += tokens
            requests[slot].inFlight += tokens
            let target = requests[slot].known + requests[slot].outputsInFlight
            let prefilling = requests[slot].computed < target
            requests[slot].prefilling = prefilling
            if !prefilling {
                requests[slot].outputsInFlight += 1
                plan.entries[position].samples = true
            }
        }
        cadence.finish(scheduledSomething: !plan.isEmpty)
    }
}
