/// Commits a processed batch: delivers tokens, ends requests, frees their blocks.
///
/// Rules: vLLM 0.33.0 `Scheduler.update_from_output`, `AsyncScheduler`.
func update(_ replica: inout Replica, _ batch: BatchHeader) -> Int {
    let time = replica.clock
    var delivered = 0
    var evenGaps: Int64 = 0
    empty(&replica.scratch.finished)
    for position in replica.scratch.processing.indices {
        let entry = replica.scratch.processing[position]
        let slot = Int(entry.slot)
        replica.requests[slot].inFlight -= entry.tokens
        if replica.requests[slot].state == .ended {
            replica.tally.counters.wastedEntries += 1
            if replica.requests[slot].inFlight == 0 { replica.freeSlots.append(entry.slot) }
            continue
        }
        let stale = replica.requests[slot].stale > 0
        if stale { replica.requests[slot].stale -= entry.tokens }
        guard entry.samples else { continue }
        if !stale { replica.requests[slot].placeholders -= 1 }
        replica.requests[slot].known += 1
        delivered += 1
        deliver(&replica, slot, time, batch.start, &evenGaps)
        if !stale { settle(&replica, slot) }
        if isComplete(replica.requests[slot], limit: replica.engine.maxModelLen) {
            replica.scratch.finished.append(Int32(slot))
            finish(&replica, slot, .finished)
        }
    }
    replica.tally.interTokenLatency.add(time - batch.start, times: evenGaps)
    delivered += deliverSteady(&replica, batch, time)
    for slot in replica.scratch.finished { leaveRunning(&replica, slot) }
    return delivered
}

/// Delivers a token to each steady request of a batch. All of them had one in the batch before.
private func deliverSteady(
    _ replica: inout Replica, _ batch: BatchHeader, _ time: Int64
) -> Int {
    if batch.steady > 0 {
        replica.tally.interTokenLatency.add(
            time - replica.stride.lastDelivery, times: Int64(batch.steady))
        replica.tally.counters.outputTokens += batch.steady
    }
    if batch.steady > 0 || !replica.scratch.processing.isEmpty {
        replica.stride.lastDelivery = time
    }
    return batch.steady
}

/// Takes an ended request out of the running list, if it is there. O(running).
func leaveRunning(_ replica: inout Replica, _ slot: Int32) {
    if let place = replica.running.firstIndex(of: slot) { replica.running.remove(at: place) }
    guard replica.stride.isOn else { return }
    if let place = replica.stride.explicit.firstIndex(of: slot) {
        replica.stride.explicit.remove(at: place)
    }
}

private func isComplete(_ request: LiveRequest, limit: Int) -> Bool {
    Int(request.known) >= limit || request.delivered >= request.outputTokens
}

/// Notes the delivery time of a token. Gaps equal to the step itself are counted, not added one
/// by one: they are nearly all of them.
private func deliver(
    _ replica: inout Replica, _ slot: Int, _ time: Int64, _ start: Int64, _ evenGaps: inout Int64
) {
    let last = replica.requests[slot].lastToken
    if last < 0 {
        replica.records[slot].firstToken = time
    } else if last == start {
        evenGaps += 1
    } else {
        replica.tally.interTokenLatency.add(time - last)
    }
    replica.requests[slot].lastToken = time
    replica.tally.counters.outputTokens += 1
}

/// Registers blocks that became full of settled tokens. Only the last block of a request that
/// ends while its successor step is in flight is not registered already.
private func settle(_ replica: inout Replica, _ slot: Int) {
    guard replica.depth > 1, replica.isCaching else { return }
    guard replica.requests[slot].state == .running else { return }
    let tokens = Int(replica.requests[slot].computed - replica.requests[slot].inFlight)
    registerBlocks(&replica, slot, tokens)
}

/// Ends a request: frees its blocks and closes its record. The caller removes it from `running`;
/// a request that was preempted meanwhile leaves the waiting queue here.
func finish(_ replica: inout Replica, _ slot: Int, _ outcome: Outcome) {
    if replica.requests[slot].state == .waiting || replica.requests[slot].state == .preempted {
        replica.waiting.remove(Int32(slot))
    }
    releaseBlocks(&replica, slot)
    countQuotes(&replica, slot, sign: -1)
    if replica.isCaching {
        if replica.usesRuns { replica.contents.close(slot) } else { replica.chains.close(slot) }
    }
    replica.requests[slot].state = .ended
    replica.endedFlag = true
    replica.records[slot].finish = replica.clock
    replica.records[slot].outcome = outcome
    replica.records[slot].outputTokens = replica.requests[slot].delivered
    replica.tally.end(replica.records[slot], sequence: replica.requests[slot].sequence)
    if replica.requests[slot].inFlight == 0 { replica.freeSlots.append(Int32(slot)) }
}
