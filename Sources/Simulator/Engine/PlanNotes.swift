/// What observers are told of a plan. Only requests that the plan itself visited are visited, so
/// that an observed run fast-forwards like any other.

/// The steps of one decision, as executed. Times are in picoseconds.
struct StepsTaken {
    /// The first schedule call, its time, and the number of calls.
    var call: Int
    var called: Int64
    var number: Int
    /// Start and duration of the first step.
    var start: Int64
    var duration: Int64
    var lastStart: Int64
    var lastEnd: Int64
    var busy: Int64
    /// Blocks in use after the last step was scheduled.
    var usedBlocks: Int
}

extension Instance {
    /// Notes the step just dispatched, whose batch has this age and was decided at `called`.
    @inline(never)
    mutating func noteStep(_ age: Int, called: Int64) {
        guard log.notesPlans else { return }
        for place in scheduler.flight[age].entries.indices {
            log.plans.entries.append(scheduler.logged(scheduler.flight[age].entries[place]))
        }
        if scheduler.plan.share.wasted > 0 { noteWaste() }
        for place in scheduler.plan.preempted.indices {
            let slot = Int(scheduler.plan.preempted[place])
            var preemption = Preemption(
                id: scheduler.requests[slot].id,
                sequence: scheduler.requests[slot].sequence, time: called)
            let requester = Int(scheduler.plan.preemptors[place])
            if requester >= 0 {
                preemption.requester = scheduler.requests[requester].id
                preemption.requesterSequence = scheduler.requests[requester].sequence
            }
            log.plans.preempted.append(preemption)
        }
        let header = scheduler.flight[age].header
        let span = header.end - header.start
        let step = StepsTaken(
            call: header.number, called: called, number: 1, start: header.start, duration: span,
            lastStart: header.start, lastEnd: header.end, busy: span, usedBlocks: cache.usedBlocks)
        notePlan(step, scheduler.plan.share)
    }

    /// Notes the steps of one decision, with the members' share of the first.
    @inline(never)
    mutating func notePlan(_ steps: StepsTaken, _ members: CohortShare) {
        guard log.notesPlans else { return }
        var plan = DecidedPlan(replica: number, number: steps.call, time: steps.called)
        plan.times = steps.number
        plan.start = steps.start
        plan.duration = steps.duration
        plan.lastStart = steps.lastStart
        plan.lastEnd = steps.lastEnd
        plan.busy = steps.busy
        plan.members = members.count
        plan.context = members.context
        plan.windowedContext = members.windowed
        plan.waiting = scheduler.waiting.count
        if log.arrived > 0 {
            let waits = Int128(log.arrived) * Int128(steps.called) - log.arrivals
            plan.arrivedWait = Int64(clamping: max(0, waits))
            (log.arrived, log.arrivals) = (0, 0)
        }
        plan.running = scheduler.running.count
        plan.freeBlocks = cache.usableBlocks - steps.usedBlocks
        noteChanges()
        log.plans.append(plan)
    }

    /// Notes that the tokens of steps taken at once were delivered. `steps` counts from the latest
    /// schedule call.
    @inline(__always)
    mutating func noteDelivery(
        past steps: Int, times: Int = 1, at time: Int64, gap: Int64 = 0, rise: Int64 = 0
    ) {
        guard log.tellsDeliveries else { return }
        noteDelivery(scheduler.calls + steps, times: times, at: time, gap: gap, rise: rise)
    }

    /// Notes that the tokens of steps were delivered, each step longer than the one before by
    /// `rise`.
    @inline(never)
    mutating func noteDelivery(
        _ call: Int, times: Int = 1, at time: Int64, gap: Int64 = 0, rise: Int64 = 0
    ) {
        log.plans.deliveries.append(
            DeliveredSteps(
                replica: Int(number), number: call, times: times, time: time, gap: gap, rise: rise))
    }

    /// Notes what changed since the latest plan, in a plan without steps: observers must know which
    /// requests left the cohort before they get ended requests.
    mutating func noteRest() {
        guard log.isWanted else { return }
        counters.gaps.hand(to: &log.plans)
        guard log.notesPlans else { return }
        noteChanges()
        guard log.plans.hasMore else { return }
        log.plans.append(DecidedPlan(replica: number, number: scheduler.calls, time: clock))
    }

    /// Moves the requests that joined or left the cohort into the notes.
    @inline(__always)
    private mutating func noteChanges() {
        for place in scheduler.cohort.changes.indices {
            log.plans.changes.append(scheduler.cohort.changes[place])
        }
        scheduler.cohort.changes.removeAll()
    }

    /// Notes the steps wasted on members that are leaving.
    private mutating func noteWaste() {
        for place in scheduler.cohort.leaving.indices {
            let slot = scheduler.cohort.leaving[place]
            guard scheduler.wastesStep(Int(slot)) else { continue }
            let computed = scheduler.requests[Int(slot)].computedAtEnd
            log.plans.entries.append(scheduler.logged(.decode(slot, computedBefore: computed)))
        }
    }
}

extension Scheduler {
    /// An entry in the form that observers get.
    @inline(__always)
    mutating func logged(_ entry: Entry) -> ScheduledEntry {
        let slot = Int(entry.slot)
        return ScheduledEntry(
            id: requests[slot].id, sequence: requests[slot].sequence, tokens: Int(entry.tokens),
            computedBefore: Int(entry.computedBefore), kind: entry.kind,
            promptTokens: Int(requests[slot].promptTokens), samples: entry.samples)
    }
}

extension DecodeSteps {
    /// How many of these steps have delivered their tokens when the next one is about to be taken.
    /// With a pipeline, that next step delivers those of the batch in flight.
    var stepsDelivered: Int {
        @inline(__always) get { steps - (pipelined ? 1 : 0) }
    }
}
