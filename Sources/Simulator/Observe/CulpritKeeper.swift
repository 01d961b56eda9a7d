import StepTime

/// Divides latencies as `LatencyBreakdownKeeper` does, and says who is behind them: what each
/// request cost the others, and of chosen requests whom they waited for and who slowed them.
///
/// It watches plans, so that the run fast-forwards as any other. Steps are kept only while chosen
/// requests live.
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

    /// Watches a run of a plan; `requests` are those whose culprits are wanted, in any order.
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

    /// Takes note of plans; those of an instance in order. O(plans + what their lists hold).
    package mutating func add(_ plans: DecidedPlans) {
        breakdown.add(plans, before: &witness)
    }

    /// What became of one request.
    package struct Answer: Sendable {
        /// Nil for one that was rejected or did not end.
        package var breakdown: RequestBreakdown?
        /// Of a request whose culprits are wanted.
        package var culprits: [Culprit] = []
    }

    /// What became of a request; to be called for every record, in their order. O(1), and of a
    /// watched request O(steps kept).
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

    /// The requests that cost others most, the worst first.
    package func costliest(_ count: Int) -> [(id: Int64, cost: InflictedCost)] {
        witness.ledger.worst(count)
    }

    /// What all requests together cost others.
    package var wholeCost: InflictedCost { witness.ledger.whole }
}
