/// Where a stretch of a request's life went, picoseconds. The parts are disjoint and sum to the
/// whole.
public struct LatencyParts: Sendable, Equatable {
    /// Where a request can be.
    public enum Part: Int, Sendable, CaseIterable {
        /// Arrived and not yet admitted.
        case queue
        /// Admitted, while a step ran that computed nothing for it: the batch in flight when it
        /// came, or one whose budget others had used up.
        case othersSteps
        /// Admitted, while its replica's GPUs waited for the host.
        case host
        /// In steps that computed its prompt.
        case prefill
        /// In steps that decoded a token for it, as long as these would have taken without
        /// prefill.
        case decode
        /// What other requests' prefill added to its steps.
        case interference
        /// In steps that computed again what a preemption had lost.
        case recompute
        /// Preempted and waiting.
        case preempted

        /// The name in tables.
        public var name: String {
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

        /// The name of the column in latency.csv, and in the keys of summary.json.
        public var column: String {
            switch self {
            case .queue, .host, .prefill, .decode, .interference, .recompute, .preempted:
                "\(self)"
            case .othersSteps: "others_steps"
            }
        }
    }

    @usableFromInline var times = SIMD8<Int64>(repeating: 0)

    /// No time at all.
    public init() {}

    /// Time spent in a part, picoseconds.
    public subscript(part: Part) -> Int64 {
        get { times[part.rawValue] }
        set { times[part.rawValue] = newValue }
    }

    /// The same by the part's number in the order of `Part.allCases`.
    @inlinable
    public subscript(part: Int) -> Int64 { times[part] }

    /// The whole.
    public var total: Int64 { times.wrappedSum() }

    /// Each part divided by a number, rounded down: what a token takes, say.
    public func divided(by number: Int) -> LatencyParts {
        precondition(number > 0, "nothing divides by \(number)")
        var share = self
        share.times /= SIMD8(repeating: Int64(number))
        return share
    }

    /// The sum, part by part.
    public static func + (a: LatencyParts, b: LatencyParts) -> LatencyParts {
        var sum = a
        sum.times &+= b.times
        return sum
    }
}

/// The parts of one ended request's life: until its first token, and from then on.
public struct PartitionedRequest: Sendable, Equatable {
    public var toFirstToken = LatencyParts()
    public var afterwards = LatencyParts()

    /// No time at all.
    public init() {}

    /// Parts of the whole life, which sum to the time from arrival to the end.
    public var whole: LatencyParts { toFirstToken + afterwards }
}
