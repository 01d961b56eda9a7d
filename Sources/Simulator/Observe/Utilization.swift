import StepTime

/// How much of what it has a cluster used, as shares.
package struct Utilization: Sendable, Equatable {
    /// Of the GPUs' peak FLOP/s and memory bandwidth, over the whole run; nil where the clock does
    /// not tell.
    package var flops: Double?
    package var memoryBandwidth: Double?
    /// Of the token budget and of the running requests that a step may have, over the steps that
    /// computed something.
    package var tokenBudget = 0.0
    package var runningLimit = 0.0

    /// Nothing of anything.
    package init() {}
}

extension RunResult {
    /// Shares of what a plan's replicas have. Call when everything else is filled in.
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
