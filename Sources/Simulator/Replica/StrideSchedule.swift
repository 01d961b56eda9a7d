/// Schedules the running requests of a step in which every one of them gets what it asks for:
/// the steady ones as a sum, the explicit ones one by one. False, with nothing changed, when
/// blocks or budget could run short; then order matters and the step must be walked.
///
/// O(explicit).
func scheduleTogether(_ replica: inout Replica, _ pass: inout SchedulePass) -> Bool {
    let size = replica.engine.blockSize
    var tokens = replica.stride.count
    var blocks = replica.stride.blocksNeeded
    empty(&replica.scratch.wanted)
    for index in replica.stride.explicit.indices {
        let slot = Int(replica.stride.explicit[index])
        let wanted = max(0, pass.wanted(&replica, slot))
        replica.scratch.wanted.append(Int32(wanted))
        tokens += wanted
        if wanted > 0 { blocks += newBlocks(&replica, slot, wanted, size) }
    }
    let excess = max(0, tokens - pass.budget)
    if excess > 0 {
        // Only the last running request may be cut short: nobody stands behind it.
        guard let last = replica.stride.explicit.last, last == replica.running.last,
            let wanted = replica.scratch.wanted.last.map({ Int($0) }), wanted > excess
        else { return false }
        replica.scratch.wanted[replica.scratch.wanted.count - 1] -= Int32(excess)
        blocks -= newBlocks(&replica, Int(last), wanted, size)
        blocks += newBlocks(&replica, Int(last), wanted - excess, size)
    }
    guard blocks <= replica.freeBlocks else { return false }
    if replica.scratch.runHitBlocks > 0 { clearHits(&replica) }
    let steadyBlocks = replica.stride.blocksNeeded
    if steadyBlocks > 0 { replica.runPool.take(steadyBlocks) }
    for index in replica.scratch.wanted.indices where replica.scratch.wanted[index] > 0 {
        let slot = Int(replica.stride.explicit[index])
        scheduleExplicit(&replica, slot, Int(replica.scratch.wanted[index]))
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
    _ replica: inout Replica, _ slot: Int, _ tokens: Int, _ size: Int
) -> Int {
    let end = min(Int(replica.requests[slot].computed) + tokens, replica.engine.maxModelLen)
    return max(0, (end + size - 1) / size - Int(replica.runTables[slot].count))
}
