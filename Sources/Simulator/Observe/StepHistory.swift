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
        /// Where its lists are in those of the history.
        var changes = 0..<0
        var preempted = 0..<0
        var entries = 0..<0
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
    /// What the steps name parts of. Flat lists, so that a step costs no allocation.
    private(set) var changes: [CohortChange] = []
    private(set) var preempted: [Preemption] = []
    private(set) var entries: [Entry] = []

    /// `requests`: those of the instance, in the order of their places.
    init(_ requests: [WatchedRequest]) { awaited = requests[...] }

    /// The steps kept, in order.
    var steps: ArraySlice<Step> { kept[head...] }

    /// The entry of a request in a step, where it has one.
    func entry(of sequence: Int64, in step: Step) -> Int? {
        step.entries.first { entries[$0].of.sequence == sequence }
    }

    /// The least place in the order of arrival of those that the steps name. O(what is kept).
    var firstSequence: Int64 {
        var first = members.keys.min() ?? .max
        for change in changes { first = min(first, change.sequence) }
        for entry in entries { first = min(first, entry.of.sequence) }
        for preemption in preempted where preemption.requesterSequence >= 0 {
            first = min(first, preemption.requesterSequence)
        }
        return first
    }

    /// Takes note of a plan, by its number in the list. O(its lists).
    mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices) {
        let plan = plans.plans[number]
        guard let first = awaited.first else { return }
        guard head < kept.count || plan.lastEnd >= first.from else {
            return apply(plans.changes[plan.changes])
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
        let (change, preemption, entry) = (changes.count, preempted.count, entries.count)
        for place in plan.changes { changes.append(plans.changes[place]) }
        for place in plan.preempted { preempted.append(plans.preempted[place]) }
        if !plan.entries.isEmpty {
            step.ofDecodes = prices.ofDecodes
            var chunks = 0
            for place in plan.entries {
                let entry = plans.entries[place]
                step.tokens += entry.tokens
                let isDecode = entry.isDecode
                entries.append(
                    Entry(
                        of: entry, isDecode: isDecode,
                        interference: isDecode ? prices.ofDecodes : prices.ofChunk(chunks)))
                if !isDecode { chunks += 1 }
            }
        }
        step.changes = change..<changes.count
        step.preempted = preemption..<preempted.count
        step.entries = entry..<entries.count
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
            (changes, preempted, entries) = ([], [], [])
            return
        }
        while head < kept.count, kept[head].end < next.from {
            apply(changes[kept[head].changes])
            head += 1
        }
        if head > 1_024, 2 * head > kept.count { compact() }
    }

    /// Gives back the room of the steps forgotten.
    private mutating func compact() {
        kept.removeFirst(head)
        head = 0
        let first = kept.first
        let change = first?.changes.lowerBound ?? changes.count
        let preemption = first?.preempted.lowerBound ?? preempted.count
        let entry = first?.entries.lowerBound ?? entries.count
        changes.removeFirst(change)
        preempted.removeFirst(preemption)
        entries.removeFirst(entry)
        for place in kept.indices {
            kept[place].changes = kept[place].changes.moved(by: -change)
            kept[place].preempted = kept[place].preempted.moved(by: -preemption)
            kept[place].entries = kept[place].entries.moved(by: -entry)
        }
    }
}

extension Range<Int> {
    fileprivate func moved(by offset: Int) -> Self { lowerBound + offset..<upperBound + offset }
}
