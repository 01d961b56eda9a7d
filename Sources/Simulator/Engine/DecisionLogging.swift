import Basics

/// Writes the schedule call just made into the decision buffer.
func logSchedule(_ instance: inout Instance, _ age: Int, called: Int64, evictions: Int) {
    settleAll(&instance.scheduler, &instance.cache)
    let withBlocks = instance.log.detail == .decisionsAndBlocks && !instance.cache.usesExtents
    let decision = ScheduleDecision(
        replica: Int(instance.number), number: instance.scheduler.flight[age].header.number,
        time: called,
        executionStart: instance.scheduler.flight[age].header.start,
        executionEnd: instance.scheduler.flight[age].header.end, aborted: instance.log.aborted,
        entries: loggedEntries(
            instance.scheduler, age: age, tick: instance.scheduler.flight[age].header.tick),
        preempted: ids(instance.scheduler, instance.scheduler.plan.preempted.elements),
        waiting: instance.scheduler.waiting.count, running: instance.scheduler.running.count,
        freeBlocks: instance.cache.freeBlocks, evictions: instance.cache.evictions - evictions,
        keys: instance.cache.isCaching ? instance.cache.distinctKeys : nil,
        queueDigest: withBlocks ? instance.cache.pool.queueDigest : nil,
        tablesDigest: withBlocks ? tablesDigest(instance.scheduler, instance.cache) : nil)
    instance.log.aborted.removeAll()
    instance.log.decisions.append(.scheduled(decision))
}

/// Writes the processed batch into the decision buffer.
func logCommit(
    _ instance: inout Instance, _ batch: BatchHeader, delivered: Int, wastedBefore: Int
) {
    // Under synchronous scheduling aborts are processed, and logged, with the next schedule call.
    let aborted = instance.scheduler.depth > 1 ? instance.log.aborted : []
    if instance.scheduler.depth > 1 { instance.log.aborted.removeAll() }
    settleAll(&instance.scheduler, &instance.cache)
    let idle =
        !instance.scheduler.hasWork
        && (0..<instance.scheduler.flight.count).allSatisfy {
            instance.scheduler.flight[$0].header.isCleanup
        }
    let decision = UpdateDecision(
        replica: Int(instance.number), number: batch.number, time: instance.clock,
        aborted: aborted, delivered: delivered,
        finished: ids(instance.scheduler, instance.commitment.finished.elements),
        freeBlocks: instance.cache.freeBlocks,
        keys: instance.cache.isCaching ? instance.cache.distinctKeys : nil,
        wasted: instance.counters.totals.wastedEntries - wastedBefore,
        waiting: instance.scheduler.waiting.count, running: instance.scheduler.running.count,
        idle: idle)
    instance.log.decisions.append(.updated(decision))
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
    func append(
        _ slot: Int32, _ tokens: Int32, _ before: Int32, _ kind: EntryKind, samples: Bool
    ) {
        let request = scheduler.requests[Int(slot)]
        entries.append(
            ScheduledEntry(
                id: request.id, sequence: request.sequence, tokens: Int(tokens),
                computedBefore: Int(before), kind: .init(kind),
                promptTokens: Int(request.promptTokens), samples: samples))
    }
    func append(_ entry: Entry) {
        append(
            entry.slot, entry.tokens, entry.computedBefore, entry.kind, samples: entry.samples)
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
private func tablesDigest(
    _ scheduler: borrowing Scheduler, _ cache: borrowing KVCache
) -> UInt64 {
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
