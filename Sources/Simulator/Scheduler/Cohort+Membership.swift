/// Who joins the cohort, who leaves it, and who is taken out of it.

/// Brings the cohort up to date before a step: members past their last step leave it, individuals
/// that only decode join it. O(individuals + leaving).
@inline(__always)
func updateCohort(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    // Whoever asks again at the same tick finds it done.
    guard scheduler.cohort.updatedAt != scheduler.cohort.tick else { return }
    scheduler.cohort.updatedAt = scheduler.cohort.tick
    bringUpToDate(&scheduler, &cache)
}

private func bringUpToDate(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    if scheduler.cohort.quotes.mayConflict { dismissQuoted(&scheduler, &cache) }
    if scheduler.cohort.exits.holds(scheduler.cohort.tick) { takeLeavers(&scheduler, &cache) }
    guard !scheduler.cohort.individuals.isEmpty, scheduler.flight.count == scheduler.rules.inFlight,
        hasBlocksForAWhile(&scheduler, &cache)
    else { return }
    var kept = 0
    for index in scheduler.cohort.individuals.indices {
        let slot = scheduler.cohort.individuals[index]
        if canJoin(&scheduler, &cache, Int(slot)) {
            join(&scheduler, &cache, Int(slot))
        } else {
            scheduler.cohort.individuals[kept] = slot
            kept += 1
        }
    }
    scheduler.cohort.individuals.removeLast(scheduler.cohort.individuals.count - kept)
}

/// Whether the running requests find blocks for 4 steps: else a preemption is near, and to join
/// the sums and leave them again costs as much as a few steps of individuals.
@inline(__always)
private func hasBlocksForAWhile(
    _ scheduler: inout Scheduler, _ cache: inout KVCache
) -> Bool {
    let tokens = 4 * scheduler.running.count * cache.groups.count
    return cache.freeBlocks * cache.blockSize.tokens >= tokens
}

@inline(__always)
private func canJoin(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ slot: Int
) -> Bool {
    let request = scheduler.requests[slot]
    let inFlight = Int32(scheduler.rules.inFlight)
    // Whether the gaps of one whose client may give up count is known at its end.
    guard request.decodesSteadily(inFlight: inFlight), !request.mayAbort else { return false }
    // Its latest token comes with the members' latest, so its next gap is every member's.
    if inFlight == 0 {
        if request.lastToken != scheduler.cohort.lastDelivery { return false }
    } else if scheduler.flight[0].header.skipsMembers {
        return false
    }
    // How far its windows slide depends on what is in flight.
    if !cache.sumsBlocks, request.inFlight != inFlight { return false }
    let last = request.lastDecode(limit: scheduler.rules.maxModelLen)
    guard Int(request.computed) <= last else { return false }
    return !request.isQuotable || scheduler.cohort.quotes.isPrivate(request.outputContent)
}

@inline(__always)
private func join(_ scheduler: inout Scheduler, _ cache: inout KVCache, _ slot: Int) {
    let tick = scheduler.cohort.tick
    let computed = Int(scheduler.requests[slot].computed)
    let last = scheduler.requests[slot].lastDecode(limit: scheduler.rules.maxModelLen)
    let until = tick + Int64(last - computed + 1)
    let now = Int32(truncatingIfNeeded: tick)
    scheduler.requests[slot].membership = .member
    scheduler.requests[slot].memberBase = Int32(computed) &- now
    scheduler.requests[slot].memberSince = now
    scheduler.requests[slot].memberUntil = Int32(truncatingIfNeeded: until)
    count(&scheduler, &cache, slot, computed, sign: 1)
    scheduler.cohort.exits.insert(Int32(slot), at: exitTick(&scheduler, slot))
    if !cache.sumsBlocks {
        let need = cache.nextNeed(slot, settled: nil)
        scheduler.cohort.needs.insert(slot, at: tick + Int64(max(0, need - computed)))
    }
}

/// Notes who joins the sums, or leaves them, for those who watch.
@inline(never)
private func noteChange(
    _ scheduler: inout Scheduler, _ slot: Int, _ computed: Int, joins: Bool
) {
    scheduler.cohort.changes.append(
        CohortChange(
            id: scheduler.requests[slot].id, sequence: scheduler.requests[slot].sequence,
            computed: computed, joins: joins))
}

/// Counts a member in the sums, or takes it back with `sign` -1.
@inline(__always)
private func count(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ slot: Int, _ computed: Int, sign: Int
) {
    scheduler.cohort.count += sign
    scheduler.cohort.context += sign * (computed + 1)
    if scheduler.cohort.isWatched { noteChange(&scheduler, slot, computed, joins: sign > 0) }
    let window = scheduler.cohort.window
    if window > 0 {
        scheduler.cohort.windowed += sign * min(computed + 1, window)
        if sign > 0 { scheduler.requests[slot].isGrowing = computed + 1 < window }
        if scheduler.requests[slot].isGrowing { scheduler.cohort.growing += sign }
    }
    if cache.sumsBlocks {
        let phase = phase(of: computed, scheduler.cohort.phase, cache.blockSize)
        scheduler.cohort.countPhase(phase, Int32(sign))
    }
}

/// The tick of a member in `exits`.
@inline(__always)
func exitTick(_ scheduler: inout Scheduler, _ slot: Int) -> Int64 {
    let until = scheduler.requests[slot].memberUntil
    guard scheduler.requests[slot].isGrowing else { return Int64(until) }
    let filling = scheduler.requests[slot].filling(scheduler.cohort.window)
    return Int64(filling &- until < 0 ? filling : until)
}

/// Lets a member whose context fills the window by the present tick grow no longer.
private func stopGrowing(_ scheduler: inout Scheduler, _ slot: Int) {
    let now = Int32(truncatingIfNeeded: scheduler.cohort.tick)
    guard scheduler.requests[slot].isGrowing,
        now &- scheduler.requests[slot].filling(scheduler.cohort.window) >= 0
    else { return }
    scheduler.cohort.exits.remove(Int32(slot), at: exitTick(&scheduler, slot))
    scheduler.requests[slot].isGrowing = false
    scheduler.cohort.growing -= 1
    scheduler.cohort.exits.insert(Int32(slot), at: exitTick(&scheduler, slot))
}

/// The tick, modulo block size, at which a request with so many tokens computed by the present
/// tick needs a block: when its tokens fill its blocks.
@inline(__always)
func phase(of computed: Int, _ now: Int, _ blockSize: BlockSize) -> Int {
    let size = blockSize.tokens
    let beyond = blockSize.beyond(computed)
    let phase = now + (beyond == 0 ? 0 : size - beyond)
    return phase < size ? phase : phase - size
}

/// Takes a request out of the sums. Its tokens computed so far.
@inline(__always)
private func leaveSums(_ scheduler: inout Scheduler, _ cache: inout KVCache, _ slot: Int) -> Int {
    let computed = scheduler.requests[slot].computed(at: scheduler.cohort.tick)
    scheduler.cohort.exits.remove(Int32(slot), at: exitTick(&scheduler, slot))
    count(&scheduler, &cache, slot, computed, sign: -1)
    if !cache.sumsBlocks { scheduler.cohort.needs.remove(slot) }
    return computed
}

/// Takes those out of the sums whose last step was scheduled before the present tick.
func takeLeavers(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    var next = scheduler.cohort.exits.first(at: scheduler.cohort.tick)
    while next >= 0 {
        let slot = Int(next)
        next = scheduler.cohort.exits.next(after: next)
        guard scheduler.requests[slot].ends(at: scheduler.cohort.tick) else {
            if scheduler.cohort.growing > 0 { stopGrowing(&scheduler, slot) }
            continue
        }
        let computed = leaveSums(&scheduler, &cache, slot)
        scheduler.requests[slot].membership = .leaving
        cache.book(slot, tokens: computed)
        if scheduler.cohort.inFlight < scheduler.rules.inFlight {
            cache.register(slot, upTo: computed)
        }
        scheduler.cohort.leaving.append(Int32(slot))
    }
}

/// Takes a member, or one that leaves, out of the cohort at this tick, with the state that
/// stepping it would have left.
func individualise(_ scheduler: inout Scheduler, _ cache: inout KVCache, _ slot: Int) {
    var request = scheduler.requests[slot]
    var computed = request.computedAtEnd
    if request.membership == .member {
        computed = leaveSums(&scheduler, &cache, slot)
    } else if let place = scheduler.cohort.leaving.firstIndex(of: Int32(slot)) {
        _ = scheduler.cohort.leaving.remove(at: place)
    }
    var inFlight: Int32 = 0
    var samples: Int32 = 0
    var asMember: Int32 = 0
    for index in 0..<scheduler.flight.count {
        let tick = scheduler.flight[index].header.tick
        let isPast = request.membership == .leaving && request.isPast(tick)
        if isPast {
            guard scheduler.flight[index].header.wasted > 0, scheduler.wastesStep(slot) else {
                continue
            }
            scheduler.flight[index].header.wasted -= 1
            computed += 1
        } else if scheduler.flight[index].header.members > 0, request.isMemberSince(tick) {
            scheduler.flight[index].header.members -= 1
            asMember += 1
        } else {
            for place in scheduler.flight[index].entries.indices {
                let entry = scheduler.flight[index].entries[place]
                guard entry.slot == Int32(slot) else { continue }
                inFlight += entry.tokens
                samples += entry.samples ? 1 : 0
            }
            continue
        }
        scheduler.flight[index].entries.append(
            Entry(
                slot: Int32(slot), tokens: 1, computedBefore: Int32(request.computed(at: tick)),
                kind: .running, samples: true))
        inFlight += 1
        samples += 1
    }
    let now = Int32(truncatingIfNeeded: scheduler.cohort.tick)
    let until = request.isPast(scheduler.cohort.tick) ? request.memberUntil : now
    if until &- request.memberSince > asMember {
        request.lastToken = scheduler.cohort.lastDelivery
    }
    scheduler.cohort.updatedAt = -1
    request.membership = .individual
    request.computed = Int32(computed)
    request.inFlight = inFlight
    request.outputsInFlight = samples
    request.known = Int32(computed) + 1 - samples
    request.prefilling = false
    scheduler.requests[slot] = request
    // Before its first step as a member it had as many as ever. A batch that is processed while
    // none of its tokens is in flight, as after a step that left it out, registers all.
    let before =
        until == request.memberSince ? scheduler.rules.inFlight : scheduler.cohort.inFlight
    cache.settle(slot, computed: computed, inFlight: min(before, Int(inFlight)))
    insertIndividual(&scheduler, Int32(slot))
}

/// Registers what members have filled, so that the number of keys is that of stepping, and orders
/// the running list. O(running).
func settleAll(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    orderRunning(&scheduler)
    guard scheduler.cohort.isOn, cache.isCaching else { return }
    let areInFlight = (0..<scheduler.flight.count).contains {
        !scheduler.flight[$0].header.skipsMembers
    }
    let inFlight = areInFlight ? scheduler.cohort.inFlight : 0
    for index in scheduler.running.indices {
        let slot = Int(scheduler.running[index])
        let request = scheduler.requests[slot]
        switch request.membership {
        case .individual: continue
        case .member:
            let computed = request.computed(at: scheduler.cohort.tick)
            cache.settle(slot, computed: computed, inFlight: inFlight)
        case .leaving:
            let wasted = scheduler.wastesStep(slot) ? 1 : 0
            let computed = request.computedAtEnd + wasted
            cache.settle(slot, computed: computed, inFlight: inFlight)
        }
    }
}

/// Puts a request into the list of individuals at its place in running order. O(individuals).
private func insertIndividual(_ scheduler: inout Scheduler, _ slot: Int32) {
    let order = scheduler.requests[Int(slot)].admission
    var index = scheduler.cohort.individuals.count
    while index > 0 {
        let other = scheduler.cohort.individuals[index - 1]
        if scheduler.requests[Int(other)].admission < order { break }
        index -= 1
    }
    scheduler.cohort.individuals.insert(slot, at: index)
}

/// Takes every member out, for a step in which order matters. O(running).
func individualiseAll(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    orderRunning(&scheduler)
    guard scheduler.cohort.individuals.count < scheduler.running.count else { return }
    for index in scheduler.running.indices {
        let slot = Int(scheduler.running[index])
        if scheduler.requests[slot].membership != .individual {
            individualise(&scheduler, &cache, slot)
        }
    }
}

/// Takes those out whose output another live request may quote.
private func dismissQuoted(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    scheduler.cohort.quotes.mayConflict = false
    orderRunning(&scheduler)
    for index in scheduler.running.indices {
        let slot = Int(scheduler.running[index])
        let request = scheduler.requests[slot]
        if request.membership == .member, !scheduler.cohort.quotes.isPrivate(request.outputContent)
        {
            individualise(&scheduler, &cache, slot)
        }
    }
}

/// Brings the running list back into order of admission. O(running · log running) when it has
/// lost it.
func orderRunning(_ scheduler: inout Scheduler) {
    guard scheduler.cohort.isDisordered else { return }
    scheduler.cohort.isDisordered = false
    let slots = scheduler.running.elements.map { slot in
        (order: scheduler.requests[Int(slot)].admission, slot: slot)
    }
    for (place, entry) in slots.sorted(by: { $0.order < $1.order }).enumerated() {
        scheduler.running[place] = entry.slot
    }
    notePlaces(&scheduler)
}

/// Every running request is an individual now, at its place, after a step in order. O(running).
func noteIndividuals(_ scheduler: inout Scheduler) {
    notePlaces(&scheduler)
    scheduler.cohort.individuals.removeAll()
    for index in scheduler.running.indices {
        scheduler.cohort.individuals.append(scheduler.running[index])
    }
}

/// Notes each request's place in the running list.
private func notePlaces(_ scheduler: inout Scheduler) {
    for place in scheduler.running.indices {
        scheduler.requests[Int(scheduler.running[place])].place = Int32(place)
    }
}
