import Simulator

/// In which steps each request that has not ended got a token, and when the tokens of steps left.
///
/// A member of the cohort gets one in every step, so that it costs what its joining and leaving do.
/// Memory follows the requests alive and the steps since the first of them began.
struct TokenSteps: Sendable {
    /// Schedule calls in a row that each sampled a token for a request.
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

    /// Deliveries of an instance that have not been told, in order.
    fileprivate struct Pending {
        var steps: [DeliveredSteps] = []
        var head = 0
    }

    /// By instance.
    private var pending: [Pending] = []
    /// From the first whose record is to come; what lies before `head` is closed.
    private var requests: [Request] = []
    private var head = 0
    private var closed: Int64 = 0

    /// Takes note of plans, and then of deliveries: none comes before its plan.
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

    /// The steps of its instance that gave an ended request its tokens; none for one without
    /// tokens. To be called for each record, in their order.
    ///
    /// Before that it tells the steps up to its last one that have not been told, so that what is
    /// told depends on the records alone. O(steps told).
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
            // Adjoining calls are one stint, whether it is a member or not.
            if request.latest.first + request.latest.count == joined {
                request.latest.count = .max - request.latest.first
            } else {
                request.earlier.append(request.latest)
                request.latest = Stint(first: joined, count: .max - joined)
            }
        }
        // What was sampled beyond the tokens was not delivered.
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
    /// Tells the steps up to one, in order, joined as `StepRun` says.
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

/// Steps in a row of an instance, and when their tokens left; the gap between one and the next
/// rises by the same amount. Times are picoseconds.
package struct StepRun: Sendable, Equatable {
    package let replica: Int
    /// Number of the first one's schedule call.
    package let step: Int
    package private(set) var count = 1
    /// When the tokens of the first left.
    package let time: Int64
    package private(set) var gap: Int64 = 0
    package private(set) var rise: Int64 = 0
    private var last: Int64

    private init(_ replica: Int, _ step: Int, _ time: Int64) {
        (self.replica, self.step, self.time, last) = (replica, step, time, time)
    }

    /// Joins steps to a run, which takes as many as it can and is told when it takes no more: so
    /// the runs are the same however the steps come together. O(1).
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

    /// The gap that a further step must have.
    private var next: Int64 { gap + rise * Int64(count - 1) }

    /// Whether it takes a step.
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
    /// When the tokens of the step so many after the first left.
    fileprivate func time(_ place: Int64) -> Int64 {
        time + gap * place + rise * (place * (place - 1) / 2)
    }

    /// The gap between that step and the next.
    fileprivate func gap(_ place: Int64) -> Int64 { gap + rise * place }

    /// Leaves the first so many out.
    fileprivate mutating func drop(_ count: Int) {
        let (start, gap) = (time(Int64(count)), gap(Int64(count)))
        (time, self.gap) = (start, gap)
        number += count
        times -= count
    }
}
