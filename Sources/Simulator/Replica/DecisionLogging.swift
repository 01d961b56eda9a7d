import Basics

/// Writes the schedule call just made into the decision buffer.
func logSchedule(_ replica: inout Replica, _ batch: Batch, called: Int64, evictions: Int) {
    let withBlocks = replica.log.detail == .decisionsAndBlocks && !replica.usesRuns
    let requests = replica.requests
    let decision = ScheduleDecision(
        replica: Int(replica.number), number: batch.number, time: called,
        executionStart: batch.start, executionEnd: batch.end, aborted: replica.log.aborted,
        entries: replica.scratch.entries.map { entry in
            ScheduledEntry(
                id: requests[Int(entry.slot)].id, tokens: Int(entry.tokens),
                computedBefore: Int(entry.computedBefore),
                kind: .init(rawValue: entry.kind.rawValue) ?? .running)
        },
        preempted: replica.scratch.preempted.map { requests[Int($0)].id },
        waiting: replica.waiting.count, running: replica.running.count,
        freeBlocks: replica.freeBlocks, evictions: replica.evictions - evictions,
        keys: replica.isCaching ? replica.distinctKeys : nil,
        queueDigest: withBlocks ? replica.pool.queueDigest : nil,
        tablesDigest: withBlocks ? tablesDigest(replica) : nil)
    replica.log.aborted.removeAll()
    replica.log.decisions.append(.scheduled(decision))
}

/// Writes the processed batch into the decision buffer.
func logUpdate(_ replica: inout Replica, _ batch: Batch, delivered: Int, wastedBefore: Int) {
    let requests = replica.requests
    // Under synchronous scheduling aborts are processed, and logged, with the next schedule call.
    let aborted = replica.depth > 1 ? replica.log.aborted : []
    if replica.depth > 1 { replica.log.aborted.removeAll() }
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

/// Digest over the running requests in order: id, then its block numbers group by group.
private func tablesDigest(_ replica: borrowing Replica) -> UInt64 {
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
