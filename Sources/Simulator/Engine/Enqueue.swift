import Traces

extension Instance {
    /// Takes a routed request into the instance: gives it a slot, its content and a place in the
    /// inbox. Rejects a request that could never run. O(segments).
    mutating func enqueue(_ arrival: borrowing ArrivingRequest) {
        let time = arrival.arrival
        counters.firstArrival = min(counters.firstArrival, time)
        counters.lastArrival = max(counters.lastArrival, time)
        let isShared = scheduler.reuse.isOn && !arrival.content.isEmpty
        // The content of a rejected request still counts for the bound on reuse.
        var place = ReuseBound.Place()
        if isShared {
            place = scheduler.reuse.see(
                arrival.content, arrival.promptTokens, answer: arrival.quotableAnswer)
        }
        let rejection = scheduler.rejection(&cache, arrival)
        guard rejection == .none else {
            let record = RequestRecord(
                id: arrival.id, arrival: time, promptTokens: arrival.promptTokens, replica: number,
                priority: arrival.priority, outcome: .rejected, rejection: rejection)
            counters.ended.append(EndedRequest(sequence: arrival.sequence, record: record))
            return
        }
        counters.totals.promptTokens += Int(arrival.promptTokens)
        // The client's request, and its abort, reach the scheduler later.
        let front = counters.frontEnd
        let request = LiveRequest(
            known: arrival.promptTokens, promptTokens: arrival.promptTokens,
            outputTokens: arrival.outputTokens, maxTokens: arrival.maxTokens,
            priority: arrival.priority, sequence: arrival.sequence, id: arrival.id,
            arrival: time + front,
            abort: arrival.abort > .max - front ? .max : arrival.abort + front,
            firstTokenLimit: arrival.firstTokenLimit == .max
                ? .max : arrival.firstTokenLimit - counters.delivery,
            outputContent: arrival.outputContent)
        if request.mayAbort { counters.gaps.expectAbort() }
        let slot = scheduler.takeSlot(request)
        if cache.isCaching { noteShared(slot, arrival, place) }
        let isNamed = !arrival.content.isEmpty || arrival.isQuotable || !cache.usesExtents
        cache.open(slot, request, content: isNamed ? arrival.prompt : nil)
        if isNamed, arrival.isQuotable, cache.sumsBlocks, cache.isCaching {
            scheduler.requests[slot].isQuotable = true
            scheduler.countQuotes(&cache, slot, sign: 1)
        }
        inbox.append(Int32(slot))
    }

    /// Notes how much of a prompt a cache could hold. O(1).
    @inline(__always)
    private mutating func noteShared(
        _ slot: Int, _ arrival: borrowing ArrivingRequest, _ place: ReuseBound.Place
    ) {
        var tokens = ReusableTokens()
        if !arrival.content.isEmpty {
            tokens = ReusableTokens(
                arrival.shared, place, promptTokens: arrival.promptTokens,
                blockSize: cache.blockSize)
            while scheduler.reusable.count <= slot {
                scheduler.reusable.append(ReusableTokens())
            }
        }
        if slot < scheduler.reusable.count { scheduler.reusable[slot] = tokens }
    }
}

extension Scheduler {
    /// Why a request is refused: the engine's input processor would refuse it, or the pool could
    /// not hold it even alone.
    @inline(__always)
    fileprivate mutating func rejection(
        _ cache: inout KVCache, _ arrival: borrowing ArrivingRequest
    ) -> RejectionReason {
        let limit = cache.maxModelLen
        if Int(arrival.promptTokens) >= limit { return .promptNotShorterThanModelLength }
        let tokens = min(Int(arrival.promptTokens) + Int(arrival.outputTokens), limit)
        if cache.gateBlocks(tokens: tokens) > cache.usableBlocks {
            return .needsMoreBlocksThanThePool
        }
        // A reserve without a cap needs all blocks of the prompt at once (S11).
        if rules.version.windowCap == .nowhere, rules.reservesFullPrompt,
            cache.blockSize.holding(Int(arrival.promptTokens)) * cache.groups.count
                > cache.usableBlocks
        {
            return .needsMoreBlocksThanThePool
        }
        if !rules.enableChunkedPrefill, Int(arrival.promptTokens) > rules.tokenBudget {
            return .promptExceedsStepBudget
        }
        return .none
    }

    /// Counts the contents of a quotable request, or subtracts them with `sign` -1.
    @inline(never)
    mutating func countQuotes(_ cache: inout KVCache, _ slot: Int, sign: Int32) {
        let output = requests[slot].outputContent
        for index in 0..<cache.contents.count(slot) {
            let content = cache.contents.piece(slot, index).content
            if content != output { cohort.quotes.countQuoted(content, sign) }
        }
        cohort.quotes.countOutput(output, sign)
    }
}
