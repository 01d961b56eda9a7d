import Basics
import Foundation
import Results
import Scenario
import Simulator
import Traces

/// One configuration run as in a study: the figures of `headway run`, without files.
package struct Trial: Sendable {
    package var resolved: ResolvedConfiguration
    package var summary: RunSummary
    /// The limits that make its requests good.
    package var limits: RequestLimits
    /// GPUs of all replicas.
    package var gpus: Int
    /// Digest of the replayed requests. Only equal ones are comparable.
    package var workload: String
    /// Every number and text of `summary.json` by key; keys of nested objects are joined:
    /// "steady_state.verdict". Leaves out promises (see `verdict`), lists, the series, and
    /// latencies recorded in the trace.
    package var figures: [String: Figure]
    /// The requests' records in order of arrival, if kept.
    package var records: [RequestRecord]
    /// Steadiness from when 99 % of the first requests have left, since an empty cluster first has
    /// to fill. Nil: too short.
    package var settled: Steadiness?
    /// When that is, and when the last request arrived, in seconds from the first arrival.
    package var settledAt: Double
    package var lastArrival: Double

    /// A value of summary.json.
    package enum Figure: Sendable, Equatable {
        case number(Double)
        case truth(Bool)
        case text(String)
    }

    /// Whether the run held the configuration's promises, or 99 % of its requests their limits; nil
    /// without limits.
    package var verdict: ServiceVerdict?

    /// Makes a callback for each request's end, from a run's plan, what makes its requests good,
    /// and their number.
    package typealias Watch =
        (RunPlan, RequestLimits, _ requests: Int) -> (RequestRecord) throws -> Void

    /// Runs a configuration over a trace of the store.
    ///
    /// `share`: replays only this share of the requests (successive halving). `keepsRecords`: keeps
    /// the requests' records, for paired comparisons. `rows`: the only requests to replay.
    /// `nearby`: moves step times as the nearby run of that number does (`RunPlan.nudge`).
    /// `watching`: makes a callback for each request's end in order of arrival, which may throw to
    /// stop the run.
    ///
    /// - Throws: `InputError` for a configuration that cannot be resolved, read or run; what
    ///   `watching` throws.
    package init(
        _ configuration: Configuration, traces: TraceStore, share: Double = 1,
        keepsRecords: Bool = false, rows: Range<Int>? = nil, nearby: Int = 0,
        watching: Watch? = nil
    ) throws {
        let resolved = try configuration.resolved()
        let trace = try traces.trace(of: resolved.configuration)
        var plan = resolved.plan
        plan.keepsRecords = keepsRecords
        // Studies run one point per core.
        plan.threads = 1
        plan.nudge(nearby)
        let rule = resolved.configuration.classRule(labels: trace.labels)
        limits = RequestLimits(plan, by: rule)
        if let rule, !configuration.slo.classes.isEmpty {
            try configuration.checkClassNames(rule.names(in: trace.batches))
        }
        let requests = rows?.count ?? Self.requests(share, of: trace.requests)
        let observer = TrialObserver(
            SummaryObserver(plan, by: rule, measured: trace.measured),
            watching: watching?(plan, limits, requests))
        let source: any RequestSource =
            if let rows {
                TraceStretch(trace.source, passOver: rows.lowerBound, keep: rows.count)
            } else if share < 1 {
                TraceStretch(trace.source, passOver: 0, keep: requests)
            } else {
                trace.source
            }
        let result = try simulate(plan, source: source, observer: observer)
        let summary = observer.summary.summary(of: result, resolved, remarks: trace.remarks)
        // Margins may exclude all requests of a class.
        if rows == nil, share >= 1 { try configuration.checkClassNames(summary.wantedClasses) }
        verdict = configuration.slo.verdict(summary)
        self.resolved = resolved
        self.summary = summary
        gpus = plan.replicas * resolved.deployment.gpus
        workload = trace.digest
        figures = try Self.figures(summary)
        records = keepsRecords ? result.records : []
        let filled = result.endToEnd.percentile(99)
        settledAt = Double(filled) * 1e-12
        lastArrival = Double(max(0, observer.last - (observer.first ?? 0))) * 1e-12
        let trend = observer.summary.figures.trend
        settled = observer.first.flatMap { trend.steadiness(from: $0 + filled) }
    }

    /// The number of requests in a share of a trace, at least one.
    static func requests(_ share: Double, of whole: Int) -> Int {
        share < 1 ? max(1, Int(Double(whole) * share)) : whole
    }

    private static func figures(_ summary: RunSummary) throws -> [String: Figure] {
        // Long, and contains no figures.
        var summary = summary
        (summary.verdict, summary.measured, summary.series) = (nil, nil, nil)
        let data = Data(try jsonText(summary, pretty: false).utf8)
        guard case .object(let members) = try ConfigurationValue.parse(data, place: "summary")
        else { return [:] }
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

/// Observes a trial for its summary, and for its first and last arrival.
private final class TrialObserver: RunObserver {
    let summary: SummaryObserver
    /// The first and the last arrival, picoseconds.
    private(set) var first: Int64?
    private(set) var last: Int64 = 0
    private let watching: ((RequestRecord) throws -> Void)?

    init(_ summary: SummaryObserver, watching: ((RequestRecord) throws -> Void)?) {
        (self.summary, self.watching) = (summary, watching)
    }

    var watchesGaps: Bool { summary.watchesGaps }

    func record(_ record: RequestRecord) throws {
        if first == nil { first = record.begin }
        last = max(last, record.begin)
        summary.record(record)
        try watching?(record)
    }

    func decided(_ plans: DecidedPlans) { summary.decided(plans) }
}
