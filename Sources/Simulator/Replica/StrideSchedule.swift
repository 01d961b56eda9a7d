/// Schedules the running requests of a step in which every one of them gets what it asks for:
/// the steady ones as a sum, the explicit ones one by one. False, with nothing scheduled, when
/// blocks or budget could run short; then order matters and the step must be walked.
///
/// O(explicit + ending).
func scheduleTogether(_ replica: inout Replica, _ pass: inout SchedulePass) -> Bool {
    prepareStride(&replica)
    let steadyBlocks = replica.stride.blocksNeeded
    var tokens = replica.stride.count
    var blocks = steadyBlocks
    replica.scratch.wanted.removeAll()
    for index in replica.stride.explicit.indices {
        let slot = Int(replica.stride.explicit[index])
        let wanted = max(0, pass.wanted(&replica, slot))
        replica.scratch.wanted.append(Int32(wanted))
        tokens += wanted
        if wanted > 0 { blocks += newBlocks(&replica, slot, wanted) }
    }
    countWaste(&replica, &tokens, &blocks)
    if !replica.sumsBlocks { blocks += gatherAsking(&replica) }
    let excess = max(0, tokens - pass.budget)
    if excess > 0 {
        guard cutLast(&replica, by: excess, &blocks) else { return false }
    }
    guard blocks <= replica.freeBlocks else { return false }
    clearStaleHits(&replica)
    if steadyBlocks > 0 { replica.runPool.take(steadyBlocks) }
    for index in replica.scratch.wanted.indices where replica.scratch.wanted[index] > 0 {
        let slot = Int(replica.stride.explicit[index])
        if !replica.sumsBlocks {
            serveAsking(&replica, before: replica.requests[slot].admission)
        }
        scheduleExplicit(&replica, slot, Int(replica.scratch.wanted[index]))
    }
    if !replica.sumsBlocks { serveAsking(&replica) }
    wasteSteps(&replica)
    pass.budget -= min(tokens, pass.budget)
    return true
}

/// Takes what exceeds the budget from the last running request, if it is an explicit one: nobody
/// stands behind it.
private func cutLast(
    _ replica: inout Replica, by excess: Int, _ blocks: inout Int
) -> Bool {
    guard let last = replica.stride.explicit.last,
        replica.requests[Int(last)].admission == replica.stride.admissions,
        let wanted = replica.scratch.wanted.last, Int(wanted) > excess
    else { return false }
    replica.scratch.wanted[replica.scratch.wanted.count - 1] -= Int32(excess)
    blocks -= newBlocks(&replica, Int(last), Int(wanted))
    blocks += newBlocks(&replica, Int(last), Int(wanted) - excess)
    return true
}

private func scheduleExplicit(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let before = replica.requests[slot].computed
    if Int(before) + tokens > Int(replica.requests[slot].quietUntil) {
        let fits = allocate(&replica, BlockDemand(slot: slot, tokens: tokens))
        precondition(fits, "blocks were counted before they were taken")
    }
    replica.scratch.entries.append(
        Entry(slot: Int32(slot), tokens: Int32(tokens), computedBefore: before, kind: .running))
    if replica.requests[slot].prefilling { replica.cadence.carried = true }
}

@inline(__always)
private func newBlocks(_ replica: inout Replica, _ slot: Int, _ tokens: Int) -> Int {
    let end = min(Int(replica.requests[slot].computed) + tokens, replica.engine.maxModelLen)
    let want = replica.blockSize.holding(end)
    return max(0, want - Int(commonTable(&replica, slot).count)) * replica.groups.count
}

/// Forgets the hits of an admission that was tried.
@inline(__always)
func clearStaleHits(_ replica: inout Replica) {
    if replica.scratch.runHitBlocks > 0 || !replica.usesRuns { clearHits(&replica) }
}

/// Whether a request whose last token is in flight gets one more step, because its end is not
/// foreseen: a stop token, not max_tokens.
func wastesStep(_ replica: inout Replica, _ slot: Int) -> Bool {
    let request = replica.requests[slot]
    let computed = request.computedAtEnd
    return replica.depth > 1 && computed + 1 < replica.engine.maxModelLen
        && computed + 1 < Int(request.promptTokens) + Int(request.maxTokens)
}

/// Whether it needs a block for that; where blocks are no sums it asks (`gatherAsking`).
private func wantsBlockToWaste(_ replica: inout Replica, _ slot: Int) -> Bool {
    guard replica.sumsBlocks else { return false }
    let held = Int(replica.runTables[slot].count) * replica.engine.blockSize
    return replica.requests[slot].computedAtEnd >= held
}

/// Counts what the steps that ending requests waste need.
func countWaste(_ replica: inout Replica, _ tokens: inout Int, _ blocks: inout Int) {
    for index in replica.stride.ending.indices {
        let slot = Int(replica.stride.ending[index])
        guard wastesStep(&replica, slot) else { continue }
        tokens += 1
        if wantsBlockToWaste(&replica, slot) { blocks += 1 }
    }
}

/// Schedules the steps that ending requests waste.
func wasteSteps(_ replica: inout Replica) {
    for index in replica.stride.ending.indices {
        let slot = Int(replica.stride.ending[index])
        guard wastesStep(&replica, slot) else { continue }
        if wantsBlockToWaste(&replica, slot) {
            replica.runPool.take(1)
            replica.runTables[slot].count += 1
        }
        let context = replica.requests[slot].computedAtEnd + 1
        replica.stride.share.wasted += 1
        replica.stride.share.wastedContext += context
        replica.stride.share.wastedWindowed += min(context, replica.stride.window)
    }
}
