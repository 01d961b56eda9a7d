import Basics

/// Why `advance` returned.
enum AdvanceStop {
    /// Nothing more happens before the horizon.
    case horizon
    /// Decisions or records are ready to collect; call again.
    case collect
}

/// The last moment of a simulation, in picoseconds: 92 days. It leaves 14 days of room in 64 bits
/// for the step under way.
let lastMoment: Int64 = 8_000_000_000_000_000_000

extension Instance {
    /// Runs the instance's loop up to `horizon`. Commits every batch that ends by then; schedules
    /// nothing at or after it, because requests may still arrive at that very moment.
    ///
    /// Rules: the engine core's `step` (depth one) and `step_with_batch_queue` (depth two).
    mutating func advance(to horizon: Int64) throws -> AdvanceStop {
        let allocated = HotStorage.allocations
        defer { counters.allocations += HotStorage.allocations - allocated }
        if samples.next <= horizon, try advanceByWindows(to: horizon) == .collect {
            return .collect
        }
        return try runLoop(to: horizon)
    }

    /// The loop itself.
    mutating func runLoop(to horizon: Int64) throws -> AdvanceStop {
        let limit = min(horizon, lastMoment)
        while true {
            if mustDrain {
                precondition(!scheduler.flight.isEmpty, "the loop waits for no batch")
                let time = processedFirst
                if time > horizon { return .horizon }
                if time > lastMoment { throw isTooLate }
                commitOldest()
                if log.isWanted, log.isFull { return .collect }
            }
            if checksInvariants { try holdInvariants() }
            if !scheduler.hasWork, scheduler.flight.isEmpty, !scheduler.endedFlag {
                guard let next = inbox.first else { return .horizon }
                let arrival = scheduler.requests[Int(next)].arrival
                if arrival > clock {
                    clock = arrival + prices.host.idleStart
                }
            }
            if clock >= horizon { return .horizon }
            if clock >= lastMoment { throw isTooLate }
            if counters.ended.count >= InstanceCounters.endedAtOnce { return .collect }
            takeArrivals()
            processAborts()
            if fastForward(to: limit), clock >= limit || isDisturbed {
                continue
            }
            try scheduleAndDispatch()
        }
    }

    fileprivate var isTooLate: InputError {
        InputError(
            "replica \(number)", "simulated time passes 92 days",
            expected: "a part of the trace, or steps that take less time")
    }

    /// Whether a request has arrived or been given up by now.
    @inline(__always)
    fileprivate var isDisturbed: Bool {
        mutating get {
            if aborts.firstTime <= clock { return true }
            guard let next = inbox.first else { return false }
            return scheduler.requests[Int(next)].arrival <= clock
        }
    }

    @inline(__always)
    private mutating func takeArrivals() {
        if reception.interval > 1 {
            let isIdle = !scheduler.hasWork && scheduler.flight.isEmpty
            guard reception.looks(isIdle: isIdle) else { return }
        }
        guard let next = inbox.first, scheduler.requests[Int(next)].arrival <= clock else { return }
        takeArrived()
    }

    /// The same if there is one to take.
    @inline(never)
    private mutating func takeArrived() {
        while let next = inbox.first, scheduler.requests[Int(next)].arrival <= clock {
            _ = inbox.popFirst()
            scheduler.events += 1
            let slot = Int(next)
            counters.ledger.enter(arrivedAt: scheduler.requests[slot].arrival)
            if log.notesPlans {
                log.arrived += 1
                log.arrivals += Int128(scheduler.requests[slot].arrival)
            }
            scheduler.waiting.append(next, rank: scheduler.requests[slot].rank)
            let abort = scheduler.requests[slot].abort
            let outside = prices.host.outside
            let first = scheduler.requests[slot].firstTokenAbort(outside: outside)
            let (id, mark) = (scheduler.requests[slot].id, scheduler.requests[slot].mark)
            if first < abort {
                aborts.push(.init(time: first, tie: id, payload: next, mark: mark))
            }
            if abort < .max {
                aborts.push(.init(time: abort, tie: id, payload: next, mark: mark))
            }
        }
    }

    /// Ends the requests whose clients have given up by now, in order of (time, id).
    @inline(__always)
    private mutating func processAborts() {
        if aborts.firstTime <= clock { endAborted() }
    }

    /// The same if there may be one to end.
    @inline(never)
    private mutating func endAborted() {
        while aborts.firstTime <= clock, let event = aborts.pop() {
            let slot = Int(event.payload)
            let request = scheduler.requests[slot]
            let outside = prices.host.outside
            let givesUp =
                request.abort == event.time
                || (request.lacksFirstToken
                    && request.firstTokenAbort(outside: outside) == event.time)
            // A retry has its request's id, and may have the slot of the attempt before.
            let isOwn = request.id == event.tie && request.mark == event.mark
            guard request.state != .ended, isOwn, givesUp else { continue }
            let wasRunning = request.state == .running
            if wasRunning, request.membership != .individual {
                scheduler.individualise(&cache, slot)
            }
            counters.ledger.giveUp(
                at: clock, arrival: request.arrival, firstToken: request.firstToken,
                lastToken: scheduler.requests[slot].lastToken)
            scheduler.finish(&cache, &counters, slot, .aborted, at: clock)
            if wasRunning { scheduler.leaveRunning(event.payload) }
            guard log.notesPlans else { continue }
            log.plans.aborted.append(
                RequestMoment(id: request.id, sequence: request.sequence, time: clock))
            if log.isStepped { log.aborted.append(request.id) }
        }
    }

    /// Schedules a step if there is work, and decides whether the loop waits for the oldest batch
    /// before it continues.
    @inline(__always)
    private mutating func scheduleAndDispatch() throws {
        let pipelined = scheduler.depth > 1
        scheduledNothing = true
        if scheduler.hasWork || (pipelined && scheduler.endedFlag) {
            let isCleanup = !scheduler.hasWork
            scheduler.endedFlag = false
            let isEmpty = try dispatch(isCleanup: isCleanup)
            scheduledNothing = isEmpty
            try checkProgress(scheduledNothing: isEmpty)
            let goesOn = !isEmpty || scheduler.rules.version.emptyStep == .goesOn && hasTurns
            if scheduler.flight.count < scheduler.depth, goesOn {
                yieldIfIdle()
                mustDrain = false
                return
            }
        } else if !pipelined {
            scheduler.endedFlag = false
            log.aborted.removeAll()
        }
        mustDrain = !scheduler.flight.isEmpty
    }

    /// Calls the scheduler, prices its plan and queues the batch. Returns whether the batch is
    /// empty.
    @inline(__always)
    private mutating func dispatch(isCleanup: Bool) throws -> Bool {
        let called = clock
        let evictions = log.isStepped ? cache.evictions : 0
        let free = cache.freeBlocks
        scheduler.schedule(&cache, at: called)
        if cache.overdraft > 0 { throw crash }
        if cache.freeBlocks != free {
            counters.account(until: called, used: cache.usableBlocks - free)
        }
        let isEmpty = scheduler.plan.isEmpty
        let step = price(&scheduler.plan, &prices, into: &counters.work)
        if reception.interval > 1 { reception.count(1, decodesOnly: step.decodesOnly) }
        let work = prices.host.dispatch(
            tokens: step.tokens, requests: step.requests, decodesOnly: step.decodesOnly)
        let start = max(called + work.before, lastEnd)
        clock = called + work.whole
        let ended = start + (isEmpty && scheduler.depth > 1 ? 0 : step.duration)
        let end = work.whole > work.before ? max(ended, clock) : ended
        if scheduler.plan.isBound {
            noteLimit(lasting: end - max(called, lastEnd))
        }
        if step.requests > 0 {
            counters.count(
                step.duration, tokens: step.tokens, requests: step.requests, to: end,
                after: max(called, lastEnd))
        } else if !isCleanup {
            counters.totals.emptySteps += 1
        }
        lastEnd = end
        counters.lastEnd = max(counters.lastEnd, end)
        let batch = BatchHeader(
            number: scheduler.calls, start: start, end: end, members: scheduler.plan.share.count,
            tick: scheduler.cohort.tick - 1, sampled: step.sampled,
            wasted: scheduler.plan.share.wasted, isCleanup: isCleanup,
            endsAsEntered: scheduler.plan.endsAsEntered, skipsMembers: scheduler.plan.skipsMembers)
        let age = scheduler.flight.append(batch, &scheduler.plan.entries)
        if isCleanup {
            log.aborted.removeAll()
        } else {
            scheduler.calls += 1
            if log.isWanted {
                noteStep(age, called: called)
                if log.isStepped {
                    logSchedule(age, called: called, evictions: evictions)
                }
            }
        }
        return isEmpty
    }

    /// Charges a step's time to what kept it from holding more. O(entries) if no request waits.
    @inline(never)
    private mutating func noteLimit(lasting span: Int64) {
        let waits = !scheduler.waiting.isEmpty
        let limit: StepLimit
        if !scheduler.plan.preempted.isEmpty {
            limit = scheduler.preemptsAtWill ? .other : .blocks
        } else if scheduler.plan.budget == 0 {
            guard waits || scheduler.cutsPrompt() else { return }
            limit = .tokenBudget
        } else if scheduler.running.count >= scheduler.rules.activeLimit {
            limit = .runningRequests
        } else {
            limit = scheduler.plan.stop ?? .other
        }
        counters.limits.add(span, limit)
    }
}

extension Scheduler {
    /// Whether a request of the step has more of its prompt to compute after it.
    fileprivate mutating func cutsPrompt() -> Bool {
        for place in plan.entries.indices {
            let slot = Int(plan.entries[place].slot)
            if requests[slot].prefilling { return true }
        }
        return false
    }
}

extension Instance {
    private mutating func commitOldest() {
        let processed = processedFirst
        clock = max(clock, scheduler.flight.firstEnd)
        if scheduler.depth > 1, scheduler.rules.version.abortTime == .beforeUpdate {
            processAborts()
        }
        clock = processed
        let batch = scheduler.flight.removeFirst(entries: &commitment.entries)
        let wasted = counters.totals.wastedEntries
        let delivered = scheduler.commit(batch, &commitment, &cache, &counters, at: clock)
        counters.lastEnd = max(counters.lastEnd, clock + counters.delivery)
        if delivered > 0 { lastDeliveryCall = scheduler.calls }
        if log.tellsDeliveries, delivered > 0 { noteDelivery(batch.number, at: clock) }
        mustDrain = false
        if log.isStepped, !batch.isCleanup {
            logCommit(batch, delivered: delivered, wastedBefore: wasted)
        }
        yieldIfIdle()
    }

    @inline(__always)
    fileprivate mutating func yieldIfIdle() {
        guard scheduledNothing, scheduler.depth > 1 else { return }
        switch scheduler.rules.version.emptyStep {
        case .waits: return
        case .waitsAndSleeps: if scheduler.hasWork { clock += prices.emptyYield }
        case .goesOn: if hasTurns { clock += prices.emptyYield }
        }
    }

    /// Whether the engine has requests, or has to tell the workers about an ended one.
    @inline(__always)
    fileprivate var hasTurns: Bool { scheduler.hasWork || scheduler.endedFlag }

    /// Throws, with what each request holds, when the instance can never schedule again.
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

    /// The engine's own crash, in releases that count a window's blocks too low (S11).
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
        scheduler.orderRunning()
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
