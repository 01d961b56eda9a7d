/// Commits a processed batch: delivers tokens, ends requests, frees their blocks.
///
/// Rules: vLLM 0.33.0 `Scheduler.update_from_output`, `AsyncScheduler`.
func update(_ replica: inout Replica, _ batch: BatchHeader) -> Int {
    let time = replica.clock
    replica.scratch.finished.removeAll()
    let delivered = deliverEntries(&replica, batch, time) + deliverSteady(&replica, batch, time)
    if delivered > 0 { replica.lastDeliveryCall = replica.calls }
    replica.tally.counters.wastedEntries += batch.wasted
    if replica.stride.isOn { finishEnding(&replica, batch) }
    for index in replica.scratch.finished.indices {
        let slot = Int(replica.scratch.finished[index])
        if replica.requests[slot].pace == .ending { settleEnding(&replica, slot) }
        finish(&replica, slot, .finished)
    }
    for index in replica.scratch.finished.indices {
        leaveRunning(&replica, replica.scratch.finished[index])
    }
    return delivered
}

/// Delivers the tokens of a batch's entries; those that got their last are entered in
/// `scratch.finished`. The number of tokens delivered.
@inline(__always)
private func deliverEntries(
    _ replica: inout Replica, _ batch: BatchHeader, _ time: Int64
) -> Int {
    var delivered = 0
    var evenGaps: Int64 = 0
    for position in replica.scratch.processing.indices {
        let entry = replica.scratch.processing[position]
        let slot = Int(entry.slot)
        if replica.requests[slot].pace == .steady {
            // It joined with this batch in flight; of its own counts only the times are kept.
            delivered += 1
            deliver(&replica, slot, time, batch.start, &evenGaps)
            continue
        }
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
        }
    }
    if evenGaps > 0 {
        replica.tally.interTokenLatency.add(time - batch.start, times: evenGaps)
    }
    return delivered
}

/// Delivers a token to each steady request of a batch. All of them had one in the batch before.
@inline(__always)
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

/// Enters the requests whose last step this batch was in `scratch.finished`, which is put into
/// the order of the running list.
@inline(__always)
private func finishEnding(_ replica: inout Replica, _ batch: BatchHeader) {
    // With a batch in flight, the schedule call after the last step has done it already.
    if batch.tick + 1 == replica.stride.tick, replica.stride.exits.holds(replica.stride.tick) {
        markEnding(&replica)
    }
    for index in replica.stride.ending.indices {
        let slot = replica.stride.ending[index]
        precondition(
            replica.requests[Int(slot)].ends(at: batch.tick + 1),
            "an end belongs to the batch of its last step")
        replica.scratch.finished.append(slot)
    }
    replica.stride.ending.removeAll()
    // Entries of requests that became explicit with the batch in flight stand behind the others.
    sortByAdmission(&replica.scratch.finished, replica.requests)
}

/// Puts slots into the order of the running list: few, and half in order, so by insertion.
@inline(__always)
func sortByAdmission(_ slots: inout HotArray<Int32>, _ requests: borrowing HotArray<LiveRequest>) {
    var sorted = 1
    while sorted < slots.count {
        let slot = slots[sorted]
        let order = requests[Int(slot)].admission
        var place = sorted
        while place > 0, requests[Int(slots[place - 1])].admission >= order {
            slots[place] = slots[place - 1]
            place -= 1
        }
        slots[place] = slot
        sorted += 1
    }
}

/// Gives an ending request the state of its end.
private func settleEnding(_ replica: inout Replica, _ slot: Int) {
    let computed = replica.requests[slot].computedAtEnd
    replica.requests[slot].known = Int32(computed) + 1
    replica.requests[slot].inFlight = 0
    if replica.isCaching { register(&replica, slot, computed) }
}

/// Takes an ended request out of the running list, if it is there. O(1) while striding, where
/// order is restored when it matters; else O(running).
func leaveRunning(_ replica: inout Replica, _ slot: Int32) {
    guard replica.stride.isOn else {
        if let place = replica.running.firstIndex(of: slot) {
            _ = replica.running.remove(at: place)
        }
        return
    }
    if replica.requests[Int(slot)].pace == .explicit,
        let place = replica.stride.explicit.firstIndex(of: slot)
    {
        _ = replica.stride.explicit.remove(at: place)
    }
    let place = Int(replica.requests[Int(slot)].place)
    guard place < replica.running.count, replica.running[place] == slot,
        let last = replica.running.popLast(), last != slot
    else { return }
    replica.running[place] = last
    replica.requests[Int(last)].place = Int32(place)
    replica.stride.isDisordered = true
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
        replica.requests[slot].firstToken = time
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
    register(&replica, slot, tokens)
}

/// Ends a request: frees its blocks and closes its record. The caller removes it from `running`;
/// a request that was preempted meanwhile leaves the waiting queue here.
func finish(_ replica: inout Replica, _ slot: Int, _ outcome: Outcome) {
    if replica.requests[slot].state == .waiting || replica.requests[slot].state == .preempted {
        replica.waiting.remove(Int32(slot))
    }
    replica.tally.account(until: replica.clock, used: replica.usedBlocks)
    release(&replica, slot)
    countQuotes(&replica, slot, sign: -1)
    if replica.isCaching, !replica.requests[slot].isPrivate {
        replica.usesRuns ? replica.contents.close(slot) : replica.chains.close(slot)
    }
    replica.requests[slot].state = .ended
    replica.endedFlag = true
    replica.tally.events += 1
    replica.tally.ended.append(
        EndedRequest(
            sequence: replica.requests[slot].sequence,
            record: replica.requests[slot].record(
                outcome, at: replica.clock, replica: replica.number)))
    if replica.requests[slot].inFlight == 0 { replica.freeSlots.append(Int32(slot)) }
}
