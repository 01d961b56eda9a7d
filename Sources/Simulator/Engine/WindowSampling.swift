/// Runs the instance up to the end of each window that ends by the horizon, and notes there what it
/// has done. Where a run stops on its way changes none of its results, so neither does this.
///
/// What is noted is what had happened before that moment, however the instance gets there.
@inline(never)
func advanceByWindows(_ instance: inout Instance, to horizon: Int64) throws -> AdvanceStop {
    while instance.samples.next <= horizon {
        let time = instance.samples.next
        if try runLoop(&instance, to: time) == .collect { return .collect }
        // The run may be over for this instance: its last windows are told at the end.
        if horizon == .max, !instance.hasMore { return .horizon }
        if instance.samples.isFull, let sampling = instance.samples.sampling {
            throw sampling.tooMany
        }
        instance.samples.close(sample(&instance, at: time))
    }
    return .horizon
}

/// Ends the windows of an instance that is idle for good, the last at the end of the run.
func finishWindows(_ instance: inout Instance, at end: Int64) {
    guard instance.samples.next < .max else { return }
    while instance.samples.next < end, !instance.samples.isFull {
        instance.samples.close(sample(&instance, at: instance.samples.next))
    }
    instance.samples.finish(sample(&instance, at: end), at: end)
}

/// What an instance has done from the start up to a moment up to which it ran, and how it stands.
private func sample(_ instance: inout Instance, at time: Int64) -> WindowSample {
    var sample = WindowSample()
    let work = instance.counters.work
    sample.steps = work.steps
    sample.entries = work.requests
    sample.decodeTokens = work.requests - work.chunks
    sample.prefillTokens = work.tokens - sample.decodeTokens
    sample.outputTokens = instance.counters.totals.outputTokens
    sample.preemptions = instance.scheduler.counters.preemptions
    sample.hitTokens = instance.scheduler.counters.hitTokens
    sample.queriedTokens = instance.scheduler.counters.queriedTokens
    sample.busyTime = instance.counters.busyTime - busyAfter(time, &instance)
    sample.usedBlocks = instance.cache.usedBlocks
    sample.blockTime = instance.counters.usedBlockTime(until: time, used: sample.usedBlocks)
    sample.waiting = instance.scheduler.waiting.count
    for place in 0..<instance.inbox.count {
        let slot = Int(instance.inbox[place])
        guard instance.scheduler.requests[slot].arrival < time else { break }
        sample.waiting += 1
    }
    sample.running = instance.scheduler.running.count
    return sample
}

/// The part of the steps in flight that lies after a moment, picoseconds.
private func busyAfter(_ time: Int64, _ instance: inout Instance) -> Int64 {
    var busy: Int64 = 0
    for age in 0..<instance.scheduler.flight.count {
        if instance.scheduler.flight[age].isEmpty { continue }
        let header = instance.scheduler.flight[age].header
        busy += max(0, header.end - max(header.start, time))
    }
    return busy
}
