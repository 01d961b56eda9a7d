import StepTime

/// Runs steps in which only steady requests take part, without looking at any of them: until an
/// arrival, an abort, somebody's last token, a shortage of blocks or the horizon.
///
/// The state it needs is that of the loop's top with nothing but steady requests: none explicit,
/// none waiting, no log, and (asynchronous) one dispatched batch of the same requests. It leaves
/// the state that walking the same steps would. O(1) per step, whatever the batch.
func strideStretch(_ replica: inout Replica, to horizon: Int64) {
    guard replica.stride.count > 0, replica.stride.explicit.isEmpty, replica.waiting.isEmpty,
        !replica.log.isWanted, replica.cadence.interval == 1,
        replica.stride.count <= replica.tokenBudget, !replica.stride.quotes.mayConflict,
        let line = replica.stepTime.decodeLine(decodes: replica.stride.count)
    else { return }
    var limit = horizon
    if let next = replica.inbox.first {
        limit = min(limit, replica.requests[Int(next)].arrival)
    }
    if let abort = replica.aborts.first { limit = min(limit, abort.time) }
    if replica.depth == 1 {
        guard replica.dispatched.isEmpty else { return }
        stretchSynchronous(&replica, line, limit)
    } else {
        guard replica.dispatched.count == 1, let batch = replica.dispatched.first,
            batch.steady == replica.stride.count, batch.entries.isEmpty,
            batch.tick == replica.stride.tick - 1
        else { return }
        stretchPipelined(&replica, line, limit)
    }
}

/// Whether the next step is one of steady requests alone with all the blocks it needs.
@inline(__always)
private func canStride(_ replica: borrowing Replica, exit: Int64) -> Bool {
    replica.stride.tick < exit && replica.stride.blocksNeeded <= replica.freeBlocks
}

private func stretchSynchronous(_ replica: inout Replica, _ line: DecodeLine, _ limit: Int64) {
    let count = replica.stride.count
    let exit = replica.stride.exits.first?.time ?? .max
    let host = replica.engine.hostFixed + replica.engine.hostPerRequest * Int64(count)
    while replica.clock < limit, canStride(replica, exit: exit) {
        let duration = line.picoseconds(context: replica.stride.context)
        let start = max(replica.clock + host, replica.lastEnd)
        let end = start + duration
        // A step that ends later is dispatched the ordinary way and stays in flight.
        if end >= limit { return }
        takeSteadyBlocks(&replica)
        replica.tally.hostWaitTime += start - max(replica.clock, replica.lastEnd)
        countSteadyStep(&replica, duration)
        replica.lastEnd = end
        replica.tally.lastEnd = max(replica.tally.lastEnd, end)
        replica.clock = end
        deliverSteadyStep(&replica)
    }
}

private func stretchPipelined(_ replica: inout Replica, _ line: DecodeLine, _ limit: Int64) {
    let count = replica.stride.count
    let exit = replica.stride.exits.first?.time ?? .max
    let host = replica.engine.hostFixed + replica.engine.hostPerRequest * Int64(count)
    while replica.clock < limit, canStride(replica, exit: exit) {
        let duration = line.picoseconds(context: replica.stride.context)
        let processed = max(replica.clock + host, replica.dispatched[0].end)
        if processed >= limit { return }
        let start = max(replica.clock + host, replica.lastEnd)
        takeSteadyBlocks(&replica)
        replica.tally.hostWaitTime += start - max(replica.clock, replica.lastEnd)
        countSteadyStep(&replica, duration)
        replica.lastEnd = start + duration
        replica.tally.lastEnd = max(replica.tally.lastEnd, replica.lastEnd)
        replica.dispatched[0].number = replica.calls - 1
        replica.dispatched[0].tick = replica.stride.tick - 1
        replica.dispatched[0].start = start
        replica.dispatched[0].end = start + duration
        replica.clock = processed
        deliverSteadyStep(&replica)
    }
}

private func takeSteadyBlocks(_ replica: inout Replica) {
    let blocks = replica.stride.blocksNeeded
    guard blocks > 0 else { return }
    replica.tally.account(until: replica.clock, used: replica.usedBlocks)
    replica.runPool.take(blocks)
    replica.tally.account(until: replica.clock, used: replica.usedBlocks)
    replica.tally.counters.evictions = replica.runPool.evictions
}

private func countSteadyStep(_ replica: inout Replica, _ duration: Int64) {
    let count = replica.stride.count
    replica.stride.step()
    replica.calls += 1
    replica.cadence.executed += 1
    replica.idleCalls = 0
    replica.endedFlag = false
    replica.tally.busyTime += duration
    replica.tally.counters.steps += 1
    replica.tally.counters.scheduledTokens += count
    replica.tally.counters.scheduledEntries += count
    replica.tally.strode += 1
}

private func deliverSteadyStep(_ replica: inout Replica) {
    let count = replica.stride.count
    replica.tally.interTokenLatency.add(
        replica.clock - replica.stride.lastDelivery, times: Int64(count))
    replica.tally.counters.outputTokens += count
    replica.stride.lastDelivery = replica.clock
}
