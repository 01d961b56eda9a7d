import Basics
import Results
import Scenario
import Simulator
import Traces

/// Collects all that a run's summary needs from every record, so that `headway run` and studies
/// report the same for the same configuration.
///
/// A class, because the simulation holds its observer while the summary is made afterwards.
package final class SummaryObserver: RunObserver {
    /// Exact percentiles, classes, intervals.
    package let figures: RequestFigures
    /// Whether gaps between tokens are recorded, for ITL by class and by stage.
    package let watchesGaps: Bool
    /// Events over time.
    package private(set) var timeline = Timeline()
    private let dimension: ClassDimension?
    private let stages: StageClasses
    private var concurrency = ConcurrencyPeak()
    /// The requests compared with latencies measured in the trace.
    private var comparison: MeasuredComparison?
    /// Rejected requests by reason.
    private var rejections: [RejectionReason: Int] = [:]

    /// Observes a run of a plan. `rule`: how requests are classified; `measured`: a real server's
    /// latencies in the trace.
    package init(_ plan: RunPlan, by rule: ClassRule?, measured: MeasuredLatencies?) {
        dimension = rule?.dimension
        watchesGaps = rule != nil || plan.hasStages
        let isByPriority = dimension == .priority
        figures = RequestFigures(
            plan, by: (rule.map { [$0] } ?? []) + (isByPriority ? [] : [.priority]),
            watchesGaps: watchesGaps, limits: RequestLimits(plan, by: rule))
        stages = StageClasses(plan.objective, RequestLimits(plan, by: rule))
        comparison = measured.map { MeasuredComparison($0, leavingOut: plan.margins) }
    }

    package func record(_ record: RequestRecord) {
        if record.outcome == .rejected { rejections[record.rejection, default: 0] += 1 }
        timeline.add(record)
        stages.add(record, gaps: figures.add(record))
        concurrency.add(record)
        comparison?.add(record)
    }

    package func decided(_ plans: DecidedPlans) {
        if watchesGaps { figures.add(plans.gaps) }
    }

    /// The run's summary, once it has ended; call it once. `notes` come before the configuration's
    /// warnings; `remarks` are the trace's.
    package func summary(
        of result: RunResult, _ resolved: ResolvedConfiguration, notes: [String] = [],
        remarks: [String]
    ) -> RunSummary {
        figures.finish()
        let configuration = resolved.configuration
        let rejected = rejections.sorted { $0.key.name < $1.key.name }.map { reason, count in
            "\(Quantity.count(count)) of "
                + Quantity.counted(result.counters.requests, "request") + " rejected: "
                + Self.words(reason, configuration) + "; the figures are of the others"
        }
        let ranges = resolved.rangeWarnings(result)
        let cut = Self.cutAnswers(result.counters).map { [$0] } ?? []
        var summary = RunSummary(
            result, clock: resolved.clockDescription,
            warnings: notes + resolved.warnings + remarks + ranges + rejected + cut)
        summary.rangeWarnings = ranges
        summary.take(figures, by: dimension)
        if let idle = idlePriorities(configuration) { summary.warnings.append(idle) }
        summary.stages = zip(result.stages, stages.classes(of: result.stages)).map {
            StageSummary($0, $1)
        }
        summary.warnings += StageSummary.remarks(result, summary.stages)
        summary.assumesContent = configuration.trace.sharedPrefix != nil
        summary.engineVersion = configuration.engine.version.description
        summary.poolLine = resolved.memory.line
        summary.mostConcurrent = concurrency.requests
        summary.measured = comparison?.report
        summary.series = timeline.series
        if configuration.slo.promises { summary.verdict = configuration.slo.verdict(summary) }
        return summary
    }

    /// Why requests were rejected, and what would let them in.
    private static func words(
        _ reason: RejectionReason, _ configuration: Configuration
    ) -> String {
        switch reason {
        case .none: return "for no reason"
        case .promptNotShorterThanModelLength:
            let most = configuration.engine.maxModelLen.map { " (\(Quantity.count($0)))" } ?? ""
            return "prompt too long for engine.max_model_len\(most)"
        case .needsMoreBlocksThanThePool:
            return "exceeds kv pool (engine.num_gpu_blocks, memory)"
        case .promptExceedsStepBudget:
            return "exceeds step budget (engine.max_num_batched_tokens, no chunked prefill)"
        }
    }

    /// What to say of priorities that the policy does not heed; nil if there are none. A server
    /// without priority scheduling answers 400 to a request whose priority is not 0 (vLLM 0.33.0).
    private func idlePriorities(_ configuration: Configuration) -> String? {
        let policy = configuration.engine.schedulingPolicy
        guard configuration.engine.scheduler == "engine", policy != .priority,
            let classes = figures.classes.first(where: { $0.rule.dimension == .priority }),
            classes.hasOthers(than: 0)
        else { return nil }
        return "priorities have no effect: engine.scheduling_policy is \(policy.rawValue). A vLLM"
            + " server refuses such requests without --scheduling-policy priority"
            + " (engine.scheduling_policy=priority)"
    }

    /// What to say of answers that the model's length cut short; nil: none is.
    private static func cutAnswers(_ counters: Counters) -> String? {
        guard counters.cutAnswers > 0 else { return nil }
        return Quantity.counted(counters.cutAnswers, "answer")
            + " cut short at engine.max_model_len: "
            + Quantity.counted(counters.cutTokens, "token") + " not delivered"
    }
}
