/// What a row of an open loop, or of a trace, says beyond a closed loop's.
///
/// Blank cells mean unknown; the defaults are: Poisson arrivals, no shared prompts, as many
/// requests in flight as come.
struct OpenLoad: Hashable, Sendable {
    /// How gaps between requests are drawn.
    enum Arrivals: String, Sendable, CaseIterable {
        case poisson
        /// Exponential gaps, scaled so that the requests take the time that the rate says.
        case exponentialScaled = "exponential_scaled"
        /// At the times of the recorded requests.
        case trace
    }

    /// As the file writes it: `Arrivals`, or a word that is none.
    var arrivals: String
    /// Requests a second: offered, and served where the file says.
    var rate: Double?
    var achievedRate: Double?
    /// Tokens that every prompt begins with, and how many different prompts there are.
    var sharedTokens: Int
    var uniquePrompts: Int?
    /// Most requests in flight at the client: above it, it waits, and times count from the sending.
    var mostInFlight: Int?
    /// What the server is a variant of, words joined by "+".
    var variant: String
    /// Whether the file says how far lengths spread.
    var hasSpread: Bool
    /// The run in the file of recorded requests; nil: requests are drawn.
    var recording: String?

    /// Whether the server could not keep up: it served 3 % less than it was offered.
    var isSaturated: Bool {
        guard let rate, let achievedRate else { return false }
        return achievedRate < 0.97 * rate
    }

    /// Why it cannot be simulated; nil when it can.
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
    /// Requests a second below which a row is none of a server: one a day.
    static let leastRate = 1e-5

    static let columns = [
        "rate", "achieved_rate", "duration_s", "arrivals", "shared_prefix_tokens",
        "unique_prompts", "client_max_in_flight", "variant", "stage",
    ]
}
