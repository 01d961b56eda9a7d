/// What is written down of a plan for those who watch. Nobody is looked at but the requests that
/// the plan itself looked at, so that a watched run fast-forwards as any other.

extension Instance {
    /// Notes the step just dispatched, whose batch has an age, and which was decided at `called`.
    @inline(never)
    mutating func notePlan(_ age: Int, called: Int64) {
        guard log.notesPlans else { return }
        let header = scheduler.flight[age].header
        var plan = DecidedPlan(replica: number, number: header.number, time: called)
        plan.times = 1
        plan.start = header.start
        plan.duration = header.end - header.start
        plan.lastStart = header.start
        plan.lastEnd = header.end
        plan.busy = plan.duration
        plan.members = scheduler.plan.share.count
        plan.context = scheduler.plan.share.context
        plan.windowedContext = scheduler.plan.share.windowed
        plan.waiting = scheduler.waiting.count
        plan.running = scheduler.running.count
        plan.freeBlocks = cache.freeBlocks
        noteChanges()
        for place in 0..<scheduler.flight[age].entries.count {
            let entry = scheduler.flight[age].entries[place]
            noteEntry(
                Int(entry.slot), Int(entry.tokens), Int(entry.computedBefore), entry.kind,
                samples: entry.samples)
        }
        if scheduler.plan.share.wasted > 0 { noteWaste() }
        for place in 0..<scheduler.plan.preempted.count {
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
        log.plans.append(plan)
    }
}

/// Steps taken at once. Times are picoseconds.
struct StepsTaken {
    var number: Int
    /// The host's work for each.
    var host: Int64
    /// What the first one takes.
    var duration: Int64
    var lastStart: Int64
    var lastEnd: Int64
    var busy: Int64
    /// After the last one was scheduled.
    var usedBlocks: Int
}

extension Instance {
    /// Notes steps taken at once, before which the instance still stands.
    @inline(never)
    mutating func notePlan(_ steps: StepsTaken) {
        guard log.notesPlans else { return }
        var plan = DecidedPlan(replica: number, number: scheduler.calls, time: clock)
        plan.times = steps.number
        plan.start = max(clock + steps.host, lastEnd)
        plan.duration = steps.duration
        plan.lastStart = steps.lastStart
        plan.lastEnd = steps.lastEnd
        plan.busy = steps.busy
        plan.members = scheduler.cohort.count
        plan.context = scheduler.cohort.context
        plan.windowedContext = scheduler.cohort.windowed
        plan.running = scheduler.running.count
        plan.freeBlocks = cache.usableBlocks - steps.usedBlocks
        noteChanges()
        log.plans.append(plan)
    }

    /// Notes what changed since the latest plan, in a plan of no step: before ended requests are
    /// handed on, it is to be known that they left the cohort.
    mutating func noteRest() {
        guard log.isWanted else { return }
        counters.gaps.hand(to: &log.plans)
        guard log.notesPlans else { return }
        noteChanges()
        guard log.plans.hasMore else { return }
        log.plans.append(DecidedPlan(replica: number, number: scheduler.calls, time: clock))
    }

    /// Takes over who joined the cohort and who left it.
    @inline(__always)
    private mutating func noteChanges() {
        for place in 0..<scheduler.cohort.changes.count {
            log.plans.changes.append(scheduler.cohort.changes[place])
        }
        scheduler.cohort.changes.removeAll()
    }

    @inline(__always)
    private mutating func noteEntry(
        _ slot: Int, _ tokens: Int, _ before: Int, _ kind: EntryKind, samples: Bool
    ) {
        let entry = ScheduledEntry(
            id: scheduler.requests[slot].id, sequence: scheduler.requests[slot].sequence,
            tokens: tokens, computedBefore: before, kind: .init(kind),
            promptTokens: Int(scheduler.requests[slot].promptTokens), samples: samples)
        log.plans.entries.append(entry)
    }

    /// Notes the steps that leaving members waste.
    private mutating func noteWaste() {
        for place in 0..<scheduler.cohort.leaving.count {
            let slot = Int(scheduler.cohort.leaving[place])
            guard scheduler.wastesStep(slot) else { continue }
            let computed = scheduler.requests[slot].computedAtEnd
            noteEntry(slot, 1, computed, .running, samples: true)
        }
    }
}

extension ScheduledEntry.Kind {
    init(_ kind: EntryKind) {
        self =
            switch kind {
            case .running: .running
            case .admitted: .admitted
            case .resumed: .resumed
            }
    }
}
