/// A scheduling policy: who is served before whom, who may enter, and who has to go.
///
/// The engine keeps the rest: budgets, block allocation, prefix caching, preemption and its
/// bookkeeping, synchronous or asynchronous steps. A policy only looks and answers, so it cannot
/// break the pool. Every requirement but `precedes` has a default, that of vLLM's first come,
/// first served:
///
///     struct ShortestPromptFirst: SchedulingPolicy {
///         func precedes(_ a: RequestView, _ b: RequestView) -> Bool {
///             (a.promptTokens, a.sequence) < (b.promptTokens, b.sequence)
///         }
///     }
///
///     var plan = try Configuration.read(file: nil).resolved().plan
///     plan.policy = ShortestPromptFirst()
///
/// Each replica has a copy of its own. A policy must be deterministic. It cannot see how long an
/// answer will become, as no server can.
public protocol SchedulingPolicy: Sendable {
    /// How the step's budget is shared out. Called once per step, before anything is scheduled.
    mutating func shape(_ step: StepView) -> StepShape

    /// Ordering: whether `a` is served before `b`. A strict order: never true both ways. Asked of
    /// waiting requests at admission, and of running ones where `ordersRunning`.
    func precedes(_ a: RequestView, _ b: RequestView) -> Bool

    /// Whether running requests are served in the order of `precedes` too, which matters when the
    /// budget or the blocks do not suffice for all; else in order of admission.
    var ordersRunning: Bool { get }

    /// Admission: whether the first of the waiting may enter now. When not, nobody enters in this
    /// step: no request overtakes the first.
    func admits(_ candidate: RequestView, _ step: StepView) -> Bool

    /// Victim choice: the place in `running` of the request to preempt, so that `requester`, one of
    /// them, gets the blocks it lacks. The victim may be the requester itself.
    func victim(among running: [RequestView], for requester: RequestView) -> Int
}

extension SchedulingPolicy {
    /// Running requests, then admissions, without a quota.
    public func shape(_ step: StepView) -> StepShape { StepShape() }
    /// Running requests are served in order of admission.
    public var ordersRunning: Bool { false }
    /// Whoever fits may enter.
    public func admits(_ candidate: RequestView, _ step: StepView) -> Bool { true }
    /// The latest admitted gives way.
    public func victim(among running: [RequestView], for requester: RequestView) -> Int {
        running.count - 1
    }
}

/// What a policy sees of a request. Token counts throughout.
public struct RequestView: Sendable, Equatable {
    public var id: Int64
    /// Order of arrival over the whole run: unique.
    public var sequence: Int64
    /// Picoseconds.
    public var arrival: Int64
    /// Smaller is more urgent.
    public var priority: Int
    public var promptTokens: Int
    /// Prompt and outputs, those being sampled in steps in flight included.
    public var knownTokens: Int
    /// What is computed or being computed; 0 again after a preemption.
    public var computedTokens: Int
    /// Outputs delivered to the client.
    public var deliveredTokens: Int
    /// Outputs after which it ends at the latest, as the client asked.
    public var maxTokens: Int
    public var preemptions: Int
    /// Whether its latest step left prompt (or recomputation) over.
    public var isPrefilling: Bool
}

/// What a policy sees of the engine when a step is scheduled.
public struct StepView: Sendable, Equatable {
    /// Number of the schedule call, from 0.
    public var number: Int
    /// Picoseconds.
    public var time: Int64
    /// Tokens that the step may schedule, over all requests.
    public var tokenBudget: Int
    /// Blocks that are free, cached ones without a holder included, and blocks in all.
    public var freeBlocks: Int
    public var usableBlocks: Int
    /// Tokens of a block.
    public var blockSize: Int
    public var running: Int
    public var waiting: Int
    /// Most requests that may run at once.
    public var runningLimit: Int
}

/// How a step's budget is shared out.
public struct StepShape: Sendable, Equatable {
    /// A kind of work.
    public enum Phase: Sendable, Equatable {
        /// Running requests, decoding or prefilling, in one order.
        case running
        /// Running requests that decode.
        case decodes
        /// Running requests with prompt left.
        case chunks
        /// Waiting requests.
        case admissions
    }

    /// What is served in which order.
    public var phases: [Phase] = [.running, .admissions]
    /// Most tokens of prefill (chunks and admissions) in the step.
    public var prefillQuota = Int.max
    /// Whether the phases after one that scheduled something are left out.
    public var isExclusive = false

    public init() {}
}
