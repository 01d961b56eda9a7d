/// Joining the cohort, leaving it, and being taken out of it.

extension Scheduler {
    /// Brings the cohort up to date before a step: members past their last step leave, individuals
    /// that only decode join. O(individuals + leaving).
    @inline(__always)
    mutating func updateCohort(_ cache: inout KVCache) {
        // A second call at the same tick has nothing to do.
        guard cohort.updatedAt != cohort.tick else { return }
        cohort.updatedAt = cohort.tick
        bringUpToDate(&cache)
    }

    private mutating func bringUpToDate(_ cache: inout KVCache) {
        if cohort.quotes.mayConflict { dismissQuoted(&cache) }
        if cohort.exits.holds(cohort.tick) { takeLeavers(&cache) }
        guard !cohort.individuals.isEmpty, flight.count == rules.inFlight,
            hasBlocksForAWhile(&cache)
        else { return }
        var kept = 0
        for index in cohort.individuals.indices {
            let slot = cohort.individuals[index]
            if canJoin(&cache, Int(slot)) {
                join(&cache, Int(slot))
            } else {
                cohort.individuals[kept] = slot
                kept += 1
            }
        }
        cohort.individuals.removeLast(cohort.individuals.count - kept)
    }

    /// Whether the running requests have blocks for 4 steps. If not, a preemption is near, and
    /// joining and leaving again costs as much as a few steps as an individual.
    @inline(__always)
    private mutating func hasBlocksForAWhile(_ cache: inout KVCache) -> Bool {
        let tokens = 4 * running.count * cache.groups.count
        return cache.freeBlocks * cache.blockSize.tokens >= tokens
    }

    @inline(__always)
    private mutating func canJoin(_ cache: inout KVCache, _ slot: Int) -> Bool {
        let request = requests[slot]
        let inFlight = Int32(rules.inFlight)
        // If a request may be aborted, only its end tells whether its gaps count.
        guard request.decodesSteadily(inFlight: inFlight), !request.mayAbort else { return false }
        // Its latest token must come with the members' latest, so that its next gap equals theirs.
        if inFlight == 0 {
            if request.lastToken != cohort.lastDelivery { return false }
        } else if flight[0].header.skipsMembers {
            return false
        }
        // How far its windows slide depends on its tokens in flight.
        if !cache.sumsBlocks, request.inFlight != inFlight { return false }
        let last = request.lastDecode(limit: rules.maxModelLen)
        guard Int(request.computed) <= last else { return false }
        return !request.isQuotable || cohort.quotes.isPrivate(request.outputContent)
    }

    @inline(__always)
    private mutating func join(_ cache: inout KVCache, _ slot: Int) {
        let tick = cohort.tick
        let computed = Int(requests[slot].computed)
        let last = requests[slot].lastDecode(limit: rules.maxModelLen)
        let until = tick + Int64(last - computed + 1)
        let now = Int32(truncatingIfNeeded: tick)
        requests[slot].membership = .member
        requests[slot].memberBase = Int32(computed) &- now
        requests[slot].memberSince = now
        requests[slot].memberUntil = Int32(truncatingIfNeeded: until)
        count(&cache, slot, computed, sign: 1)
        cohort.exits.insert(Int32(slot), at: exitTick(slot))
        if !cache.sumsBlocks {
            let need = cache.nextNeed(slot, settled: nil)
            cohort.needs.insert(slot, at: tick + Int64(max(0, need - computed)))
        }
    }

    /// Notes a request that joins or leaves, for observers.
    @inline(never)
    private mutating func noteChange(_ slot: Int, _ computed: Int, joins: Bool) {
        cohort.changes.append(
            CohortChange(
                id: requests[slot].id, sequence: requests[slot].sequence,
                computed: computed, joins: joins))
    }

    /// Adds a member to the sums, or subtracts it with `sign` -1.
    @inline(__always)
    private mutating func count(_ cache: inout KVCache, _ slot: Int, _ computed: Int, sign: Int) {
        cohort.count += sign
        cohort.context += sign * (computed + 1)
        if cohort.isWatched { noteChange(slot, computed, joins: sign > 0) }
        let window = cohort.window
        if window > 0 {
            cohort.windowed += sign * min(computed + 1, window)
            if sign > 0 { requests[slot].isGrowing = computed + 1 < window }
            if requests[slot].isGrowing { cohort.growing += sign }
        }
        if cache.sumsBlocks {
            let phase = phase(of: computed, cohort.phase, cache.blockSize)
            cohort.countPhase(phase, Int32(sign))
        }
    }

    /// The tick of a member in `exits`.
    @inline(__always)
    mutating func exitTick(_ slot: Int) -> Int64 {
        let until = requests[slot].memberUntil
        guard requests[slot].isGrowing else { return Int64(until) }
        let filling = requests[slot].filling(cohort.window)
        return Int64(filling &- until < 0 ? filling : until)
    }

    /// Marks a member whose context fills the window by the present tick as no longer growing.
    private mutating func stopGrowing(_ slot: Int) {
        let now = Int32(truncatingIfNeeded: cohort.tick)
        guard requests[slot].isGrowing,
            now &- requests[slot].filling(cohort.window) >= 0
        else { return }
        cohort.exits.remove(Int32(slot), at: exitTick(slot))
        requests[slot].isGrowing = false
        cohort.growing -= 1
        cohort.exits.insert(Int32(slot), at: exitTick(slot))
    }
}

/// The tick, modulo block size, at which a request with `computed` tokens at the present tick needs
/// a block: when its tokens fill its blocks.
@inline(__always)
func phase(of computed: Int, _ now: Int, _ blockSize: BlockSize) -> Int {
    let size = blockSize.tokens
    let beyond = blockSize.beyond(computed)
    let phase = now + (beyond == 0 ? 0 : size - beyond)
    return phase < size ? phase : phase - size
}

extension Scheduler {
    /// Removes a member from the sums. Returns its tokens computed so far.
    @inline(__always)
    private mutating func leaveSums(_ cache: inout KVCache, _ slot: Int) -> Int {
        let computed = requests[slot].computed(at: cohort.tick)
        cohort.exits.remove(Int32(slot), at: exitTick(slot))
        count(&cache, slot, computed, sign: -1)
        if !cache.sumsBlocks { cohort.needs.remove(slot) }
        return computed
    }

    /// Moves members whose last step was scheduled before the present tick out of the sums.
    mutating func takeLeavers(_ cache: inout KVCache) {
        var next = cohort.exits.first(at: cohort.tick)
        while next >= 0 {
            let slot = Int(next)
            next = cohort.exits.next(after: next)
            guard requests[slot].ends(at: cohort.tick) else {
                if cohort.growing > 0 { stopGrowing(slot) }
                continue
            }
            let computed = leaveSums(&cache, slot)
            requests[slot].membership = .leaving
            cache.book(slot, tokens: computed)
            if cohort.inFlight < rules.inFlight {
                cache.register(slot, upTo: computed)
            }
            cohort.leaving.append(Int32(slot))
        }
    }

    /// Makes a member or leaving request individual at this tick, in the state that stepping would
    /// have left.
    mutating func individualise(_ cache: inout KVCache, _ slot: Int) {
        var request = requests[slot]
        var computed = request.computedAtEnd
        if request.membership == .member {
            computed = leaveSums(&cache, slot)
        } else if let place = cohort.leaving.firstIndex(of: Int32(slot)) {
            _ = cohort.leaving.remove(at: place)
        }
        var inFlight: Int32 = 0
        var samples: Int32 = 0
        var asMember: Int32 = 0
        for index in 0..<flight.count {
            let tick = flight[index].header.tick
            let isPast = request.membership == .leaving && request.isPast(tick)
            if isPast {
                guard flight[index].header.wasted > 0, wastesStep(slot) else {
                    continue
                }
                flight[index].header.wasted -= 1
                computed += 1
            } else if flight[index].header.members > 0, request.isMemberSince(tick) {
                flight[index].header.members -= 1
                asMember += 1
            } else {
                for place in flight[index].entries.indices {
                    let entry = flight[index].entries[place]
                    guard entry.slot == Int32(slot) else { continue }
                    inFlight += entry.tokens
                    samples += entry.samples ? 1 : 0
                }
                continue
            }
            flight[index].entries.append(
                .decode(Int32(slot), computedBefore: request.computed(at: tick)))
            inFlight += 1
            samples += 1
        }
        let now = Int32(truncatingIfNeeded: cohort.tick)
        let until = request.isPast(cohort.tick) ? request.memberUntil : now
        if until &- request.memberSince > asMember {
            request.lastToken = cohort.lastDelivery
        }
        cohort.updatedAt = -1
        request.membership = .individual
        request.computed = Int32(computed)
        request.inFlight = inFlight
        request.outputsInFlight = samples
        request.known = Int32(computed) + 1 - samples
        request.prefilling = false
        requests[slot] = request
        // Before its first step as a member it had as many tokens in flight as always. A batch that
        // is processed while it has none in flight, as after a step that left it out, registers
        // all.
        let before = until == request.memberSince ? rules.inFlight : cohort.inFlight
        cache.settle(slot, computed: computed, inFlight: min(before, Int(inFlight)))
        insertIndividual(Int32(slot))
    }

    /// Registers the blocks that members have filled, so that the number of keys equals that of
    /// stepping, and orders the running list. O(running).
    mutating func settleAll(_ cache: inout KVCache) {
        orderRunning()
        guard cohort.isOn, cache.isCaching else { return }
        let areInFlight = (0..<flight.count).contains {
            !flight[$0].header.skipsMembers
        }
        let inFlight = areInFlight ? cohort.inFlight : 0
        for index in running.indices {
            let slot = Int(running[index])
            let request = requests[slot]
            switch request.membership {
            case .individual: continue
            case .member:
                let computed = request.computed(at: cohort.tick)
                cache.settle(slot, computed: computed, inFlight: inFlight)
            case .leaving:
                let wasted = wastesStep(slot) ? 1 : 0
                let computed = request.computedAtEnd + wasted
                cache.settle(slot, computed: computed, inFlight: inFlight)
            }
        }
    }

    /// Inserts a request into the list of individuals in running order. O(individuals).
    private mutating func insertIndividual(_ slot: Int32) {
        let order = requests[Int(slot)].admission
        var index = cohort.individuals.count
        while index > 0 {
            let other = cohort.individuals[index - 1]
            if requests[Int(other)].admission < order { break }
            index -= 1
        }
        cohort.individuals.insert(slot, at: index)
    }

    /// Makes every member individual, for a step in which order matters. O(running).
    mutating func individualiseAll(_ cache: inout KVCache) {
        orderRunning()
        guard cohort.individuals.count < running.count else { return }
        for index in running.indices {
            let slot = Int(running[index])
            if requests[slot].membership != .individual {
                individualise(&cache, slot)
            }
        }
    }

    /// Makes members individual whose output another live request may quote.
    private mutating func dismissQuoted(_ cache: inout KVCache) {
        cohort.quotes.mayConflict = false
        orderRunning()
        for index in running.indices {
            let slot = Int(running[index])
            let request = requests[slot]
            if request.membership == .member, !cohort.quotes.isPrivate(request.outputContent) {
                individualise(&cache, slot)
            }
        }
    }

    /// Restores the running list to order of admission. O(running · log running) if it was
    /// disordered.
    mutating func orderRunning() {
        guard cohort.isDisordered else { return }
        cohort.isDisordered = false
        let slots = running.elements.map { slot in
            (order: requests[Int(slot)].admission, slot: slot)
        }
        for (place, entry) in slots.sorted(by: { $0.order < $1.order }).enumerated() {
            running[place] = entry.slot
        }
        notePlaces()
    }

    /// Marks every running request as individual after a step in order. O(running).
    mutating func noteIndividuals() {
        notePlaces()
        cohort.individuals.removeAll()
        for index in running.indices {
            cohort.individuals.append(running[index])
        }
    }

    /// Stores each request's index in the running list.
    private mutating func notePlaces() {
        for place in running.indices {
            requests[Int(running[place])].place = Int32(place)
        }
    }
}
