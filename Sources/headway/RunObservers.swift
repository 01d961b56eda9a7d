import Basics
import Foundation
import Reports
import Results
import Scenario
import Simulator
import Traces

/// Watches a run for the command line: rows and decisions into files, progress onto the terminal,
/// and the figures that need every record.
///
/// A class, because the simulation keeps its observer and the command line reads it afterwards.
final class RunObservers: RunObserver {
    /// What is written while the run goes on, as far as it is wanted.
    struct Files {
        var requests: OutputFile?
        var decisions: OutputFile?
        var plans: OutputFile?
        /// latency.csv
        var parts: OutputFile?
        var timeline: OutputFile?
        var tokenTimes: OutputFile?
    }

    private let files: Files
    /// What rows say besides what all do.
    private let columns: RequestLine.Columns
    private let stages: StageClasses
    private(set) var events: TraceEvents
    private var tokenTimes = TokenTimes()
    /// Divides latencies, where that is wanted.
    private(set) var latency: BreakdownObserver?
    /// Plans and records on their way into files, where there are such.
    private var order = PlanOrder()
    private var log: DecisionLog
    private var planLog: PlanLog
    private let detail: DecisionDetail
    private let extent: TraceExtent
    private let began = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    /// Rejected requests by reason.
    private(set) var rejections: [String: Int] = [:]
    /// What needs every record: classes, exact percentiles, intervals.
    let figures: RequestFigures
    private let rule: ClassRule?
    /// For ITL by class and by stage.
    let watchesGaps: Bool
    /// The most requests in the cluster at once.
    private(set) var concurrency = ConcurrencyPeak()
    /// What happened when.
    private(set) var timeline = Timeline()
    /// What report.json and series.csv need of the records, where there is a folder for them.
    private(set) var series: SeriesRequests?
    private(set) var slowest = SlowestRequests()
    /// The requests beside what the trace says was measured of them.
    private(set) var comparison: MeasuredComparison?

    /// `extent` is how much there is to replay, as far as it is known beforehand; `measured` what
    /// the trace records of a real server.
    /// `rule`: what tells requests apart.
    init(
        _ files: Files, plan: RunPlan, output: Configuration.OutputSection, extent: TraceExtent,
        measured: MeasuredLatencies?, rule: ClassRule?
    ) {
        self.rule = rule
        series = plan.sampling.map { SeriesRequests(plan, $0) }
        events = TraceEvents(output.timelineWindow, limit: output.timelineBytes)
        watchesGaps = rule != nil || plan.hasStages
        let isByPriority = rule?.dimension == .priority
        figures = RequestFigures(
            plan, by: (rule.map { [$0] } ?? []) + (isByPriority ? [] : [.priority]),
            watchesGaps: watchesGaps)
        comparison = measured.map { MeasuredComparison($0, leavingOut: plan.margins) }
        latency = output.latencyBreakdown ? BreakdownObserver(plan) : nil
        self.files = files
        columns = RequestLine.Columns(plan, tellsClass: rule != nil)
        stages = StageClasses(plan.objective)
        log = DecisionLog(
            asynchronous: plan.engine.asyncScheduling, namesReplica: plan.replicas > 1)
        planLog = PlanLog(replicas: plan.replicas)
        // Digests of block numbers cost a walk over the pool a step: small pools only, as in the
        // captures of the real engine.
        detail = plan.engine.numGPUBlocks <= 4097 ? .decisionsAndBlocks : .decisions
        self.extent = extent
    }

    var decisionDetail: DecisionDetail {
        if files.decisions != nil { return detail }
        return latency == nil && !ordersPlans && !watchesDeliveries ? .none : .plans
    }

    var watchesDeliveries: Bool { files.tokenTimes != nil }

    var ordersPlans: Bool { files.timeline != nil || files.plans != nil }

    func record(_ record: RequestRecord) throws {
        if record.outcome == .rejected {
            rejections[record.rejection.name, default: 0] += 1
        }
        timeline.add(record)
        stages.add(record, gaps: figures.add(record))
        concurrency.add(record)
        comparison?.add(record)
        let parts = latency?.close(record)
        if let parts {
            try files.parts?.write(atMost: BreakdownReport.longest) {
                BreakdownReport.put(record.id, parts, into: &$0)
            }
        }
        if series != nil {
            series?.add(record)
            slowest.add(record, parts)
        }
        if let file = files.tokenTimes { try file.writeLine(tokenTimes.close(record)) }
        if files.timeline != nil { order.take(record) }
        let name = rule.map { $0.name($0.key(of: record)) }
        let room = name == nil ? RequestLine.longest : RequestLine.longestWithClass
        try files.requests?.write(atMost: room) {
            RequestLine.put(record, columns, class: name ?? "", into: &$0)
        }
    }

    /// The figures of each stage of the load.
    func stages(of result: RunResult) -> [StageSummary] {
        zip(result.stages, stages.classes(of: result.stages)).map { StageSummary($0, $1) }
    }

    func decided(_ plans: DecidedPlans) throws {
        if watchesGaps { figures.add(plans.gaps) }
        if watchesDeliveries { tokenTimes.add(plans) }
        guard latency != nil || files.timeline != nil || files.plans != nil else { return }
        latency?.decided(plans)
        if ordersPlans { order.take(plans) }
    }

    func reached(_ time: Int64) throws {
        try order.release(before: time) { item in
            switch item {
            case .plans(let plans):
                if let timeline = files.timeline { try events.write(plans, to: timeline) }
                if let file = files.plans { try planLog.write(plans, to: file) }
            case .record(let record):
                if let timeline = files.timeline { try events.write(record, to: timeline) }
            }
        }
    }

    func decided(_ decision: Decision) throws {
        guard let decisions = files.decisions, let line = log.line(decision) else { return }
        try decisions.writeLine(line)
    }

    func progress(ended: Int, time: Int64) {
        let now = ContinuousClock.now
        // As often as the line is drawn.
        guard now - lastShown > .milliseconds(200) else { return }
        lastShown = now
        let passed = (now - began) / .seconds(1)
        let whole = extent.requests.map { " of \(Quantity.count($0))" } ?? ""
        Progress.report(
            share: [
                extent.share(ended: ended, seconds: Double(time) / 1e12), WorkShare.share,
            ].compactMap(\.self).max(),
            "\(Quantity.count(ended))\(whole) requests, "
                + "\(Quantity.duration(picoseconds: time)) simulated, "
                + "\(Quantity.count(Int(Double(ended) / max(passed, 1e-3)))) requests/s")
    }

    /// Ends what is written.
    func finish() throws {
        figures.finish()
        try reached(.max)
        if let file = files.plans { try planLog.finish(file) }
        guard let timeline = files.timeline else { return }
        try events.finish(timeline)
        try timeline.writeLine(TraceEvents.closing)
    }

    /// What is to be said of timeline.json: where it was cut, or that nothing is in it.
    func timelineRemarks(_ result: RunResult, _ output: Configuration.OutputSection) -> [String] {
        guard files.timeline != nil else { return [] }
        let ways = "output.timeline_start_s and output.timeline_end_s"
        if let cut = events.cutAt {
            let limit = Quantity.significant(output.timelineMegabytes)
            return [
                "timeline.json is cut at \(Self.seconds(cut)) of the trace, where it reached its "
                    + "limit of \(limit) MB: choose a part with \(ways), or a larger "
                    + "output.timeline_mb"
            ]
        }
        guard events.isEmpty, result.counters.requests > 0 else { return [] }
        return [
            "timeline.json holds nothing: the run goes from \(Self.seconds(result.start)) to "
                + "\(Self.seconds(result.end)) of the trace, and \(ways) leave that out"
        ]
    }

    private static func seconds(_ time: Int64) -> String {
        Quantity.decimal(Double(time) / 1e12, 3) + " s"
    }
}

extension Configuration.OutputSection {
    /// The time that timeline.json shows, picoseconds.
    fileprivate var timelineWindow: Range<Int64> {
        func time(_ seconds: Double?, _ none: Int64) -> Int64 {
            // No run lasts longer than 92 days.
            seconds.map { Int64(min(8e18, ($0 * 1e12).rounded())) } ?? none
        }
        let start = time(timelineStart, 0)
        return start..<max(start, time(timelineEnd, .max))
    }

    /// Bytes that timeline.json may have.
    fileprivate var timelineBytes: Int { Int(timelineMegabytes * 1e6) }
}
