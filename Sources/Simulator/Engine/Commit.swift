/// Scratch lists of `commit`, kept so that steps allocate nothing.
struct Commitment: ~Copyable {
    /// Entries of the batch being committed, members of the cohort aside.
    var entries = HotArray<Entry>()
    /// Requests that got their last token in it, in the order of the running list.
    var finished = HotArray<Int32>()
}

/// Commits a batch that has run: delivers tokens, ends requests, frees their blocks. The number of
/// tokens delivered.
///
/// Rules: vLLM 0.33.0 `Scheduler.update_from_output`, `AsyncScheduler`.
func commit(
    _ batch: BatchHeader, _ commitment: inout Commitment, _ scheduler: inout Scheduler,
    _ cache: inout KVCache, _ counters: inout InstanceCounters, at time: Int64
) -> Int {
    commitment.finished.removeAll()
    var delivered = 0
    if !commitment.entries.isEmpty {
        delivered = deliverEntries(
            batch, &commitment, &scheduler, &cache, &counters, at: time)
    }
    delivered += deliverMembers(
        batch, &scheduler, &counters, isEmpty: commitment.entries.isEmpty, at: time)
    counters.seconds.add(delivered, at: time)
    counters.totals.wastedEntries += batch.wasted
    if scheduler.cohort.isOn { finishLeaving(batch, &commitment, &scheduler, &cache) }
    for index in commitment.finished.indices {
        let slot = Int(commitment.finished[index])
        if scheduler.requests[slot].membership == .leaving {
            let computed = scheduler.requests[slot].computedAtEnd
            scheduler.requests[slot].computed = Int32(computed)
            scheduler.requests[slot].known = Int32(computed) + 1
            scheduler.requests[slot].inFlight = 0
            cache.register(slot, upTo: computed)
        }
        finish(&scheduler, &cache, &counters, slot, .finished, at: time)
    }
    for index in commitment.finished.indices {
        leaveRunning(&scheduler, commitment.finished[index])
    }
    return delivered
}

/// Delivers the tokens of a batch's entries; those that got their last are entered in
/// `finished`. The number of tokens delivered.
private func deliverEntries(
    _ batch: BatchHeader, _ commitment: inout Commitment, _ scheduler: inout Scheduler,
    _ cache: inout KVCache, _ counters: inout InstanceCounters, at time: Int64
) -> Int {
    var delivered = 0
    var evenGaps: Int64 = 0
    for position in commitment.entries.indices {
        let entry = commitment.entries[position]
        let slot = Int(entry.slot)
        if scheduler.requests[slot].membership == .member {
            // It joined with this batch in flight; of its own counts only the times are kept.
            delivered += 1
            deliver(&scheduler.requests[slot], &counters, time, batch.start, &evenGaps)
            continue
        }
        scheduler.requests[slot].inFlight -= entry.tokens
        if scheduler.requests[slot].state == .ended {
            counters.totals.wastedEntries += 1
            counters.ledger.wasted += 1
            if scheduler.requests[slot].inFlight == 0 { scheduler.freeSlots.append(entry.slot) }
            continue
        }
        let stale = scheduler.requests[slot].stale > 0
        if stale { scheduler.requests[slot].stale -= entry.tokens }
        guard entry.samples else { continue }
        if !stale { scheduler.requests[slot].outputsInFlight -= 1 }
        scheduler.requests[slot].known += 1
        delivered += 1
        deliver(&scheduler.requests[slot], &counters, time, batch.start, &evenGaps)
        if !stale, scheduler.rules.inFlight > 0, scheduler.requests[slot].state == .running {
            // Only the last block of a request that ends while its successor step is in flight
            // is not registered already.
            let request = scheduler.requests[slot]
            cache.register(slot, upTo: Int(request.computed - request.inFlight))
        }
        if scheduler.requests[slot].isComplete(limit: scheduler.rules.maxModelLen) {
            commitment.finished.append(Int32(slot))
        }
    }
    if counters.gaps.isOn {
        evenGaps -= noteGaps(&commitment, &scheduler, &counters, time, batch.start)
    }
    if evenGaps > 0 { counters.interTokenLatency.add(time - batch.start, times: evenGaps) }
    return delivered
}

/// Notes whose the gaps are that a batch's tokens end, of requests whose gaps are kept. How many of
/// these gaps are the step itself, which began at `start`.
@inline(never)
private func noteGaps(
    _ commitment: inout Commitment, _ scheduler: inout Scheduler,
    _ counters: inout InstanceCounters, _ time: Int64, _ start: Int64
) -> Int64 {
    var even: Int64 = 0
    for position in commitment.entries.indices where commitment.entries[position].samples {
        let slot = Int(commitment.entries[position].slot)
        let request = scheduler.requests[slot]
        guard request.state != .ended, request.lastToken == time,
            counters.gaps.keeps(mayAbort: request.mayAbort)
        else { continue }
        let gap = counters.gaps.deliver(
            slot, request.sequence, at: time, isFirst: request.delivered == 1)
        if let gap, start >= 0, gap == time - start { even += 1 }
    }
    return even
}

/// Notes the delivery time of a token. Gaps equal to the step itself, which began at `start`, are
/// counted, not added one by one: they are nearly all of them.
@inline(__always)
private func deliver(
    _ request: inout LiveRequest, _ counters: inout InstanceCounters, _ time: Int64, _ start: Int64,
    _ evenGaps: inout Int64
) {
    if request.lastToken == start, start >= 0 {
        evenGaps += 1
        request.lastToken = time
        counters.totals.outputTokens += 1
    } else {
        deliver(&request, &counters, at: time)
    }
}

/// Notes the delivery time of a token. Apart, so that the loop stays small.
@inline(never)
func deliver(_ request: inout LiveRequest, _ counters: inout InstanceCounters, at time: Int64) {
    let last = request.lastToken
    if last < 0 {
        request.firstToken = time
    } else if !counters.gaps.isOn || !counters.gaps.keeps(mayAbort: request.mayAbort) {
        counters.interTokenLatency.add(time - last)
    }
    request.lastToken = time
    counters.totals.outputTokens += 1
}

/// Delivers a token to each member in a batch. All of them had one in the batch before.
@inline(__always)
private func deliverMembers(
    _ batch: BatchHeader, _ scheduler: inout Scheduler, _ counters: inout InstanceCounters,
    isEmpty: Bool,
    at time: Int64
) -> Int {
    if batch.members > 0 {
        counters.interTokenLatency.add(
            time - scheduler.cohort.lastDelivery, times: Int64(batch.members))
        counters.totals.outputTokens += batch.members
    }
    if batch.members > 0 || !isEmpty, !batch.skipsMembers {
        scheduler.cohort.lastDelivery = time
    }
    return batch.members
}

/// Enters the members whose last step this batch was in `finished`, which is put into the order of
/// the running list unless the batch has another.
@inline(__always)
private func finishLeaving(
    _ batch: BatchHeader, _ commitment: inout Commitment, _ scheduler: inout Scheduler,
    _ cache: inout KVCache
) {
    // With a batch in flight, the schedule call after the last step has done it already.
    let tick = scheduler.cohort.tick
    if batch.tick + 1 == tick, scheduler.cohort.exits.holds(tick) {
        takeLeavers(&scheduler, &cache)
    }
    for index in scheduler.cohort.leaving.indices {
        let slot = scheduler.cohort.leaving[index]
        precondition(
            scheduler.requests[Int(slot)].ends(at: batch.tick + 1),
            "an end belongs to the batch of its last step")
        commitment.finished.append(slot)
    }
    scheduler.cohort.leaving.removeAll()
    // Entries of requests that became individual with the batch in flight stand behind the others.
    if !batch.endsAsEntered { sortByAdmission(&commitment.finished, scheduler.requests) }
}

/// Ends a request: frees its blocks and closes its record. The caller removes it from `running`;
/// a request that was preempted meanwhile leaves the waiting queue here.
func finish(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ counters: inout InstanceCounters,
    _ slot: Int, _ outcome: Outcome, at time: Int64
) {
    let state = scheduler.requests[slot].state
    precondition(state != .ended, "I6: a request ends twice")
    counters.ledger.account(until: time, present: scheduler.present)
    counters.ledger.computed &+= Int(scheduler.requests[slot].computed)
    if state == .waiting || state == .preempted {
        scheduler.waiting.remove(Int32(slot))
    } else if scheduler.requests[slot].lost > 0 {
        scheduler.settleRecomputed(slot, computed: scheduler.requests[slot].computed)
    }
    counters.account(until: time, used: cache.usedBlocks)
    scheduler.noteComputed(slot, tokens: cache.registeredTokens(slot))
    cache.release(slot)
    if scheduler.requests[slot].isQuotable { countQuotes(&scheduler, &cache, slot, sign: -1) }
    cache.close(slot)
    scheduler.requests[slot].state = .ended
    scheduler.endedFlag = true
    scheduler.events += 1
    counters.ended.append(
        EndedRequest(
            sequence: scheduler.requests[slot].sequence,
            record: scheduler.requests[slot].record(
                outcome, at: time, replica: counters.replica, frontEnd: counters.frontEnd,
                delivery: counters.delivery)))
    if slot < scheduler.reusable.count {
        counters.ended[counters.ended.count - 1].record.lostReuse = scheduler.reusable[slot].lost
    }
    if counters.gaps.isOn {
        let tail = counters.gaps.end(
            slot, scheduler.requests[slot].sequence, isFinished: outcome == .finished,
            into: &counters.interTokenLatency)
        counters.ended[counters.ended.count - 1].record.tailGap = tail
    }
    if scheduler.requests[slot].inFlight == 0 { scheduler.freeSlots.append(Int32(slot)) }
}

/// Takes an ended request out of the running list, if it is there. O(1) with a cohort, where order
/// is restored when it matters; else O(running).
func leaveRunning(_ scheduler: inout Scheduler, _ slot: Int32) {
    guard scheduler.cohort.isOn else {
        if let place = scheduler.running.firstIndex(of: slot) {
            _ = scheduler.running.remove(at: place)
        }
        return
    }
    if scheduler.requests[Int(slot)].membership == .individual,
        let place = scheduler.cohort.individuals.firstIndex(of: slot)
    {
        _ = scheduler.cohort.individuals.remove(at: place)
    }
    let place = Int(scheduler.requests[Int(slot)].place)
    guard place < scheduler.running.count, scheduler.running[place] == slot,
        let last = scheduler.running.popLast(), last != slot
    else { return }
    scheduler.running[place] = last
    scheduler.requests[Int(last)].place = Int32(place)
    scheduler.cohort.isDisordered = true
}
