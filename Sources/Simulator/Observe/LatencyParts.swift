/// Where a span of a request's life went, picoseconds. The parts are disjoint and sum to the
/// whole.
package struct LatencyParts: Sendable, Equatable {
    /// Where a request can be.
    package enum Part: Int, Sendable, CaseIterable {
        /// Arrived and not yet admitted.
        case queue
        /// Admitted, while a step ran that computed nothing for it: the batch in flight when it
        /// came, or one whose budget others had used up.
        case othersSteps
        /// Admitted, while its replica's GPUs waited for the host; and on the way between the
        /// client and the scheduler.
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

        /// The name of the column in latency.csv, and in the keys of summary.json.
        package var column: String {
            switch self {
            case .queue, .host, .prefill, .decode, .interference, .recompute, .preempted:
                "\(self)"
            case .othersSteps: "others_steps"
            }
        }
    }

    /// The parts in the order of `Part.allCases`. Fields, because an element of a vector is found
    /// through memory.
    @usableFromInline var queue: Int64 = 0
    @usableFromInline var othersSteps: Int64 = 0
    @usableFromInline var host: Int64 = 0
    @usableFromInline var prefill: Int64 = 0
    @usableFromInline var decode: Int64 = 0
    @usableFromInline var interference: Int64 = 0
    @usableFromInline var recompute: Int64 = 0
    @usableFromInline var preempted: Int64 = 0

    /// No time at all.
    package init() {}

    /// Where a request can be right after one of its steps, the likelier first, and what it then
    /// waits for while the tokens of that step are not out yet: the host, where its next step runs
    /// meanwhile.
    package static let afterStep: [(part: Part, waits: Part)] = [
        (.host, .host), (.othersSteps, .othersSteps), (.preempted, .preempted), (.decode, .host),
        (.interference, .host), (.recompute, .host), (.prefill, .host),
    ]

    /// Time spent in a part, picoseconds.
    package subscript(part: Part) -> Int64 {
        @inline(__always)
        get { self[part.rawValue] }
        @inline(__always)
        set {
            switch part {
            case .queue: queue = newValue
            case .othersSteps: othersSteps = newValue
            case .host: host = newValue
            case .prefill: prefill = newValue
            case .decode: decode = newValue
            case .interference: interference = newValue
            case .recompute: recompute = newValue
            case .preempted: preempted = newValue
            }
        }
    }

    /// The same by the part's number in the order of `Part.allCases`, 0 to 7.
    @inlinable
    package subscript(part: Int) -> Int64 {
        @inline(__always)
        get {
            switch part {
            case 0: queue
            case 1: othersSteps
            case 2: host
            case 3: prefill
            case 4: decode
            case 5: interference
            case 6: recompute
            case 7: preempted
            default: preconditionFailure("there are eight parts")
            }
        }
    }

    /// The whole.
    package var total: Int64 {
        queue + othersSteps + host + prefill + decode + interference + recompute + preempted
    }

    /// Each part divided by a number, rounded down: what a token takes, say.
    package func divided(by number: Int) -> LatencyParts {
        precondition(number > 0, "nothing divides by \(number)")
        let number = Int64(number)
        var share = self
        share.queue /= number
        share.othersSteps /= number
        share.host /= number
        share.prefill /= number
        share.decode /= number
        share.interference /= number
        share.recompute /= number
        share.preempted /= number
        return share
    }

    /// The sum, part by part.
    package static func + (a: LatencyParts, b: LatencyParts) -> LatencyParts {
        var sum = a
        sum.queue += b.queue
        sum.othersSteps += b.othersSteps
        sum.host += b.host
        sum.prefill += b.prefill
        sum.decode += b.decode
        sum.interference += b.interference
        sum.recompute += b.recompute
        sum.preempted += b.preempted
        return sum
    }
}

/// The parts of one ended request's life: until its first token, and from then on.
package struct RequestBreakdown: Sendable, Equatable {
    package var toFirstToken = LatencyParts()
    package var afterwards = LatencyParts()
    /// Of others' steps until the first token, those between two steps of its own prompt.
    package var betweenChunks: Int64 = 0

    /// No time at all.
    package init() {}

    /// Parts of the whole life, which sum to the time from arrival to the end.
    package var whole: LatencyParts { toFirstToken + afterwards }
}
