import StepTime

/// Divides latencies as `LatencyBreakdownKeeper` does, and finds which requests caused them: what
/// each request cost the others, and, for chosen requests, which ones they waited for or were
/// slowed by.
///
/// It observes plans, so the run fast-forwards as usual. Steps are kept only while chosen requests
/// live.
package struct CulpritKeeper: Sendable {
    private var breakdown: LatencyBreakdownKeeper
    private var witness: Witness
    private let host: HostTimes
    private var closed: Int64 = 0

    private struct Witness: StepWitness {
        var ledger: CostLedger
        /// By instance.
        var histories: [StepHistory]

        @inline(__always)
        mutating func see(_ number: Int, of plans: DecidedPlans, _ prices: StepPrices) {
            ledger.see(number, of: plans, prices)
            let replica = plans.plans[number].replica
            if !histories[replica].awaited.isEmpty {
                histories[replica].see(number, of: plans, prices)
            }
        }
    }

    /// Observes a run of a plan. `requests` are those whose culprits are wanted, in any order.
    package init(_ plan: RunPlan, requests: [WatchedRequest] = []) {
        breakdown = LatencyBreakdownKeeper(plan)
        host = plan.engine.host
        let sorted = requests.sorted { $0.sequence < $1.sequence }
        witness = Witness(
            ledger: CostLedger(replicas: plan.replicas),
            histories: (0..<plan.replicas).map { number in
                StepHistory(sorted.filter { $0.replica == number })
            })
    }

    /// Records plans, each instance's in order. O(plans + their lists).
    package mutating func add(_ plans: DecidedPlans) {
        breakdown.add(plans, before: &witness)
    }

    /// The latency parts and culprits of one request.
    package struct Answer: Sendable {
        /// Nil if the request was rejected or did not end.
        package var breakdown: RequestBreakdown?
        /// Empty unless the request's culprits are wanted.
        package var culprits: [Culprit] = []
    }

    /// Closes a request and returns its parts and culprits. Call for every record in order. O(1),
    /// and O(steps kept) for a chosen request.
    package mutating func close(_ record: RequestRecord) -> Answer {
        let sequence = closed
        closed += 1
        var answer = Answer(breakdown: breakdown.close(record))
        witness.ledger.close(record, answer.breakdown)
        let replica = Int(record.replica)
        guard witness.histories.indices.contains(replica),
            witness.histories[replica].awaited.first?.sequence == sequence
        else { return answer }
        if let parts = answer.breakdown {
            let scan = CulpritScan(
                sequence, record.asTheEngineSawIt(host), witness.histories[replica])
            answer.culprits = scan.culprits(LatencyCauses(parts, record, host))
        }
        witness.histories[replica].removeFirst()
        return answer
    }

    /// The requests that cost others most, worst first.
    package func costliest(_ count: Int) -> [(id: Int64, cost: InflictedCost)] {
        witness.ledger.worst(count)
    }

    /// What all requests together cost others.
    package var wholeCost: InflictedCost { witness.ledger.whole }
}
