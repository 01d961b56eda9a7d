import Basics

extension Cluster {
    /// Adds the replicas' tallies up.
    func result(_ plan: RunPlan) -> RunResult {
        var result = RunResult()
        var firstArrival = Int64.max
        var blockTime: UInt128 = 0
        for replica in replicas {
            let tally = replica.tally
            result.counters.add(tally.counters)
            result.timeToFirstToken.merge(tally.timeToFirstToken)
            result.timePerOutputToken.merge(tally.timePerOutputToken)
            result.interTokenLatency.merge(tally.interTokenLatency)
            result.endToEnd.merge(tally.endToEnd)
            result.queueTime.merge(tally.queueTime)
            result.steps.strode += tally.strode
            result.steps.executed += tally.counters.steps - tally.strode
            result.goodRequests += tally.goodRequests
            result.busyTime += tally.busyTime
            result.hostWaitTime += tally.hostWaitTime
            result.peakUsedBlocks = max(result.peakUsedBlocks, tally.peakUsedBlocks)
            result.end = max(result.end, tally.lastEnd)
            firstArrival = min(firstArrival, tally.firstArrival)
            if result.refusedActions == 0 { result.firstRefusal = tally.firstRefusal }
            result.refusedActions += tally.refusedActions
            blockTime += tally.usedBlockTime
        }
        result.start = firstArrival == .max ? 0 : firstArrival
        result.end = max(result.end, result.start)
        result.usedBlockSeconds = Double(blockTime) * 1e-12
        result.blocksPerReplica = replicas.first?.usableBlocks ?? 0
        result.replicas = replicas.count
        result.records = records
        result.digest = digest(result)
        return result
    }

    private func digest(_ result: RunResult) -> String {
        var digest = window.digest
        let counters = result.counters
        for count in [
            counters.requests, counters.finished, counters.aborted, counters.rejected,
            counters.steps, counters.emptySteps, counters.scheduledTokens,
            counters.scheduledEntries, counters.outputTokens, counters.preemptions,
            counters.hitTokensWithResumed, counters.evictions, counters.wastedEntries,
            Int(result.busyTime), Int(result.end),
        ] {
            digest.add(count)
        }
        return digest.hexadecimal
    }
}

extension Counters {
    /// Adds another replica's counts.
    mutating func add(_ other: Counters) {
        requests += other.requests
        finished += other.finished
        aborted += other.aborted
        rejected += other.rejected
        unfinished += other.unfinished
        steps += other.steps
        emptySteps += other.emptySteps
        scheduledTokens += other.scheduledTokens
        scheduledEntries += other.scheduledEntries
        promptTokens += other.promptTokens
        outputTokens += other.outputTokens
        preemptions += other.preemptions
        hitTokens += other.hitTokens
        hitTokensWithResumed += other.hitTokensWithResumed
        queriedTokens += other.queriedTokens
        evictions += other.evictions
        wastedEntries += other.wastedEntries
    }
}
