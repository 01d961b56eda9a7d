extension Instance {
    /// Runs the instance up to the end of each window that ends by the horizon, and samples it
    /// there. Stopping on the way does not change a run's results, so neither does sampling.
    ///
    /// A sample holds what happened before its moment, however the instance gets there.
    @inline(never)
    mutating func advanceByWindows(to horizon: Int64) throws -> AdvanceStop {
        while samples.next <= horizon {
            let time = samples.next
            if try runLoop(to: time) == .collect { return .collect }
            // The run may be over for this instance; its last windows are closed at the end.
            if horizon == .max, !hasMore { return .horizon }
            if samples.isFull, let sampling = samples.sampling {
                throw sampling.tooMany
            }
            samples.close(sample(at: time))
        }
        return .horizon
    }

    /// Closes the windows of an instance that has no more work, the last one at the end of the run.
    mutating func finishWindows(at end: Int64) {
        guard samples.next < .max else { return }
        while samples.next < end, !samples.isFull {
            samples.close(sample(at: samples.next))
        }
        samples.finish(sample(at: end), at: end)
    }

    /// The instance's work from the start up to `time`, to which it has run, and its state then.
    private mutating func sample(at time: Int64) -> WindowSample {
        var sample = WindowSample()
        let work = counters.work
        sample.steps = work.steps
        sample.entries = work.requests
        sample.decodeTokens = work.requests - work.chunks
        sample.prefillTokens = work.tokens - sample.decodeTokens
        sample.outputTokens = counters.totals.outputTokens
        sample.preemptions = scheduler.counters.preemptions
        sample.hitTokens = scheduler.counters.hitTokens
        sample.queriedTokens = scheduler.counters.queriedTokens
        sample.busyTime = counters.busyTime - busyAfter(time)
        sample.usedBlocks = cache.usedBlocks
        sample.blockTime = counters.usedBlockTime(until: time, used: sample.usedBlocks)
        sample.waiting = scheduler.waiting.count
        for place in 0..<inbox.count {
            let slot = Int(inbox[place])
            guard scheduler.requests[slot].arrival < time else { break }
            sample.waiting += 1
        }
        sample.running = scheduler.running.count
        return sample
    }

    /// The part of the steps in flight that lies after `time`, in picoseconds.
    private mutating func busyAfter(_ time: Int64) -> Int64 {
        var busy: Int64 = 0
        for age in 0..<scheduler.flight.count {
            if scheduler.flight[age].isEmpty { continue }
            let header = scheduler.flight[age].header
            busy += max(0, header.end - max(header.start, time))
        }
        return busy
    }
}
