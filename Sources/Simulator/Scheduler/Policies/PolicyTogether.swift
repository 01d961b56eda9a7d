/// The phases of a step whose running requests get all they ask for, so that only individuals have
/// an order: the members of the cohort are served as a sum.

/// Schedules phases until one that has to be decided in order. How many were done, and whether one
/// of them served the members.
func scheduleTogether(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat
) -> (phases: Int, decodes: Bool) {
    if !seat.shape.keepsAdmissionOrder(seat.ordersRunning, hasChunks: hasChunks(&scheduler)) {
        scheduler.plan.endsAsEntered = true
        individualiseEnding(&scheduler, &cache)
    }
    let count = seat.shape.phases.count
    var served = Served()
    var index = 0
    while index < count {
        if seat.shape.isExclusive,
            !scheduler.plan.isEmpty || served.decodes && scheduler.cohort.count > 0
        {
            return (count, served.decodes)
        }
        if seat.shape.phases[index] == .admissions {
            admitByPolicy(&scheduler, &cache, seat)
            index += 1
            continue
        }
        // What an exclusive phase serves leaves nothing to the next.
        var end = index + 1
        while !seat.shape.isExclusive, end < count, seat.shape.phases[end] != .admissions {
            end += 1
        }
        guard serveTogether(&scheduler, &cache, seat, index..<end, &served) else {
            return (index, served.decodes)
        }
        index = end
    }
    return (count, served.decodes)
}

/// Kinds of running requests that the step has served.
private struct Served {
    var decodes = false
    var chunks = false
}

extension StepShape {
    /// Whether requests are served in order of admission.
    fileprivate func keepsAdmissionOrder(_ ordersRunning: Bool, hasChunks: Bool) -> Bool {
        guard !ordersRunning else { return false }
        if isExclusive || phases.first == .running { return true }
        guard !hasChunks else { return false }
        return phases.first { $0 != .chunks } != .admissions
    }
}

/// Whether a running request has prompt left.
private func hasChunks(_ scheduler: inout Scheduler) -> Bool {
    for index in scheduler.cohort.individuals.indices
    where scheduler.requests[Int(scheduler.cohort.individuals[index])].prefilling {
        return true
    }
    return false
}

/// Takes those members out who get their last token in this step, so that its entries say in which
/// order requests end.
private func individualiseEnding(_ scheduler: inout Scheduler, _ cache: inout KVCache) {
    let tick = scheduler.cohort.tick + 1
    guard scheduler.cohort.exits.holds(tick) else { return }
    var next = scheduler.cohort.exits.first(at: tick)
    while next >= 0 {
        let slot = Int(next)
        next = scheduler.cohort.exits.next(after: next)
        if scheduler.requests[slot].ends(at: tick) { individualise(&scheduler, &cache, slot) }
    }
}

/// Serves the running requests of neighbouring phases. False, with nothing scheduled, when budget
/// or blocks could run short, or when one that is served now could be preempted later.
private func serveTogether(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat,
    _ phases: Range<Int>, _ served: inout Served
) -> Bool {
    var after = served
    var blocks = 0
    guard list(&scheduler, &cache, seat, phases, &after, &blocks) else { return false }
    if after.decodes, !after.chunks, !seat.shape.isExclusive, hasChunks(&scheduler),
        seat.shape.phases[phases.upperBound...].contains(where: { $0 == .running || $0 == .chunks })
    {
        return false
    }
    let takesMembers = after.decodes && !served.decodes
    if takesMembers {
        blocks += scheduler.cohort.blocksNeeded
        if !cache.sumsBlocks { blocks += gatherNeeds(&scheduler, &cache) }
    }
    guard blocks <= cache.freeBlocks else { return false }
    serve(&scheduler, &cache, seat, phases, &served)
    return true
}

/// Lists the individuals of phases in the order of service, and how many tokens each gets. The
/// blocks that they and steps to be wasted lack. False when the budget is short.
private func list(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat,
    _ phases: Range<Int>, _ served: inout Served, _ blocks: inout Int
) -> Bool {
    var left = scheduler.plan.budget
    var quota = scheduler.plan.prefillQuota
    seat.order.removeAll()
    seat.tokens.removeAll()
    seat.ends.removeAll()
    for index in phases {
        let phase = seat.shape.phases[index]
        let takesDecodes = phase != .chunks && !served.decodes
        let takesChunks = phase != .decodes && !served.chunks
        if takesDecodes {
            var tokens = scheduler.cohort.count
            if !scheduler.cohort.leaving.isEmpty {
                var waste = CohortShare()
                blocks += countWaste(&scheduler, &cache, &waste)
                tokens += waste.wasted
            }
            left -= tokens
        }
        let first = seat.order.count
        listSlots(&scheduler, seat, decodes: takesDecodes, chunks: takesChunks)
        for place in first..<seat.order.count {
            let slot = Int(seat.order[place])
            var tokens = max(0, scheduler.wanted(slot))
            if scheduler.requests[slot].prefilling { tokens = min(tokens, quota) }
            // In a phase of chunks nobody but chunks stands behind.
            if !takesDecodes { tokens = min(tokens, max(0, left)) }
            seat.tokens.append(Int32(tokens))
            left -= tokens
            if scheduler.requests[slot].prefilling, quota < .max { quota -= tokens }
        }
        if left < 0 {
            guard takesDecodes, takesChunks, !seat.ordersRunning,
                cutLast(&scheduler, seat, by: -left)
            else { return false }
            left = 0
        }
        seat.ends.append(Int32(seat.order.count))
        served.decodes = served.decodes || takesDecodes
        served.chunks = served.chunks || takesChunks
    }
    for place in seat.order.indices where seat.tokens[place] > 0 {
        let slot = Int(seat.order[place])
        let tokens = Int(scheduler.requests[slot].computed + seat.tokens[place])
        blocks += cache.blocksLacking(slot, tokens: tokens)
    }
    return true
}

/// Appends the individuals of one kind or both to `order`, without those that have an entry.
private func listSlots(
    _ scheduler: inout Scheduler, _ seat: PolicySeat, decodes: Bool, chunks: Bool
) {
    let first = seat.order.count
    for index in scheduler.cohort.individuals.indices {
        let slot = scheduler.cohort.individuals[index]
        let isChunk = scheduler.requests[Int(slot)].prefilling
        guard isChunk ? chunks : decodes, !scheduler.requests[Int(slot)].isScheduled else {
            continue
        }
        seat.order.append(slot)
    }
    guard seat.ordersRunning, seat.order.count - first > 1 else { return }
    let slots = (first..<seat.order.count).map { seat.order[$0] }
    for (offset, slot) in sorted(slots, &scheduler, seat).enumerated() {
        seat.order[first + offset] = slot
    }
}

/// Takes what exceeds the budget from the last running request, if it is an individual: no request
/// stands behind it.
private func cutLast(
    _ scheduler: inout Scheduler, _ seat: PolicySeat, by excess: Int
) -> Bool {
    guard let last = seat.order.last, let tokens = seat.tokens.last, Int(tokens) > excess,
        scheduler.requests[Int(last)].admission == scheduler.cohort.admissions
    else { return false }
    seat.tokens[seat.tokens.count - 1] -= Int32(excess)
    return true
}

/// Serves what was listed and counted.
private func serve(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ seat: PolicySeat,
    _ phases: Range<Int>, _ served: inout Served
) {
    var place = 0
    for (number, index) in phases.enumerated() {
        let phase = seat.shape.phases[index]
        let takesDecodes = phase != .chunks && !served.decodes
        if takesDecodes { cache.take(scheduler.cohort.blocksNeeded) }
        while place < Int(seat.ends[number]) {
            let slot = Int(seat.order[place])
            let tokens = Int(seat.tokens[place])
            place += 1
            if takesDecodes, !cache.sumsBlocks {
                serveNeeds(&scheduler, &cache, before: scheduler.requests[slot].admission)
            }
            guard tokens > 0 else { continue }
            let refusal = run(&scheduler, &cache, slot, tokens: tokens)
            precondition(refusal == nil, "blocks were counted before they were taken")
        }
        served.chunks = served.chunks || phase != .decodes
        guard takesDecodes else { continue }
        served.decodes = true
        if !cache.sumsBlocks { serveNeeds(&scheduler, &cache) }
        if !scheduler.cohort.leaving.isEmpty {
            var waste = CohortShare()
            let blocks = countWaste(&scheduler, &cache, &waste)
            wasteSteps(&scheduler, &cache, waste, blocks)
        }
        scheduler.plan.budget -= scheduler.cohort.count + scheduler.plan.share.wasted
    }
}
