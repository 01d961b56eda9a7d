/// A decision and how it went: the plan of `times` steps in a row. Times are picoseconds.
///
/// Its entries are those of requests kept by themselves. The members of the cohort are a number:
/// each has an entry of one token in each of the steps, and `changes` says who they are. A plan
/// with entries is that of one step.
package struct DecidedPlan: Sendable, Equatable {
    /// The instance's number.
    package var replica: Int
    /// Number of the first schedule call, from 0.
    package var number: Int
    /// Steps that it is the decision of; 0: it only says what changed since the last one.
    package var times: Int
    /// When the first call was made.
    package var time: Int64
    /// Start of the first step, and what that takes.
    package var start: Int64
    package var duration: Int64 = 0
    /// Start and end of the last step.
    package var lastStart: Int64
    package var lastEnd: Int64
    /// What the steps take together. Durations rise evenly, but for rounding, and between one step
    /// and the next the GPUs wait for the host.
    package var busy: Int64 = 0
    /// Members of the cohort in each step.
    package var members = 0
    /// Σ (computed before + 1) over members in the first step, whole and within the price's window.
    package var context = 0
    package var windowedContext = 0
    /// Waiting and running requests and free blocks after the last call.
    package var waiting = 0
    package var running = 0
    package var freeBlocks = 0
    /// Where its lists are in those of `DecidedPlans`. In 32 bits, because plans are copied.
    private var lists = Lists()
    private var ends = Lists()

    /// Places in lists.
    struct Lists: Sendable, Equatable {
        var changes: Int32 = 0
        var aborted: Int32 = 0
        var preempted: Int32 = 0
        var entries: Int32 = 0
    }

    /// A plan of no step, at a time.
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

    /// Names what stands between two places of the lists.
    @inline(__always)
    mutating func name(from lists: Lists, to ends: Lists) {
        self.lists = lists
        self.ends = ends
    }

    /// Its places in the lists of `DecidedPlans`.
    package var changes: Range<Int> { Int(lists.changes)..<Int(ends.changes) }
    package var aborted: Range<Int> { Int(lists.aborted)..<Int(ends.aborted) }
    package var preempted: Range<Int> { Int(lists.preempted)..<Int(ends.preempted) }
    package var entries: Range<Int> { Int(lists.entries)..<Int(ends.entries) }

    /// Whether nothing was computed.
    package var isEmpty: Bool { times == 0 || (members == 0 && entries.isEmpty) }

    /// Whether its steps do nothing but decode for the cohort.
    package var onlyDecodes: Bool {
        times > 0 && members > 0 && entries.isEmpty && preempted.isEmpty
    }

    /// Takes the steps of the next plan in, if it goes on decoding for the same members. So joined,
    /// plans are the same however far a run fast-forwards at once. O(1).
    package mutating func extend(by next: DecidedPlan) -> Bool {
        guard onlyDecodes, next.onlyDecodes, next.changes.isEmpty, next.aborted.isEmpty,
            next.members == members, next.number == number + times, next.waiting == waiting,
            next.running == running
        else { return false }
        times += next.times
        lastStart = next.lastStart
        lastEnd = next.lastEnd
        busy += next.busy
        freeBlocks = next.freeBlocks
        return true
    }
}

/// A request that joins the cohort with the first step of a plan, or was in it for the last time
/// in the step before.
package struct CohortChange: Sendable, Equatable {
    package var id: Int64
    /// Place in the order of arrival over the whole run.
    package var sequence: Int64
    /// Tokens computed so far.
    package var computed: Int
    package var joins: Bool
}

/// When something happened to a request, picoseconds.
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
    /// Picoseconds.
    package var time: Int64
    /// The request whose blocks were lacking, and its place; it may be the same one. -1: a policy
    /// preempted it of its own will.
    package var requester: Int64 = -1
    package var requesterSequence: Int64 = -1
}

/// Steps in a row whose tokens have left the engine. Times are picoseconds.
///
/// The tokens of the first left at `time`, those of the second `gap` later, and from there on each
/// took `rise` longer than the one before.
package struct DeliveredSteps: Sendable, Equatable {
    package var replica: Int
    /// Number of the schedule call that decided the first.
    package var number: Int
    package var times: Int
    package var time: Int64
    package var gap: Int64 = 0
    package var rise: Int64 = 0
}

/// Plans in the order of each instance, with the lists that they name parts of.
///
///     for plan in plans.plans {
///         for place in plan.entries { use(plans.entries[place]) }
///     }
///
/// Flat lists, so that a plan costs no allocation: watching must not be what takes the time.
public struct DecidedPlans: Sendable, Equatable {
    package private(set) var plans: [DecidedPlan] = []
    /// Who joined the cohort and who left it, in order.
    package internal(set) var changes: [CohortChange] = []
    /// Requests whose clients gave up, when they were ended, before the plan was made.
    package internal(set) var aborted: [RequestMoment] = []
    /// Requests that the call preempted.
    package internal(set) var preempted: [Preemption] = []
    package internal(set) var entries: [ScheduledEntry] = []
    /// Gaps between the tokens delivered meanwhile, where the observer watches them; no plan names
    /// them.
    package internal(set) var gaps: [TokenGap] = []
    /// Steps whose tokens were delivered meanwhile, where the observer watches them, those of an
    /// instance in order: of these plans or of earlier ones.
    package internal(set) var deliveries: [DeliveredSteps] = []
    /// What belongs to the latest plan or an earlier one ends here.
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

    /// Whether something is in the lists that no plan names yet.
    var hasMore: Bool { Int(ends.changes) < changes.count || Int(ends.aborted) < aborted.count }

    /// Appends a plan, which names what was appended to the lists since the last one. Inlined, so
    /// that the plan is made in its place.
    @inline(__always)
    mutating func append(_ plan: consuming DecidedPlan) {
        let now = DecidedPlan.Lists(
            changes: Int32(changes.count), aborted: Int32(aborted.count),
            preempted: Int32(preempted.count), entries: Int32(entries.count))
        plan.name(from: ends, to: now)
        ends = now
        plans.append(plan)
    }

    /// Forgets all of them. O(1), but for what is freed.
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
    /// Removes all elements and keeps the room; most lists are empty most of the time.
    @inline(__always)
    fileprivate mutating func clear() {
        if !isEmpty { removeAll(keepingCapacity: true) }
    }
}
