/// What is written down of a plan for those who watch. Nobody is looked at but the requests that
/// the plan itself looked at, so that a watched run fast-forwards as any other.

/// Notes the step just dispatched, whose batch has an age, and which was decided at `called`.
@inline(never)
func notePlan(_ instance: inout Instance, _ age: Int, called: Int64) {
    guard instance.log.notesPlans else { return }
    let header = instance.scheduler.flight[age].header
    var plan = DecidedPlan(replica: instance.number, number: header.number, time: called)
    plan.times = 1
    plan.start = header.start
    plan.duration = header.end - header.start
    plan.lastStart = header.start
    plan.lastEnd = header.end
    plan.busy = plan.duration
    plan.members = instance.scheduler.plan.share.count
    plan.context = instance.scheduler.plan.share.context
    plan.windowedContext = instance.scheduler.plan.share.windowed
    plan.waiting = instance.scheduler.waiting.count
    plan.running = instance.scheduler.running.count
    plan.freeBlocks = instance.cache.freeBlocks
    noteChanges(&instance)
    for place in 0..<instance.scheduler.flight[age].entries.count {
        let entry = instance.scheduler.flight[age].entries[place]
        noteEntry(
            &instance, Int(entry.slot), Int(entry.tokens), Int(entry.computedBefore), entry.kind,
            samples: entry.samples)
    }
    if instance.scheduler.plan.share.wasted > 0 { noteWaste(&instance) }
    for place in 0..<instance.scheduler.plan.preempted.count {
        let slot = Int(instance.scheduler.plan.preempted[place])
        var preemption = Preemption(
            id: instance.scheduler.requests[slot].id,
            sequence: instance.scheduler.requests[slot].sequence, time: called)
        let requester = Int(instance.scheduler.plan.preemptors[place])
        if requester >= 0 {
            preemption.requester = instance.scheduler.requests[requester].id
            preemption.requesterSequence = instance.scheduler.requests[requester].sequence
        }
        instance.log.plans.preempted.append(preemption)
    }
    instance.log.plans.append(plan)
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

/// Notes steps taken at once, before which the instance still stands.
@inline(never)
func notePlan(_ instance: inout Instance, _ steps: StepsTaken) {
    guard instance.log.notesPlans else { return }
    var plan = DecidedPlan(
        replica: instance.number, number: instance.scheduler.calls, time: instance.clock)
    plan.times = steps.number
    plan.start = max(instance.clock + steps.host, instance.lastEnd)
    plan.duration = steps.duration
    plan.lastStart = steps.lastStart
    plan.lastEnd = steps.lastEnd
    plan.busy = steps.busy
    plan.members = instance.scheduler.cohort.count
    plan.context = instance.scheduler.cohort.context
    plan.windowedContext = instance.scheduler.cohort.windowed
    plan.running = instance.scheduler.running.count
    plan.freeBlocks = instance.cache.usableBlocks - steps.usedBlocks
    noteChanges(&instance)
    instance.log.plans.append(plan)
}

extension DecodeSteps {
    /// Of how many of these steps the tokens have left when the next one is about to be taken: with
    /// a pipeline that one delivers those of the batch in flight.
    var stepsDelivered: Int {
        @inline(__always) get { steps - (pipelined ? 1 : 0) }
    }
}

/// The same of steps taken at once, past so many of those since the latest schedule call.
@inline(__always)
func noteDelivery(
    _ instance: inout Instance, past steps: Int, times: Int = 1, at time: Int64, gap: Int64 = 0,
    rise: Int64 = 0
) {
    guard instance.log.tellsDeliveries else { return }
    noteDelivery(
        &instance, instance.scheduler.calls + steps, times: times, at: time, gap: gap,
        rise: rise)
}

/// Notes that the tokens of steps have left; where each took equally long more than the one before.
@inline(never)
func noteDelivery(
    _ instance: inout Instance, _ number: Int, times: Int = 1, at time: Int64, gap: Int64 = 0,
    rise: Int64 = 0
) {
    instance.log.plans.deliveries.append(
        DeliveredSteps(
            replica: Int(instance.number), number: number, times: times, time: time, gap: gap,
            rise: rise))
}

/// Notes what changed since the latest plan, in a plan of no step: before ended requests are handed
/// on, it is to be known that they left the cohort.
func noteRest(_ instance: inout Instance) {
    guard instance.log.isWanted else { return }
    instance.counters.gaps.hand(to: &instance.log.plans)
    guard instance.log.notesPlans else { return }
    noteChanges(&instance)
    guard instance.log.plans.hasMore else { return }
    instance.log.plans.append(
        DecidedPlan(
            replica: instance.number, number: instance.scheduler.calls, time: instance.clock))
}

/// Takes over who joined the cohort and who left it.
@inline(__always)
private func noteChanges(_ instance: inout Instance) {
    for place in 0..<instance.scheduler.cohort.changes.count {
        instance.log.plans.changes.append(instance.scheduler.cohort.changes[place])
    }
    instance.scheduler.cohort.changes.removeAll()
}

@inline(__always)
private func noteEntry(
    _ instance: inout Instance, _ slot: Int, _ tokens: Int, _ before: Int, _ kind: EntryKind,
    samples: Bool
) {
    let entry = ScheduledEntry(
        id: instance.scheduler.requests[slot].id,
        sequence: instance.scheduler.requests[slot].sequence, tokens: tokens,
        computedBefore: before, kind: .init(kind),
        promptTokens: Int(instance.scheduler.requests[slot].promptTokens), samples: samples)
    instance.log.plans.entries.append(entry)
}

/// Notes the steps that leaving members waste.
private func noteWaste(_ instance: inout Instance) {
    for place in 0..<instance.scheduler.cohort.leaving.count {
        let slot = Int(instance.scheduler.cohort.leaving[place])
        guard instance.scheduler.wastesStep(slot) else { continue }
        let computed = instance.scheduler.requests[slot].computedAtEnd
        noteEntry(&instance, slot, 1, computed, .running, samples: true)
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
