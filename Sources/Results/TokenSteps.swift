import Simulator

/// The steps in which each request that has not ended got a token, and when the tokens of steps
/// were delivered.
///
/// A member of the cohort gets a token in every step, so it costs only its joining and leaving.
/// Memory grows with the requests alive and the steps since the first of them began.
struct TokenSteps: Sendable {
    /// Consecutive schedule calls that each sampled a token for a request.
    struct Stint: Sendable, Equatable {
        var first: Int
        var count: Int
    }

    private struct Request {
        var latest = Stint(first: 0, count: 0)
        /// Those before the latest.
        var earlier: [Stint] = []
        /// As a member of the cohort: the call with which it joined.
        var joined: Int?
        var replica = -1
    }

    /// Deliveries of an instance that have not been written yet, in order.
    fileprivate struct Pending {
        var steps: [DeliveredSteps] = []
        var head = 0
    }

    /// By instance.
    private var pending: [Pending] = []
    /// From the first request whose record is still to come; those before `head` are closed.
    private var requests: [Request] = []
    private var head = 0
    private var closed: Int64 = 0

    /// Records plans, then deliveries: no delivery comes before its plan.
    mutating func add(_ plans: DecidedPlans) {
        for plan in plans.plans {
            for place in plan.changes { change(plans.changes[place], plan) }
            for place in plan.entries where plans.entries[place].samples {
                let place = reach(plans.entries[place].sequence)
                requests[place].replica = plan.replica
                extend(place, by: plan.number, 1)
            }
        }
        for delivery in plans.deliveries {
            while pending.count <= delivery.replica { pending.append(Pending()) }
            pending[delivery.replica].steps.append(delivery)
        }
    }

    private mutating func change(_ change: CohortChange, _ plan: DecidedPlan) {
        let place = reach(change.sequence)
        requests[place].replica = plan.replica
        guard !change.joins else {
            requests[place].joined = plan.number
            return
        }
        guard let joined = requests[place].joined else { return }
        requests[place].joined = nil
        extend(place, by: joined, plan.number - joined)
    }

    /// Adds calls that sample for a request.
    private mutating func extend(_ place: Int, by first: Int, _ count: Int) {
        guard count > 0 else { return }
        let latest = requests[place].latest
        if latest.first + latest.count == first {
            requests[place].latest.count += count
            return
        }
        if latest.count > 0 { requests[place].earlier.append(latest) }
        requests[place].latest = Stint(first: first, count: count)
    }

    /// The place of a request that has not been closed.
    private mutating func reach(_ sequence: Int64) -> Int {
        let place = head + Int(sequence - closed)
        precondition(place >= head, "a step belongs to a request that has ended")
        while requests.count <= place { requests.append(Request()) }
        return place
    }

    /// The steps of its instance that gave an ended request its tokens; empty without tokens. Call
    /// for each record in order.
    ///
    /// First passes on the steps up to its last one that have not been passed on, so that the
    /// output depends on the records alone. O(steps passed on).
    mutating func close(_ record: RequestRecord, _ tell: (StepRun) throws -> Void) rethrows
        -> [Stint]
    {
        closed += 1
        guard head < requests.count else { return [] }
        var request = requests[head]
        requests[head] = Request()
        head += 1
        if head >= 1_024, 2 * head > requests.count {
            requests.removeFirst(head)
            head = 0
        }
        guard record.firstToken >= 0, request.replica >= 0 else { return [] }
        if let joined = request.joined {
            // Adjoining calls form one stint, whether or not the request is a member.
            if request.latest.first + request.latest.count == joined {
                request.latest.count = .max - request.latest.first
            } else {
                request.earlier.append(request.latest)
                request.latest = Stint(first: joined, count: .max - joined)
            }
        }
        // Tokens sampled beyond the output were not delivered.
        var left = Int(record.outputTokens)
        var stints: [Stint] = []
        for stint in request.earlier + [request.latest] where left > 0 && stint.count > 0 {
            stints.append(Stint(first: stint.first, count: min(stint.count, left)))
            left -= min(stint.count, left)
        }
        precondition(left == 0, "a token belongs to no step")
        if let last = stints.last {
            try pending[request.replica].tell(
                upTo: last.first + last.count - 1, of: request.replica, tell)
        }
        return stints
    }
}

extension TokenSteps.Pending {
    /// Passes on the steps up to `last`, in order, joined as `StepRun` says.
    fileprivate mutating func tell(
        upTo last: Int, of replica: Int, _ body: (StepRun) throws -> Void
    ) rethrows {
        var run: StepRun?
        while head < steps.count, steps[head].number <= last {
            var step = steps[head]
            let left = step.number + step.times - 1 - last
            if left > 0 {
                step.times -= left
                steps[head].drop(step.times)
            } else {
                head += 1
            }
            try StepRun.join(&run, step, body)
        }
        if let run { try body(run) }
        if head >= 1_024, 2 * head > steps.count {
            steps.removeFirst(head)
            head = 0
        }
    }
}

/// Consecutive steps of an instance, and when their tokens were delivered. The gap between steps
/// rises by a constant amount. Times are in picoseconds.
package struct StepRun: Sendable, Equatable {
    package let replica: Int
    /// Number of the first step's schedule call.
    package let step: Int
    package private(set) var count = 1
    /// When the tokens of the first step were delivered.
    package let time: Int64
    package private(set) var gap: Int64 = 0
    package private(set) var rise: Int64 = 0
    private var last: Int64

    private init(_ replica: Int, _ step: Int, _ time: Int64) {
        (self.replica, self.step, self.time, last) = (replica, step, time, time)
    }

    /// Joins steps to a run, which takes as many as it can and is passed on once it takes no more.
    /// So the runs are the same however the steps arrive. O(1).
    fileprivate static func join(
        _ run: inout StepRun?, _ steps: DeliveredSteps, _ tell: (StepRun) throws -> Void
    ) rethrows {
        var place = 0
        while place < steps.times {
            let (number, time) = (steps.number + place, steps.time(Int64(place)))
            guard run?.take(number, time) == true else {
                if let run { try tell(run) }
                run = StepRun(steps.replica, number, time)
                place += 1
                continue
            }
            place += 1
            if run!.count >= 3, run!.rise == steps.rise, run!.next == steps.gap(Int64(place) - 1) {
                run!.count += steps.times - place
                run!.last = steps.time(Int64(steps.times) - 1)
                return
            }
        }
    }

    /// The gap that another step must have.
    private var next: Int64 { gap + rise * Int64(count - 1) }

    /// Adds a step if it continues the run. Returns whether it does.
    private mutating func take(_ number: Int, _ time: Int64) -> Bool {
        guard number == step + count else { return false }
        let own = time - last
        switch count {
        case 1: gap = own
        case 2: rise = own - gap
        default: guard own == next else { return false }
        }
        count += 1
        last = time
        return true
    }
}

extension DeliveredSteps {
    /// When the tokens of the step `place` after the first were delivered.
    fileprivate func time(_ place: Int64) -> Int64 {
        time + gap * place + rise * (place * (place - 1) / 2)
    }

    /// The gap between that step and the next.
    fileprivate func gap(_ place: Int64) -> Int64 { gap + rise * place }

    /// Removes the first `count` steps.
    fileprivate mutating func drop(_ count: Int) {
        let (start, gap) = (time(Int64(count)), gap(Int64(count)))
        (time, self.gap) = (start, gap)
        number += count
        times -= count
    }
}
