/// A scheduling policy: which request is served first, which may enter, and which is preempted.
///
/// The engine keeps the rest: budgets, block allocation, prefix caching, preemption and its
/// bookkeeping, synchronous or asynchronous steps. A policy only answers questions, so it cannot
/// corrupt the pool. Every requirement has a default, which is vLLM's first come, first served:
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
/// Each replica has its own copy. A policy must be deterministic. Like a real server, it cannot see
/// how long an output will become.
///
/// **A decision may hold for many steps.** While requests only decode and none waits, the engine
/// does not call the policy in every step. State that a policy keeps between calls must follow from
/// the step's number, its time and its counts, not from how often it was called. A policy that
/// needs a call says so in its shape (`StepShape.untilStep`, `StepShape.untilTime`). In a step in
/// which every running request gets all the tokens it wants, the engine does not ask for their
/// order.
public protocol SchedulingPolicy: Sendable {
    /// Decides how the step's budget is shared out. Called once per decision, before anything of
    /// the step is scheduled.
    mutating func shape(_ step: StepView) -> StepShape

    /// Ordering: whether `a` is served before `b`. Must be a strict order: never true both ways.
    /// Used for waiting requests at admission, and for running ones if `ordersRunning`.
    func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool

    /// The same for an order that does not depend on the step. A policy implements one of the two:
    /// by default the longer one calls this one.
    func precedes(_ a: RequestView, _ b: RequestView) -> Bool

    /// Whether the order of two waiting requests may change while both wait, because `precedes`
    /// looks at the step. If true, the waiting queue is sorted again in each step that may admit a
    /// request: O(waiting). If false, each request is placed once: O(log waiting).
    var orderFollowsStep: Bool { get }

    /// Whether running requests, too, are served in the order of `precedes`, not in order of
    /// admission. It matters when the budget or the blocks do not suffice for all of them.
    var ordersRunning: Bool { get }

    /// Admission: whether a waiting request may enter now. Called for the first one, and for those
    /// behind it as far as `passesOver` allows.
    func admits(_ candidate: RequestView, _ step: StepView) -> Bool

    /// Whether the next waiting request is tried after one that did not enter: because `admits`
    /// refused it, it lacks blocks, or it must be computed whole and is too long for this step.
    /// Called again for every passed-over request each time one behind it enters. False: no other
    /// request enters in this step.
    func passesOver(_ candidate: RequestView, _ step: StepView) -> Bool

    /// Whether the policy keeps a number of its own on each request, through `noted`.
    var keepsNotes: Bool { get }

    /// The number that the policy keeps on a request from now on (`RequestView.note`), after an
    /// event of that request. 0 before its arrival.
    func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64

    /// Victim choice: the index in `running` of the request to preempt, so that `requester`, one of
    /// them, gets the blocks it lacks. The victim may be the requester itself.
    func victim(among running: [RequestView], for requester: RequestView, at step: StepView) -> Int
}

extension SchedulingPolicy {
    /// Running requests, then admissions, without a quota.
    public func shape(_ step: StepView) -> StepShape { StepShape() }
    /// Uses the order that does not depend on the step.
    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        precedes(a, b)
    }
    /// First come, first served.
    public func precedes(_ a: RequestView, _ b: RequestView) -> Bool { a.sequence < b.sequence }
    /// Two waiting requests keep their order.
    public var orderFollowsStep: Bool { false }
    /// Running requests are served in order of admission.
    public var ordersRunning: Bool { false }
    /// Every request that fits may enter.
    public func admits(_ candidate: RequestView, _ step: StepView) -> Bool { true }
    /// No request overtakes the first.
    public func passesOver(_ candidate: RequestView, _ step: StepView) -> Bool { false }
    /// No notes.
    public var keepsNotes: Bool { false }
    /// The note does not change.
    public func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64 {
        request.note
    }
    /// The latest admitted request is preempted.
    public func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        running.count - 1
    }
}

/// Events of a request after which a policy may update its note.
public enum RequestEvent: Sendable, Equatable {
    /// The scheduler sees it for the first time.
    case arrived
    /// It was admitted; its computed tokens are its prefix hit.
    case admitted
    /// A request behind it in the order was admitted before it.
    case passedOver
    /// It was preempted and waits again.
    case preempted
}

/// What a policy sees of a request. Counts are in tokens.
public struct RequestView: Sendable, Equatable {
    public var id: Int64
    /// Order of arrival over the whole run: unique.
    public var sequence: Int64
    /// Picoseconds.
    public var arrival: Int64
    /// Smaller is more urgent.
    public var priority: Int
    public var promptTokens: Int
    /// Prompt and output tokens, including those being sampled by steps in flight.
    public var knownTokens: Int
    /// Tokens computed or being computed; 0 again after a preemption.
    public var computedTokens: Int
    /// Output tokens delivered to the client.
    public var deliveredTokens: Int
    /// Most output tokens, as the client requested.
    public var maxTokens: Int
    public var preemptions: Int
    /// Whether its latest step left some of the prompt (or recomputation) to do.
    public var isPrefilling: Bool
    /// The policy's own number; see `SchedulingPolicy.noted`.
    public var note: Int64
}

/// What a policy sees of the engine when a step is scheduled.
public struct StepView: Sendable, Equatable {
    /// Number of the schedule call, from 0.
    public var number: Int
    /// Picoseconds.
    public var time: Int64
    /// Tokens that the step may schedule over all requests.
    public var tokenBudget: Int
    /// Free blocks, including cached ones that no request holds, and blocks in total.
    public var freeBlocks: Int
    public var usableBlocks: Int
    /// Tokens per block.
    public var blockSize: Int
    public var running: Int
    public var waiting: Int
    /// Most requests that may run at once.
    public var runningLimit: Int
    /// Prefills under way: running requests with prompt (or recomputation) left, and those admitted
    /// in this step.
    public var prefilling: Int
    /// Prefill tokens (chunks and admissions) that all earlier steps scheduled.
    public var prefilledTokens: Int
    /// Waiting requests passed over so far in this step.
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

    /// The kinds of work in the order they are served.
    public var phases: [Phase] = [.running, .admissions]
    /// Most tokens of prefill (chunks and admissions) in the step.
    public var prefillQuota = Int.max
    /// No request enters while this many prefills are under way; see `StepView.prefilling`.
    public var mostPrefills = Int.max
    /// Whether to skip the phases after one that scheduled something.
    public var isExclusive = false
    /// The number of the first step, and the earliest time in picoseconds, at which the policy has
    /// to be called again although no request arrives, waits or prefills. While requests only
    /// decode, one answer holds until then.
    public var untilStep = Int.max
    public var untilTime = Int64.max

    public init() {}
}
