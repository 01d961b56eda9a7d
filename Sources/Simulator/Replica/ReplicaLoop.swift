import Basics
import StepTime
import Traces

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

/// Runs the replica's loop up to `horizon`: every batch that ends by then is processed, and no
/// scheduling happens at or after it, since requests may yet arrive at that very moment.
///
/// Rules: the engine core's `step` (depth one) and `step_with_batch_queue` (depth two).
func advance(_ replica: inout Replica, to horizon: Int64) throws -> AdvanceStop {
    let allocated = HotStorage.allocations
    defer { replica.tally.allocations += HotStorage.allocations - allocated }
    while true {
        if replica.mustDrain {
            precondition(!replica.dispatched.isEmpty, "the loop waits for no batch")
            let time = max(replica.clock, replica.dispatched.firstEnd)
            if time > horizon { return .horizon }
            if time > lastMoment { throw tooLate(&replica) }
            processOldest(&replica)
            if replica.log.decisions.count >= 256 { return .collect }
        }
        if !replica.hasWork, replica.dispatched.isEmpty, !replica.endedFlag {
            guard let next = replica.inbox.first else { return .horizon }
            replica.clock = max(replica.clock, replica.requests[Int(next)].arrival)
        }
        if replica.clock >= horizon { return .horizon }
        if replica.clock >= lastMoment { throw tooLate(&replica) }
        if replica.tally.ended.count >= Tally.endedAtOnce { return .collect }
        takeArrivals(&replica)
        processAborts(&replica)
        if replica.stride.count > 0 {
            strideRun(&replica, to: min(horizon, lastMoment))
            // It took arrivals too, and one of those may have given up by now.
            let isDue = replica.aborts.firstTime <= replica.clock
            if replica.mustDrain || replica.clock >= horizon || !replica.hasWork || isDue {
                continue
            }
        } else if !replica.stride.isOn, walkRun(&replica, to: min(horizon, lastMoment)) {
            continue
        }
        try scheduleAndDispatch(&replica)
    }
}

private func tooLate(_ replica: inout Replica) -> InputError {
    InputError(
        "replica \(replica.number)", "simulated time passes 92 days",
        expected: "a part of the trace, or steps that take less time")
}

@inline(__always)
func takeArrivals(_ replica: inout Replica) {
    guard let next = replica.inbox.first, replica.requests[Int(next)].arrival <= replica.clock
    else { return }
    takeArrived(&replica)
}

/// The same when there is one to take.
@inline(never)
private func takeArrived(_ replica: inout Replica) {
    while let next = replica.inbox.first, replica.requests[Int(next)].arrival <= replica.clock {
        _ = replica.inbox.popFirst()
        replica.tally.events += 1
        let slot = Int(next)
        replica.waiting.append(next, rank: replica.rank(slot))
        if replica.requests[slot].abort < .max {
            replica.aborts.push(
                .init(
                    time: replica.requests[slot].abort, tie: replica.requests[slot].id,
                    payload: next))
        }
    }
}

/// Ends the requests whose clients have given up by now, in order of (time, id).
private func processAborts(_ replica: inout Replica) {
    while let event = replica.aborts.first, event.time <= replica.clock {
        _ = replica.aborts.pop()
        let slot = Int(event.payload)
        let request = replica.requests[slot]
        guard request.state != .ended, request.id == event.tie, request.abort == event.time else {
            continue
        }
        let wasRunning = request.state == .running
        if wasRunning, request.pace != .explicit { makeExplicit(&replica, slot) }
        finish(&replica, slot, .aborted)
        if wasRunning { leaveRunning(&replica, event.payload) }
        if replica.log.isWanted { replica.log.aborted.append(request.id) }
    }
}

/// Schedules a step if there is anything to schedule for, and decides whether the loop waits for
/// the oldest batch before it goes on.
private func scheduleAndDispatch(_ replica: inout Replica) throws {
    let pipelined = replica.depth > 1
    replica.scheduledNothing = true
    if replica.hasWork || (pipelined && replica.endedFlag) {
        let isCleanup = !replica.hasWork
        replica.endedFlag = false
        let isEmpty = dispatch(&replica, isCleanup: isCleanup)
        replica.scheduledNothing = isEmpty
        try checkProgress(&replica, scheduledNothing: isEmpty)
        let goesOn = !isEmpty || replica.hasWork || replica.endedFlag
        if replica.dispatched.count < replica.depth, goesOn {
            yieldIfIdle(&replica)
            replica.mustDrain = false
            return
        }
    } else if !pipelined {
        replica.endedFlag = false
        replica.log.aborted.removeAll()
    }
    replica.mustDrain = !replica.dispatched.isEmpty
}

private func yieldIfIdle(_ replica: inout Replica) {
    guard replica.depth > 1, replica.scheduledNothing else { return }
    if replica.hasWork || replica.endedFlag {
        replica.clock += replica.engine.emptyYieldMicroseconds * 1_000_000
    }
}

/// Calls the scheduler, prices what it decided and queues the batch. True for an empty one.
private func dispatch(_ replica: inout Replica, isCleanup: Bool) -> Bool {
    let evictions = replica.evictions
    replica.tally.account(until: replica.clock, used: replica.usedBlocks)
    schedule(&replica)
    let load = stepLoad(&replica)
    let isEmpty = load.requests == 0
    let called = replica.clock
    let duration = isEmpty && replica.depth > 1 ? 0 : replica.stepTime.picoseconds(load)
    if !isEmpty { countWork(&replica, load) }
    let place = queueBatch(
        &replica, tokens: load.tokens, requests: load.requests, duration, isCleanup: isCleanup)
    if isCleanup {
        replica.log.aborted.removeAll()
    } else {
        replica.calls += 1
        if replica.log.isWanted {
            logSchedule(&replica, place, called: called, evictions: evictions)
        }
    }
    swap(&replica.dispatched[place].entries, &replica.scratch.entries)
    return isEmpty
}

/// Queues the batch of the step just scheduled, but for its entries: the host has worked for it,
/// and it runs when the one before has ended. Its age among the dispatched.
@inline(__always)
func queueBatch(
    _ replica: inout Replica, tokens: Int, requests: Int, _ duration: Int64,
    isCleanup: Bool = false
) -> Int {
    let called = replica.clock
    replica.clock += replica.engine.hostFixed
    replica.clock += replica.engine.hostPerRequest * Int64(requests)
    let start = max(replica.clock, replica.lastEnd)
    let place = replica.dispatched.append()
    replica.dispatched[place].set(
        number: replica.calls, start: start, end: start + duration, replica.stride.share,
        tick: replica.stride.tick - 1, isCleanup: isCleanup)
    if requests > 0 {
        replica.tally.hostWaitTime += start - max(called, replica.lastEnd)
        replica.tally.busyTime += duration
        replica.tally.counters.steps += 1
        replica.tally.counters.scheduledTokens += tokens
        replica.tally.counters.scheduledEntries += requests
    } else if !isCleanup {
        replica.tally.counters.emptySteps += 1
    }
    replica.lastEnd = start + duration
    replica.tally.lastEnd = max(replica.tally.lastEnd, replica.lastEnd)
    return place
}

/// Counts what a step holds.
@inline(__always)
func countWork(_ replica: inout Replica, _ load: StepLoad) {
    replica.tally.work.add(load)
    countWeights(&replica, tokens: load.tokens, requests: load.requests, steps: 1)
}

/// Counts the weights that equal steps read, where these differ from step to step.
@inline(__always)
func countWeights(_ replica: inout Replica, tokens: Int, requests: Int, steps: Int) {
    if replica.countsWeights { countDiffering(&replica, tokens, requests, steps) }
}

@inline(never)
private func countDiffering(
    _ replica: inout Replica, _ tokens: Int, _ requests: Int, _ steps: Int
) {
    replica.weightReads?.count(
        tokens: tokens, requests: requests, steps: steps, into: &replica.tally.work)
}

/// Sums up what the scheduled entries cost.
func stepLoad(_ replica: inout Replica) -> StepLoad {
    var load = StepLoad()
    let window = replica.stepTime.window
    for position in replica.scratch.entries.indices {
        let entry = replica.scratch.entries[position]
        load.add(
            Int(entry.tokens), past: Int(entry.computedBefore), samples: entry.samples,
            window: window)
    }
    let share = replica.stride.share
    if !share.isEmpty {
        let decodes = share.count + share.wasted
        load.addDecodes(
            decodes, context: share.context + share.wastedContext,
            windowedContext: share.windowed + share.wastedWindowed)
        load.sampled += decodes
    }
    return load
}

private func processOldest(_ replica: inout Replica) {
    replica.clock = max(replica.clock, replica.dispatched.firstEnd)
    if replica.depth > 1 { processAborts(&replica) }
    let batch = replica.dispatched.removeFirst(entries: &replica.scratch.processing)
    let wasted = replica.tally.counters.wastedEntries
    let delivered = update(&replica, batch)
    replica.mustDrain = false
    if replica.log.isWanted, !batch.isCleanup {
        logUpdate(&replica, batch, delivered: delivered, wastedBefore: wasted)
    }
    yieldIfIdle(&replica)
}

/// Ends the run with who holds what when the replica can never schedule again.
private func checkProgress(_ replica: inout Replica, scheduledNothing: Bool) throws {
    if let failure = replica.customFailure { throw failure }
    if replica.calls - replica.lastDeliveryCall > patience(&replica) { throw noProgress(&replica) }
    guard scheduledNothing, replica.hasWork, replica.aborts.isEmpty,
        (0..<replica.dispatched.count).allSatisfy({ replica.dispatched[$0].isEmpty })
    else {
        replica.idleCalls = 0
        return
    }
    replica.idleCalls += 1
    guard replica.idleCalls > replica.cadence.interval + 4 else { return }
    throw noProgress(&replica)
}

/// Schedule calls without a token after which requests must be preempting one another for ever:
/// several times what the longest prompt takes at a token a step.
private func patience(_ replica: inout Replica) -> Int {
    (4 * replica.engine.maxModelLen + 10_000) * max(1, replica.cadence.interval)
}

private func noProgress(_ replica: inout Replica) -> InputError {
    orderRunning(&replica)
    var state = ""
    for slot in replica.running.elements.prefix(5) {
        let held = Int(commonTable(&replica, Int(slot)).count) * replica.groups.count
        state += "request \(replica.requests[Int(slot)].id) holds \(held), "
    }
    if let head = replica.waiting.head {
        let request = replica.requests[Int(head)]
        state += "request \(request.id) (\(request.known) tokens) heads the queue"
    } else {
        state += "nothing waits"
    }
    let moment = "no progress at \(replica.clock / 1_000_000) us"
    let blocks =
        "\(replica.freeBlocks) of \(replica.usableBlocks) blocks of "
        + "\(replica.engine.blockSize) are free"
    if let custom = replica.custom {
        return custom.idle(&replica, moment, "\(blocks); \(state)")
    }
    return InputError(
        "replica \(replica.number)", "\(moment): \(blocks); \(state)",
        expected: "a larger engine.num_gpu_blocks or a smaller engine.max_model_len")
}
