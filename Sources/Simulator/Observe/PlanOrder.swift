/// Puts plans and records of several instances into one order, by simulated time, whether the run
/// steps or fast-forwards: how far an instance runs before its plans are handed on differs between
/// the two.
///
/// Plans come by (time, instance), each instance's in its own order. A record comes once all
/// earlier arrivals have ended, before the plans made after that. Memory grows with how far
/// instances are apart.
package struct PlanOrder: Sendable {
    /// The next thing in order.
    package enum Item: Sendable {
        case plans(DecidedPlans)
        case record(RequestRecord)
    }

    /// A plan with its own lists.
    private struct Kept: Sendable {
        var plan: DecidedPlan
        var changes: ArraySlice<CohortChange>
        var aborted: ArraySlice<RequestMoment>
        var preempted: ArraySlice<Preemption>
        var entries: ArraySlice<ScheduledEntry>
        /// Position among its instance's plans.
        var number: Int
    }

    private var plans: [Kept] = []
    private var numbers: [Int] = []
    private var records: [(time: Int64, record: RequestRecord)] = []
    /// When the latest request so far ended.
    private var ended: Int64 = 0

    /// Nothing yet.
    package init() {}

    /// Adds plans, each instance's in order. O(plans and their lists).
    package mutating func take(_ batch: DecidedPlans) {
        for plan in batch.plans {
            while numbers.count <= plan.replica { numbers.append(0) }
            numbers[plan.replica] += 1
            plans.append(
                Kept(
                    plan: plan, changes: batch.changes[plan.changes],
                    aborted: batch.aborted[plan.aborted],
                    preempted: batch.preempted[plan.preempted],
                    entries: batch.entries[plan.entries], number: numbers[plan.replica]))
        }
    }

    /// Adds a record, in order of arrival. O(1).
    package mutating func take(_ record: RequestRecord) {
        ended = max(ended, record.arrival, record.finish)
        records.append((ended, record))
    }

    /// Hands out, in order, everything before `time`, before which nothing more will come. O(n log
    /// n) in what is kept.
    package mutating func release(
        before time: Int64, _ body: (Item) throws -> Void
    ) rethrows {
        let due = plans.filter { $0.plan.time < time }.sorted { a, b in
            (a.plan.time, a.plan.replica, a.number) < (b.plan.time, b.plan.replica, b.number)
        }
        plans.removeAll { $0.plan.time < time }
        var batch = DecidedPlans()
        var taken = 0
        func flush(_ batch: inout DecidedPlans) throws {
            if !batch.plans.isEmpty { try body(.plans(batch)) }
            batch.removeAll()
        }
        for kept in due {
            while taken < records.count, records[taken].time < kept.plan.time {
                try flush(&batch)
                try body(.record(records[taken].record))
                taken += 1
            }
            batch.changes += kept.changes
            batch.aborted += kept.aborted
            batch.preempted += kept.preempted
            batch.entries += kept.entries
            batch.append(kept.plan)
            if batch.isFull { try flush(&batch) }
        }
        try flush(&batch)
        while taken < records.count, records[taken].time < time {
            try body(.record(records[taken].record))
            taken += 1
        }
        records.removeFirst(taken)
    }
}
