import Basics

/// The description of a synthetic trace: how requests arrive, how long they are, what they share.
///
/// Written as JSON5 (`Recipe.read`); every key except `rate` and the lengths is optional. The same
/// recipe and seed give the same trace on every platform.
package struct Recipe: Codable, Equatable, Sendable {
    package var name = "recipe"
    package var description = ""
    package var seed: UInt64 = 1
    /// Number of requests after which the trace ends. At least one of `requests` and `durationS` is
    /// needed.
    package var requests: Int?
    /// Seconds after which the trace ends.
    package var durationS: Double?
    /// Seconds for which sessions are started before the trace, so that it begins with sessions
    /// under way.
    package var warmUpS = 0.0
    /// Longest prompt, in tokens. A session ends before its prompt would exceed it.
    package var maxContext = 131_072
    package var arrivals: Arrivals
    package var classes: [RequestClass]

    /// How sessions (a single request is a session of one turn) start.
    package struct Arrivals: Codable, Equatable, Sendable {
        /// The renewal process between starts.
        package enum Process: String, Codable, CaseIterable, Sendable {
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

        package var process = Process.poisson
        /// Mean requests per second over a week, including later turns.
        package var rate: Double
        /// Coefficient of variation of the gaps (gamma, Weibull).
        package var cv = 1.0
        /// Number of sessions that start together.
        package var burstSize: Distribution?
        /// Seconds over which such a burst spreads evenly.
        package var burstSpreadS = 0.0
        /// Factors on the rate for the 24 hours of a day from midnight, scaled to a mean of 1.
        package var daily: [Double]?
        /// Factors for the 7 days of a week, scaled to a mean of 1.
        package var weekly: [Double]?
        /// Hour of the week (0..<168) at which the trace begins.
        package var startHour = 0.0
        package var spikes: [Spike] = []

        enum CodingKeys: String, CodingKey, CaseIterable {
            case process, rate, cv, daily, weekly, spikes
            case burstSize = "burst_size"
            case burstSpreadS = "burst_spread_s"
            case startHour = "start_hour"
        }

        /// Poisson arrivals at a rate, requests per second.
        package init(rate: Double) { self.rate = rate }
    }

    /// A period of higher (or lower) rate.
    package struct Spike: Codable, Equatable, Sendable {
        package var atS: Double
        package var durationS: Double
        package var factor: Double

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

    package init(arrivals: Arrivals, classes: [RequestClass]) {
        self.arrivals = arrivals
        self.classes = classes
    }
}

/// One kind of session in a recipe.
package struct RequestClass: Codable, Equatable, Sendable {
    package var name = "requests"
    /// Share of sessions, relative to the other classes.
    package var share = 1.0
    /// New prompt tokens of a turn: what the user types.
    package var prompt: Distribution
    package var output: Distribution
    /// Correlation of a turn's prompt and output, −1...1 (of the normal deviates behind both).
    package var correlation = 0.0
    package var system: SharedPrompts?
    package var passages: Passages?
    /// Turns of a session; rounded down, at least 1.
    package var turns = Distribution.fixed(1)
    /// Seconds between an answer and the next turn.
    package var thinkS = Distribution.fixed(0)
    /// Tool calls between the user's turns.
    package var agent: AgentLoop?
    package var priority: Int32 = 0
    package var aborts: Aborts?

    /// System prompts that many sessions share, chosen by Zipf's law.
    package struct SharedPrompts: Codable, Equatable, Sendable {
        package var count: Int
        /// Exponent: 0 is uniform, 1 the classic law.
        package var zipf = 1.0
        package var tokens: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable { case count, zipf, tokens }

        /// `count` prompts.
        package init(count: Int, zipf: Double = 1, tokens: Distribution) {
            self.count = count
            self.zipf = zipf
            self.tokens = tokens
        }
    }

    /// Retrieved passages before each question, chosen from a corpus by Zipf's law.
    package struct Passages: Codable, Equatable, Sendable {
        /// Passages in the corpus.
        package var corpus: Int
        package var zipf = 1.0
        /// Tokens of each passage; the same passage always has the same length.
        package var tokens: Distribution
        /// Passages per turn; rounded down.
        package var perTurn: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable {
            case corpus, zipf, tokens
            case perTurn = "per_turn"
        }
    }

    /// An agent that calls tools: each step's prompt is everything before it plus the tool's
    /// result.
    package struct AgentLoop: Codable, Equatable, Sendable {
        /// Tool calls in each user turn; rounded down, may be 0.
        package var steps: Distribution
        /// Seconds that a tool takes.
        package var waitS: Distribution
        /// Tokens that a tool returns.
        package var result: Distribution

        enum CodingKeys: String, CodingKey, CaseIterable {
            case steps, result
            case waitS = "wait_s"
        }
    }

    /// Clients that give up.
    package struct Aborts: Codable, Equatable, Sendable {
        /// Share of requests.
        package var share: Double
        /// Seconds after the arrival.
        package var afterS: Distribution

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
    package init(prompt: Distribution, output: Distribution) {
        self.prompt = prompt
        self.output = output
    }
}
