/// The place, order and tokens of each request: invariants 4, 9 to 11, 14, 15 and 20.

extension Instance {
    /// I4: batches in the pipeline follow one another in time, and the last one ends at `lastEnd`.
    mutating func unorderedBatches() -> String? {
        let count = scheduler.flight.count
        if count > scheduler.depth { return "\(count) batches are in flight" }
        for age in 0..<count {
            let header = scheduler.flight[age].header
            if header.end < header.start { return "batch \(header.number) ends before it starts" }
            if age > 0, header.start < scheduler.flight[age - 1].header.end {
                return "batch \(header.number) starts before the one ahead of it ends"
            }
            if age == count - 1, header.end != lastEnd {
                return "the last batch ends at \(header.end), the loop says \(lastEnd)"
            }
        }
        return nil
    }

    /// I9: a slot is in one place (free, on its way to the loop, waiting, running, or ended with
    /// tokens in flight), and its state agrees.
    mutating func misplacedRequest() -> String? {
        var places = Array(repeating: "", count: scheduler.requests.count)
        var problem: String?
        func enter(
            _ slot: Int32, _ place: String, _ states: Set<RequestState>, _ state: RequestState
        ) {
            if !places[Int(slot)].isEmpty {
                problem = "slot \(slot) is \(places[Int(slot)]) and \(place)"
            } else if !states.contains(state) {
                problem = "slot \(slot) is \(place), its state is \(state)"
            }
            places[Int(slot)] = place
        }
        for index in scheduler.freeSlots.indices {
            let slot = scheduler.freeSlots[index]
            enter(slot, "free", [.ended], scheduler.requests[Int(slot)].state)
        }
        for place in 0..<inbox.count {
            let slot = inbox[place]
            enter(slot, "on its way", [.waiting], scheduler.requests[Int(slot)].state)
        }
        for place in 0..<scheduler.waiting.count {
            let slot = scheduler.waiting[place]
            let state = scheduler.requests[Int(slot)].state
            enter(slot, "waiting", [.waiting, .preempted], state)
        }
        for place in scheduler.running.indices {
            let slot = scheduler.running[place]
            enter(slot, "running", [.running], scheduler.requests[Int(slot)].state)
        }
        for slot in places.indices where places[slot].isEmpty {
            let request = scheduler.requests[slot]
            if request.state != .ended || request.inFlight == 0 {
                problem = "slot \(slot), \(request.state), is nowhere"
            }
        }
        return problem
    }

    /// I10: the running list is in order of admission or marked as disordered; each request knows
    /// its place; individuals are those outside the cohort, in the same order.
    mutating func disorderedRunning() -> String? {
        guard scheduler.cohort.isOn else { return nil }
        var individuals = 0
        var latest: Int64 = -1
        for place in scheduler.running.indices {
            let slot = Int(scheduler.running[place])
            let request = scheduler.requests[slot]
            if Int(request.place) != place { return "request \(request.id) is not at its place" }
            if !scheduler.cohort.isDisordered, request.admission <= latest {
                return "request \(request.id) runs behind one admitted after it"
            }
            latest = request.admission
            if request.isIndividual { individuals += 1 }
        }
        latest = -1
        for index in scheduler.cohort.individuals.indices {
            let request = scheduler.requests[Int(scheduler.cohort.individuals[index])]
            if !request.isIndividual { return "request \(request.id) is listed as an individual" }
            if request.admission <= latest { return "individuals are out of order" }
            latest = request.admission
        }
        let listed = scheduler.cohort.individuals.count
        return listed == individuals ? nil : "\(listed) individuals are listed, \(individuals) run"
    }

    /// I11: the queue is in the order of its policy: by (priority, arrival, id), or preempted
    /// requests first, then the others in order of arrival. Skipped for custom schedulers, which
    /// have their own order, and for releases that put requests set aside (S13) back at the front.
    mutating func disorderedWaiting() -> String? {
        let setsAside = scheduler.rules.version.wholePrompt == .setAside
        if scheduler.custom != nil || setsAside { return nil }
        for place in 1..<max(1, scheduler.waiting.count) {
            let before = scheduler.requests[Int(scheduler.waiting[place - 1])]
            let request = scheduler.requests[Int(scheduler.waiting[place])]
            let isOrdered: Bool
            if scheduler.waiting.ordered {
                isOrdered = before.rank < request.rank
            } else if request.state == .preempted {
                isOrdered = before.state == .preempted
            } else {
                isOrdered = before.state == .preempted || before.sequence < request.sequence
            }
            if !isOrdered { return "request \(request.id) waits behind request \(before.id)" }
        }
        return nil
    }

    /// I14: a request's tokens in flight are those that the pipeline's batches hold, and each batch
    /// holds the members of its time.
    mutating func wrongTokensInFlight() -> String? {
        var tokens = Array(repeating: Int32(0), count: scheduler.requests.count)
        var samples = tokens
        for age in 0..<scheduler.flight.count {
            for index in scheduler.flight[age].entries.indices {
                let entry = scheduler.flight[age].entries[index]
                tokens[Int(entry.slot)] += entry.tokens
                samples[Int(entry.slot)] += entry.samples ? 1 : 0
            }
            let header = scheduler.flight[age].header
            let members = header.skipsMembers ? 0 : members(at: header.tick)
            if members != header.members {
                return "batch \(header.number) holds \(header.members) members of \(members)"
            }
        }
        for slot in tokens.indices {
            let request = scheduler.requests[slot]
            guard request.isIndividual else { continue }
            if request.inFlight != tokens[slot] {
                return "request \(request.id) has \(request.inFlight) tokens in flight, "
                    + "the batches hold \(tokens[slot])"
            }
            if request.state == .running, request.stale == 0,
                request.outputsInFlight != samples[slot]
            {
                return "request \(request.id) expects \(request.outputsInFlight) tokens, "
                    + "the batches sample \(samples[slot])"
            }
            // A request that ended while it was preempted keeps its stale count.
            let isPart = request.stale >= 0 && request.stale <= request.inFlight
            if request.state != .ended, !isPart {
                return "of request \(request.id), \(request.stale) tokens in flight are stale"
            }
        }
        return nil
    }

    /// Requests of the cohort whose steps as members include that of `tick`.
    private mutating func members(at tick: Int64) -> Int {
        var count = 0
        for place in scheduler.running.indices {
            let request = scheduler.requests[Int(scheduler.running[place])]
            if !request.isIndividual, request.isMemberSince(tick), !request.isPast(tick) {
                count += 1
            }
        }
        return count
    }

    /// I15: no request has computed more tokens than are known or being sampled, no live one has
    /// all its tokens, and none exceeds the model's length.
    mutating func impossibleCounts() -> String? {
        let limit = scheduler.rules.maxModelLen
        for slot in scheduler.requests.indices {
            let request = scheduler.requests[slot]
            guard request.state != .ended, request.isIndividual else { continue }
            let isComputable =
                request.computed >= 0 && request.computed <= request.known + request.outputsInFlight
                && (request.state == .running || request.computed == 0)
            if !isComputable {
                return "request \(request.id), \(request.state), has computed \(request.computed) "
                    + "of \(request.known) tokens"
            }
            if request.delivered < 0 || request.isComplete(limit: limit) {
                return "request \(request.id) lives with \(request.delivered) outputs"
            }
            if request.maxTokens < request.outputTokens {
                return "request \(request.id) ends after what it may have"
            }
        }
        return nil
    }

    /// I20: the loop wakes up before the first client of a waiting or running request gives up.
    mutating func missedAbort() -> String? {
        let first = aborts.firstTime
        for slot in scheduler.requests.indices {
            let request = scheduler.requests[slot]
            let outside = prices.host.outside
            let late = request.lacksFirstToken ? request.firstTokenAbort(outside: outside) : .max
            let abort = min(request.abort, late)
            guard request.state != .ended, abort < first else { continue }
            var isOnItsWay = false
            for place in 0..<inbox.count where inbox[place] == Int32(slot) {
                isOnItsWay = true
            }
            if !isOnItsWay { return "no event ends request \(request.id) at \(abort)" }
        }
        return nil
    }
}
