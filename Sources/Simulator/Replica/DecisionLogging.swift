import Basics

/// Writes the schedule call just made into the decision buffer.
func logSchedule(_ replica: inout Replica, _ age: Int, called: Int64, evictions: Int) {
    settleAllBlocks(&replica)
    let withBlocks = replica.log.detail == .decisionsAndBlocks && !replica.usesRuns
    let decision = ScheduleDecision(
        replica: Int(replica.number), number: replica.dispatched[age].number, time: called,
        executionStart: replica.dispatched[age].start,
        executionEnd: replica.dispatched[age].end, aborted: replica.log.aborted,
        entries: loggedEntries(&replica, tick: replica.dispatched[age].tick),
        preempted: ids(&replica, replica.scratch.preempted.elements),
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
    // Under synchronous scheduling aborts are processed, and logged, with the next schedule call.
    let aborted = replica.depth > 1 ? replica.log.aborted : []
    if replica.depth > 1 { replica.log.aborted.removeAll() }
    settleAllBlocks(&replica)
    let idle =
        !replica.hasWork
        && (0..<replica.dispatched.count).allSatisfy { replica.dispatched[$0].isCleanup }
    let decision = UpdateDecision(
        replica: Int(replica.number), number: batch.number, time: replica.clock,
        aborted: aborted, delivered: delivered,
        finished: ids(&replica, replica.scratch.finished.elements),
        freeBlocks: replica.freeBlocks,
        keys: replica.isCaching ? replica.distinctKeys : nil,
        wasted: replica.tally.counters.wastedEntries - wastedBefore,
        waiting: replica.waiting.count, running: replica.running.count, idle: idle)
    replica.log.decisions.append(.updated(decision))
}

private func ids(_ replica: inout Replica, _ slots: [Int32]) -> [Int64] {
    var ids: [Int64] = []
    for slot in slots { ids.append(replica.requests[Int(slot)].id) }
    return ids
}

/// The step's entries in scheduler order, those known as sums at their places among the others.
private func loggedEntries(_ replica: inout Replica, tick: Int64) -> [ScheduledEntry] {
    let explicit = replica.scratch.entries.elements
    var entries: [ScheduledEntry] = []
    var next = 0
    func append(
        _ slot: Int32, _ tokens: Int32, _ before: Int32, _ kind: EntryKind, samples: Bool
    ) {
        let request = replica.requests[Int(slot)]
        entries.append(
            ScheduledEntry(
                id: request.id, tokens: Int(tokens), computedBefore: Int(before),
                kind: .init(rawValue: kind.rawValue) ?? .running,
                promptTokens: Int(request.promptTokens), samples: samples))
    }
    func append(_ entry: Entry) {
        append(
            entry.slot, entry.tokens, entry.computedBefore, entry.kind, samples: entry.samples)
    }
    if !replica.stride.share.isEmpty {
        for index in replica.running.indices {
            let slot = replica.running[index]
            let request = replica.requests[Int(slot)]
            let isPart = request.pace == .steady || wastesStep(&replica, Int(slot))
            if request.pace != .explicit {
                guard isPart else { continue }
                append(slot, 1, Int32(request.computed(at: tick)), .running, samples: true)
            } else if next < explicit.count, explicit[next].slot == slot {
                append(explicit[next])
                next += 1
            }
        }
    }
    for entry in explicit[next...] { append(entry) }
    return entries
}

/// Digest over the running requests in order: id, then its block numbers group by group.
private func tablesDigest(_ replica: inout Replica) -> UInt64 {
    var digest = Fingerprint()
    for slot in replica.running.elements {
        digest.add(Int(replica.requests[Int(slot)].id))
        for group in 0..<replica.groups.count {
            let list = replica.tables[Int(slot) * replica.groups.count + group].list
            for index in 0..<Int(list.count) {
                digest.add(Int(replica.blockLists[list, index]))
            }
        }
    }
    return digest.value
}

extension BlockPool {
    /// Digest over the block numbers in free-queue order. O(free blocks).
    var queueDigest: UInt64 {
        var digest = Fingerprint()
        forEachFree { digest.add(Int($0)) }
        return digest.value
    }
}
