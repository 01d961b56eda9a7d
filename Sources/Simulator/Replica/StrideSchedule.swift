/// Schedules the running requests of a step in which every one of them gets what it asks for:
/// the steady ones as a sum, the explicit ones one by one. False, with nothing changed, when
/// blocks or budget could run short; then order matters and the step must be walked.
///
/// O(explicit).
func scheduleTogether(_ replica: inout Replica, _ pass: inout SchedulePass) -> Bool {
    let size = replica.engine.blockSize
    var tokens = replica.stride.count
    var blocks = replica.stride.blocksNeeded
    for slot in replica.stride.explicit {
        let wanted = pass.wanted(replica, Int(slot))
        guard wanted > 0 else { continue }
        tokens += wanted
        blocks += newBlocks(replica, Int(slot), wanted, size)
    }
    var excess = max(0, tokens - pass.budget)
    if excess > 0 {
        // Only the last running request may be cut short: nobody stands behind it.
        guard let last = replica.stride.explicit.last, last == replica.running.last,
            pass.wanted(replica, Int(last)) > excess
        else { return false }
        let wanted = pass.wanted(replica, Int(last))
        blocks -= newBlocks(replica, Int(last), wanted, size)
        blocks += newBlocks(replica, Int(last), wanted - excess, size)
    }
    guard blocks <= replica.freeBlocks else { return false }
    clearHits(&replica)
    replica.runPool.take(replica.stride.blocksNeeded)
    for (index, slot) in replica.stride.explicit.enumerated() {
        let cut = index == replica.stride.explicit.count - 1 ? excess : 0
        let wanted = pass.wanted(replica, Int(slot)) - cut
        guard wanted > 0 else { continue }
        if cut > 0 { excess = 0 }
        scheduleExplicit(&replica, Int(slot), wanted)
    }
    pass.budget -= min(tokens, pass.budget)
    return true
}

private func scheduleExplicit(_ replica: inout Replica, _ slot: Int, _ tokens: Int) {
    let request = replica.requests[slot]
    if Int(request.computed) + tokens > Int(request.quietUntil) {
        let fits = allocate(&replica, BlockDemand(slot: slot, tokens: tokens))
        precondition(fits, "blocks were counted before they were taken")
    }
    replica.scratch.entries.append(
        Entry(
            slot: Int32(slot), tokens: Int32(tokens), computedBefore: request.computed,
            kind: .running))
    replica.cadence.carried = replica.cadence.carried || request.prefilling
}

private func newBlocks(
    _ replica: borrowing Replica, _ slot: Int, _ tokens: Int, _ size: Int
) -> Int {
    let end = min(Int(replica.requests[slot].computed) + tokens, replica.engine.maxModelLen)
    return max(0, (end + size - 1) / size - Int(replica.runTables[slot].count))
}
