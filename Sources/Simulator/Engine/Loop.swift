import Basics

/// Why `advance` came back.
enum AdvanceStop {
    /// Nothing more happens before the horizon.
    case horizon
    /// Decisions or records are to be collected; call again.
    case collect
}

/// The last moment of a simulation, picoseconds: 92 days. It leaves 14 days of room in 64 bits for
/// the step under way.
let lastMoment: Int64 = 8_000_000_000_000_000_000

/// Runs the instance's loop up to `horizon`: every batch that ends by then is committed, and no
/// scheduling happens at or after it, since requests may yet arrive at that very moment.
///
/// Rules: the engine core's `step` (depth one) and `step_with_batch_queue` (depth two).
func advance(_ instance: inout Instance, to horizon: Int64) throws -> AdvanceStop {
    let allocated = HotStorage.allocations
    defer { instance.counters.allocations += HotStorage.allocations - allocated }
    if instance.samples.next <= horizon, try advanceByWindows(&instance, to: horizon) == .collect {
        return .collect
    }
    return try runLoop(&instance, to: horizon)
}

/// The loop itself.
func runLoop(_ instance: inout Instance, to horizon: Int64) throws -> AdvanceStop {
    let limit = min(horizon, lastMoment)
    while true {
        if instance.mustDrain {
            precondition(!instance.scheduler.flight.isEmpty, "the loop waits for no batch")
            let time = instance.processedFirst
            if time > horizon { return .horizon }
            if time > lastMoment { throw instance.isTooLate }
            commitOldest(&instance)
            if instance.log.isWanted, instance.log.isFull { return .collect }
        }
        if instance.checksInvariants { try holdInvariants(&instance) }
        if !instance.scheduler.hasWork, instance.scheduler.flight.isEmpty,
            !instance.scheduler.endedFlag
        {
            guard let next = instance.inbox.first else { return .horizon }
            let arrival = instance.scheduler.requests[Int(next)].arrival
            if arrival > instance.clock {
                instance.clock = arrival + instance.prices.host.idleStart
            }
        }
        if instance.clock >= horizon { return .horizon }
        if instance.clock >= lastMoment { throw instance.isTooLate }
        if instance.counters.ended.count >= InstanceCounters.endedAtOnce { return .collect }
        takeArrivals(&instance)
        processAborts(&instance)
        if fastForward(&instance, to: limit), instance.clock >= limit || instance.isDisturbed {
            continue
        }
        try scheduleAndDispatch(&instance)
    }
}

extension Instance {
    fileprivate var isTooLate: InputError {
        InputError(
            "replica \(number)", "simulated time passes 92 days",
            expected: "a part of the trace, or steps that take less time")
    }

    /// Whether a request arrives or gives up by now.
    @inline(__always)
    fileprivate var isDisturbed: Bool {
        if aborts.firstTime <= clock { return true }
        guard let next = inbox.first else { return false }
        return scheduler.requests[Int(next)].arrival <= clock
    }
}

@inline(__always)
private func takeArrivals(_ instance: inout Instance) {
    guard let next = instance.inbox.first,
        instance.scheduler.requests[Int(next)].arrival <= instance.clock
    else { return }
    takeArrived(&instance)
}

/// The same when there is one to take.
@inline(never)
private func takeArrived(_ instance: inout Instance) {
    while let next = instance.inbox.first,
        instance.scheduler.requests[Int(next)].arrival <= instance.clock
    {
        _ = instance.inbox.popFirst()
        instance.scheduler.events += 1
        let slot = Int(next)
        instance.counters.ledger.enter(arrivedAt: instance.scheduler.requests[slot].arrival)
        instance.scheduler.waiting.append(next, rank: instance.scheduler.requests[slot].rank)
        let abort = instance.scheduler.requests[slot].abort
        let outside = instance.prices.host.outside
        let first = instance.scheduler.requests[slot].firstTokenAbort(outside: outside)
        let id = instance.scheduler.requests[slot].id
        if first < abort { instance.aborts.push(.init(time: first, tie: id, payload: next)) }
        if abort < .max { instance.aborts.push(.init(time: abort, tie: id, payload: next)) }
    }
}

/// Ends the requests whose clients have given up by now, in order of (time, id).
@inline(__always)
private func processAborts(_ instance: inout Instance) {
    if instance.aborts.firstTime <= instance.clock { endAborted(&instance) }
}

/// The same when there may be one to end.
@inline(never)
private func endAborted(_ instance: inout Instance) {
    while instance.aborts.firstTime <= instance.clock, let event = instance.aborts.pop() {
        let slot = Int(event.payload)
        let request = instance.scheduler.requests[slot]
        let outside = instance.prices.host.outside
        let givesUp =
            request.abort == event.time
            || (request.lacksFirstToken
                && request.firstTokenAbort(outside: outside) == event.time)
        guard request.state != .ended, request.id == event.tie, givesUp else { continue }
        let wasRunning = request.state == .running
        if wasRunning, request.membership != .individual {
            individualise(&instance.scheduler, &instance.cache, slot)
        }
        instance.counters.ledger.giveUp(
            at: instance.clock, arrival: request.arrival, firstToken: request.firstToken,
            lastToken: instance.scheduler.requests[slot].lastToken)
        finish(
            &instance.scheduler, &instance.cache, &instance.counters, slot, .aborted,
            at: instance.clock)
        if wasRunning { leaveRunning(&instance.scheduler, event.payload) }
        guard instance.log.notesPlans else { continue }
        instance.log.plans.aborted.append(
            RequestMoment(id: request.id, sequence: request.sequence, time: instance.clock))
        if instance.log.isStepped { instance.log.aborted.append(request.id) }
    }
}

/// Schedules a step if there is anything to schedule for, and decides whether the loop waits for
/// the oldest batch before it goes on.
@inline(__always)
private func scheduleAndDispatch(_ instance: inout Instance) throws {
    let pipelined = instance.scheduler.depth > 1
    instance.scheduledNothing = true
    if instance.scheduler.hasWork || (pipelined && instance.scheduler.endedFlag) {
        let isCleanup = !instance.scheduler.hasWork
        instance.scheduler.endedFlag = false
        let isEmpty = try dispatch(&instance, isCleanup: isCleanup)
        instance.scheduledNothing = isEmpty
        try instance.checkProgress(scheduledNothing: isEmpty)
        let goesOn =
            !isEmpty || instance.scheduler.rules.version.emptyStep == .goesOn && instance.hasTurns
        if instance.scheduler.flight.count < instance.scheduler.depth, goesOn {
            instance.yieldIfIdle()
            instance.mustDrain = false
            return
        }
    } else if !pipelined {
        instance.scheduler.endedFlag = false
        instance.log.aborted.removeAll()
    }
    instance.mustDrain = !instance.scheduler.flight.isEmpty
}

/// Calls the scheduler, prices what it decided and queues the batch. True for an empty one.
@inline(__always)
private func dispatch(_ instance: inout Instance, isCleanup: Bool) throws -> Bool {
    let called = instance.clock
    let evictions = instance.log.isStepped ? instance.cache.evictions : 0
    let free = instance.cache.freeBlocks
    schedule(&instance.scheduler, &instance.cache, at: called)
    if instance.cache.overdraft > 0 { throw instance.crash }
    if instance.cache.freeBlocks != free {
        instance.counters.account(until: called, used: instance.cache.usableBlocks - free)
    }
    let isEmpty = instance.scheduler.plan.isEmpty
    let step = price(
        &instance.scheduler.plan, &instance.prices, into: &instance.counters.work)
    let work = instance.prices.host.dispatch(
        tokens: step.tokens, requests: step.requests, decodesOnly: step.decodesOnly)
    let start = max(called + work.before, instance.lastEnd)
    instance.clock = called + work.whole
    let ended = start + (isEmpty && instance.scheduler.depth > 1 ? 0 : step.duration)
    let end = work.whole > work.before ? max(ended, instance.clock) : ended
    if instance.scheduler.plan.isBound {
        noteLimit(&instance, lasting: end - max(called, instance.lastEnd))
    }
    if step.requests > 0 {
        instance.counters.count(
            step.duration, tokens: step.tokens, requests: step.requests, to: end,
            after: max(called, instance.lastEnd))
    } else if !isCleanup {
        instance.counters.totals.emptySteps += 1
    }
    instance.lastEnd = end
    instance.counters.lastEnd = max(instance.counters.lastEnd, end)
    let batch = BatchHeader(
        number: instance.scheduler.calls, start: start, end: end,
        members: instance.scheduler.plan.share.count, tick: instance.scheduler.cohort.tick - 1,
        sampled: step.sampled,
        wasted: instance.scheduler.plan.share.wasted, isCleanup: isCleanup,
        endsAsEntered: instance.scheduler.plan.endsAsEntered,
        skipsMembers: instance.scheduler.plan.skipsMembers)
    let age = instance.scheduler.flight.append(batch, &instance.scheduler.plan.entries)
    if isCleanup {
        instance.log.aborted.removeAll()
    } else {
        instance.scheduler.calls += 1
        if instance.log.isWanted {
            notePlan(&instance, age, called: called)
            if instance.log.isStepped {
                logSchedule(&instance, age, called: called, evictions: evictions)
            }
        }
    }
    return isEmpty
}

/// Charges a step's time to what kept it from holding more. O(entries) where no request waits.
@inline(never)
private func noteLimit(_ instance: inout Instance, lasting span: Int64) {
    let waits = !instance.scheduler.waiting.isEmpty
    let limit: StepLimit
    if !instance.scheduler.plan.preempted.isEmpty {
        limit = instance.scheduler.preemptsAtWill ? .other : .blocks
    } else if instance.scheduler.plan.budget == 0 {
        guard waits || cutsPrompt(&instance.scheduler) else { return }
        limit = .tokenBudget
    } else if instance.scheduler.running.count >= instance.scheduler.rules.activeLimit {
        limit = .runningRequests
    } else {
        limit = instance.scheduler.plan.stop ?? .other
    }
    instance.counters.limits.add(span, limit)
}

/// Whether a request of the step has more of its prompt to compute after it.
private func cutsPrompt(_ scheduler: inout Scheduler) -> Bool {
    for place in scheduler.plan.entries.indices {
        let slot = Int(scheduler.plan.entries[place].slot)
        if scheduler.requests[slot].prefilling { return true }
    }
    return false
}

private func commitOldest(_ instance: inout Instance) {
    let processed = instance.processedFirst
    instance.clock = max(instance.clock, instance.scheduler.flight.firstEnd)
    if instance.scheduler.depth > 1, instance.scheduler.rules.version.abortTime == .beforeUpdate {
        processAborts(&instance)
    }
    instance.clock = processed
    let batch = instance.scheduler.flight.removeFirst(entries: &instance.commitment.entries)
    let wasted = instance.counters.totals.wastedEntries
    let delivered = commit(
        batch, &instance.commitment, &instance.scheduler, &instance.cache, &instance.counters,
        at: instance.clock)
    instance.counters.lastEnd = max(
        instance.counters.lastEnd, instance.clock + instance.counters.delivery)
    if delivered > 0 { instance.lastDeliveryCall = instance.scheduler.calls }
    if instance.log.tellsDeliveries, delivered > 0 {
        noteDelivery(&instance, batch.number, at: instance.clock)
    }
    instance.mustDrain = false
    if instance.log.isStepped, !batch.isCleanup {
        logCommit(&instance, batch, delivered: delivered, wastedBefore: wasted)
    }
    instance.yieldIfIdle()
}

extension Instance {
    @inline(__always)
    fileprivate mutating func yieldIfIdle() {
        guard scheduledNothing, scheduler.depth > 1 else { return }
        switch scheduler.rules.version.emptyStep {
        case .waits: return
        case .waitsAndSleeps: if scheduler.hasWork { clock += prices.emptyYield }
        case .goesOn: if hasTurns { clock += prices.emptyYield }
        }
    }

    /// Whether the engine has requests, or an end to tell the workers.
    @inline(__always)
    fileprivate var hasTurns: Bool { scheduler.hasWork || scheduler.endedFlag }

    /// Ends the run with who holds what when the instance can never schedule again.
    @inline(__always)
    fileprivate mutating func checkProgress(scheduledNothing: Bool) throws {
        if scheduler.custom != nil, let failure = scheduler.failure { throw failure }
        if scheduler.calls - lastDeliveryCall > patience { throw noProgress() }
        guard scheduledNothing, scheduler.hasWork, aborts.isEmpty,
            (0..<scheduler.flight.count).allSatisfy({ scheduler.flight[$0].isEmpty })
        else {
            idleCalls = 0
            return
        }
        idleCalls += 1
        guard idleCalls > scheduler.cadence.interval + 4 else { return }
        throw noProgress()
    }

    /// The engine's own end where its release counts a window's blocks too low (S11).
    fileprivate var crash: InputError {
        InputError(
            "replica \(number)",
            "the engine of this release ends at \(clock / 1_000_000) us, in step "
                + "\(scheduler.calls), as it does on a full pool with sliding windows: "
                + "ValueError: Cannot get \(cache.overdraft) free blocks from the pool",
            expected: "engine.version of \(EngineRelease.firstSafe) or later, or a larger "
                + "engine.num_gpu_blocks")
    }

    private mutating func noProgress() -> InputError {
        orderRunning(&scheduler)
        var state = ""
        for slot in scheduler.running.elements.prefix(5) {
            let held = Int(cache.slots[Int(slot)].table.count) * cache.groups.count
            state += "request \(scheduler.requests[Int(slot)].id) holds \(held), "
        }
        if let head = scheduler.waiting.head {
            let request = scheduler.requests[Int(head)]
            state += "request \(request.id) (\(request.known) tokens) heads the queue"
        } else {
            state += "nothing waits"
        }
        let moment = "no progress at \(clock / 1_000_000) us"
        let blocks =
            "\(cache.freeBlocks) of \(cache.usableBlocks) blocks of "
            + "\(cache.blockSize.tokens) are free"
        if let custom = scheduler.custom {
            return custom.idle(Int(number), scheduler.calls, moment, "\(blocks); \(state)")
        }
        return InputError(
            "replica \(number)", "\(moment): \(blocks); \(state)",
            expected: "a larger engine.num_gpu_blocks or a smaller engine.max_model_len")
    }
}
