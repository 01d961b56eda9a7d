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
        // Not copied out of the array: a plan is as large as what is done with it.
        let span = plans.plans.span
        for index in span.indices {
            // Nearly always all of them are of one instance.
            if span[index].replica != replica {
                if replica >= 0 { lanes[replica] = lane }
                replica = span[index].replica
                lane = lanes[replica]
            }
            add(span[index], of: plans, to: &lane)
            witness.see(span[index], of: plans, prices)
        }
        if replica >= 0 { lanes[replica] = lane }
    }

    @inline(__always)
    private mutating func add(
        _ plan: DecidedPlan, of plans: DecidedPlans, to lane: inout Lane
    ) {
        if !plan.changes.isEmpty { change(plan, plans, lane) }
        if !plan.aborted.isEmpty || !plan.preempted.isEmpty { interrupt(plan, plans, lane) }
        guard !plan.isEmpty else { return }
        guard !plan.entries.isEmpty else { return lane.add(plan, interference: 0) }
        prices.note(plan, plans.entries)
        enter(plan, plans.entries, lane)
        lane.add(plan, interference: prices.ofDecodes)
    }

    /// Lets requests out of the sums and into them.
    private mutating func change(_ plan: DecidedPlan, _ plans: DecidedPlans, _ lane: Lane) {
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
    private mutating func interrupt(_ plan: DecidedPlan, _ plans: DecidedPlans, _ lane: Lane) {
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
    private mutating func enter(
        _ plan: DecidedPlan, _ entries: [ScheduledEntry], _ lane: Lane
    ) {
        var chunk = 0
        for place in plan.entries {
            var interference = prices.ofDecodes
            if !entries[place].isDecode {
                interference = prices.ofChunk(chunk)
                chunk += 1
            }
            ways.reach(entries[place].sequence)
            ways[entries[place].sequence].enter(
                entries[place], plan, interference: interference, lane)
        }
    }

    /// The parts of a request that ended; nil for one that was rejected or did not end. To be
    /// called for every record, in their order. O(1).
    package mutating func close(_ record: RequestRecord) -> RequestBreakdown? {
        defer { ways.removeFirst() }
        guard record.outcome == .finished || record.outcome == .aborted else { return nil }
        let record = record.asTheEngineSawIt(host)
        var breakdown = divide(record)
        breakdown.toFirstToken[.host] += host.outside
        return breakdown
    }

    private mutating func divide(_ record: RequestRecord) -> RequestBreakdown {
        guard ways.holds(ways.first), ways[ways.first].admitted >= 0 else {
            var parts = RequestBreakdown()
            parts.toFirstToken[.queue] = record.finish - record.arrival
            return parts
        }
        return ways[ways.first].close(record, busy: lanes[Int(record.replica)].busy)
    }
}

/// Who is told of each plan beside the keeper.
protocol StepWitness {
    /// `prices` are those of the plan where it has entries, else of an earlier one.
    mutating func see(_ plan: DecidedPlan, of plans: DecidedPlans, _ prices: StepPrices)
}

/// Looks away.
private struct NoWitness: StepWitness {
    @inline(__always)
    mutating func see(_ plan: DecidedPlan, of plans: DecidedPlans, _ prices: StepPrices) {}
}

extension RequestRecord {
    /// The same with the times of the engine's clock, without the way from the client and back.
    package func asTheEngineSawIt(_ host: HostTimes) -> RequestRecord {
        var record = self
        record.arrival += host.frontEnd
        if firstToken >= 0 { record.firstToken -= host.delivery }
        record.finish -= host.delivery
        record.frontEnd = 0
        return record
    }
}
