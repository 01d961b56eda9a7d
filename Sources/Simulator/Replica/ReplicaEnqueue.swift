import Traces

/// Takes a routed request into the replica: a slot, its content, its place in the inbox; or
/// rejects it when it could never run. O(segments).
func enqueue(_ replica: inout Replica, _ arrival: borrowing ArrivingRequest) {
    let time = arrival.arrival
    replica.tally.firstArrival = min(replica.tally.firstArrival, time)
    let rejection = rejection(&replica, arrival)
    guard rejection == .none else {
        let record = RequestRecord(
            id: arrival.id, arrival: time, promptTokens: arrival.promptTokens,
            replica: replica.number, outcome: .rejected, rejection: rejection)
        replica.tally.ended.append(EndedRequest(sequence: arrival.sequence, record: record))
        return
    }
    replica.tally.counters.promptTokens += Int(arrival.promptTokens)
    let request = LiveRequest(
        known: arrival.promptTokens, promptTokens: arrival.promptTokens,
        outputTokens: arrival.outputTokens, maxTokens: arrival.maxTokens,
        priority: arrival.priority, sequence: arrival.sequence, id: arrival.id, arrival: time,
        abort: arrival.abort, outputContent: arrival.outputContent)
    let slot = takeSlot(&replica, request)
    let isNamed = !arrival.content.isEmpty || arrival.isQuotable || !replica.usesRuns
    if replica.isCaching && isNamed {
        openContent(&replica, slot, arrival)
    } else {
        replica.requests[slot].isPrivate = true
    }
    replica.inbox.append(Int32(slot))
}

private func openContent(
    _ replica: inout Replica, _ slot: Int, _ arrival: borrowing ArrivingRequest
) {
    let allocated = HotStorage.allocations
    defer { replica.tally.allocations += HotStorage.allocations - allocated }
    if replica.usesRuns {
        replica.contents.open(slot, arrival.prompt, output: arrival.outputContent)
        replica.requests[slot].isQuotable = arrival.isQuotable && replica.sumsBlocks
        countQuotes(&replica, slot, sign: 1)
    } else {
        replica.chains.open(slot, arrival.prompt)
    }
}

private func takeSlot(_ replica: inout Replica, _ request: LiveRequest) -> Int {
    if let free = replica.freeSlots.popLast() {
        replica.requests[Int(free)] = request
        return Int(free)
    }
    let allocated = HotStorage.allocations
    defer { replica.tally.allocations += HotStorage.allocations - allocated }
    replica.requests.append(request)
    if replica.usesRuns {
        replica.runTables.append(RunTable())
        replica.groupTables.append(GroupTable(), times: replica.groups.count)
    } else {
        replica.tables.append(BlockTable(), times: replica.groups.count)
    }
    return replica.requests.count - 1
}

/// A request is refused when the engine's input processor would refuse it, or when the pool could
/// not hold it even alone.
private func rejection(
    _ replica: inout Replica, _ arrival: borrowing ArrivingRequest
) -> RejectionReason {
    let limit = replica.engine.maxModelLen
    if Int(arrival.promptTokens) >= limit { return .promptNotShorterThanModelLength }
    let tokens = min(Int(arrival.promptTokens) + Int(arrival.outputTokens), limit)
    let each = replica.blockSize.holding(tokens)
    var blocks = 0
    for group in replica.groups.indices { blocks += min(each, replica.groups[group].gateCap) }
    if blocks > replica.usableBlocks { return .needsMoreBlocksThanThePool }
    if !replica.engine.enableChunkedPrefill, Int(arrival.promptTokens) > replica.tokenBudget {
        return .promptExceedsStepBudget
    }
    return .none
}

/// Counts the contents of a request whose trace says what answers are quoted.
func countQuotes(_ replica: inout Replica, _ slot: Int, sign: Int32) {
    guard replica.requests[slot].isQuotable else { return }
    let output = replica.requests[slot].outputContent
    for index in 0..<replica.contents.count(slot) {
        let content = replica.contents.piece(slot, index).content
        if content != output { replica.stride.quotes.countQuoted(content, sign) }
    }
    replica.stride.quotes.countOutput(output, sign)
}

/// A request on its way from the router to a replica.
struct ArrivingRequest {
    var id: Int64
    var sequence: Int64
    /// Picoseconds.
    var arrival: Int64
    var promptTokens: Int32
    var outputTokens: Int32
    var maxTokens: Int32
    var priority: Int32
    /// Picoseconds; `Int64.max`: never.
    var abort: Int64
    var outputContent: Int64
    /// Whether the trace says what answers are, so that others may quote them.
    var isQuotable: Bool
    /// Empty: content that nobody else names.
    var content: ArraySlice<Segment>

    /// The prompt's content, with a name of its own where the trace gives none.
    var prompt: ArraySlice<Segment> {
        if !content.isEmpty { return content }
        return [Segment.whole(of: sequence, length: promptTokens)]
    }
}

extension Segment {
    /// The content of a prompt that nobody else names, by the request's place in the run.
    static func whole(of sequence: Int64, length: Int32) -> Segment {
        Segment(content: privateContent + 2 * sequence, length: length)
    }

    /// Content id of an answer that nobody else names.
    static func answer(of sequence: Int64) -> Int64 { privateContent + 2 * sequence + 1 }
}
