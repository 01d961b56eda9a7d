import StepTime

/// Divides every request's latency into parts that sum to it, to the picosecond, by observing the
/// schedulers' decisions.
///
/// At any moment between its arrival and its end a request is in one place: in the queue, in a
/// step, between two of its steps, or preempted. A step that decodes is split once more: what it
/// would have taken without others' prefill, by the same step-time model, and the rest. In a step
/// with several prompts, the time due to the other prompts is split off in the same way.
///
/// A step means the same to all members of the cohort. So each instance keeps running sums of a
/// member's parts, and a member's parts are the differences between joining and leaving: O(1) per
/// plan, entry, change or end, whatever the batch. Memory grows with the requests alive.
package struct LatencyBreakdownKeeper: Sendable {
    private var lanes: [Lane]
    private var ways = Ways()
    private var prices: StepPrices
    private let host: HostTimes

    /// Observes a run of a plan.
    package init(_ plan: RunPlan) {
        prices = StepPrices(plan)
        host = plan.engine.host
        lanes = Array(repeating: Lane(), count: plan.replicas)
    }

    /// Records plans, each instance's in order. O(plans + their lists).
    package mutating func add(_ plans: DecidedPlans) {
        var nobody = NoWitness()
        add(plans, before: &nobody)
    }

    /// The same, with a witness that sees each plan and how its prefill slows its requests.
    @inline(__always)
    mutating func add(_ plans: DecidedPlans, before witness: inout some StepWitness) {
        var (replica, lane) = (-1, Lane())
        for number in plans.plans.indices {
            // Usually all plans are of one instance.
            if plans.plans[number].replica != replica {
                if replica >= 0 { lanes[replica] = lane }
                replica = plans.plans[number].replica
                lane = lanes[replica]
            }
            add(number, of: plans, to: &lane)
            witness.see(number, of: plans, prices)
        }
        if replica >= 0 { lanes[replica] = lane }
    }

    /// Plans are passed by their number in the list: copying one would cost as much as processing
    /// it.
    @inline(__always)
    private mutating func add(_ number: Int, of plans: DecidedPlans, to lane: inout Lane) {
        let plan = plans.plans[number]
        if !plan.changes.isEmpty { change(number, plans, lane) }
        if !plan.aborted.isEmpty || !plan.preempted.isEmpty { interrupt(number, plans, lane) }
        guard !plan.isEmpty else { return }
        guard !plan.entries.isEmpty else { return lane.add(plan, interference: 0) }
        prices.note(number, of: plans)
        enter(number, plans, lane)
        lane.add(plan, interference: prices.ofDecodes)
    }

    /// Moves requests out of the cohort and into it.
    private mutating func change(_ number: Int, _ plans: DecidedPlans, _ lane: Lane) {
        let plan = plans.plans[number]
        for place in plan.changes {
            let sequence = plans.changes[place].sequence
            ways.reach(sequence)
            if plans.changes[place].joins {
                ways[sequence].standing = .joining
            } else {
                ways[sequence].leave(lane, computed: plans.changes[place].computed)
            }
        }
        guard !plan.isEmpty else { return }
        for place in plan.changes where plans.changes[place].joins {
            ways[plans.changes[place].sequence].join(plan.start, lane)
        }
    }

    /// Records aborted and preempted requests.
    private mutating func interrupt(_ number: Int, _ plans: DecidedPlans, _ lane: Lane) {
        let plan = plans.plans[number]
        for place in plan.aborted {
            let moment = plans.aborted[place]
            guard ways.holds(moment.sequence) else { continue }
            ways[moment.sequence].busyAtAbort = lane.busy(until: moment.time)
        }
        for place in plan.preempted {
            let sequence = plans.preempted[place].sequence
            guard ways.holds(sequence) else { continue }
            ways[sequence].preempt(at: plan.time, lane)
        }
    }

    /// Records a step for the requests that have their own entry.
    private mutating func enter(_ number: Int, _ plans: DecidedPlans, _ lane: Lane) {
        let plan = plans.plans[number]
        var chunk = 0
        for place in plan.entries {
            let entry = plans.entries[place]
            var interference = prices.ofDecodes
            if !entry.isDecode {
                interference = prices.ofChunk(chunk)
                chunk += 1
            }
            ways.reach(entry.sequence)
            ways[entry.sequence].enter(entry, plan, interference: interference, lane)
        }
    }

    /// The parts of a request that ended; nil if it was rejected or did not end. Call for every
    /// record in order. O(1).
    package mutating func close(_ record: RequestRecord) -> RequestBreakdown? {
        var parts = RequestBreakdown()
        return close(record, into: &parts) ? parts : nil
    }

    /// The same into an existing value, which saves copies. Returns false, and leaves the value
    /// unchanged, if there are no parts.
    package mutating func close(
        _ record: RequestRecord, into parts: inout RequestBreakdown
    ) -> Bool {
        let ended = record.outcome == .finished || record.outcome == .aborted
        if ended {
            divide(record.asTheEngineSawIt(host), into: &parts)
            parts.toFirstToken[.host] += host.outside
        }
        ways.removeFirst()
        return ended
    }

    @inline(__always)
    private mutating func divide(_ record: RequestRecord, into parts: inout RequestBreakdown) {
        if ways.holds(ways.first) {
            let busy = lanes[Int(record.replica)].busy
            ways[ways.first].close(record, busy: busy, into: &parts)
        } else {
            Way.closeUnadmitted(record, into: &parts)
        }
    }
}

/// Sees each plan together with the keeper.
protocol StepWitness {
    /// `number` is the plan's in the list. `prices` are those of the plan if it has entries,
    /// otherwise those of an earlier one.
    mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices)
}

/// A witness that ignores everything.
private struct NoWitness: StepWitness {
    @inline(__always)
    mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices) {}
}

extension RequestRecord {
    /// The record in the engine's times, without the way from the client and back.
    @inline(__always)
    package func asTheEngineSawIt(_ host: HostTimes) -> RequestRecord {
        var record = self
        record.arrival += host.frontEnd
        if firstToken >= 0 { record.firstToken -= host.delivery }
        record.finish -= host.delivery
        record.frontEnd = 0
        return record
    }
}
