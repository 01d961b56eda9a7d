/// Between steady and explicit.

/// Brings the steady set up to date before a step: requests near their end leave it, explicit
/// ones that only decode join it. O(explicit + leaving).
func prepareStride(_ replica: inout Replica) {
    if replica.stride.quotes.mayConflict { dismissQuoted(&replica) }
    while let exit = replica.stride.exits.first, exit.time <= replica.stride.tick {
        _ = replica.stride.exits.pop()
        let request = replica.requests[Int(exit.payload)]
        if request.isSteady, request.sequence == exit.tie, request.steadyUntil == exit.time {
            makeExplicit(&replica, Int(exit.payload))
        }
    }
    let inFlight = Int32(replica.dispatched.count)
    // With blocks about to run out, steps are walked one by one anyway.
    guard replica.freeBlocks >= 2 * replica.running.count, replica.stepTime.window == 0 else {
        return
    }
    var kept = 0
    for index in replica.stride.explicit.indices {
        let slot = replica.stride.explicit[index]
        if canBeSteady(&replica, Int(slot), inFlight) {
            makeSteady(&replica, Int(slot))
        } else {
            replica.stride.explicit[kept] = slot
            kept += 1
        }
    }
    if kept < replica.stride.explicit.count {
        replica.stride.explicit.removeLast(replica.stride.explicit.count - kept)
    }
}

/// A request shorter than this from its end is not worth the change, steps.
private let leastSteadySteps = 4

private func canBeSteady(
    _ replica: inout Replica, _ slot: Int, _ inFlight: Int32
) -> Bool {
    let request = replica.requests[slot]
    guard !request.prefilling, request.stale == 0, request.placeholders == inFlight,
        request.known + request.placeholders - request.computed == 1, request.computed > 0,
        inFlight == Int32(replica.depth - 1)
    else { return false }
    // Its latest token came with the latest batch, so its next gap is everyone's.
    if inFlight == 0, request.lastToken != replica.stride.lastDelivery { return false }
    let remaining = lastDecode(request, replica.engine.maxModelLen) - Int(request.computed)
    guard remaining >= leastSteadySteps else { return false }
    return !replica.isCaching || replica.stride.quotes.isPrivate(request.outputContent)
}

/// Tokens computed before the step that samples a request's last token.
private func lastDecode(_ request: LiveRequest, _ limit: Int) -> Int {
    min(Int(request.promptTokens) + Int(request.outputTokens), limit) - 2
}

private func makeSteady(_ replica: inout Replica, _ slot: Int) {
    let tick = replica.stride.tick
    let computed = Int64(replica.requests[slot].computed)
    let last = Int64(lastDecode(replica.requests[slot], replica.engine.maxModelLen))
    replica.requests[slot].isSteady = true
    replica.requests[slot].steadyBase = computed - tick
    replica.requests[slot].steadySince = tick
    replica.requests[slot].steadyUntil = tick + last - computed
    replica.stride.count += 1
    replica.stride.context += Int(computed) + 1
    let place = phase(&replica, slot)
    replica.stride.blockPhases[place] += 1
    replica.stride.exits.push(
        .init(
            time: replica.requests[slot].steadyUntil, tie: replica.requests[slot].sequence,
            payload: Int32(slot)))
}

/// The tick, modulo block size, at which a steady request needs a block: when the tokens computed
/// so far fill its blocks.
private func phase(_ replica: inout Replica, _ slot: Int) -> Int {
    let size = replica.engine.blockSize
    let base = Int(replica.requests[slot].steadyBase % Int64(size))
    return (size - base) % size
}

/// Gives a steady request its own state back, as if every step had been walked.
func makeExplicit(_ replica: inout Replica, _ slot: Int) {
    let base = replica.requests[slot].steadyBase
    let computed = Int32(base + replica.stride.tick)
    settleSteadyBlocks(&replica, slot)
    replica.stride.count -= 1
    replica.stride.context -= Int(computed) + 1
    let place = phase(&replica, slot)
    replica.stride.blockPhases[place] -= 1
    replica.requests[slot].isSteady = false
    replica.requests[slot].computed = computed
    var tokens: Int32 = 0
    var samples: Int32 = 0
    var steadyInFlight: Int64 = 0
    for index in 0..<replica.dispatched.count {
        if replica.dispatched[index].steady > 0,
            replica.dispatched[index].tick >= replica.requests[slot].steadySince
        {
            let before = Int32(base + replica.dispatched[index].tick)
            replica.dispatched[index].steady -= 1
            replica.dispatched[index].entries.append(
                Entry(
                    slot: Int32(slot), tokens: 1, computedBefore: before, kind: .running,
                    samples: true))
            tokens += 1
            samples += 1
            steadyInFlight += 1
        } else {
            for entry in replica.dispatched[index].entries where entry.slot == Int32(slot) {
                tokens += entry.tokens
                samples += entry.samples ? 1 : 0
            }
        }
    }
    if replica.stride.tick - replica.requests[slot].steadySince > steadyInFlight {
        replica.requests[slot].lastToken = replica.stride.lastDelivery
    }
    replica.requests[slot].inFlight = tokens
    replica.requests[slot].placeholders = samples
    replica.requests[slot].known = computed + 1 - samples
    replica.requests[slot].prefilling = false
    insertExplicit(&replica, Int32(slot))
}

/// Books the blocks that a steady request took, and registers those that are full, up to the
/// latest step scheduled.
func settleSteadyBlocks(_ replica: inout Replica, _ slot: Int) {
    let computed = Int(replica.requests[slot].steadyBase + replica.stride.tick)
    let size = replica.engine.blockSize
    let blocks = Int32((computed + size - 1) / size)
    let missing = blocks - replica.runTables[slot].count
    if missing > 0 { replica.runTables[slot].keyless += missing }
    guard replica.isCaching else {
        replica.requests[slot].quietUntil = blocks * Int32(size)
        return
    }
    // A step registers what is full of tokens known when it is scheduled: with a token in flight
    // that is one less.
    registerRuns(&replica, slot, computed - (replica.depth - 1))
    let registered = replica.runTables[slot].registered
    replica.requests[slot].quietUntil = min(blocks, registered + 1) * Int32(size) - 1
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

/// Makes every steady request explicit, for a step that has to be walked. O(running).
func makeAllExplicit(_ replica: inout Replica) {
    guard replica.stride.count > 0 else { return }
    for index in replica.running.indices {
        let slot = Int(replica.running[index])
        if replica.requests[slot].isSteady { makeExplicit(&replica, slot) }
    }
}

/// Makes those explicit whose output another live request may quote.
private func dismissQuoted(_ replica: inout Replica) {
    replica.stride.quotes.mayConflict = false
    for index in replica.running.indices {
        let slot = Int(replica.running[index])
        guard replica.requests[slot].isSteady else { continue }
        if !replica.stride.quotes.isPrivate(replica.requests[slot].outputContent) {
            makeExplicit(&replica, slot)
        }
    }
}
