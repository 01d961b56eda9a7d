/// Where a span of a request's life went, in picoseconds. The parts are disjoint and sum to the
/// whole.
package struct LatencyParts: Sendable, Equatable {
    /// Where a request can be.
    package enum Part: Int, Sendable, CaseIterable {
        /// Arrived and not yet admitted.
        case queue
        /// Admitted, while a step ran that computed nothing for it: the batch in flight when it
        /// came, or one whose budget other requests had used up.
        case othersSteps
        /// Admitted, while its replica's GPUs waited for the host; also the way between the client
        /// and the scheduler.
        case host
        /// In steps that computed its prompt.
        case prefill
        /// In steps that decoded a token for it, for as long as they would have taken without
        /// prefill.
        case decode
        /// What other requests' prefill added to its steps.
        case interference
        /// In steps that recomputed what a preemption had lost.
        case recompute
        /// Preempted and waiting.
        case preempted

        /// The name in tables.
        package var name: String {
            switch self {
            case .queue: "queue"
            case .othersSteps: "others' steps"
            case .host: "host"
            case .prefill: "own prefill"
            case .decode: "own decode"
            case .interference: "others' prefill"
            case .recompute: "recompute"
            case .preempted: "preempted"
            }
        }

        /// The column in latency.csv, and the key in summary.json.
        package var column: String {
            switch self {
            case .queue, .host, .prefill, .decode, .interference, .recompute, .preempted:
                "\(self)"
            case .othersSteps: "others_steps"
            }
        }
    }

    /// By `Part.rawValue`. In place, because an array would be allocated for each request.
    package private(set) var times = InlineArray<8, Int64>(repeating: 0)

    /// No time at all.
    package init() {}

    /// Time spent in a part, in picoseconds.
    package subscript(part: Part) -> Int64 {
        @inline(__always)
        get { times[part.rawValue] }
        @inline(__always)
        _modify { yield &times[part.rawValue] }
    }

    /// The sum of all parts.
    package var total: Int64 {
        var sum: Int64 = 0
        for part in times.indices { sum += times[part] }
        return sum
    }

    /// Each part divided by a number, rounded down: the time per token, for instance.
    package func divided(by number: Int) -> LatencyParts {
        precondition(number > 0, "nothing divides by \(number)")
        var share = self
        for part in times.indices where times[part] != 0 { share.times[part] /= Int64(number) }
        return share
    }

    /// The sum, part by part.
    package static func + (a: LatencyParts, b: LatencyParts) -> LatencyParts {
        var sum = a
        for part in b.times.indices { sum.times[part] += b.times[part] }
        return sum
    }

    package static func == (a: LatencyParts, b: LatencyParts) -> Bool {
        a.times.indices.allSatisfy { a.times[$0] == b.times[$0] }
    }
}

/// The parts of one ended request's life: until its first token, and after it.
package struct RequestBreakdown: Sendable, Equatable {
    package var toFirstToken = LatencyParts()
    package var afterwards = LatencyParts()
    /// The part of `othersSteps` until the first token that lies between two steps of its own
    /// prompt.
    package var betweenChunks: Int64 = 0

    /// No time at all.
    package init() {}

    /// Parts of the whole life, which sum to the time from arrival to end.
    package var whole: LatencyParts { toFirstToken + afterwards }
}
