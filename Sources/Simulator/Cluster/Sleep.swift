import StepTime

/// When a replica must run again, picoseconds; `Int64.max` when it has nothing to do.
///
/// Processing a batch happens at its end; scheduling needs a horizon past the clock. But others
/// see of a replica only who ended there. So it may sleep until the earliest moment at which
/// somebody could end, and catch up then or at the next arrival.
func nextEvent(_ replica: inout Replica) -> Int64 {
    var time: Int64
    if replica.mustDrain {
        time = max(replica.clock, replica.dispatched.firstEnd)
    } else if replica.hasWork || !replica.dispatched.isEmpty || replica.endedFlag {
        time = replica.clock + 1
    } else {
        guard let next = replica.inbox.first else { return .max }
        time = max(replica.clock, replica.requests[Int(next)].arrival) + 1
    }
    guard !replica.log.isWanted else { return time }
    let abort = firstAbort(&replica)
    guard replica.stride.isOn else {
        guard let sleep = walkersSleep(&replica), sleep < .max - replica.lastEnd else {
            return time
        }
        return max(time, min(abort, replica.lastEnd + sleep))
    }
    guard replica.stride.ending.isEmpty, let steps = stepsToFirstEnd(&replica), steps > 0
    else { return time }
    // A step takes no less time than the steady requests' next one: others only add to it, and
    // contexts grow. With none steady, all steps but a first prefill decode something.
    let decodes = max(1, replica.stride.count)
    guard decodes < replica.lines.count else { return time }
    let shortest = replica.lines[decodes].picoseconds(
        context: max(1, replica.stride.context), windowedContext: replica.stride.windowed)
    let (sleep, overflow) = shortest.multipliedReportingOverflow(
        by: replica.stride.count > 0 ? steps : steps - 1)
    if !overflow, sleep < .max - replica.lastEnd {
        time = max(time, min(abort, replica.lastEnd + sleep))
    }
    return time
}

/// When the first client gives up: that ends a request too. Of those not arrived at the loop it
/// looks at no more than a replica that sleeps may have.
private func firstAbort(_ replica: inout Replica) -> Int64 {
    var time = replica.aborts.firstTime
    for place in 0..<min(replica.inbox.count, sleepersCrowd) {
        time = min(time, replica.requests[Int(replica.inbox[place])].abort)
    }
    return time
}

/// A number of steps, counted from the next one to be scheduled, before whose end nobody ends;
/// nil when a shortage of blocks or a crowd makes it uncertain. O(requests that are not steady).
private func stepsToFirstEnd(_ replica: inout Replica) -> Int64? {
    let newcomers = replica.stride.explicit.count + replica.waiting.count + replica.inbox.count
    guard newcomers <= sleepersCrowd else { return nil }
    let size = Int64(replica.engine.blockSize)
    var steps = replica.stride.exits.earliest(from: replica.stride.tick)
    if steps < .max { steps -= replica.stride.tick }
    var prompts: Int64 = 0
    for place in 0..<newcomers {
        let slot: Int32
        var index = place
        if index < replica.stride.explicit.count {
            slot = replica.stride.explicit[index]
        } else {
            index -= replica.stride.explicit.count
            let waits = replica.waiting.count
            slot = index < waits ? replica.waiting[index] : replica.inbox[index - waits]
        }
        let request = replica.requests[Int(slot)]
        // A request cut short by the model's length ends before its output does.
        let room = Int64(replica.engine.maxModelLen - Int(request.promptTokens))
        let sampled = Int64(request.delivered + request.placeholders)
        steps = min(steps, min(Int64(request.outputTokens), room) - sampled)
        prompts += Int64(request.known) / size + 2
    }
    guard steps > 0, steps < .max else { return nil }
    // Without preemptions: the blocks last for so many steps.
    let requests = Int64(replica.running.count + replica.waiting.count + replica.inbox.count)
    let groups = Int64(replica.groups.count)
    let (growth, overflow) = (steps / size + 2).multipliedReportingOverflow(by: requests * groups)
    guard !overflow, growth + prompts * groups <= Int64(replica.freeBlocks) else { return nil }
    return steps
}

/// How long at least nobody ends on a replica that walks and has nothing to do but decode, from
/// the end of its latest batch; nil when that is uncertain. O(running).
private func walkersSleep(_ replica: inout Replica) -> Int64? {
    guard replica.custom == nil, replica.waiting.isEmpty, replica.inbox.isEmpty,
        !replica.running.isEmpty, replica.running.count <= replica.tokenBudget
    else { return nil }
    var steps = Int64.max
    var load = StepLoad()
    for index in replica.running.indices {
        let request = replica.requests[Int(replica.running[index])]
        guard !request.prefilling, request.stale == 0, request.computed > 0,
            request.known + request.placeholders - request.computed == 1
        else { return nil }
        load.addDecode(context: Int(request.computed) + 1, window: replica.stepTime.window)
        let room = Int64(replica.engine.maxModelLen - Int(request.promptTokens))
        let sampled = Int64(request.delivered + request.placeholders)
        steps = min(steps, min(Int64(request.outputTokens), room) - sampled)
    }
    load.sampled = load.decodes
    guard steps > 0 else { return nil }
    let lists = Int64(replica.running.count * replica.groups.count)
    let (growth, isFar) = (steps / Int64(replica.engine.blockSize) + 2)
        .multipliedReportingOverflow(by: lists)
    guard !isFar, growth <= Int64(replica.freeBlocks) else { return nil }
    // All of them take part in every step, and contexts grow.
    let (sleep, overflow) = replica.stepTime.picoseconds(load)
        .multipliedReportingOverflow(by: steps)
    return overflow ? nil : sleep
}

/// More newcomers than this and a replica does not look how long it may sleep.
private let sleepersCrowd = 6
