import Basics
import Simulator

extension AdvanceComparison {
    /// Breaks down latencies step by step, and checks each decision against vLLM's assertions at
    /// the end of `schedule`.
    final class StepWatcher: RunObserver {
        private let plan: RunPlan
        private var stepped: SteppedBreakdown
        private var breakdown: LatencyBreakdownKeeper
        /// The parts of each request, in order of the records.
        private(set) var parts: [RequestBreakdown?] = []
        /// The same from the run's plans, each of one step.
        private(set) var fromPlans: [RequestBreakdown?] = []

        init(_ plan: RunPlan) {
            self.plan = plan
            stepped = SteppedBreakdown(plan)
            breakdown = LatencyBreakdownKeeper(plan)
        }

        var decisionDetail: DecisionDetail { .decisionsAndBlocks }

        func record(_ record: RequestRecord) {
            parts.append(stepped.close(record))
            fromPlans.append(breakdown.close(record))
        }

        func decided(_ plans: DecidedPlans) { breakdown.add(plans) }

        func decided(_ decision: Decision) throws {
            stepped.add(decision)
            guard case .scheduled(let step) = decision else { return }
            func require(_ holds: Bool, _ problem: String) throws {
                guard !holds else { return }
                throw InputError("step \(step.number)", problem, expected: "vLLM's assertions")
            }
            let engine = plan.engine
            let tokens = step.entries.reduce(0) { $0 + $1.tokens }
            let budget = engine.tokenBudget
            try require(tokens <= budget, "schedules \(tokens) of \(budget) tokens")
            let ids = Set(step.entries.map(\.id))
            try require(ids.count == step.entries.count, "schedules a request twice")
            try require(
                step.entries.count <= step.running,
                "schedules \(step.entries.count) of \(step.running) running requests")
            let limit = engine.maxNumActiveSeqs ?? engine.maxNumSeqs
            try require(step.running <= limit, "runs \(step.running) of \(limit) requests")
            try require(step.entries.allSatisfy { $0.tokens > 0 }, "schedules no tokens")
            try require(
                step.entries.allSatisfy { $0.computedBefore + $0.tokens <= engine.maxModelLen },
                "computes beyond the model's length")
        }
    }

    /// Breaks down latencies without slowing the run down.
    final class PlanWatcher: RunObserver {
        private var breakdown: LatencyBreakdownKeeper
        /// The parts of each request, in order of the records.
        private(set) var parts: [RequestBreakdown?] = []
        /// Steps in plans that cover several.
        private(set) var together = 0

        init(_ plan: RunPlan) { breakdown = LatencyBreakdownKeeper(plan) }

        var decisionDetail: DecisionDetail { .plans }

        func record(_ record: RequestRecord) { parts.append(breakdown.close(record)) }

        func decided(_ plans: DecidedPlans) {
            breakdown.add(plans)
            for plan in plans.plans where plan.times > 1 { together += plan.times }
        }
    }
}
