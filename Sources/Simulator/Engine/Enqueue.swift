import Traces

/// Takes a routed request into the instance: a slot, its content, its place in the inbox; or
/// rejects it when it could never run. O(segments).
func enqueue(_ instance: inout Instance, _ arrival: borrowing ArrivingRequest) {
    let time = arrival.arrival
    instance.counters.firstArrival = min(instance.counters.firstArrival, time)
    instance.counters.lastArrival = max(instance.counters.lastArrival, time)
    let isShared = instance.scheduler.reuse.isOn && !arrival.content.isEmpty
    // One that is rejected brings its content, too, as far as others are concerned.
    let place = isShared ? instance.scheduler.reuse.see(arrival) : ReuseBound.Place()
    let rejection = rejection(&instance.scheduler, &instance.cache, arrival)
    guard rejection == .none else {
        let record = RequestRecord(
            id: arrival.id, arrival: time, promptTokens: arrival.promptTokens,
            replica: instance.number, priority: arrival.priority, outcome: .rejected,
            rejection: rejection)
        instance.counters.ended.append(EndedRequest(sequence: arrival.sequence, record: record))
        return
    }
    instance.counters.totals.promptTokens += Int(arrival.promptTokens)
    // What the client does reaches the scheduler later.
    let front = instance.counters.frontEnd
    let request = LiveRequest(
        known: arrival.promptTokens, promptTokens: arrival.promptTokens,
        outputTokens: arrival.outputTokens, maxTokens: arrival.maxTokens,
        priority: arrival.priority, sequence: arrival.sequence, id: arrival.id,
        arrival: time + front, abort: arrival.abort > .max - front ? .max : arrival.abort + front,
        outputContent: arrival.outputContent)
    let slot = instance.scheduler.takeSlot(request)
    if instance.cache.isCaching { noteShared(&instance, slot, arrival, place) }
    let isNamed =
        !arrival.content.isEmpty || arrival.isQuotable || !instance.cache.usesExtents
    instance.cache.open(slot, request, content: isNamed ? arrival.prompt : nil)
    if isNamed, arrival.isQuotable, instance.cache.sumsBlocks, instance.cache.isCaching {
        instance.scheduler.requests[slot].isQuotable = true
        countQuotes(&instance.scheduler, &instance.cache, slot, sign: 1)
    }
    instance.inbox.append(Int32(slot))
}

/// Notes what of a prompt a cache could hold. O(1).
@inline(__always)
private func noteShared(
    _ instance: inout Instance, _ slot: Int, _ arrival: borrowing ArrivingRequest,
    _ place: ReuseBound.Place
) {
    var tokens = ReusableTokens()
    if !arrival.content.isEmpty {
        tokens = ReusableTokens(
            arrival.shared, place, promptTokens: arrival.promptTokens,
            blockSize: instance.cache.blockSize)
        while instance.scheduler.reusable.count <= slot {
            instance.scheduler.reusable.append(ReusableTokens())
        }
    }
    if slot < instance.scheduler.reusable.count { instance.scheduler.reusable[slot] = tokens }
}

/// A request is refused when the engine's input processor would refuse it, or when the pool could
/// not hold it even alone.
@inline(__always)
private func rejection(
    _ scheduler: inout Scheduler, _ cache: inout KVCache,
    _ arrival: borrowing ArrivingRequest
) -> RejectionReason {
    let limit = cache.maxModelLen
    if Int(arrival.promptTokens) >= limit { return .promptNotShorterThanModelLength }
    let tokens = min(Int(arrival.promptTokens) + Int(arrival.outputTokens), limit)
    if cache.gateBlocks(tokens: tokens) > cache.usableBlocks {
        return .needsMoreBlocksThanThePool
    }
    // A reserve without a cap asks for all blocks of the prompt at once (S11).
    if scheduler.rules.version.windowCap == .nowhere, scheduler.rules.reservesFullPrompt,
        cache.blockSize.holding(Int(arrival.promptTokens)) * cache.groups.count
            > cache.usableBlocks
    {
        return .needsMoreBlocksThanThePool
    }
    if !scheduler.rules.enableChunkedPrefill,
        Int(arrival.promptTokens) > scheduler.rules.tokenBudget
    {
        return .promptExceedsStepBudget
    }
    return .none
}

/// Counts the contents of a request that is quotable, or takes them back with `sign` -1.
@inline(never)
func countQuotes(
    _ scheduler: inout Scheduler, _ cache: inout KVCache, _ slot: Int, sign: Int32
) {
    let output = scheduler.requests[slot].outputContent
    for index in 0..<cache.contents.count(slot) {
        let content = cache.contents.piece(slot, index).content
        if content != output { scheduler.cohort.quotes.countQuoted(content, sign) }
    }
    scheduler.cohort.quotes.countOutput(output, sign)
}
