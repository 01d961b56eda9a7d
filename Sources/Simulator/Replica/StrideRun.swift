import StepTime

/// Runs steps of the common kind: running requests decode, others are admitted whole, some end.
/// Comes back, with the state between two steps or with `mustDrain` set, at the horizon or
/// before whatever the loop of `ReplicaLoop.swift` has to see to: a chunk of a prompt, an abort, a
/// shortage of blocks or budget, a step without decodes.
///
/// O(1) per step plus O(1) for each request that is admitted or ends in it.
func strideRun(_ replica: inout Replica, to horizon: Int64) {
    guard replica.stride.isOn, !replica.log.isWanted, replica.cadence.interval == 1,
        replica.dispatched.count == replica.depth - 1
    else { return }
    while replica.clock < horizon, replica.tally.ended.count < Tally.endedAtOnce {
        takeArrivals(&replica)
        // Who gives up is seen to by the loop, and at no other time than theirs.
        let abort = replica.aborts.firstTime
        guard abort > replica.clock, !replica.stride.quotes.mayConflict else { return }
        let end = min(horizon, abort - 1)
        strideStretch(&replica, to: end)
        // It may have gone past an arrival, or to the end.
        if replica.clock >= end { return }
        if let next = replica.inbox.first,
            replica.requests[Int(next)].arrival <= replica.clock
        {
            continue
        }
        guard strideStep(&replica), !processAfterStep(&replica, end) else { return }
    }
}

/// Schedules and dispatches one step. False, with nothing scheduled, when it is not of the common
/// kind.
@inline(__always)
private func strideStep(_ replica: inout Replica) -> Bool {
    prepareStride(&replica)
    guard replica.stride.explicit.isEmpty else { return false }
    let steadyBlocks = replica.stride.blocksNeeded
    var tokens = replica.stride.count
    var blocks = steadyBlocks
    if !replica.stride.ending.isEmpty { countWaste(&replica, &tokens, &blocks) }
    if !replica.sumsBlocks { blocks += gatherAsking(&replica) }
    guard tokens > 0, tokens <= replica.tokenBudget, blocks <= replica.freeBlocks else {
        return false
    }
    replica.endedFlag = false
    // Only then their number may change.
    if blocks > 0 || !replica.waiting.isEmpty || !replica.sumsBlocks {
        replica.tally.account(until: replica.clock, used: replica.usedBlocks)
    }
    replica.scratch.entries.removeAll()
    replica.stride.share = StrideShare()
    clearStaleHits(&replica)
    if steadyBlocks > 0 { replica.runPool.take(steadyBlocks) }
    if !replica.sumsBlocks { serveAsking(&replica) }
    if !replica.stride.ending.isEmpty { wasteSteps(&replica) }
    replica.stride.step()
    replica.cadence.capacityBound = false
    if !replica.waiting.isEmpty {
        var pass = SchedulePass(&replica)
        pass.budget -= tokens
        scheduleWaiting(&replica, &pass)
        checkStep(&replica, pass)
        noteScheduled(&replica)
    }
    replica.cadence.executed += 1
    dispatchStep(&replica)
    return true
}

/// Prices the step just scheduled and queues its batch.
@inline(__always)
private func dispatchStep(_ replica: inout Replica) {
    let share = replica.stride.share
    var tokens = share.count + share.wasted
    var requests = tokens
    let duration: Int64
    if replica.scratch.entries.isEmpty, tokens < replica.lines.count {
        let context = share.context + share.wastedContext
        let windowed = share.windowed + share.wastedWindowed
        duration = replica.lines[tokens].picoseconds(
            context: context, windowedContext: windowed)
        replica.tally.work.addDecodes(
            tokens, steps: 1, context: Int128(context), windowedContext: Int128(windowed))
        countWeights(&replica, tokens: tokens, requests: tokens, steps: 1)
    } else {
        let load = stepLoad(&replica)
        duration = replica.stepTime.picoseconds(load)
        countWork(&replica, load)
        tokens = load.tokens
        requests = load.requests
    }
    let place = queueBatch(&replica, tokens: tokens, requests: requests, duration)
    swap(&replica.dispatched[place].entries, &replica.scratch.entries)
    replica.calls += 1
    replica.idleCalls = 0
    replica.scheduledNothing = false
}

/// Processes the oldest batch, unless it ends past the horizon: then the loop must, later. True
/// in that case.
@inline(__always)
private func processAfterStep(_ replica: inout Replica, _ horizon: Int64) -> Bool {
    let time = max(replica.clock, replica.dispatched.firstEnd)
    guard time <= horizon else {
        replica.mustDrain = true
        return true
    }
    replica.clock = time
    let batch = replica.dispatched.removeFirst(entries: &replica.scratch.processing)
    _ = update(&replica, batch)
    return false
}
