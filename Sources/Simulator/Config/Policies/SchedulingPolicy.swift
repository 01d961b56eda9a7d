/// A scheduling policy: who is served before whom, who may enter, and who has to go.
///
/// The engine keeps the rest: budgets, block allocation, prefix caching, preemption and its
/// bookkeeping, synchronous or asynchronous steps. A policy only looks and answers, so it cannot
/// break the pool. Every requirement has a default, that of vLLM's first come, first served:
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
///
/// **A decision may stand for many steps.** While requests only decode and nobody waits, a policy
/// is not asked step by step. What it keeps between calls must follow from the step's number, its
/// time and its counts, not from how often it was called; a policy that cannot do without a call
/// says so in the shape it gives (`StepShape.untilStep`, `StepShape.untilTime`). In a step in which
/// every running request gets all it asks for, nobody is asked about their order.
public protocol SchedulingPolicy: Sendable {
    /// How the step's budget is shared out. Called before anything of the step is scheduled, once
    /// for each decision.
    mutating func shape(_ step: StepView) -> StepShape

    /// Ordering: whether `a` is served before `b`. A strict order: never true both ways. Asked of
    /// waiting requests at admission, and of running ones where `ordersRunning`.
    func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool

    /// The same for an order that does not look at the step. A policy has one of the two: the
    /// longer one, where a policy does not say it, asks this.
    func precedes(_ a: RequestView, _ b: RequestView) -> Bool

    /// Whether the order of two waiting requests may change while both wait, because `precedes`
    /// looks at the step. Their order is then looked over in each step that may admit one:
    /// O(waiting). Else each is given its place once: O(log waiting).
    var orderFollowsStep: Bool { get }

    /// Whether running requests are served in the order of `precedes` too, which matters when the
    /// budget or the blocks do not suffice for all; else in order of admission.
    var ordersRunning: Bool { get }

    /// Admission: whether a waiting request may enter now. Asked of the first, and of those behind
    /// it as far as `passesOver` allows.
    func admits(_ candidate: RequestView, _ step: StepView) -> Bool

    /// Whether the next of the waiting is asked after one that did not enter: `admits` said no, or
    /// it lacks blocks, or it must be computed whole and is too long for this step. Asked again of
    /// everyone passed over each time that somebody behind enters. False: nobody else enters in
    /// this step.
    func passesOver(_ candidate: RequestView, _ step: StepView) -> Bool

    /// Whether the policy keeps a number of its own on each request, through `noted`.
    var keepsNotes: Bool { get }

    /// The number that the policy keeps on a request from now on (`RequestView.note`), after
    /// something happened to the request. 0 before its arrival.
    func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64

    /// Victim choice: the place in `running` of the request to preempt, so that `requester`, one of
    /// them, gets the blocks it lacks. The victim may be the requester itself.
    func victim(among running: [RequestView], for requester: RequestView, at step: StepView) -> Int
}

extension SchedulingPolicy {
    /// Running requests, then admissions, without a quota.
    public func shape(_ step: StepView) -> StepShape { StepShape() }
    /// The order that does not look at the step.
    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        precedes(a, b)
    }
    /// First come, first served.
    public func precedes(_ a: RequestView, _ b: RequestView) -> Bool { a.sequence < b.sequence }
    /// Two waiting requests keep their order.
    public var orderFollowsStep: Bool { false }
    /// Running requests are served in order of admission.
    public var ordersRunning: Bool { false }
    /// Whoever fits may enter.
    public func admits(_ candidate: RequestView, _ step: StepView) -> Bool { true }
    /// Nobody overtakes the first.
    public func passesOver(_ candidate: RequestView, _ step: StepView) -> Bool { false }
    /// No notes.
    public var keepsNotes: Bool { false }
    /// The note stays what it is.
    public func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64 {
        request.note
    }
    /// The latest admitted gives way.
    public func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        running.count - 1
    }
}

/// What may happen to a request that a policy keeps a note on.
public enum RequestEvent: Sendable, Equatable {
    /// The scheduler sees it for the first time.
    case arrived
    /// It was admitted; what it has computed is its prefix hit.
    case admitted
    /// Another request, behind it in the order, was admitted before it.
    case passedOver
    /// It was preempted and waits again.
    case preempted
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
    /// The policy's own number, see `SchedulingPolicy.noted`.
    public var note: Int64
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
    /// Prefills under way: running requests with prompt (or recomputation) left, and those that
    /// entered in this very step.
    public var prefilling: Int
    /// Tokens of prefill (chunks and admissions) that all steps before this one scheduled.
    public var prefilledTokens: Int
    /// Waiting requests that were passed over in this step so far.
    public var passedOver: Int
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
    /// Nobody enters while so many prefills are under way; see `StepView.prefilling`.
    public var mostPrefills = Int.max
    /// Whether the phases after one that scheduled something are left out.
    public var isExclusive = false
    /// The number of the first step, and the earliest time (picoseconds), for which the policy has
    /// to be asked again although nobody arrives, waits or prefills: while requests only decode,
    /// one answer stands until then.
    public var untilStep = Int.max
    public var untilTime = Int64.max

    public init() {}
}
