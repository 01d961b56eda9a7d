import Basics

extension Cluster {
    /// Adds up the replicas' counters. Not inlined, to keep its caller short.
    @inline(never)
    mutating func result(_ plan: RunPlan) -> RunResult {
        var result = RunResult()
        var firstArrival = Int64.max
        var blockTime: UInt128 = 0
        var interTokenLatency = HotHistogram()
        var statistics = RequestStatistics(plan.objective)
        for index in self.statistics.indices { statistics.merge(self.statistics[index]) }
        result.counters.add(statistics.counters)
        result.take(statistics)
        result.longestContext = statistics.longestContext
        result.mostPreemptions = statistics.mostPreemptions
        for index in replicas.indices {
            result.counters.add(replicas[index].counters.totals)
            result.counters.add(replicas[index].scheduler.counters)
            result.counters.evictions += replicas[index].cache.evictions
            result.work.add(replicas[index].counters.work)
            interTokenLatency.merge(replicas[index].counters.interTokenLatency)
            seconds.takeAll(&replicas[index].counters.seconds)
            countCost(of: index, into: &result.steps)
            result.busyTime += Int128(replicas[index].counters.busyTime)
            result.limits.add(replicas[index].counters.limits)
            result.hostWaitTime += Int128(replicas[index].counters.hostWaitTime)
            result.hostPacedSteps += replicas[index].counters.hostPacedSteps
            result.peakUsedBlocks = max(
                result.peakUsedBlocks, replicas[index].counters.peakUsedBlocks)
            result.longestContext = max(
                result.longestContext, replicas[index].counters.longestContext)
            result.end = max(result.end, replicas[index].counters.lastEnd)
            firstArrival = min(firstArrival, replicas[index].counters.firstArrival)
            if result.refusedActions == 0 {
                result.firstRefusal = replicas[index].scheduler.firstRefusal
            }
            result.refusedActions += replicas[index].scheduler.refusedActions
            blockTime += replicas[index].counters.usedBlockTime
        }
        result.interTokenLatency = LatencyHistogram(interTokenLatency)
        result.mostTokensInSecond = seconds.most
        (result.frontEnd, result.delivery) = (plan.engine.host.frontEnd, plan.engine.host.delivery)
        result.start = firstArrival == .max ? 0 : firstArrival
        result.end = max(result.end, result.start)
        result.samples = samples(to: result.end)
        result.usedBlockSeconds = Double(blockTime) * 1e-12
        result.blocksPerReplica = replicas.isEmpty ? 0 : replicas[0].cache.usableBlocks
        result.replicas = replicas.count
        result.steps.queueOperations += due.operations
        result.records = window.records
        result.hostTimeInSteps = plan.demand.map { plan.stepTime.scaled($0.hostTime(result.work)) }
        result.utilization = result.utilization(plan)
        // A closed loop sends only as many requests as are answered, so it has no overload.
        var cap: Int?
        switch plan.arrivals {
        case .closedLoop(let concurrency):
            (result.concurrency, result.thinkTime) = (concurrency, plan.thinkTime)
        case .capped(let concurrency): cap = concurrency
        case .staged: break
        case .openLoop:
            let steps = Double(max(1, result.work.steps))
            result.overload = window.trend.overload(meanStep: Double(result.busyTime) / steps)
        }
        if plan.holdsBack {
            result.client = ClientLatencies(
                client[0], cap: cap, countsAttempts: plan.patience != nil)
        }
        result.digest = digest(result)
        window.finish()
        if window.stretch.isOn { takeStretch(into: &result) }
        return result
    }

    /// Restricts the figures to the requests between the margins.
    private func takeStretch(into result: inout RunResult) {
        result.stretch = window.stretch.result
        result.take(window.stretch.statistics)
        result.interTokenLatency = LatencyHistogram(window.stretch.interTokenLatency)
    }

    private func countCost(of number: Int, into steps: inout StepCounters) {
        steps.forwarded += replicas[number].counters.skipped
        steps.executed += replicas[number].counters.totals.steps - replicas[number].counters.skipped
        steps.events += replicas[number].scheduler.events
        steps.queueOperations +=
            replicas[number].scheduler.cohort.exits.operations + replicas[number].aborts.operations
        steps.queueOperations += replicas[number].scheduler.cohort.needs.wheel.operations
        steps.hashProbes += replicas[number].cache.extents.tree.probes
        steps.blockStretches += replicas[number].cache.extents.spansMade
        steps.allocations += replicas[number].counters.allocations
    }

    private func digest(_ result: RunResult) -> String {
        var digest = window.digest
        let counters = result.counters
        for count in [
            counters.requests, counters.finished, counters.aborted, counters.rejected,
            counters.steps, counters.emptySteps, counters.scheduledTokens,
            counters.scheduledEntries, counters.outputTokens, counters.preemptions,
            counters.hitTokensWithResumed, counters.evictions, counters.wastedEntries,
            // 128 bits: 64 replicas busy for a week exceed 64.
            Int(truncatingIfNeeded: result.busyTime), Int(result.end),
        ] {
            digest.add(count)
        }
        return digest.hexadecimal
    }
}
