import StepTime

extension Instance {
    /// When the instance must run again, in picoseconds; `Int64.max` if it has nothing to do.
    ///
    /// A batch is processed at its end; scheduling needs a horizon past the clock. But other
    /// replicas only see which requests ended here. So the instance may sleep until the earliest
    /// moment at which a request could end, and catch up then or at the next arrival.
    mutating func nextEvent() -> Int64 {
        var time: Int64
        if mustDrain {
            time = processedFirst
        } else if scheduler.hasWork || !scheduler.flight.isEmpty || scheduler.endedFlag {
            time = clock + 1
        } else {
            guard let next = inbox.first else { return .max }
            time = max(clock, scheduler.requests[Int(next)].arrival) + 1
        }
        guard !log.isStepped, scheduler.cohort.isOn else { return time }
        let abort = scheduler.firstAbort(aborts, inbox, outside: prices.host.outside)
        guard scheduler.cohort.leaving.isEmpty,
            let steps = scheduler.stepsToFirstEnd(&cache, inbox),
            steps > 0
        else { return time }
        // A step takes at least as long as the members' next one: other requests only add to it,
        // and contexts grow. Without members, all steps but a first prefill decode something. A
        // policy may serve newcomers before members, so a step may hold only some members.
        let others = scheduler.newcomers(inbox)
        let isCertain = scheduler.custom == nil || others == 0
        let members = isCertain ? scheduler.cohort.count : 0
        let decodes = max(1, members)
        guard decodes < prices.lines.count else { return time }
        let shortest = prices.lines[decodes].picoseconds(
            context: max(1, members > 0 ? scheduler.cohort.context : 0),
            windowedContext: members > 0 ? scheduler.cohort.windowed : 0)
        let (sleep, overflow) = shortest.multipliedReportingOverflow(
            by: members > 0 ? steps : steps - 1)
        if !overflow, sleep < .max - lastEnd {
            time = max(time, min(abort, lastEnd + sleep))
        }
        return time
    }
}

extension Scheduler {
    /// Requests that are not members.
    @inline(__always)
    fileprivate mutating func newcomers(_ inbox: borrowing RingQueue<Int32>) -> Int {
        cohort.individuals.count + waiting.count + inbox.count
    }

    /// When the first client gives up, which ends a request too. Looks at no more requests in the
    /// inbox than a sleeping instance may have.
    fileprivate mutating func firstAbort(
        _ aborts: borrowing EventHeap, _ inbox: borrowing RingQueue<Int32>, outside: Int64
    ) -> Int64 {
        var time = aborts.firstTime
        for place in 0..<min(inbox.count, sleepersCrowd) {
            let slot = Int(inbox[place])
            time = min(time, requests[slot].abort, requests[slot].firstTokenAbort(outside: outside))
        }
        return time
    }

    /// A number of steps, from the next one to be scheduled, before whose end no request ends; nil
    /// if a shortage of blocks or many newcomers make it uncertain. O(individuals + waiting).
    fileprivate mutating func stepsToFirstEnd(
        _ cache: inout KVCache, _ inbox: borrowing RingQueue<Int32>
    ) -> Int64? {
        let newcomers = newcomers(inbox)
        guard newcomers <= sleepersCrowd else { return nil }
        let size = Int64(cache.blockSize.tokens)
        var steps = cohort.exits.earliest(from: cohort.tick)
        if steps < .max { steps -= cohort.tick }
        var prompts: Int64 = 0
        for place in 0..<newcomers {
            let slot: Int32
            var index = place
            if index < cohort.individuals.count {
                slot = cohort.individuals[index]
            } else {
                index -= cohort.individuals.count
                let waits = waiting.count
                slot = index < waits ? waiting[index] : inbox[index - waits]
            }
            let request = self.requests[Int(slot)]
            steps = min(steps, request.stepsToEnd(limit: cache.maxModelLen))
            prompts += Int64(request.known) / size + 2
        }
        guard steps > 0, steps < .max else { return nil }
        // Rules out preemptions: the blocks last for that many steps.
        let requests = Int64(running.count + waiting.count + inbox.count)
        let groups = Int64(cache.groups.count)
        let (growth, overflow) = (steps / size + 2).multipliedReportingOverflow(
            by: requests * groups)
        guard !overflow, growth + prompts * groups <= Int64(cache.freeBlocks) else {
            return nil
        }
        return steps
    }
}

/// With more newcomers than this, an instance does not compute how long it may sleep.
private let sleepersCrowd = 6
