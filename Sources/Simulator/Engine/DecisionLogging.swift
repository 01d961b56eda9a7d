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
            entries: scheduler.loggedEntries(age: age),
            preempted: scheduler.ids(scheduler.plan.preempted.elements),
            waiting: scheduler.waiting.count, running: scheduler.running.count,
            freeBlocks: cache.freeBlocks, evictions: cache.evictions - evictions,
            keys: cache.isCaching ? cache.distinctKeys : nil,
            queueDigest: withBlocks ? cache.pool.queueDigest : nil,
            tablesDigest: withBlocks
                ? cache.tablesDigest(of: scheduler.running, scheduler.requests) : nil)
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
            delivered: delivered, finished: scheduler.ids(commitment.finished.elements),
            freeBlocks: cache.freeBlocks, keys: cache.isCaching ? cache.distinctKeys : nil,
            wasted: counters.totals.wastedEntries - wastedBefore, waiting: scheduler.waiting.count,
            running: scheduler.running.count, idle: idle)
        log.decisions.append(.updated(decision))
    }
}

extension Scheduler {
    fileprivate mutating func ids(_ slots: [Int32]) -> [Int64] {
        var ids: [Int64] = []
        for slot in slots { ids.append(requests[Int(slot)].id) }
        return ids
    }

    /// The step's entries in scheduler order, with cohort members at their places among the others.
    fileprivate mutating func loggedEntries(age: Int) -> [ScheduledEntry] {
        let individual = flight[age].entries.elements
        let tick = flight[age].header.tick
        var entries: [ScheduledEntry] = []
        var next = 0
        for index in plan.share.isEmpty ? 0..<0 : running.indices {
            let slot = running[index]
            let request = requests[Int(slot)]
            if request.membership == .member
                || request.membership == .leaving && wastesStep(Int(slot))
            {
                entries.append(logged(.decode(slot, computedBefore: request.computed(at: tick))))
            } else if request.isIndividual, next < individual.count, individual[next].slot == slot {
                entries.append(logged(individual[next]))
                next += 1
            }
        }
        for entry in individual[next...] { entries.append(logged(entry)) }
        return entries
    }
}

extension KVCache {
    /// Digest over the running requests in order: id, then its block numbers group by group.
    fileprivate mutating func tablesDigest(
        of running: borrowing HotArray<Int32>, _ requests: borrowing HotArray<LiveRequest>
    ) -> UInt64 {
        var digest = Fingerprint()
        for index in running.indices {
            let slot = Int(running[index])
            digest.add(Int(requests[slot].id))
            for group in groups.indices {
                let list = tables[slot * groups.count + group]
                for place in 0..<Int(list.count) { digest.add(Int(numbers[list, place])) }
            }
        }
        return digest.value
    }
}

extension BlockPool {
    /// Digest over the block numbers in free-queue order. O(free blocks).
    var queueDigest: UInt64 {
        var digest = Fingerprint()
        forEachFree { block, _ in digest.add(Int(block)) }
        return digest.value
    }
}
