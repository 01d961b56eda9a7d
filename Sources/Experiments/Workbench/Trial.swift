import Basics
import Foundation
import Results
import Scenario
import Simulator
import Traces

/// One configuration that was run as a study runs it: the figures of `headway run`, no files.
public struct Trial: Sendable {
    public var resolved: ResolvedConfiguration
    public var summary: RunSummary
    /// GPUs of all replicas.
    public var gpus: Int
    /// Names the requests that were replayed: only equal ones may be compared.
    public var workload: String
    /// Every number and text of `summary.json` by key, those of its objects by both keys:
    /// "steady_state.verdict". What was promised is `verdict`; lists are left out.
    public var figures: [String: Figure]
    /// What requests came to, in order of arrival, where they are kept.
    public var records: [RequestRecord]

    /// A value of summary.json.
    public enum Figure: Sendable, Equatable {
        case number(Double)
        case truth(Bool)
        case text(String)
    }

    /// Whether the run held what the configuration promises; nil: nothing is promised.
    public var verdict: ServiceVerdict? { summary.verdict }

    /// Whether the queue came to rest: an overloaded or growing run says how long the trace is,
    /// and not what the servers can carry.
    public var isSteady: Bool {
        summary.overload == nil && summary.steadiness?.verdict != .growing
    }

    /// Runs a configuration over a trace of the store.
    ///
    /// `share` ends the trace after that share of its requests (successive halving); `keepsRecords`
    /// keeps what each request came to, for paired comparisons.
    ///
    /// - Throws: `InputError` for what cannot be resolved, read or run.
    public init(
        _ configuration: Configuration, traces: TraceStore, share: Double = 1,
        keepsRecords: Bool = false
    ) throws {
        let resolved = try configuration.resolved()
        let trace = try traces.trace(of: resolved.configuration)
        var plan = resolved.plan
        plan.keepsRecords = keepsRecords
        // Studies run a point on each core.
        plan.threads = 1
        let rule = resolved.configuration.classRule(labels: trace.labels)
        let observer = TrialObserver(plan, by: rule)
        let whole = trace.requests
        let source =
            share < 1
            ? TraceStretch(trace.source, passOver: 0, keep: max(1, Int(Double(whole) * share)))
            : trace.source as any RequestSource
        let result = try simulate(plan, source: source, observer: observer)
        observer.figures.finish()
        var summary = RunSummary(
            result, clock: resolved.clockDescription,
            warnings: resolved.warnings + trace.remarks + resolved.rangeWarnings(result))
        summary.take(observer.figures, by: rule?.dimension)
        summary.stages = observer.stages(of: result)
        summary.assumesContent = resolved.configuration.trace.sharedPrefix != nil
        summary.engineVersion = resolved.configuration.engine.version.description
        summary.poolLine = resolved.memory.line
        summary.mostConcurrent = observer.concurrency.requests
        summary.verdict = configuration.slo.verdict(summary)
        self.resolved = resolved
        self.summary = summary
        gpus = plan.replicas * resolved.deployment.gpus
        workload = trace.digest
        figures = try Self.figures(summary)
        records = keepsRecords ? result.records : []
    }

    private static func figures(_ summary: RunSummary) throws -> [String: Figure] {
        let data = Data(try jsonText(summary, pretty: false).utf8)
        guard case .object(var members) = try ConfigurationValue.parse(data, place: "summary")
        else { return [:] }
        members["slo"] = nil
        var figures: [String: Figure] = [:]
        add(members, under: "", to: &figures)
        return figures
    }

    private static func add(
        _ members: [String: ConfigurationValue], under prefix: String,
        to figures: inout [String: Figure]
    ) {
        for (key, value) in members {
            switch value {
            case .integer(let number): figures[prefix + key] = .number(Double(number))
            case .number(let number): figures[prefix + key] = .number(number)
            case .boolean(let truth): figures[prefix + key] = .truth(truth)
            case .text(let text): figures[prefix + key] = .text(text)
            case .object(let inner): add(inner, under: prefix + key + ".", to: &figures)
            case .null, .list: break
            }
        }
    }
}

/// Watches a trial for the figures that need every record.
///
/// A class, because the simulation keeps its observer and the trial reads it afterwards.
private final class TrialObserver: RunObserver {
    let figures: RequestFigures
    private let stages: StageClasses
    private(set) var concurrency = ConcurrencyPeak()
    let watchesGaps: Bool

    init(_ plan: RunPlan, by rule: ClassRule?) {
        let isByPriority = rule?.dimension == .priority
        watchesGaps = rule != nil
        figures = RequestFigures(
            plan, by: (rule.map { [$0] } ?? []) + (isByPriority ? [] : [.priority]),
            watchesGaps: watchesGaps)
        stages = StageClasses(plan.objective)
    }

    func record(_ record: RequestRecord) throws {
        stages.add(record)
        figures.add(record)
        concurrency.add(record)
    }

    func decided(_ plans: DecidedPlans) throws {
        if watchesGaps { figures.add(plans.gaps) }
    }

    func stages(of result: RunResult) -> [StageSummary] {
        zip(result.stages, stages.classes(of: result.stages)).map { StageSummary($0, $1) }
    }
}
