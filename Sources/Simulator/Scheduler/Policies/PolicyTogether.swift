/// The phases of a step whose running requests get all they want. Only individuals have an order;
/// the members of the cohort are served as a sum.

extension Scheduler {
    /// Schedules phases until one must be decided in order. Returns how many were done, and whether
    /// one of them served the members.
    mutating func scheduleTogether(
        _ cache: inout KVCache, _ seat: PolicySeat
    ) -> (phases: Int, decodes: Bool) {
        if !seat.shape.keepsAdmissionOrder(seat.ordersRunning, hasChunks: hasChunks()) {
            plan.endsAsEntered = true
            individualiseEnding(&cache)
        }
        let count = seat.shape.phases.count
        var served = Served()
        var index = 0
        while index < count {
            if seat.shape.isExclusive, !plan.isEmpty || served.decodes && cohort.count > 0 {
                return (count, served.decodes)
            }
            if seat.shape.phases[index] == .admissions {
                admitByPolicy(&cache, seat)
                index += 1
                continue
            }
            // After what an exclusive phase serves, nothing is left for the next.
            var end = index + 1
            while !seat.shape.isExclusive, end < count, seat.shape.phases[end] != .admissions {
                end += 1
            }
            guard serveTogether(&cache, seat, index..<end, &served) else {
                return (index, served.decodes)
            }
            index = end
        }
        return (count, served.decodes)
    }
}

/// The kinds of running requests that the step has served.
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

extension Scheduler {
    /// Whether a running request has prompt left.
    private mutating func hasChunks() -> Bool {
        for index in cohort.individuals.indices
        where requests[Int(cohort.individuals[index])].prefilling {
            return true
        }
        return false
    }

    /// Makes members individual that get their last token in this step, so that the entries define
    /// the order in which requests end.
    private mutating func individualiseEnding(_ cache: inout KVCache) {
        let tick = cohort.tick + 1
        guard cohort.exits.holds(tick) else { return }
        var next = cohort.exits.first(at: tick)
        while next >= 0 {
            let slot = Int(next)
            next = cohort.exits.next(after: next)
            if requests[slot].ends(at: tick) { individualise(&cache, slot) }
        }
    }

    /// Serves the running requests of neighbouring phases. Returns false, with nothing scheduled,
    /// if budget or blocks could run short, or if a request served now could be preempted later.
    private mutating func serveTogether(
        _ cache: inout KVCache, _ seat: PolicySeat, _ phases: Range<Int>, _ served: inout Served
    ) -> Bool {
        var after = served
        var blocks = 0
        guard list(&cache, seat, phases, &after, &blocks) else { return false }
        if after.decodes, !after.chunks, !seat.shape.isExclusive, hasChunks(),
            seat.shape.phases[phases.upperBound...].contains(where: {
                $0 == .running || $0 == .chunks
            })
        {
            return false
        }
        let takesMembers = after.decodes && !served.decodes
        if takesMembers {
            blocks += cohort.blocksNeeded
            if !cache.sumsBlocks { blocks += gatherNeeds(&cache) }
        }
        guard blocks <= cache.freeBlocks else { return false }
        serve(&cache, seat, phases, &served)
        return true
    }

    /// Lists the individuals of phases in the order of service, with the tokens each gets, and adds
    /// up the blocks that they and wasted steps lack. Returns false if the budget is too small.
    private mutating func list(
        _ cache: inout KVCache, _ seat: PolicySeat,
        _ phases: Range<Int>, _ served: inout Served, _ blocks: inout Int
    ) -> Bool {
        var left = plan.budget
        var quota = plan.prefillQuota
        seat.order.removeAll()
        seat.tokens.removeAll()
        seat.ends.removeAll()
        for index in phases {
            let phase = seat.shape.phases[index]
            let takesDecodes = phase != .chunks && !served.decodes
            let takesChunks = phase != .decodes && !served.chunks
            if takesDecodes {
                var tokens = cohort.count
                if !cohort.leaving.isEmpty {
                    var waste = CohortShare()
                    blocks += countWaste(&cache, &waste)
                    tokens += waste.wasted
                }
                left -= tokens
            }
            let first = seat.order.count
            listSlots(seat, decodes: takesDecodes, chunks: takesChunks)
            for place in first..<seat.order.count {
                let slot = Int(seat.order[place])
                var tokens = max(0, wanted(slot))
                if requests[slot].prefilling { tokens = min(tokens, quota) }
                // In a phase of chunks only chunks come after.
                if !takesDecodes { tokens = min(tokens, max(0, left)) }
                seat.tokens.append(Int32(tokens))
                left -= tokens
                if requests[slot].prefilling, quota < .max { quota -= tokens }
            }
            if left < 0 {
                guard takesDecodes, takesChunks, !seat.ordersRunning,
                    cutLast(seat, by: -left)
                else { return false }
                left = 0
            }
            seat.ends.append(Int32(seat.order.count))
            served.decodes = served.decodes || takesDecodes
            served.chunks = served.chunks || takesChunks
        }
        for place in seat.order.indices where seat.tokens[place] > 0 {
            let slot = Int(seat.order[place])
            let tokens = Int(requests[slot].computed + seat.tokens[place])
            blocks += cache.blocksLacking(slot, tokens: tokens)
        }
        return true
    }

    /// Appends the individuals of one or both kinds to `order`, except those that have an entry.
    private mutating func listSlots(_ seat: PolicySeat, decodes: Bool, chunks: Bool) {
        let first = seat.order.count
        for index in cohort.individuals.indices {
            let slot = cohort.individuals[index]
            let isChunk = requests[Int(slot)].prefilling
            guard isChunk ? chunks : decodes, !requests[Int(slot)].isScheduled else {
                continue
            }
            seat.order.append(slot)
        }
        guard seat.ordersRunning, seat.order.count - first > 1 else { return }
        let slots = (first..<seat.order.count).map { seat.order[$0] }
        for (offset, slot) in sorted(slots, seat).enumerated() {
            seat.order[first + offset] = slot
        }
    }

    /// Takes the excess over the budget from the last running request, if that is an individual: no
    /// request comes after it.
    private mutating func cutLast(_ seat: PolicySeat, by excess: Int) -> Bool {
        guard let last = seat.order.last, let tokens = seat.tokens.last, Int(tokens) > excess,
            requests[Int(last)].admission == cohort.admissions
        else { return false }
        seat.tokens[seat.tokens.count - 1] -= Int32(excess)
        return true
    }

    /// Serves what was listed and counted.
    private mutating func serve(
        _ cache: inout KVCache, _ seat: PolicySeat, _ phases: Range<Int>, _ served: inout Served
    ) {
        var place = 0
        for (number, index) in phases.enumerated() {
            let phase = seat.shape.phases[index]
            let takesDecodes = phase != .chunks && !served.decodes
            if takesDecodes { cache.take(cohort.blocksNeeded) }
            while place < Int(seat.ends[number]) {
                let slot = Int(seat.order[place])
                let tokens = Int(seat.tokens[place])
                place += 1
                if takesDecodes, !cache.sumsBlocks {
                    serveNeeds(&cache, before: requests[slot].admission)
                }
                guard tokens > 0 else { continue }
                let refusal = run(&cache, slot, tokens: tokens)
                precondition(refusal == nil, "blocks were counted before they were taken")
            }
            served.chunks = served.chunks || phase != .decodes
            guard takesDecodes else { continue }
            served.decodes = true
            if !cache.sumsBlocks { serveNeeds(&cache) }
            if !cohort.leaving.isEmpty {
                var waste = CohortShare()
                let blocks = countWaste(&cache, &waste)
                wasteSteps(&cache, waste, blocks)
            }
            plan.budget -= cohort.count + plan.share.wasted
        }
    }
}
