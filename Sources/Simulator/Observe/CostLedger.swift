/// What one request cost others, in picoseconds of their latencies.
package struct InflictedCost: Sendable, Equatable {
    /// While others waited in the queue: a step that is planned while n requests wait costs n
    /// times its duration, and one that runs when a request arrives the wait until the next plan;
    /// shared among the step's requests by their tokens.
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

    /// A plan's steps, for the requests that arrive while they run.
    private struct Running {
        /// When it was called, and the span of its steps, picoseconds.
        var called: Int64 = 0
        var start: Int64 = 0
        var end: Int64 = 0
        var members = 0
        var tokens = 0
        /// Places in the order of arrival, with tokens.
        var entries: [(sequence: Int64, tokens: Int)] = []
    }

    private var accounts: [Account] = []
    /// By instance: the latest plan with steps and the one before it, of which one runs when the
    /// next is made.
    private var latest: [Running]
    private var before: [Running]
    private var closed: Int64 = 0
    /// By instance: the running sum of a member's cost, and how many waiting requests are
    /// preempted.
    private var sums: [Double]
    private var out: [Int]
    private var victims: [Int64: Victim] = [:]

    init(replicas: Int) {
        sums = Array(repeating: 0, count: replicas)
        out = Array(repeating: 0, count: replicas)
        latest = Array(repeating: Running(), count: replicas)
        before = latest
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
        if plan.arrivedWait > 0 { blame(plan) }
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
        keep(plan, plans.entries)
        let waiting = Double(max(0, plan.waiting - out[plan.replica]))
        if plan.entries.isEmpty {
            sums[plan.replica] += waiting * Double(plan.busy) / Double(plan.members)
        } else {
            charge(number, plans, prices, waiting: waiting)
        }
    }

    /// Keeps a plan with steps until two more have come.
    private mutating func keep(_ plan: DecidedPlan, _ entries: [ScheduledEntry]) {
        swap(&latest[plan.replica], &before[plan.replica])
        latest[plan.replica].called = plan.time
        latest[plan.replica].start = plan.start
        latest[plan.replica].end = plan.lastEnd
        latest[plan.replica].members = plan.members
        latest[plan.replica].tokens = plan.members
        latest[plan.replica].entries.removeAll(keepingCapacity: true)
        for place in plan.entries {
            latest[plan.replica].tokens += entries[place].tokens
            latest[plan.replica].entries.append((entries[place].sequence, entries[place].tokens))
        }
    }

    /// Charges the waits of requests that arrived since the last plan to the steps that ran since
    /// then, by their time. What members had of steps goes to those of the last plan.
    private mutating func blame(_ plan: DecidedPlan) {
        let replica = plan.replica
        let since = latest[replica].called
        guard plan.time > since else { return }
        let present = Double(latest[replica].members)
        for running in [before[replica], latest[replica]] where running.tokens > 0 {
            let ran = min(running.end, plan.time) - max(running.start, since)
            guard ran > 0 else { continue }
            let wait = Double(plan.arrivedWait) * Double(ran) / Double(plan.time - since)
            let share = wait / Double(running.tokens)
            if present > 0 { sums[replica] += share * Double(running.members) / present }
            for entry in running.entries {
                let account = reach(entry.sequence)
                accounts[account].cost.queue += share * Double(entry.tokens)
            }
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
