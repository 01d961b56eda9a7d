/// A request whose culprits are wanted.
package struct WatchedRequest: Sendable, Equatable {
    /// Place in the order of arrival over the whole run, and the instance that served it.
    package var sequence: Int64
    package var replica: Int
    /// A moment not after its arrival, in picoseconds.
    package var from: Int64

    package init(sequence: Int64, replica: Int, from: Int64) {
        self.sequence = sequence
        self.replica = replica
        self.from = from
    }
}

/// The steps of one instance, with everything in them, while requests live whose culprits are
/// wanted. At other times it only tracks the members of the cohort.
struct StepHistory: Sendable {
    /// A plan. Times are in picoseconds.
    struct Step: Sendable {
        /// The last of its steps, and the span of all earlier ones.
        var start: Int64
        var end: Int64
        var earlierStart: Int64
        var earlierEnd: Int64
        var called: Int64
        /// In each of its steps.
        var members: Int
        var tokens: Int
        /// How much prefill lengthens it for decoding requests.
        var ofDecodes: Int64 = 0
        /// Its ranges in the lists of the history.
        var changes = 0..<0
        var preempted = 0..<0
        var entries = 0..<0
    }

    /// A request's share of a step.
    struct Entry: Sendable {
        var of: ScheduledEntry
        var isDecode: Bool
        /// How much others' prefill lengthens the step for it.
        var interference: Int64
    }

    /// Requests whose record is still to come, in the order of records.
    private(set) var awaited: ArraySlice<WatchedRequest>
    /// Members of the cohort before the first step kept: ids by place in the order of arrival.
    private(set) var members: [Int64: Int64] = [:]
    private var kept: [Step] = []
    private var head = 0
    /// The lists that steps refer to. Flat, so that a step costs no allocation.
    private(set) var changes: [CohortChange] = []
    private(set) var preempted: [Preemption] = []
    private(set) var entries: [Entry] = []

    /// `requests` are those of the instance, in the order of their places.
    init(_ requests: [WatchedRequest]) { awaited = requests[...] }

    /// The steps kept, in order.
    var steps: ArraySlice<Step> { kept[head...] }

    /// The index of a request's entry in a step, if it has one.
    func entry(of sequence: Int64, in step: Step) -> Int? {
        step.entries.first { entries[$0].of.sequence == sequence }
    }

    /// The lowest place in the order of arrival among the requests in the steps. O(what is kept).
    var firstSequence: Int64 {
        var first = members.keys.min() ?? .max
        for change in changes { first = min(first, change.sequence) }
        for entry in entries { first = min(first, entry.of.sequence) }
        for preemption in preempted where preemption.requesterSequence >= 0 {
            first = min(first, preemption.requesterSequence)
        }
        return first
    }

    /// Records a plan, by its number in the list. O(its lists).
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
            // Between steps the GPUs wait for the host, each time equally long.
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

    /// Removes the first request awaited, and the steps in which no awaited request lived.
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

    /// Frees the storage of removed steps.
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
