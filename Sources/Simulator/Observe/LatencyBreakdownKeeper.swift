import StepTime

/// Divides every request's latency into parts that sum to it, to the picosecond, by watching what
/// the schedulers decide.
///
/// At any moment between its arrival and its end a request is in one place: in the queue, in a
/// step, between two of its steps, or preempted. A step that decodes is split once more: what it
/// would have taken without the others' prefill, by the same step-time model, and the rest. What
/// a step with several prompts in it takes longer for the other prompts is split off likewise.
///
/// What a step is to a member of the cohort it is to all of them. So each instance has running sums
/// of the members' parts, and a member's parts are the differences between its joining and its
/// leaving: O(1) a plan, an entry, a change or an end, whatever the batch. Memory follows the
/// requests alive.
package struct LatencyBreakdownKeeper: Sendable {
    private var lanes: [Lane]
    private var ways = Ways()
    private var prices: StepPrices
    private let host: HostTimes

    /// Watches a run of a plan.
    package init(_ plan: RunPlan) {
        prices = StepPrices(plan)
        host = plan.engine.host
        lanes = Array(repeating: Lane(), count: plan.replicas)
    }

    /// Takes note of plans; those of an instance in order. O(plans + what their lists hold).
    package mutating func add(_ plans: DecidedPlans) {
        var nobody = NoWitness()
        add(plans, before: &nobody)
    }

    /// The same, with a witness who is told each plan and what its prefill costs its requests.
    @inline(__always)
    mutating func add(_ plans: DecidedPlans, before witness: inout some StepWitness) {
        var (replica, lane) = (-1, Lane())
        for number in plans.plans.indices {
            // Nearly always all of them are of one instance.
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

    /// Plans are handed around by their number in the list: passing one copies it, and it is as
    /// large as what is done with it.
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

    /// Lets requests out of the sums and into them.
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

    /// Notes who was aborted and who preempted.
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

    /// Notes a step on the requests that have an entry of their own.
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

    /// The parts of a request that ended; nil for one that was rejected or did not end. To be
    /// called for every record, in their order. O(1).
    package mutating func close(_ record: RequestRecord) -> RequestBreakdown? {
        var parts = RequestBreakdown()
        return close(record, into: &parts) ? parts : nil
    }

    /// The same into a value that has room for them, which saves copies; false where there are
    /// none, and then the value stays as it was.
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

/// Who is told of each plan beside the keeper.
protocol StepWitness {
    /// `number`: the plan's in the list. `prices` are those of the plan where it has entries, else
    /// of an earlier one.
    mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices)
}

/// Looks away.
private struct NoWitness: StepWitness {
    @inline(__always)
    mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices) {}
}

extension RequestRecord {
    /// The same with the times of the engine's clock, without the way from the client and back.
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
