/// A request whose culprits are wanted.
package struct WatchedRequest: Sendable, Equatable {
    /// Place in the order of arrival over the whole run, and the instance that served it.
    package var sequence: Int64
    package var replica: Int
    /// A moment not after its arrival, picoseconds.
    package var from: Int64

    package init(sequence: Int64, replica: Int, from: Int64) {
        self.sequence = sequence
        self.replica = replica
        self.from = from
    }
}

/// The steps of one instance while requests live whose culprits are wanted, with all that is in
/// them. Elsewhere it keeps nothing but who is in the cohort.
struct StepHistory: Sendable {
    /// A plan. Times are picoseconds.
    struct Step: Sendable {
        /// The last of its steps, and all that come before it.
        var start: Int64
        var end: Int64
        var earlierStart: Int64
        var earlierEnd: Int64
        var called: Int64
        /// In each of its steps.
        var members: Int
        var tokens: Int
        /// How much longer prefill makes it for those who decode.
        var ofDecodes: Int64 = 0
        var changes: [CohortChange] = []
        var preempted: [Preemption] = []
        var entries: [Entry] = []
    }

    /// A request's share of a step.
    struct Entry: Sendable {
        var of: ScheduledEntry
        var isDecode: Bool
        /// How much longer others' prefill makes the step for it.
        var interference: Int64
    }

    /// Those whose record is to come, in the order of records.
    private(set) var awaited: ArraySlice<WatchedRequest>
    /// Members of the cohort before the first step kept: place in the order of arrival and id.
    private(set) var members: [Int64: Int64] = [:]
    private var kept: [Step] = []
    private var head = 0

    /// `requests`: those of the instance, in the order of their places.
    init(_ requests: [WatchedRequest]) { awaited = requests[...] }

    /// The steps kept, in order.
    var steps: ArraySlice<Step> { kept[head...] }

    /// Takes note of a plan. O(its lists).
    mutating func see(_ plan: DecidedPlan, of plans: DecidedPlans, _ prices: StepPrices) {
        guard let first = awaited.first else { return }
        let changes = plans.changes[plan.changes]
        guard head < kept.count || plan.lastEnd >= first.from else {
            return apply(changes)
        }
        var step = Step(
            start: plan.lastStart, end: plan.lastEnd, earlierStart: plan.start,
            earlierEnd: plan.start, called: plan.time, members: plan.members,
            tokens: plan.isEmpty ? 0 : plan.members)
        if plan.times > 1 {
            // Between two steps the GPUs wait for the host, for equally long.
            let busy = plan.busy - (plan.lastEnd - plan.lastStart)
            let gaps = plan.lastStart - plan.start - busy
            step.earlierEnd = plan.lastStart - gaps / Int64(plan.times - 1)
        }
        step.changes = Array(changes)
        step.preempted = Array(plans.preempted[plan.preempted])
        if !plan.entries.isEmpty {
            step.ofDecodes = prices.ofDecodes
            var chunks = 0
            for entry in plans.entries[plan.entries] {
                step.tokens += entry.tokens
                let isDecode = entry.isDecode
                step.entries.append(
                    Entry(
                        of: entry, isDecode: isDecode,
                        interference: isDecode ? prices.ofDecodes : prices.ofChunk(chunks)))
                if !isDecode { chunks += 1 }
            }
        }
        kept.append(step)
    }

    private mutating func apply(_ changes: some Sequence<CohortChange>) {
        for change in changes {
            members[change.sequence] = change.joins ? change.id : nil
        }
    }

    /// Forgets the first of those awaited, and the steps that nobody lived in any more.
    mutating func removeFirst() {
        awaited.removeFirst()
        guard let next = awaited.first else {
            (kept, head, members) = ([], 0, [:])
            return
        }
        while head < kept.count, kept[head].end < next.from {
            apply(kept[head].changes)
            head += 1
        }
        if head > 1_024, 2 * head > kept.count {
            kept.removeFirst(head)
            head = 0
        }
    }
}
