import Basics

/// A load sweep: consecutive stages, each at a rate or with a fixed number in flight, as
/// inference-perf (`load.stages`), guidellm and AIPerf run them.
package struct LoadStages: Sendable, Equatable {
    /// What a stage keeps constant.
    package enum Load: Sendable, Equatable {
        /// Requests per second.
        case rate(Double)
        /// Requests in flight.
        case concurrency(Int)
    }

    /// How long a stage sends.
    package enum Length: Sendable, Equatable {
        case seconds(Double)
        case requests(Int)
    }

    /// One stage.
    package struct Stage: Sendable, Equatable {
        package var load: Load
        package var length: Length

        package init(_ load: Load, _ length: Length) { (self.load, self.length) = (load, length) }

        /// Requests that a stage at a rate sends: as many whole ones as the rate makes in its time,
        /// as inference-perf counts them (`int(rate * duration)`); nil if not fixed.
        package var requests: Int? {
            switch (length, load) {
            case (.requests(let count), _): count
            case (.seconds(let seconds), .rate(let rate)): Int(min(rate * seconds, 1e9))
            case (.seconds, .concurrency): nil
            }
        }

        /// Seconds during which it sends; nil: until its requests are sent.
        package var seconds: Double? {
            switch (length, load) {
            case (.seconds(let seconds), _): seconds
            case (.requests(let count), .rate(let rate)): Double(count) / rate
            case (.requests, .concurrency): nil
            }
        }

        /// For example "5.0 requests/s" or "8 in flight".
        package var words: String {
            switch load {
            case .rate(let rate): "\(rate)/s"
            case .concurrency(let count): "\(count) in flight"
            }
        }
    }

    package var stages: [Stage]
    /// Seconds from the last answer of a stage to the next stage (inference-perf: `interval`); nil:
    /// the next stage begins by the clock, whatever is still under way.
    package var pause: Double?
    /// The gaps of a stage at a rate.
    package var law: SendingRate.Law
    package var burstiness: Double

    /// Stages with a law of gaps.
    package init(
        _ stages: [Stage], pause: Double? = nil, law: SendingRate.Law = .gamma,
        burstiness: Double = 1
    ) {
        (self.stages, self.pause, self.law, self.burstiness) = (stages, pause, law, burstiness)
    }

    /// When a stage at a rate sends, in seconds after it began, in order; empty for any other
    /// stage. O(requests).
    package func times(of stage: Int, seed: UInt64) -> [Double] {
        let (entry, count) = (stages[stage], stages[stage].requests ?? 0)
        guard case .rate(let rate) = entry.load, let seconds = entry.seconds else { return [] }
        var sending = SendingRate(rate, burstiness: burstiness)
        sending.law = law
        let seed = SeededRandom.hash(UInt64(stage), seed: seed)
        return sending.times(count, seconds: seconds, seed: seed)
    }
}
