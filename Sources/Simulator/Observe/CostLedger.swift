/// What one request cost others, picoseconds of their latencies.
package struct InflictedCost: Sendable, Equatable {
    /// While others waited in the queue: a step that runs while n requests wait costs them n times
    /// its duration, and its requests have shares by their tokens.
    package var queue = 0.0
    /// What its prefill added to others' steps, by its share of the prefill.
    package var interference = 0.0
    /// What those lost that were preempted for its blocks: the wait and computing again.
    package var preemption = 0.0

    /// All of it.
    package var total: Double { queue + interference + preemption }
}

/// Sums up what requests cost others. O(1) a plan and O(1) an entry or change of it, whatever the
/// batch and the queue: what a step costs is the same for all members of the cohort, so each
/// instance has a running sum, and a member's cost is its difference. 48 bytes a request.
struct CostLedger: Sendable {
    private struct Account {
        var cost = InflictedCost()
        /// As a member: its instance's sum when it joined.
        var base = 0.0
        var id: Int64 = 0
    }

    /// Who was preempted, and for whom.
    private struct Victim {
        var replica: Int
        var requesters: [Int64] = []
        var isOut = true
    }

    private var accounts: [Account] = []
    private var closed: Int64 = 0
    /// By instance: the sum of what a member cost, and how many of those that wait are preempted.
    private var sums: [Double]
    private var out: [Int]
    private var victims: [Int64: Victim] = [:]

    init(replicas: Int) {
        sums = Array(repeating: 0, count: replicas)
        out = Array(repeating: 0, count: replicas)
    }

    /// The requests that cost others most, with their ids; none that cost nothing. Of equal ones
    /// the earlier. O(requests), and O(`count`) for each that is among the worst so far.
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

    /// Takes note of a plan, by its number in the list.
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

    /// Charges a step that has entries to its requests.
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

    /// Takes note of a record, of each in its order, with its parts.
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
