/// One request's share of a step, as the decision log shows it.
public struct ScheduledEntry: Sendable, Equatable {
    /// How the request came into the step: it was running, was admitted, or resumed after a
    /// preemption.
    public enum Kind: UInt8, Sendable {
        case running = 0
        case admitted = 1
        case resumed = 2
    }

    public var id: Int64
    /// Place in the order of arrival over the whole run. Unique, unlike ids.
    package var sequence: Int64
    public var tokens: Int
    /// Tokens computed before the step; for admissions, the prefix hit.
    public var computedBefore: Int
    public var kind: Kind
    /// Length of the request's prompt, and whether the step samples a token for it.
    package var promptTokens: Int
    public var samples: Bool
}

/// What one call of the scheduler decided. Times are in picoseconds.
public struct ScheduleDecision: Sendable, Equatable {
    public var replica: Int
    /// Number of the call, from 0.
    public var number: Int
    public var time: Int64
    /// Start and end of the step on the GPU.
    package var executionStart: Int64
    package var executionEnd: Int64
    /// Ids of the requests aborted since the last logged decision.
    package var aborted: [Int64]
    public var entries: [ScheduledEntry]
    /// Ids of the requests that the call preempted.
    public var preempted: [Int64]
    /// Waiting and running requests and free blocks after the call.
    public var waiting: Int
    public var running: Int
    public var freeBlocks: Int
    /// Blocks that lost their key during the call.
    package var evictions: Int
    /// Distinct keys in the prefix index after the call; nil with caching off.
    package var keys: Int?
    /// Digests of the free queue and of the running requests' block tables, if wanted.
    package var queueDigest: UInt64?
    package var tablesDigest: UInt64?
}

/// The result of one processed step.
public struct UpdateDecision: Sendable, Equatable {
    public var replica: Int
    /// Number of the schedule call whose batch was processed.
    package var number: Int
    public var time: Int64
    /// Ids of the requests aborted since the last logged decision.
    package var aborted: [Int64]
    /// Tokens delivered.
    package var delivered: Int
    /// Ids of the requests that finished with this step.
    public var finished: [Int64]
    package var freeBlocks: Int
    package var keys: Int?
    /// Entries ignored because their request had ended.
    package var wasted: Int
    /// State after the update: counts, and whether nothing is scheduled, waiting or in flight.
    package var waiting: Int
    package var running: Int
    package var idle: Bool
}

/// One event of the decision log.
public enum Decision: Sendable, Equatable {
    case scheduled(ScheduleDecision)
    case updated(UpdateDecision)
}

/// How much of a replica's decisions an observer wants to see.
public enum DecisionDetail: Sendable {
    case none
    /// Plans, each of which may cover many steps. The run fast-forwards as without an observer.
    case plans
    /// Plans of one step, and each schedule call and update with all entries: O(running) per step.
    case decisions
    /// Decisions with digests of the block numbers: O(blocks) per call.
    case decisionsAndBlocks

    /// Whether every step is executed individually.
    var isStepped: Bool {
        switch self {
        case .none, .plans: false
        case .decisions, .decisionsAndBlocks: true
        }
    }
}

/// What was decided since the cluster last handed it to the observer.
struct DecisionBuffer {
    let detail: DecisionDetail
    let isWanted: Bool
    /// Whether plans are wanted; if not, only gaps between tokens.
    let notesPlans: Bool
    /// Whether the delivery times of each step's tokens are wanted.
    let tellsDeliveries: Bool
    /// Whether each call and each update is wanted with all its entries.
    let isStepped: Bool
    var plans = DecidedPlans()
    var decisions: [Decision] = []
    /// Ids aborted since the last logged line.
    var aborted: [Int64] = []
    /// Requests that reached the scheduler since the last plan, and the sum of their arrivals in
    /// picoseconds.
    var arrived = 0
    var arrivals: Int128 = 0

    init(_ detail: DecisionDetail, tellsGaps: Bool, tellsDeliveries: Bool) {
        notesPlans = detail != .none
        self.detail = detail
        self.tellsDeliveries = tellsDeliveries
        isWanted = notesPlans || tellsGaps || tellsDeliveries
        isStepped = detail.isStepped
    }

    var isFull: Bool { plans.isFull || decisions.count >= 256 }
}
