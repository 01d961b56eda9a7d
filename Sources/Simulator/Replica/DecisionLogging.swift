import Basics

/// Writes the schedule call just made into the decision buffer.
func logSchedule(_ replica: inout Replica, _ batch: Batch, called: Int64, evictions: Int) {
    settleAllSteadyBlocks(&replica)
    let withBlocks = replica.log.detail == .decisionsAndBlocks && !replica.usesRuns
    let requests = replica.requests
    let decision = ScheduleDecision(
        replica: Int(replica.number), number: batch.number, time: called,
        executionStart: batch.start, executionEnd: batch.end, aborted: replica.log.aborted,
        entries: loggedEntries(&replica, batch),
        preempted: replica.scratch.preempted.map { requests[Int($0)].id },
        waiting: replica.waiting.count, running: replica.running.count,
        freeBlocks: replica.freeBlocks, evictions: replica.evictions - evictions,
        keys: replica.isCaching ? replica.distinctKeys : nil,
        queueDigest: withBlocks ? replica.pool.queueDigest : nil,
        tablesDigest: withBlocks ? tablesDigest(&replica) : nil)
    replica.log.aborted.removeAll()
    replica.log.decisions.append(.scheduled(decision))
}

/// Writes the processed batch into the decision buffer.
func logUpdate(_ replica: inout Replica, _ batch: BatchHeader, delivered: Int, wastedBefore: Int) {
    let requests = replica.requests
    // Under synchronous scheduling aborts are processed, and logged, with the next schedule call.
    let aborted = replica.depth > 1 ? replica.log.aborted : []
    if replica.depth > 1 { replica.log.aborted.removeAll() }
    settleAllSteadyBlocks(&replica)
    let idle =
        !replica.hasWork
        && (0..<replica.dispatched.count).allSatisfy { replica.dispatched[$0].isCleanup }
    let decision = UpdateDecision(
        replica: Int(replica.number), number: batch.number, time: replica.clock,
        aborted: aborted, delivered: delivered,
        finished: replica.scratch.finished.map { requests[Int($0)].id },
        freeBlocks: replica.freeBlocks,
        keys: replica.isCaching ? replica.distinctKeys : nil,
        wasted: replica.tally.counters.wastedEntries - wastedBefore,
        waiting: replica.waiting.count, running: replica.running.count, idle: idle)
    replica.log.decisions.append(.updated(decision))
}

/// The step's entries in scheduler order, steady requests at their places among the others.
private func loggedEntries(_ replica: inout Replica, _ batch: Batch) -> [ScheduledEntry] {
    func entry(_ slot: Int32, _ tokens: Int32, _ before: Int32, _ kind: EntryKind)
        -> ScheduledEntry
    {
        ScheduledEntry(
            id: replica.requests[Int(slot)].id, tokens: Int(tokens), computedBefore: Int(before),
            kind: .init(rawValue: kind.rawValue) ?? .running)
    }
    let explicit = replica.scratch.entries
    guard batch.steady > 0 else {
        return explicit.map { entry($0.slot, $0.tokens, $0.computedBefore, $0.kind) }
    }
    var entries: [ScheduledEntry] = []
    var next = 0
    for slot in replica.running {
        let request = replica.requests[Int(slot)]
        if request.isSteady {
            entries.append(entry(slot, 1, Int32(request.steadyBase + batch.tick), .running))
        } else if next < explicit.count, explicit[next].slot == slot {
            let own = explicit[next]
            entries.append(entry(slot, own.tokens, own.computedBefore, own.kind))
            next += 1
        }
    }
    return entries
}

/// Registers what steady requests have filled, so that the number of keys is that of walking.
private func settleAllSteadyBlocks(_ replica: inout Replica) {
    guard replica.stride.count > 0, replica.isCaching else { return }
    for index in replica.running.indices {
        let slot = Int(replica.running[index])
        if replica.requests[slot].isSteady { settleSteadyBlocks(&replica, slot) }
    }
}

/// Digest over the running requests in order: id, then its block numbers group by group.
private func tablesDigest(_ replica: inout Replica) -> UInt64 {
    var digest = Fingerprint()
    for slot in replica.running {
        digest.add(Int(replica.requests[Int(slot)].id))
        for group in 0..<replica.groups.count {
            let list = replica.tables[Int(slot) * replica.groups.count + group].list
            for index in 0..<Int(list.count) { digest.add(Int(replica.blockLists[list, index])) }
        }
    }
    return digest.value
}

extension BlockPool {
    /// Digest over the block numbers in free-queue order. O(free blocks).
    var queueDigest: UInt64 {
        var digest = Fingerprint()
        var block = blocks[0].next
        while block != 0 {
            digest.add(Int(block))
            block = blocks[Int(block)].next
        }
        return digest.value
    }
}
