/// What one request cost others, in picoseconds of their latencies.
package struct InflictedCost: Sendable, Equatable {
    /// While others waited in the queue: a step that runs while n requests wait costs n times its
    /// duration, shared among the step's requests by their tokens.
    package var queue = 0.0
    /// What its prefill added to others' steps, by its share of the prefill.
    package var interference = 0.0
    /// What requests lost that were preempted for its blocks: the wait and the recomputation.
    package var preemption = 0.0

    /// The sum of all costs.
    package var total: Double { queue + interference + preemption }
}

/// Sums up what requests cost others. O(1) per plan, entry or change, whatever the batch and the
/// queue: a step costs the same for all members of the cohort, so each instance keeps a running
/// sum, and a member's cost is a difference of it. 48 bytes per request.
struct CostLedger: Sendable {
    private struct Account {
        var cost = InflictedCost()
        /// For a member: its instance's sum when it joined.
        var base = 0.0
        var id: Int64 = 0
    }

    /// A preempted request, and the requests it was preempted for.
    private struct Victim {
        var replica: Int
        var requesters: [Int64] = []
        var isOut = true
    }

    private var accounts: [Account] = []
    private var closed: Int64 = 0
    /// By instance: the running sum of a member's cost, and how many waiting requests are
    /// preempted.
    private var sums: [Double]
    private var out: [Int]
    private var victims: [Int64: Victim] = [:]

    init(replicas: Int) {
        sums = Array(repeating: 0, count: replicas)
        out = Array(repeating: 0, count: replicas)
    }

    /// The ids of the requests that cost others most, with their costs, without those that cost
    /// nothing. Ties go to the earlier request. O(requests), plus O(`count`) for each new worst.
    func worst(_ count: Int) -> [(id: Int64, cost: InflictedCost)] {
        var worst: [(place: Int, cost: Double)] = []
        for place in accounts.indices {
            let cost = accounts[place].cost.total
            if cost <= (worst.count < count ? 0 : worst.last?.cost ?? .infinity) { continue }
            let rank = worst.firstIndex { $0.cost < cost } ?? worst.count
            worst.insert((place, cost), at: rank)
            if worst.count > count { worst.removeLast() }
        }
        return worst.map { (accounts[$0.place].id, accounts[$0.place].cost) }
    }

    /// What all requests together cost others.
    var whole: InflictedCost {
        accounts.reduce(into: InflictedCost()) { sum, account in
            sum.queue += account.cost.queue
            sum.interference += account.cost.interference
            sum.preemption += account.cost.preemption
        }
    }

    private mutating func reach(_ sequence: Int64) -> Int {
        let place = Int(sequence)
        while accounts.count <= place { accounts.append(Account()) }
        return place
    }

    /// Records a plan, by its number in the list.
    mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices) {
        let plan = plans.plans[number]
        for index in plan.changes {
            let place = reach(plans.changes[index].sequence)
            if plans.changes[index].joins {
                accounts[place].base = sums[plan.replica]
            } else {
                accounts[place].cost.queue += sums[plan.replica] - accounts[place].base
            }
        }
        if !plan.aborted.isEmpty || !plan.preempted.isEmpty { interrupt(number, plans) }
        guard !plan.isEmpty else { return }
        let waiting = Double(max(0, plan.waiting - out[plan.replica]))
        if plan.entries.isEmpty {
            sums[plan.replica] += waiting * Double(plan.busy) / Double(plan.members)
        } else {
            charge(number, plans, prices, waiting: waiting)
        }
    }

    private mutating func interrupt(_ number: Int, _ plans: DecidedPlans) {
        let plan = plans.plans[number]
        for index in plan.aborted {
            let sequence = plans.aborted[index].sequence
            if victims[sequence]?.isOut == true { goesOn(sequence) }
        }
        for index in plan.preempted {
            let preemption = plans.preempted[index]
            var victim = victims[preemption.sequence] ?? Victim(replica: plan.replica)
            victim.requesters.append(preemption.requesterSequence)
            victim.isOut = true
            victims[preemption.sequence] = victim
            out[plan.replica] += 1
        }
    }

    private mutating func goesOn(_ sequence: Int64) {
        guard let victim = victims[sequence], victim.isOut else { return }
        victims[sequence]?.isOut = false
        out[victim.replica] -= 1
    }

    /// Charges a step with entries to its requests.
    private mutating func charge(
        _ number: Int, _ plans: DecidedPlans, _ prices: StepPrices, waiting: Double
    ) {
        let plan = plans.plans[number]
        let entries = plans.entries
        var (tokens, decodes) = (plan.members, plan.members)
        var (prefill, chunks, crossed) = (0, 0, 0.0)
        for place in plan.entries {
            let entry = entries[place]
            tokens += entry.tokens
            if entry.isDecode { decodes += 1 } else { prefill += entry.tokens }
            if entry.kind == .resumed { goesOn(entry.sequence) }
        }
        let share = waiting * Double(plan.busy) / Double(max(1, tokens))
        sums[plan.replica] += share
        guard share > 0 || prefill > 0 else { return }
        for place in plan.entries where !entries[place].isDecode {
            let rest = Double(prefill - entries[place].tokens)
            if rest > 0 { crossed += Double(prices.ofChunk(chunks)) / rest }
            chunks += 1
        }
        let slowed = Double(prices.ofDecodes) * Double(decodes) / Double(max(1, prefill))
        chunks = 0
        for place in plan.entries {
            let account = reach(entries[place].sequence)
            let tokens = Double(entries[place].tokens)
            accounts[account].cost.queue += share * tokens
            guard !entries[place].isDecode else { continue }
            let rest = Double(prefill - entries[place].tokens)
            let own = rest > 0 ? Double(prices.ofChunk(chunks)) / rest : 0
            accounts[account].cost.interference += tokens * (slowed + max(0, crossed - own))
            chunks += 1
        }
    }

    /// Records a request's end with its parts. Call for each record in order.
    mutating func close(_ record: RequestRecord, _ breakdown: RequestBreakdown?) {
        let sequence = closed
        closed += 1
        accounts[reach(sequence)].id = record.id
        guard let victim = victims[sequence] else { return }
        goesOn(sequence)
        victims[sequence] = nil
        guard let parts = breakdown?.whole else { return }
        let lost = Double(parts[.preempted] + parts[.recompute])
        for requester in victim.requesters where requester >= 0 && requester != sequence {
            accounts[reach(requester)].cost.preemption += lost / Double(victim.requesters.count)
        }
    }
}
