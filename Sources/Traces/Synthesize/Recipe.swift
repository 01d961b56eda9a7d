import Basics

/// What a synthetic trace is made of: how requests arrive, how long they are, what they share.
///
/// Written as JSON5 (`Recipe.read`), every key but `rate` and the lengths optional. The same recipe
/// and seed give the same trace on every platform.
public struct Recipe: Codable, Equatable, Sendable {
    public var name = "recipe"
    public var description = ""
    public var seed: UInt64 = 1
    /// Number of requests after which the trace ends; at least one of `requests` and `durationS`.
    public var requests: Int?
    /// Seconds after which the trace ends.
    public var durationS: Double?
    /// Seconds for which sessions are started before the trace begins, so that it begins with
    /// sessions under way.
    public var warmUpS = 0.0
    /// Longest prompt in tokens; a session ends before its prompt would be longer.
    public var maxContext = 131_072
    public var arrivals: Arrivals
    public var classes: [RequestClass]

    /// How sessions (a single request is a session of one turn) start.
    public struct Arrivals: Codable, Equatable, Sendable {
        /// The renewal process between starts.
        public enum Process: String, Codable, CaseIterable, Sendable {
            /// Exponential gaps.
            case poisson
            /// Gamma gaps with `cv`.
            case gamma
            /// Weibull gaps with `cv`.
            case weibull
            /// Equal gaps.
            case fixed
            /// Everything at time 0, as an offline batch.
            case batch
        }

        public var process = Process.poisson
        /// Requests per second on average over a week, later turns included.
        public var rate: Double
        /// Coefficient of variation of the gaps (gamma, Weibull).
        public var cv = 1.0
        /// How many sessions start together.
        public var burstSize: Distribution?
        /// Seconds over which such a burst spreads evenly.
        public var burstSpreadS = 0.0
        /// Factors on the rate for the 24 hours of a day, from midnight; scaled to a mean of 1.
        public var daily: [Double]?
        /// Factors for the 7 days of a week; scaled to a mean of 1.
        public var weekly: [Double]?
        /// Hour of the week (0..<168) at which the trace begins.
        public var startHour = 0.0
        public var spikes: [Spike] = []

        enum CodingKeys: String, CodingKey, CaseIterable {
            case process, rate, cv, daily, weekly, spikes
            case burstSize = "burst_size"
            case burstSpreadS = "burst_spread_s"
            case startHour = "start_hour"
        }

        /// Poisson arrivals at a rate, requests per second.
        public init(rate: Double) { self.rate = rate }
    }

    /// A time of higher (or lower) rate.
    public struct Spike: Codable, Equatable, Sendable {
        public var atS: Double
        public var durationS: Double
        public var factor: Double

        enum CodingKeys: String, CodingKey, CaseIterable {
            case atS = "at_s"
            case durationS = "duration_s"
            case factor
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, description, seed, requests, arrivals, classes
        case durationS = "duration_s"
        case warmUpS = "warm_up_s"
        case maxContext = "max_context"
    }

    /// A recipe of some classes that arrive somehow.
    public init(arrivals: Arrivals, classes: [RequestClass]) {
        self.arrivals = arrivals
        self.classes = classes
    }
}

/// One kind of session in a recipe.
public struct RequestClass: Codable, Equatable, Sendable {
    public var name = "requests"
    /// Share of sessions, relative to the other classes'.
    public var share = 1.0
    /// New prompt tokens of a turn: what the user types.
    public var prompt: Distribution
    public var output: Distribution
    /// Correlation of a turn's prompt and output, −1...1 (of the normal deviates behind both).
    public var correlation = 0.0
    public var system: SharedPrompts?
    public var passages: Passages?
    /// Turns of a session; rounded down, at least 1.
    public var turns = Distribution.fixed(1)
    /// Seconds between an answer and the next turn.
    public var thinkS = Distribution.fixed(0)
    /// Tool calls between the user's turns.
    public var agent: AgentLoop?
    public var priority: Int32 = 0
    public var aborts: Aborts?

    /// System prompts that many sessions share, chosen by Zipf's law.
    public struct SharedPrompts: Codable, Equatable, Sendable {
        public var count: Int
        /// Exponent: 0 is uniform, 1 the classic law.
        public var zipf = 1.0
        public var tokens: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable { case count, zipf, tokens }

        /// `count` prompts.
        public init(count: Int, zipf: Double = 1, tokens: Distribution) {
            self.count = count
            self.zipf = zipf
            self.tokens = tokens
        }
    }

    /// Retrieved passages put before each question, chosen from a corpus by Zipf's law.
    public struct Passages: Codable, Equatable, Sendable {
        /// Passages in the corpus.
        public var corpus: Int
        public var zipf = 1.0
        /// Tokens of each; the same passage always has the same length.
        public var tokens: Distribution
        /// Passages per turn; rounded down.
        public var perTurn: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable {
            case corpus, zipf, tokens
            case perTurn = "per_turn"
        }
    }

    /// An agent that calls tools: each step's prompt is everything before plus the tool's result.
    public struct AgentLoop: Codable, Equatable, Sendable {
        /// Tool calls in each turn of the user; rounded down, may be 0.
        public var steps: Distribution
        /// Seconds that a tool takes.
        public var waitS: Distribution
        /// Tokens that a tool returns.
        public var result: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable {
            case steps, result
            case waitS = "wait_s"
        }
    }

    /// Clients that give up.
    public struct Aborts: Codable, Equatable, Sendable {
        /// Share of requests.
        public var share: Double
        /// Seconds after the arrival.
        public var afterS: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable {
            case share
            case afterS = "after_s"
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, share, prompt, output, correlation, system, passages, turns, agent, priority
        case aborts
        case thinkS = "think_s"
    }

    /// A class of single requests.
    public init(prompt: Distribution, output: Distribution) {
        self.prompt = prompt
        self.output = output
    }
}
