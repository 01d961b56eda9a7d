import Basics

extension Instance {
    /// Writes the schedule call just made into the decision buffer.
    mutating func logSchedule(_ age: Int, called: Int64, evictions: Int) {
        scheduler.settleAll(&cache)
        let withBlocks = log.detail == .decisionsAndBlocks && !cache.usesExtents
        let decision = ScheduleDecision(
            replica: Int(number), number: scheduler.flight[age].header.number, time: called,
            executionStart: scheduler.flight[age].header.start,
            executionEnd: scheduler.flight[age].header.end, aborted: log.aborted,
            entries: loggedEntries(
                scheduler, age: age, tick: scheduler.flight[age].header.tick),
            preempted: ids(scheduler, scheduler.plan.preempted.elements),
            waiting: scheduler.waiting.count, running: scheduler.running.count,
            freeBlocks: cache.freeBlocks, evictions: cache.evictions - evictions,
            keys: cache.isCaching ? cache.distinctKeys : nil,
            queueDigest: withBlocks ? cache.pool.queueDigest : nil,
            tablesDigest: withBlocks ? tablesDigest(scheduler, cache) : nil)
        log.aborted.removeAll()
        log.decisions.append(.scheduled(decision))
    }

    /// Writes the processed batch into the decision buffer.
    mutating func logCommit(_ batch: BatchHeader, delivered: Int, wastedBefore: Int) {
        // Under synchronous scheduling aborts are processed, and logged, with the next schedule
        // call.
        let aborted = scheduler.depth > 1 ? log.aborted : []
        if scheduler.depth > 1 { log.aborted.removeAll() }
        scheduler.settleAll(&cache)
        let idle =
            !scheduler.hasWork
            && (0..<scheduler.flight.count).allSatisfy {
                scheduler.flight[$0].header.isCleanup
            }
        let decision = UpdateDecision(
            replica: Int(number), number: batch.number, time: clock, aborted: aborted,
            delivered: delivered, finished: ids(scheduler, commitment.finished.elements),
            freeBlocks: cache.freeBlocks, keys: cache.isCaching ? cache.distinctKeys : nil,
            wasted: counters.totals.wastedEntries - wastedBefore, waiting: scheduler.waiting.count,
            running: scheduler.running.count, idle: idle)
        log.decisions.append(.updated(decision))
    }
}

private func ids(_ scheduler: borrowing Scheduler, _ slots: [Int32]) -> [Int64] {
    var ids: [Int64] = []
    for slot in slots { ids.append(scheduler.requests[Int(slot)].id) }
    return ids
}

/// The step's entries in scheduler order, those known as sums at their places among the others.
private func loggedEntries(
    _ scheduler: borrowing Scheduler, age: Int, tick: Int64
) -> [ScheduledEntry] {
    let individual = scheduler.flight[age].entries.elements
    var entries: [ScheduledEntry] = []
    var next = 0
    func append(_ slot: Int32, _ tokens: Int32, _ before: Int32, _ kind: EntryKind, samples: Bool) {
        let request = scheduler.requests[Int(slot)]
        entries.append(
            ScheduledEntry(
                id: request.id, sequence: request.sequence, tokens: Int(tokens),
                computedBefore: Int(before), kind: .init(kind),
                promptTokens: Int(request.promptTokens), samples: samples))
    }
    func append(_ entry: Entry) {
        append(entry.slot, entry.tokens, entry.computedBefore, entry.kind, samples: entry.samples)
    }
    if !scheduler.plan.share.isEmpty {
        for index in scheduler.running.indices {
            let slot = scheduler.running[index]
            let request = scheduler.requests[Int(slot)]
            let isPart = request.membership == .member || scheduler.wastesStep(Int(slot))
            if request.membership != .individual {
                guard isPart else { continue }
                append(slot, 1, Int32(request.computed(at: tick)), .running, samples: true)
            } else if next < individual.count, individual[next].slot == slot {
                append(individual[next])
                next += 1
            }
        }
    }
    for entry in individual[next...] { append(entry) }
    return entries
}

/// Digest over the running requests in order: id, then its block numbers group by group.
private func tablesDigest(_ scheduler: borrowing Scheduler, _ cache: borrowing KVCache) -> UInt64 {
    var digest = Fingerprint()
    for slot in scheduler.running.elements {
        digest.add(Int(scheduler.requests[Int(slot)].id))
        for group in 0..<cache.groups.count {
            let list = cache.tables[Int(slot) * cache.groups.count + group]
            for index in 0..<Int(list.count) { digest.add(Int(cache.numbers[list, index])) }
        }
    }
    return digest.value
}

extension BlockPool {
    /// Digest over the block numbers in free-queue order. O(free blocks).
    var queueDigest: UInt64 {
        var digest = Fingerprint()
        forEachFree { block, _ in digest.add(Int(block)) }
        return digest.value
    }
}
