/// A decision and its execution: the plan of `times` consecutive steps. Times are in picoseconds.
///
/// Its entries belong to individual requests. Members of the cohort are only counted: each has an
/// entry of one token in each of the steps, and `changes` tells which requests are members. A plan
/// with entries covers one step.
package struct DecidedPlan: Sendable, Equatable {
    /// The instance's number.
    package var replica: Int
    /// Number of the first schedule call, from 0.
    package var number: Int
    /// Steps that this decision covers; 0 if it only reports what changed since the last plan.
    package var times: Int
    /// When the first call was made.
    package var time: Int64
    /// Start and duration of the first step.
    package var start: Int64
    package var duration: Int64 = 0
    /// Start and end of the last step.
    package var lastStart: Int64
    package var lastEnd: Int64
    /// Total duration of the steps. Durations rise evenly, except for rounding; between two steps
    /// the GPUs wait for the host.
    package var busy: Int64 = 0
    /// Members of the cohort in each step.
    package var members = 0
    /// Σ (computed before + 1) over members in the first step, in full and within the price's
    /// window.
    package var context = 0
    package var windowedContext = 0
    /// Waiting and running requests and free blocks after the last call.
    package var waiting = 0
    package var running = 0
    package var freeBlocks = 0
    /// How long all requests together had waited at the first call that arrived since the call
    /// before.
    package var arrivedWait: Int64 = 0
    /// Its ranges in the lists of `DecidedPlans`. In 32 bits, because plans are copied.
    private var lists = Lists()
    private var ends = Lists()

    /// Positions in the lists.
    struct Lists: Sendable, Equatable {
        var changes: Int32 = 0
        var aborted: Int32 = 0
        var preempted: Int32 = 0
        var entries: Int32 = 0
    }

    /// A plan without steps, at a time.
    @inline(__always)
    init(replica: Int32, number: Int, time: Int64) {
        self.replica = Int(replica)
        self.number = number
        self.time = time
        times = 0
        start = time
        lastStart = time
        lastEnd = time
    }

    /// Sets the ranges of the lists that belong to the plan.
    @inline(__always)
    mutating func name(from lists: Lists, to ends: Lists) {
        self.lists = lists
        self.ends = ends
    }

    /// Its ranges in the lists of `DecidedPlans`.
    package var changes: Range<Int> { Int(lists.changes)..<Int(ends.changes) }
    package var aborted: Range<Int> { Int(lists.aborted)..<Int(ends.aborted) }
    package var preempted: Range<Int> { Int(lists.preempted)..<Int(ends.preempted) }
    package var entries: Range<Int> { Int(lists.entries)..<Int(ends.entries) }

    /// Whether nothing was computed.
    package var isEmpty: Bool { times == 0 || (members == 0 && entries.isEmpty) }

    /// Whether its steps only decode for the cohort.
    package var onlyDecodes: Bool {
        times > 0 && members > 0 && entries.isEmpty && preempted.isEmpty
    }

    /// Absorbs the next plan's steps if it continues to decode for the same members. Joined this
    /// way, plans do not depend on how far a run fast-forwards at once. O(1).
    package mutating func extend(by next: DecidedPlan) -> Bool {
        guard onlyDecodes, next.onlyDecodes, next.changes.isEmpty, next.aborted.isEmpty,
            next.members == members, next.number == number + times, next.waiting == waiting,
            next.running == running, next.arrivedWait == 0
        else { return false }
        times += next.times
        lastStart = next.lastStart
        lastEnd = next.lastEnd
        busy += next.busy
        freeBlocks = next.freeBlocks
        return true
    }
}

/// A request that joins the cohort with the first step of a plan, or whose last step as a member
/// was the step before.
package struct CohortChange: Sendable, Equatable {
    package var id: Int64
    /// Place in the order of arrival over the whole run.
    package var sequence: Int64
    /// Tokens computed so far.
    package var computed: Int
    /// Whether it joins; otherwise it leaves.
    package var joins: Bool
}

/// When something happened to a request, in picoseconds.
package struct RequestMoment: Sendable, Equatable {
    package var id: Int64
    /// Place in the order of arrival over the whole run.
    package var sequence: Int64
    package var time: Int64
}

/// A request that a schedule call preempted.
package struct Preemption: Sendable, Equatable {
    package var id: Int64
    /// Place in the order of arrival over the whole run.
    package var sequence: Int64
    /// In picoseconds.
    package var time: Int64
    /// The request that lacked blocks, and its place; it may be the same request. -1 if a policy
    /// chose to preempt.
    package var requester: Int64 = -1
    package var requesterSequence: Int64 = -1
}

/// Consecutive steps whose tokens were delivered. Times are in picoseconds.
///
/// The tokens of the first step left at `time` and those of the second `gap` later; from then on
/// each gap is longer by `rise`.
package struct DeliveredSteps: Sendable, Equatable {
    package var replica: Int
    /// Number of the schedule call that decided the first step.
    package var number: Int
    package var times: Int
    package var time: Int64
    package var gap: Int64 = 0
    package var rise: Int64 = 0
}

/// Plans, each instance's in order, with the lists that they refer to.
///
///     for plan in plans.plans {
///         for place in plan.entries { use(plans.entries[place]) }
///     }
///
/// The lists are flat, so that a plan costs no allocation and observing stays cheap.
public struct DecidedPlans: Sendable, Equatable {
    package private(set) var plans: [DecidedPlan] = []
    /// Requests that joined or left the cohort, in order.
    package internal(set) var changes: [CohortChange] = []
    /// Requests whose clients gave up and which ended before the plan was made, with the time.
    package internal(set) var aborted: [RequestMoment] = []
    /// Requests that the call preempted.
    package internal(set) var preempted: [Preemption] = []
    package internal(set) var entries: [ScheduledEntry] = []
    /// Gaps between the tokens delivered meanwhile, if the observer wants them. They belong to no
    /// plan.
    package internal(set) var gaps: [TokenGap] = []
    /// Steps, of these plans or earlier ones, whose tokens were delivered meanwhile, if the
    /// observer wants them. Each instance's are in order.
    package internal(set) var deliveries: [DeliveredSteps] = []
    /// Where the entries of the latest plan end in the lists.
    private var ends = DecidedPlan.Lists()

    /// No plans.
    package init() {}

    /// Plans kept before they are handed on: enough to make that cheap, few enough to stay in the
    /// processor's cache.
    static let atOnce = 1_024

    var isFull: Bool {
        plans.count >= Self.atOnce || entries.count >= 16 * Self.atOnce
            || gaps.count >= 64 * Self.atOnce || deliveries.count >= 4 * Self.atOnce
    }

    /// Whether there is nothing to hand on.
    var isEmpty: Bool { plans.isEmpty && gaps.isEmpty && deliveries.isEmpty }

    /// Whether the lists hold something that belongs to no plan yet.
    var hasMore: Bool { Int(ends.changes) < changes.count || Int(ends.aborted) < aborted.count }

    /// Appends a plan, which owns what was appended to the lists since the last one. Inlined, so
    /// that the plan is constructed in place.
    @inline(__always)
    mutating func append(_ plan: consuming DecidedPlan) {
        let now = DecidedPlan.Lists(
            changes: Int32(changes.count), aborted: Int32(aborted.count),
            preempted: Int32(preempted.count), entries: Int32(entries.count))
        plan.name(from: ends, to: now)
        ends = now
        plans.append(plan)
    }

    /// Removes everything. O(1), except for what is freed.
    mutating func removeAll() {
        plans.clear()
        changes.clear()
        aborted.clear()
        preempted.clear()
        entries.clear()
        gaps.clear()
        deliveries.clear()
        ends = DecidedPlan.Lists()
    }
}

extension Array {
    /// Removes all elements and keeps the capacity. Most lists are empty most of the time.
    @inline(__always)
    fileprivate mutating func clear() {
        if !isEmpty { removeAll(keepingCapacity: true) }
    }
}
