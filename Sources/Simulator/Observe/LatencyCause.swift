/// Where a request's time went, in finer parts than `LatencyParts`: disjoint, and summing to the
/// latency.
package enum LatencyCause: Int, Sendable, CaseIterable {
    /// On its way from the client through the API server to the scheduler.
    case frontEnd
    /// Being routed, which takes no time in this simulator.
    case router
    /// Arrived and not yet admitted.
    case queue
    /// Admitted, while a step ran that computed nothing for it, before its own first step or while
    /// it decoded.
    case othersSteps
    /// The same between two steps of its own prompt.
    case betweenChunks
    /// Admitted, while its replica's GPUs waited for the host.
    case host
    /// In steps that computed its prompt.
    case prefill
    /// The share of prefill that went into tokens which its replica had computed before and
    /// evicted. A pool that evicts nothing would have served them.
    case cacheMiss
    /// In steps that decoded a token for it, for as long as they would have taken without prefill.
    case decode
    /// What other requests' prefill added to its steps.
    case interference
    /// Preempted and waiting.
    case preempted
    /// In steps that recomputed what a preemption had lost.
    case recompute
    /// Moving its cache between instances, which is not simulated yet.
    case transfer
    /// On the way from the engine back to the client.
    case delivery

    /// The name in JSON.
    package var key: String {
        switch self {
        case .frontEnd: "front_end"
        case .othersSteps: "others_steps"
        case .betweenChunks: "between_chunks"
        case .cacheMiss: "cache_miss"
        case .router, .queue, .host, .prefill, .decode, .interference, .preempted, .recompute,
            .transfer, .delivery:
            "\(self)"
        }
    }

    /// The name in tables.
    package var name: String {
        switch self {
        case .frontEnd: "front end"
        case .othersSteps: "others' steps"
        case .betweenChunks: "between its chunks"
        case .prefill: "own prefill"
        case .cacheMiss: "prefill of evicted tokens"
        case .decode: "own decode"
        case .interference: "others' prefill"
        case .router, .queue, .host, .preempted, .recompute, .transfer, .delivery: "\(self)"
        }
    }
}

/// The times of one request by cause, in picoseconds.
package struct LatencyCauses: Sendable, Equatable {
    /// By `LatencyCause.rawValue`. In place, because an array would be allocated for each request.
    package private(set) var times = InlineArray<14, Int64>(repeating: 0)

    /// No time at all.
    package init() {}

    package subscript(cause: LatencyCause) -> Int64 {
        get { times[cause.rawValue] }
        set { times[cause.rawValue] = newValue }
    }

    /// The sum of all causes.
    package var total: Int64 { times.indices.reduce(0) { $0 + times[$1] } }

    package static func == (a: LatencyCauses, b: LatencyCauses) -> Bool {
        a.times.indices.allSatisfy { a.times[$0] == b.times[$0] }
    }

    /// The causes of a request that finished or was aborted, from its arrival to its end, or to its
    /// first token with `untilFirstToken`.
    package init(
        _ breakdown: RequestBreakdown, _ record: RequestRecord, _ host: HostTimes,
        untilFirstToken: Bool = false
    ) {
        self.init()
        let parts = untilFirstToken ? breakdown.toFirstToken : breakdown.whole
        self[.frontEnd] = host.frontEnd
        self[.delivery] = host.delivery
        self[.host] = parts[.host] - host.outside
        self[.queue] = parts[.queue]
        self[.betweenChunks] = breakdown.betweenChunks
        self[.othersSteps] = parts[.othersSteps] - breakdown.betweenChunks
        // By their share of the tokens that the prompt's steps computed.
        let computed = Int128(max(1, record.promptTokens - record.hitTokens))
        let evicted = min(Int128(record.lostReuse.evicted), computed)
        if evicted > 0 {
            self[.cacheMiss] = Int64(Int128(parts[.prefill]) * evicted / computed)
        }
        self[.prefill] = parts[.prefill] - self[.cacheMiss]
        self[.decode] = parts[.decode]
        self[.interference] = parts[.interference]
        self[.preempted] = parts[.preempted]
        self[.recompute] = parts[.recompute]
    }
}
