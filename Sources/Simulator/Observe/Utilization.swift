import StepTime

/// Shares of a cluster's capacity that were used.
package struct Utilization: Sendable, Equatable {
    /// Shares of the GPUs' peak FLOP/s and memory bandwidth over the whole run; nil if
    /// `RunPlan.demand` is not known.
    package var flops: Double?
    package var memoryBandwidth: Double?
    /// Shares of the token budget and of the running limit of a step, over the steps that computed
    /// something.
    package var tokenBudget = 0.0
    package var runningLimit = 0.0

    /// Nothing used.
    package init() {}
}

extension RunResult {
    /// The shares for a plan's replicas. Call when everything else is filled in.
    func utilization(_ plan: RunPlan) -> Utilization {
        var shares = Utilization()
        let engine = plan.engine
        let budget = engine.tokenBudget
        let limit = engine.maxNumActiveSeqs ?? engine.maxNumSeqs
        if work.steps > 0 {
            shares.tokenBudget = Double(work.tokens) / (Double(work.steps) * Double(budget))
            shares.runningLimit = Double(work.requests) / (Double(work.steps) * Double(limit))
        }
        guard let demand = plan.demand, duration > 0 else { return shares }
        let seconds = duration * Double(replicas) * Double(demand.gpus)
        shares.flops = demand.totalFLOPs(work) / (seconds * demand.peakFLOPS)
        shares.memoryBandwidth = demand.totalBytes(work) / (seconds * demand.peakBandwidth)
        return shares
    }
}
