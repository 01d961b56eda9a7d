import Simulator

/// In which steps each request that has not ended got a token, and when the tokens of steps left.
///
/// A member of the cohort gets one in every step, so that it costs what its joining and leaving do,
/// and its times are those of its instance's steps. Memory follows the requests alive and the steps
/// since the first of them began.
struct TokenSteps: Sendable {
    /// Schedule calls in a row that each sampled a token for a request.
    private struct Stint {
        var first: Int
        var count: Int
    }

    private struct Request {
        var stints: [Stint] = []
        /// As a member of the cohort: the call with which it joined.
        var joined: Int?
        var replica = -1
    }

    /// By instance, in order, those that some request may still ask for.
    private var deliveries: [[DeliveredSteps]] = []
    /// How many deliveries of an instance are looked through for what is not asked for any more.
    private var patience: [Int] = []
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
        for delivery in plans.deliveries { add(delivery) }
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
        if let last = requests[place].stints.last, last.first + last.count == first {
            requests[place].stints[requests[place].stints.count - 1].count += count
        } else {
            requests[place].stints.append(Stint(first: first, count: count))
        }
    }

    /// The place of a request that has not been closed.
    private mutating func reach(_ sequence: Int64) -> Int {
        let place = head + Int(sequence - closed)
        precondition(place >= head, "a step belongs to a request that has ended")
        while requests.count <= place { requests.append(Request()) }
        return place
    }

    private mutating func add(_ delivery: DeliveredSteps) {
        while deliveries.count <= delivery.replica {
            deliveries.append([])
            patience.append(1_024)
        }
        deliveries[delivery.replica].append(delivery)
        if deliveries[delivery.replica].count >= patience[delivery.replica] {
            forget(delivery.replica)
        }
    }

    /// Forgets the deliveries of an instance that no request asks for any more: amortised O(1) each
    /// where requests alive are fewer than deliveries kept.
    private mutating func forget(_ replica: Int) {
        var first = Int.max
        for request in requests[head...] where request.replica == replica {
            first = min(first, request.stints.first?.first ?? .max, request.joined ?? .max)
        }
        let kept = deliveries[replica].firstIndex { $0.number + $0.times > first }
        deliveries[replica].removeFirst(kept ?? deliveries[replica].count)
        patience[replica] = 2 * max(512, deliveries[replica].count, requests.count - head)
    }

    /// The gaps between the tokens of an ended request, in order: so many, each longer than the one
    /// before by the same. To be called for each record, in their order. O(deliveries between its
    /// first token and its last).
    mutating func close(
        _ record: RequestRecord, _ body: (_ gap: Int64, _ rise: Int64, _ times: Int64) -> Void
    ) {
        closed += 1
        guard head < requests.count else { return }
        let request = requests[head]
        requests[head] = Request()
        head += 1
        if head >= 1_024, 2 * head > requests.count {
            requests.removeFirst(head)
            head = 0
        }
        guard record.firstToken >= 0, request.replica >= 0 else { return }
        var stints = request.stints
        if let joined = request.joined { stints.append(Stint(first: joined, count: .max)) }
        tell(stints, deliveries[request.replica], Int(record.outputTokens), body)
    }

    /// Tells the gaps between so many tokens: what was sampled beyond them was not delivered.
    private func tell(
        _ stints: [Stint], _ steps: [DeliveredSteps], _ tokens: Int,
        _ body: (_ gap: Int64, _ rise: Int64, _ times: Int64) -> Void
    ) {
        var (left, last) = (tokens, Int64?.none)
        for stint in stints where left > 0 {
            var (number, rest) = (stint.first, min(stint.count, left))
            left -= rest
            var place = Self.place(of: number, in: steps)
            while rest > 0 {
                precondition(
                    place < steps.count && steps[place].number <= number,
                    "a token was delivered in no step")
                let step = steps[place]
                let offset = Int64(number - step.number)
                let count = min(rest, step.times - Int(offset))
                let first = step.time(offset)
                if let last { body(first - last, 0, 1) }
                if count > 1 {
                    body(step.gap + offset * step.rise, step.rise, Int64(count) - 1)
                }
                last = step.time(offset + Int64(count) - 1)
                (number, rest, place) = (number + count, rest - count, place + 1)
            }
        }
        precondition(left == 0, "a token belongs to no step")
    }

    /// The first delivery that ends behind a call. O(log deliveries).
    private static func place(of number: Int, in steps: [DeliveredSteps]) -> Int {
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].number + steps[middle].times > number {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}

extension DeliveredSteps {
    /// When the tokens of the step so many after the first left.
    fileprivate func time(_ place: Int64) -> Int64 {
        time + gap * place + rise * (place * (place - 1) / 2)
    }
}
