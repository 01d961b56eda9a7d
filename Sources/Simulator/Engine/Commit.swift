/// Scratch lists of `commit`, reused so that steps do not allocate.
struct Commitment: ~Copyable {
    /// Entries of the batch being committed, without members of the cohort.
    var entries = HotArray<Entry>()
    /// Requests that got their last token in it, in running-list order.
    var finished = HotArray<Int32>()
}

extension Scheduler {
    /// Commits a batch that has run: delivers tokens, ends requests and frees their blocks. Returns
    /// the number of tokens delivered.
    ///
    /// Rules: vLLM 0.33.0 `Scheduler.update_from_output`, `AsyncScheduler`.
    mutating func commit(
        _ batch: BatchHeader, _ commitment: inout Commitment,
        _ cache: inout KVCache, _ counters: inout InstanceCounters, at time: Int64
    ) -> Int {
        commitment.finished.removeAll()
        var delivered = 0
        if !commitment.entries.isEmpty {
            delivered = deliverEntries(batch, &commitment, &cache, &counters, at: time)
        }
        delivered += deliverMembers(batch, &counters, isEmpty: commitment.entries.isEmpty, at: time)
        counters.seconds.add(delivered, at: time)
        counters.totals.wastedEntries += batch.wasted
        if cohort.isOn { finishLeaving(batch, &commitment, &cache) }
        for index in commitment.finished.indices {
            let slot = Int(commitment.finished[index])
            if requests[slot].membership == .leaving {
                let computed = requests[slot].computedAtEnd
                requests[slot].computed = Int32(computed)
                requests[slot].known = Int32(computed) + 1
                requests[slot].inFlight = 0
                cache.register(slot, upTo: computed)
            }
            finish(&cache, &counters, slot, .finished, at: time)
        }
        for index in commitment.finished.indices {
            leaveRunning(commitment.finished[index])
        }
        return delivered
    }

    /// Delivers the tokens of a batch's entries, and adds the requests that got their last token to
    /// `finished`. Returns the number of tokens delivered.
    private mutating func deliverEntries(
        _ batch: BatchHeader, _ commitment: inout Commitment,
        _ cache: inout KVCache, _ counters: inout InstanceCounters, at time: Int64
    ) -> Int {
        var delivered = 0
        var evenGaps: Int64 = 0
        for position in commitment.entries.indices {
            let entry = commitment.entries[position]
            let slot = Int(entry.slot)
            if requests[slot].membership == .member {
                // It joined the cohort with this batch in flight; only its times are kept
                // individually.
                delivered += 1
                deliver(&requests[slot], &counters, time, batch.start, &evenGaps)
                continue
            }
            requests[slot].inFlight -= entry.tokens
            if requests[slot].state == .ended {
                counters.totals.wastedEntries += 1
                counters.ledger.wasted += 1
                if requests[slot].inFlight == 0 { freeSlots.append(entry.slot) }
                continue
            }
            let stale = requests[slot].stale > 0
            if stale { requests[slot].stale -= entry.tokens }
            guard entry.samples else { continue }
            if !stale { requests[slot].outputsInFlight -= 1 }
            requests[slot].known += 1
            delivered += 1
            deliver(&requests[slot], &counters, time, batch.start, &evenGaps)
            if !stale, rules.inFlight > 0, requests[slot].state == .running {
                // Only the last block of a request that ends while its successor step is in flight
                // is not registered yet.
                let request = requests[slot]
                cache.register(slot, upTo: Int(request.computed - request.inFlight))
            }
            if requests[slot].isComplete(limit: rules.maxModelLen) {
                commitment.finished.append(Int32(slot))
            }
        }
        if counters.gaps.isOn {
            evenGaps -= noteGaps(&commitment, &counters, time, batch.start)
        }
        if evenGaps > 0 { counters.interTokenLatency.add(time - batch.start, times: evenGaps) }
        return delivered
    }

    /// Attributes the gaps that a batch's tokens end, for requests whose gaps are kept. Returns how
    /// many of these gaps equal the step itself, which began at `start`.
    @inline(never)
    private mutating func noteGaps(
        _ commitment: inout Commitment,
        _ counters: inout InstanceCounters, _ time: Int64, _ start: Int64
    ) -> Int64 {
        var even: Int64 = 0
        for position in commitment.entries.indices where commitment.entries[position].samples {
            let slot = Int(commitment.entries[position].slot)
            let request = requests[slot]
            guard request.state != .ended, request.lastToken == time,
                counters.gaps.keeps(mayAbort: request.mayAbort)
            else { continue }
            let gap = counters.gaps.deliver(
                slot, request.sequence, at: time, isFirst: request.delivered == 1)
            if let gap, start >= 0, gap == time - start { even += 1 }
        }
        return even
    }
}

/// Notes the delivery time of a token. Gaps equal to the step itself, which began at `start`, are
/// counted instead of added individually: nearly all gaps are.
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

/// Notes the delivery time of a token. Not inlined, so that the loop stays small.
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

extension Scheduler {
    /// Delivers a token to each member of a batch. Every member had one in the batch before.
    @inline(__always)
    private mutating func deliverMembers(
        _ batch: BatchHeader, _ counters: inout InstanceCounters, isEmpty: Bool, at time: Int64
    ) -> Int {
        if batch.members > 0 {
            counters.interTokenLatency.add(time - cohort.lastDelivery, times: Int64(batch.members))
            counters.totals.outputTokens += batch.members
        }
        if batch.members > 0 || !isEmpty, !batch.skipsMembers {
            cohort.lastDelivery = time
        }
        return batch.members
    }

    /// Adds the members whose last step this batch was to `finished`, then sorts it in running-list
    /// order unless the batch has another order.
    @inline(__always)
    private mutating func finishLeaving(
        _ batch: BatchHeader, _ commitment: inout Commitment, _ cache: inout KVCache
    ) {
        // With a batch in flight, the schedule call after the last step has already done this.
        let tick = cohort.tick
        if batch.tick + 1 == tick, cohort.exits.holds(tick) {
            takeLeavers(&cache)
        }
        for index in cohort.leaving.indices {
            let slot = cohort.leaving[index]
            precondition(
                requests[Int(slot)].ends(at: batch.tick + 1),
                "an end belongs to the batch of its last step")
            commitment.finished.append(slot)
        }
        cohort.leaving.removeAll()
        // Requests that became individual with the batch in flight have their entries behind the
        // others.
        if !batch.endsAsEntered { sortByAdmission(&commitment.finished, requests) }
    }

    /// Ends a request: frees its blocks and closes its record. The caller removes it from
    /// `running`; a request that was preempted meanwhile leaves the waiting queue here.
    mutating func finish(
        _ cache: inout KVCache, _ counters: inout InstanceCounters,
        _ slot: Int, _ outcome: Outcome, at time: Int64
    ) {
        let state = requests[slot].state
        precondition(state != .ended, "I6: a request ends twice")
        counters.ledger.account(until: time, present: present)
        counters.ledger.computed &+= Int(requests[slot].computed)
        if state == .waiting || state == .preempted {
            waiting.remove(Int32(slot))
        } else if requests[slot].lost > 0 {
            settleRecomputed(slot, computed: requests[slot].computed)
        }
        // A record tells the context only from the first token on.
        if outcome != .finished, requests[slot].delivered == 0 {
            let reached = max(requests[slot].computed, requests[slot].lost)
            counters.longestContext = max(counters.longestContext, Int(reached))
        }
        counters.account(until: time, used: cache.usedBlocks)
        noteComputed(slot, tokens: cache.registeredTokens(slot))
        cache.release(slot)
        if requests[slot].isQuotable { countQuotes(&cache, slot, sign: -1) }
        cache.close(slot)
        requests[slot].state = .ended
        endedFlag = true
        events += 1
        counters.ended.append(
            EndedRequest(
                sequence: requests[slot].sequence,
                record: requests[slot].record(
                    outcome, at: time, replica: counters.replica, frontEnd: counters.frontEnd,
                    delivery: counters.delivery)))
        if slot < reusable.count {
            counters.ended[counters.ended.count - 1].record.lostReuse = reusable[slot].lost
        }
        if counters.gaps.isOn {
            let tail = counters.gaps.end(
                slot, requests[slot].sequence, isFinished: outcome == .finished,
                into: &counters.interTokenLatency)
            counters.ended[counters.ended.count - 1].record.tailGap = tail
        }
        if requests[slot].inFlight == 0 { freeSlots.append(Int32(slot)) }
    }

    /// Removes an ended request from the running list, if it is there. O(1) with a cohort, where
    /// order is restored when it matters; else O(running).
    mutating func leaveRunning(_ slot: Int32) {
        guard cohort.isOn else {
            if let place = running.firstIndex(of: slot) {
                _ = running.remove(at: place)
            }
            return
        }
        if requests[Int(slot)].membership == .individual,
            let place = cohort.individuals.firstIndex(of: slot)
        {
            _ = cohort.individuals.remove(at: place)
        }
        let place = Int(requests[Int(slot)].place)
        guard place < running.count, running[place] == slot,
            let last = running.popLast(), last != slot
        else { return }
        running[place] = last
        requests[Int(last)].place = Int32(place)
        cohort.isDisordered = true
    }
}
