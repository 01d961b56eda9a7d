/// A request that another one waited for or was slowed by, and for how long.
package struct Culprit: Sendable, Equatable {
    package var id: Int64
    /// Place in the order of arrival over the whole run.
    package var sequence: Int64
    package var cause: LatencyCause
    /// In picoseconds.
    package var time: Int64
}

/// Finds the culprits of one request in its instance's steps.
///
/// The time it waited while others' steps ran is shared among the requests of each step by their
/// tokens. What others' prefill added to its own steps is shared by that prefill's tokens. A
/// preemption and its recomputation are charged to the request that lacked blocks. If the request
/// preempted itself, or a policy chose to preempt it, its wait is shared like any other.
struct CulpritScan {
    /// Weights are in picoseconds times this.
    private static let unit = Int128(1 << 20)

    /// Causes that can be due to members of the cohort, because the victim waits for them.
    private static let waits: [LatencyCause] = [.queue, .othersSteps, .betweenChunks, .preempted]

    /// The time waited for each member since the scan began, by the causes in `waits`.
    private struct Waits {
        var queue: Int128 = 0
        var othersSteps: Int128 = 0
        var betweenChunks: Int128 = 0
        var preempted: Int128 = 0
        /// How many times it grew.
        var growth = 0

        subscript(cause: LatencyCause) -> Int128 {
            get {
                switch cause {
                case .queue: queue
                case .othersSteps: othersSteps
                case .betweenChunks: betweenChunks
                case .preempted: preempted
                default: 0
                }
            }
            set {
                switch cause {
                case .queue: queue = newValue
                case .othersSteps: othersSteps = newValue
                case .betweenChunks: betweenChunks = newValue
                case .preempted: preempted = newValue
                default: preconditionFailure("members have no share in it")
                }
            }
        }
    }

    /// Another request.
    private struct Other {
        var id: Int64
        var sequence: Int64
        /// For a member of the cohort: the sums when it joined.
        var base: Waits?
        /// Its weight in each cause.
        var weights: InlineArray<14, Int128>
    }

    private let victim: Int64
    private let record: RequestRecord
    private let history: StepHistory
    /// The other requests seen, and their indices in `others` by order of arrival from `first` on;
    /// -1 for none. Arrivals are close together, because all these requests lived while the victim
    /// did.
    private var others: [Other] = []
    private var places: [Int32] = []
    private let first: Int64
    /// By cause: the time that all culprits together account for.
    private var covered = [Int64](repeating: 0, count: LatencyCause.allCases.count)
    private var sums = Waits()
    /// The first step whose cohort changes have not been applied. They matter only once the victim
    /// waits again.
    private var unapplied = 0

    /// The victim's state so far.
    private var isMember = false
    private var hasBegun = false
    private var hasFirst = false
    private var computed = 0
    private var outSince: Int64?
    private var preemption: Preemption?

    /// Scans for a request, given its place and its record in the engine's times. O(steps and their
    /// lists).
    init(_ victim: Int64, _ record: RequestRecord, _ history: StepHistory) {
        self.victim = victim
        self.record = record
        self.history = history
        first = history.firstSequence
        for (sequence, id) in history.members { others[place(sequence, id)].base = Waits() }
        let steps = history.steps
        // No request causes what follows the last step of a finished request.
        let end =
            record.outcome == .finished ? Self.last(of: victim, in: history) : steps.endIndex
        unapplied = steps.startIndex
        for place in steps.startIndex..<end where steps[place].called < record.finish {
            see(place, steps[place])
        }
        if let since = outSince { endWait(since, record.finish) }
        for place in others.indices { settle(place) }
    }

    /// The index of a request in `others`.
    private mutating func place(_ sequence: Int64, _ id: Int64) -> Int {
        let offset = Int(sequence - first)
        while places.count <= offset { places.append(-1) }
        if places[offset] < 0 {
            places[offset] = Int32(others.count)
            others.append(Other(id: id, sequence: sequence, weights: .init(repeating: 0)))
        }
        return Int(places[offset])
    }

    /// The index after the last step that a request takes part in.
    private static func last(of victim: Int64, in history: StepHistory) -> Int {
        var isMember = false
        let steps = history.steps
        var last = steps.startIndex
        for place in steps.indices {
            for change in steps[place].changes
            where history.changes[change].sequence == victim {
                isMember = history.changes[change].joins
            }
            if isMember || history.entry(of: victim, in: steps[place]) != nil { last = place + 1 }
        }
        return last
    }

    private mutating func see(_ place: Int, _ step: StepHistory.Step) {
        for change in history.changes[step.changes] where change.sequence == victim {
            isMember = change.joins
            computed = max(computed, change.computed)
        }
        for preemption in history.preempted[step.preempted] where preemption.sequence == victim {
            self.preemption = preemption
            outSince = preemption.time
        }
        guard step.tokens > 0 else { return }
        // Members have no entries.
        let own = isMember ? nil : history.entry(of: victim, in: step)
        if own != nil || isMember {
            takePart(own.map { history.entries[$0] }, step)
        } else {
            while unapplied <= place {
                for change in history.steps[unapplied].changes { apply(history.changes[change]) }
                unapplied += 1
            }
            wait(step)
        }
    }

    private mutating func apply(_ change: CohortChange) {
        guard change.sequence != victim else { return }
        let place = place(change.sequence, change.id)
        if change.joins {
            others[place].base = sums
        } else {
            settle(place)
        }
    }

    /// Adds the time that was waited for a member while it was one.
    private mutating func settle(_ place: Int) {
        guard let base = others[place].base else { return }
        others[place].base = nil
        guard sums.growth > base.growth else { return }
        for cause in Self.waits where sums[cause] > base[cause] {
            others[place].weights[cause.rawValue] += sums[cause] - base[cause]
        }
    }

    /// Records a step that computes for the victim.
    private mutating func takePart(_ own: StepHistory.Entry?, _ step: StepHistory.Step) {
        if let since = outSince {
            endWait(since, min(step.start, record.finish))
            outSince = nil
        }
        let interference = own?.interference ?? step.ofDecodes
        if interference > 0, step.start < record.finish {
            shareInterference(interference, step)
        }
        guard let own else { return }
        if own.of.computedBefore < computed, let requester {
            let time = step.end - step.start - interference
            add(Int128(time) * Self.unit, .recompute, requester.id, requester.sequence)
            covered[LatencyCause.recompute.rawValue] += time
        }
        computed = max(computed, own.of.computedBefore + own.of.tokens)
        hasBegun = true
        if computed >= own.of.promptTokens { hasFirst = true }
    }

    /// The other request for whose blocks the victim was last preempted.
    private var requester: (id: Int64, sequence: Int64)? {
        guard let preemption, preemption.requesterSequence >= 0,
            preemption.requesterSequence != victim
        else { return nil }
        return (preemption.requester, preemption.requesterSequence)
    }

    /// Charges a wait after a preemption, if another request caused it.
    private mutating func endWait(_ since: Int64, _ until: Int64) {
        guard let requester, until > since else { return }
        add(
            Int128(until - since) * Self.unit, .preempted, requester.id, requester.sequence)
        covered[LatencyCause.preempted.rawValue] += until - since
    }

    /// Records a step that computes nothing for the victim.
    private mutating func wait(_ step: StepHistory.Step) {
        func overlap(_ from: Int64, _ to: Int64) -> Int64 {
            max(0, min(step.end, to) - max(step.start, from))
                + max(0, min(step.earlierEnd, to) - max(step.earlierStart, from))
        }
        if outSince != nil {
            guard requester == nil else { return }
            spread(overlap(outSince ?? 0, record.finish), .preempted, step)
            return
        }
        let admitted = record.admitted < 0 ? record.finish : record.admitted
        spread(overlap(record.arrival, admitted), .queue, step)
        let cause = hasBegun && !hasFirst ? LatencyCause.betweenChunks : .othersSteps
        spread(overlap(admitted, record.finish), cause, step)
    }

    /// Shares a time among the requests of a step by their tokens.
    private mutating func spread(
        _ time: Int64, _ cause: LatencyCause, _ step: StepHistory.Step
    ) {
        guard time > 0 else { return }
        let weight = Int128(time) * Self.unit / Int128(step.tokens)
        sums[cause] += weight
        sums.growth += 1
        for place in step.entries {
            let entry = history.entries[place]
            add(weight * Int128(entry.of.tokens), cause, entry.of.id, entry.of.sequence)
        }
        covered[cause.rawValue] += time
    }

    /// Shares what others' prefill added to one of the victim's steps among that prefill's
    /// requests.
    private mutating func shareInterference(_ time: Int64, _ step: StepHistory.Step) {
        func isOther(_ entry: StepHistory.Entry) -> Bool {
            !entry.isDecode && entry.of.sequence != victim
        }
        let entries = history.entries[step.entries]
        let tokens = entries.reduce(0) { isOther($1) ? $0 + $1.of.tokens : $0 }
        guard tokens > 0 else { return }
        let weight = Int128(time) * Self.unit / Int128(tokens)
        for entry in entries where isOther(entry) {
            add(
                weight * Int128(entry.of.tokens), .interference, entry.of.id,
                entry.of.sequence)
        }
        covered[LatencyCause.interference.rawValue] += time
    }

    private mutating func add(
        _ weight: Int128, _ cause: LatencyCause, _ id: Int64, _ sequence: Int64
    ) {
        others[place(sequence, id)].weights[cause.rawValue] += weight
    }

    /// The culprits, by cause and then worst first. Those of one cause sum to its time, or to the
    /// part of it in which steps ran.
    func culprits(_ causes: LatencyCauses) -> [Culprit] {
        var culprits: [Culprit] = []
        for cause in LatencyCause.allCases {
            let time = min(causes[cause], covered[cause.rawValue])
            guard time > 0 else { continue }
            let shares = shares(of: cause)
            let whole = shares.reduce(0) { $0 + $1.weight }
            guard whole > 0 else { continue }
            // So that the products of a time and a weight fit.
            let shift = max(0, 128 - whole.leadingZeroBitCount - 62)
            // The rounding remainder goes to the first one.
            var left = time
            var times = shares.map { share in
                let part = Int128(time) * (share.weight >> shift) / (whole >> shift)
                return Int64(min(Int128(time), part))
            }
            for place in times.indices {
                times[place] = min(times[place], left)
                left -= times[place]
            }
            times[0] += left
            for (share, time) in zip(shares, times) where time > 0 {
                culprits.append(
                    Culprit(
                        id: others[share.other].id, sequence: share.sequence, cause: cause,
                        time: time))
            }
        }
        return culprits
    }

    /// Another request's share of a cause, and its index in `others`.
    private struct Share {
        var weight: Int128
        var sequence: Int64
        var other: Int
    }

    /// The shares of a cause, largest first. A separate list, because sorting `others` would move
    /// large elements.
    private func shares(of cause: LatencyCause) -> [Share] {
        var shares: [Share] = []
        for place in others.indices {
            let weight = others[place].weights[cause.rawValue]
            guard weight > 0 else { continue }
            shares.append(Share(weight: weight, sequence: others[place].sequence, other: place))
        }
        shares.sort { ($0.weight, $1.sequence) > ($1.weight, $0.sequence) }
        return shares
    }
}
