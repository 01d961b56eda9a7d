/// Between explicit, steady and ending.

/// Brings the steady set up to date before a step: requests past their last step leave it,
/// explicit ones that only decode join it. O(explicit + leaving).
func prepareStride(_ replica: inout Replica) {
    if replica.stride.quotes.mayConflict { dismissQuoted(&replica) }
    if replica.stride.exits.holds(replica.stride.tick) { markEnding(&replica) }
    guard !replica.stride.explicit.isEmpty, replica.dispatched.count == replica.depth - 1,
        hasBlocksForAWhile(&replica)
    else { return }
    var kept = 0
    for index in replica.stride.explicit.indices {
        let slot = replica.stride.explicit[index]
        if canBeSteady(&replica, Int(slot)) {
            makeSteady(&replica, Int(slot))
        } else {
            replica.stride.explicit[kept] = slot
            kept += 1
        }
    }
    replica.stride.explicit.removeLast(replica.stride.explicit.count - kept)
}

/// Whether the running requests find blocks for 32 steps: else somebody is about to be preempted,
/// and to join the sums and leave them again costs as much as a few steps walked.
@inline(__always)
private func hasBlocksForAWhile(_ replica: inout Replica) -> Bool {
    let tokens = 32 * replica.running.count * replica.groups.count
    return replica.freeBlocks * replica.blockSize.tokens >= tokens
}

@inline(__always)
private func canBeSteady(_ replica: inout Replica, _ slot: Int) -> Bool {
    let request = replica.requests[slot]
    let inFlight = Int32(replica.depth - 1)
    guard !request.prefilling, request.stale == 0, request.placeholders == inFlight,
        request.known + request.placeholders - request.computed == 1, request.computed > 0
    else { return false }
    // Its latest token came with the latest batch, so its next gap is everyone's.
    if inFlight == 0, request.lastToken != replica.stride.lastDelivery { return false }
    // How far its windows slide depends on what is in flight.
    if !replica.sumsBlocks, request.inFlight != inFlight { return false }
    let last = lastDecode(request, replica.engine.maxModelLen)
    guard Int(request.computed) <= last else { return false }
    return !request.isQuotable || replica.stride.quotes.isPrivate(request.outputContent)
}

/// Tokens computed before the step that samples a request's last token.
func lastDecode(_ request: LiveRequest, _ limit: Int) -> Int {
    min(Int(request.promptTokens) + Int(request.outputTokens), limit) - 2
}

@inline(__always)
private func makeSteady(_ replica: inout Replica, _ slot: Int) {
    let tick = replica.stride.tick
    let computed = Int(replica.requests[slot].computed)
    let last = lastDecode(replica.requests[slot], replica.engine.maxModelLen)
    let until = tick + Int64(last - computed + 1)
    let now = Int32(truncatingIfNeeded: tick)
    replica.requests[slot].pace = .steady
    replica.requests[slot].steadyBase = Int32(computed) &- now
    replica.requests[slot].steadySince = now
    replica.requests[slot].steadyUntil = Int32(truncatingIfNeeded: until)
    replica.stride.count += 1
    replica.stride.context += computed + 1
    if replica.stride.window > 0 { joinWindow(&replica, slot, computed) }
    replica.stride.exits.insert(Int32(slot), at: exitTick(&replica, slot))
    if replica.sumsBlocks {
        replica.stride.countPhase(phase(&replica, computed), 1)
    } else {
        let demand = nextDemand(&replica, slot, settled: nil)
        replica.stride.asks.insert(slot, at: tick + Int64(max(0, demand - computed)))
    }
}

/// Counts a steady request's context within the price's window.
private func joinWindow(_ replica: inout Replica, _ slot: Int, _ computed: Int) {
    let window = replica.stride.window
    replica.stride.windowed += min(computed + 1, window)
    replica.requests[slot].isGrowing = computed + 1 < window
    if computed + 1 < window { replica.stride.growing += 1 }
}

/// Takes it back.
private func leaveWindow(_ replica: inout Replica, _ slot: Int, _ computed: Int) {
    replica.stride.windowed -= min(computed + 1, replica.stride.window)
    if replica.requests[slot].isGrowing { replica.stride.growing -= 1 }
    replica.requests[slot].isGrowing = false
}

/// The tick of a steady request in `exits`.
@inline(__always)
private func exitTick(_ replica: inout Replica, _ slot: Int) -> Int64 {
    let until = replica.requests[slot].steadyUntil
    guard replica.requests[slot].isGrowing else { return Int64(until) }
    let filling = replica.requests[slot].filling(replica.stride.window)
    return Int64(filling &- until < 0 ? filling : until)
}

/// Lets a request whose context fills the window by the present tick grow no longer.
private func stopGrowing(_ replica: inout Replica, _ slot: Int) {
    let now = Int32(truncatingIfNeeded: replica.stride.tick)
    guard replica.requests[slot].isGrowing,
        now &- replica.requests[slot].filling(replica.stride.window) >= 0
    else { return }
    replica.stride.exits.remove(Int32(slot), at: exitTick(&replica, slot))
    replica.requests[slot].isGrowing = false
    replica.stride.growing -= 1
    replica.stride.exits.insert(Int32(slot), at: exitTick(&replica, slot))
}

/// The tick, modulo block size, at which a request with so many tokens computed by the present
/// tick needs a block: when its tokens fill its blocks.
@inline(__always)
private func phase(_ replica: inout Replica, _ computed: Int) -> Int {
    let size = replica.blockSize.tokens
    let beyond = replica.blockSize.beyond(computed)
    let phase = replica.stride.phase + (beyond == 0 ? 0 : size - beyond)
    return phase < size ? phase : phase - size
}

/// Takes a request out of the sums. Its tokens computed so far.
@inline(__always)
private func leaveSums(_ replica: inout Replica, _ slot: Int) -> Int {
    let computed = replica.requests[slot].computed(at: replica.stride.tick)
    replica.stride.count -= 1
    replica.stride.context -= computed + 1
    replica.stride.exits.remove(Int32(slot), at: exitTick(&replica, slot))
    if replica.stride.window > 0 { leaveWindow(&replica, slot, computed) }
    if replica.sumsBlocks {
        replica.stride.countPhase(phase(&replica, computed), -1)
    } else {
        replica.stride.asks.remove(slot)
    }
    return computed
}

/// Sets those apart whose last step was scheduled before the present tick.
func markEnding(_ replica: inout Replica) {
    var next = replica.stride.exits.first(at: replica.stride.tick)
    while next >= 0 {
        let slot = Int(next)
        next = replica.stride.exits.next(after: next)
        guard replica.requests[slot].ends(at: replica.stride.tick) else {
            if replica.stride.growing > 0 { stopGrowing(&replica, slot) }
            continue
        }
        let computed = leaveSums(&replica, slot)
        replica.requests[slot].pace = .ending
        bookBlocks(&replica, slot, computed)
        replica.stride.ending.append(Int32(slot))
    }
}

/// Gives a steady or ending request its own state back, as if every step had been walked.
func makeExplicit(_ replica: inout Replica, _ slot: Int) {
    var request = replica.requests[slot]
    var computed = request.computedAtEnd
    if request.pace == .steady {
        computed = leaveSums(&replica, slot)
    } else if let place = replica.stride.ending.firstIndex(of: Int32(slot)) {
        _ = replica.stride.ending.remove(at: place)
    }
    var inFlight: Int32 = 0
    var samples: Int32 = 0
    var steadyInFlight: Int32 = 0
    for index in 0..<replica.dispatched.count {
        let tick = replica.dispatched[index].tick
        let isPast = request.pace == .ending && request.isPast(tick)
        if isPast {
            guard replica.dispatched[index].wasted > 0, wastesStep(&replica, slot) else {
                continue
            }
            replica.dispatched[index].wasted -= 1
            computed += 1
        } else if replica.dispatched[index].steady > 0, request.isSteadySince(tick) {
            replica.dispatched[index].steady -= 1
            steadyInFlight += 1
        } else {
            for place in replica.dispatched[index].entries.indices {
                let entry = replica.dispatched[index].entries[place]
                guard entry.slot == Int32(slot) else { continue }
                inFlight += entry.tokens
                samples += entry.samples ? 1 : 0
            }
            continue
        }
        replica.dispatched[index].entries.append(
            Entry(
                slot: Int32(slot), tokens: 1, computedBefore: Int32(request.computed(at: tick)),
                kind: .running, samples: true))
        inFlight += 1
        samples += 1
    }
    let now = Int32(truncatingIfNeeded: replica.stride.tick)
    let until = request.isPast(replica.stride.tick) ? request.steadyUntil : now
    if until &- request.steadySince > steadyInFlight {
        request.lastToken = replica.stride.lastDelivery
    }
    request.pace = .explicit
    request.computed = Int32(computed)
    request.inFlight = inFlight
    request.placeholders = samples
    request.known = Int32(computed) + 1 - samples
    request.prefilling = false
    replica.requests[slot] = request
    settleBlocks(&replica, slot, computed)
    insertExplicit(&replica, Int32(slot))
}

/// Books the blocks that a request took while its steps were sums.
private func bookBlocks(_ replica: inout Replica, _ slot: Int, _ computed: Int) {
    guard replica.sumsBlocks else { return }
    let blocks = Int32(replica.blockSize.holding(computed))
    replica.runTables[slot].count = max(replica.runTables[slot].count, blocks)
}

/// Books a request's blocks, registers those that are full, up to the latest step scheduled, and
/// notes until when it needs nothing.
private func settleBlocks(_ replica: inout Replica, _ slot: Int, _ computed: Int) {
    // Else they were asked for, and registered, when it was time.
    if replica.sumsBlocks {
        bookBlocks(&replica, slot, computed)
        // A step registers what is full of tokens known when it is scheduled: with a token in
        // flight that is one less.
        if replica.isCaching { registerRuns(&replica, slot, computed - (replica.depth - 1)) }
    }
    setQuiet(&replica, slot)
}

/// Registers what steady and ending requests have filled, so that the number of keys is that of
/// walking, and orders the running list. O(running).
func settleAllBlocks(_ replica: inout Replica) {
    orderRunning(&replica)
    guard replica.stride.isOn, replica.isCaching else { return }
    for index in replica.running.indices {
        let slot = Int(replica.running[index])
        let request = replica.requests[slot]
        switch request.pace {
        case .explicit: continue
        case .steady: settleBlocks(&replica, slot, request.computed(at: replica.stride.tick))
        case .ending:
            let wasted = wastesStep(&replica, slot) ? 1 : 0
            settleBlocks(&replica, slot, request.computedAtEnd + wasted)
        }
    }
}

/// Puts a request into the explicit list at its place in running order. O(explicit).
private func insertExplicit(_ replica: inout Replica, _ slot: Int32) {
    let order = replica.requests[Int(slot)].admission
    var index = replica.stride.explicit.count
    while index > 0 {
        let other = replica.stride.explicit[index - 1]
        if replica.requests[Int(other)].admission < order { break }
        index -= 1
    }
    replica.stride.explicit.insert(slot, at: index)
}

/// Makes every request explicit, for a step that has to be walked. O(running).
func makeAllExplicit(_ replica: inout Replica) {
    orderRunning(&replica)
    guard replica.stride.explicit.count < replica.running.count else { return }
    for index in replica.running.indices {
        let slot = Int(replica.running[index])
        if replica.requests[slot].pace != .explicit { makeExplicit(&replica, slot) }
    }
}

/// Makes those explicit whose output another live request may quote.
private func dismissQuoted(_ replica: inout Replica) {
    replica.stride.quotes.mayConflict = false
    orderRunning(&replica)
    for index in replica.running.indices {
        let slot = Int(replica.running[index])
        let request = replica.requests[slot]
        if request.pace == .steady, !replica.stride.quotes.isPrivate(request.outputContent) {
            makeExplicit(&replica, slot)
        }
    }
}

/// Brings the running list back into order of admission. O(running · log running) when it has
/// lost it.
func orderRunning(_ replica: inout Replica) {
    guard replica.stride.isDisordered else { return }
    replica.stride.isDisordered = false
    let slots = replica.running.elements.map { slot in
        (order: replica.requests[Int(slot)].admission, slot: slot)
    }
    for (place, entry) in slots.sorted(by: { $0.order < $1.order }).enumerated() {
        replica.running[place] = entry.slot
    }
    notePlaces(&replica)
}

/// Notes everybody's place in the running list, after a step was walked.
func notePlaces(_ replica: inout Replica) {
    for place in replica.running.indices {
        replica.requests[Int(replica.running[place])].place = Int32(place)
    }
}
