/// Settings of an open-loop or trace row beyond a closed loop's.
///
/// Blank cells mean unknown. Defaults: Poisson arrivals, no shared prompts, no limit on requests in
/// flight.
struct OpenLoad: Hashable, Sendable {
    /// Distribution of the gaps between requests.
    enum Arrivals: String, Sendable, CaseIterable {
        case poisson
        /// Exponential gaps, scaled so that the requests take exactly as long as the rate implies.
        case exponentialScaled = "exponential_scaled"
        /// At the times of the recorded requests.
        case trace
    }

    /// As in the file: an `Arrivals` value, or an unknown word.
    var arrivals: String
    /// Requests per second: offered, and served if the file gives it.
    var rate: Double?
    var achievedRate: Double?
    /// Tokens of the prefix that all prompts share, and the number of different prompts.
    var sharedTokens: Int
    var uniquePrompts: Int?
    /// Most requests in flight at the client. Above it the client waits, and times count from the
    /// sending.
    var mostInFlight: Int?
    /// The server's variant, words joined by "+".
    var variant: String
    /// Whether the file gives the spread of lengths.
    var hasSpread: Bool
    /// The run's name in the file of recorded requests; nil: requests are drawn.
    var recording: String?

    /// Whether the server could not keep up: it served 3 % less than it was offered.
    var isSaturated: Bool {
        guard let rate, let achievedRate else { return false }
        return achievedRate < 0.97 * rate
    }

    /// Why it cannot be simulated; nil if it can.
    var reasonToSkip: String? {
        let words = variant.lowercased().split(separator: "+")
        if words.contains("v0_engine") { return "the V0 engine is not simulated" }
        if words.contains(where: { $0.hasPrefix("eagle") || $0.hasPrefix("spec") }) {
            return "speculative decoding (\(variant)) is not simulated"
        }
        if recording != nil { return nil }
        guard let law = Arrivals(rawValue: arrivals), law != .trace else {
            return arrivals == Arrivals.trace.rawValue
                ? "a trace without its requests (--requests FILE)"
                : "unknown arrivals \"\(arrivals)\""
        }
        if rate == nil { return "rate is blank" }
        if !hasSpread {
            return "length_jitter is blank: its lengths are not known (--requests FILE)"
        }
        return nil
    }
}

extension OpenLoad {
    /// Lowest rate accepted as a server's, requests per second: one per day.
    static let leastRate = 1e-5

    static let columns = [
        "rate", "achieved_rate", "duration_s", "arrivals", "shared_prefix_tokens",
        "unique_prompts", "client_max_in_flight", "variant", "stage",
    ]
}
