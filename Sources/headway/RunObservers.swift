import Basics
import Experiments
import Foundation
import Reports
import Results
import Scenario
import Simulator
import Traces

/// Observes a run for the command line: rows and decisions into files, progress onto the terminal,
/// and the figures that need every record.
///
/// A reference type, because the simulation keeps its observer and the command line reads it
/// afterwards.
final class RunObservers: RunObserver {
    /// The files that are written during the run, if wanted.
    struct Files {
        var requests: OutputFile?
        var decisions: OutputFile?
        var plans: OutputFile?
        /// latency.csv
        var parts: OutputFile?
        var timeline: OutputFile?
        var tokenTimes: TokenTimes?
    }

    private let files: Files
    /// The optional columns of rows.
    private let columns: RequestLine.Columns
    private(set) var events: TraceEvents
    private var tokenTimes: TokenTimes?
    /// Divides latencies, if wanted.
    private(set) var latency: BreakdownObserver?
    /// Plans and records on their way into files, if there are such files.
    private var order = PlanOrder()
    private var log: DecisionLog
    private var planLog: PlanLog
    private let detail: DecisionDetail
    private let extent: TraceExtent
    private let began = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    /// What summary.json needs from every record.
    let summary: SummaryObserver
    private let rule: ClassRule?
    /// For the ITL by class and by stage.
    let watchesGaps: Bool
    /// What report.json and series.csv need from the records, if there is a folder for them.
    private(set) var series: SeriesRequests?
    private(set) var slowest = SlowestRequests()

    /// `rule` divides requests into classes.
    init(
        _ files: Files, plan: RunPlan, output: Configuration.OutputSection, trace: OpenedTrace,
        rule: ClassRule?
    ) {
        self.rule = rule
        summary = SummaryObserver(plan, by: rule, measured: trace.notes?.measured)
        series = plan.sampling.map { SeriesRequests(plan, $0) }
        events = TraceEvents(output.timelineWindow, limit: output.timelineBytes)
        watchesGaps = summary.watchesGaps
        latency = output.latencyBreakdown ? BreakdownObserver(plan) : nil
        self.files = files
        tokenTimes = files.tokenTimes
        columns = RequestLine.Columns(plan, tellsClass: rule != nil)
        log = DecisionLog(
            asynchronous: plan.engine.asyncScheduling, namesReplica: plan.replicas > 1)
        planLog = PlanLog(replicas: plan.replicas)
        // Digests of block numbers visit the whole pool every step, so only small pools have them,
        // as in the captures of the real engine.
        detail = plan.engine.numGPUBlocks <= 4097 ? .decisionsAndBlocks : .decisions
        extent = trace.extent
    }

    var decisionDetail: DecisionDetail {
        if files.decisions != nil { return detail }
        return latency == nil && !ordersPlans && !watchesDeliveries ? .none : .plans
    }

    var watchesDeliveries: Bool { files.tokenTimes != nil }

    var ordersPlans: Bool { files.timeline != nil || files.plans != nil }

    func record(_ record: RequestRecord) throws {
        summary.record(record)
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
        try tokenTimes?.close(record)
        if files.timeline != nil { order.take(record) }
        let name = rule.map { $0.name($0.key(of: record)) }
        let room = name == nil ? RequestLine.longest : RequestLine.longestWithClass
        try files.requests?.write(atMost: room) {
            RequestLine.put(record, columns, class: name ?? "", into: &$0)
        }
    }

    func decided(_ plans: DecidedPlans) throws {
        summary.decided(plans)
        tokenTimes?.add(plans)
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

    /// Closes the outputs.
    func finish() throws {
        try reached(.max)
        if let file = files.plans { try planLog.finish(file) }
        guard let timeline = files.timeline else { return }
        try events.finish(timeline)
        try timeline.writeLine(TraceEvents.closing)
    }

    /// Remarks on timeline.json: where it was cut, or that it is empty.
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
    /// The time that timeline.json shows, in picoseconds.
    fileprivate var timelineWindow: Range<Int64> {
        func time(_ seconds: Double?, _ none: Int64) -> Int64 {
            // No run lasts longer than 92 days.
            seconds.map { Int64(min(8e18, ($0 * 1e12).rounded())) } ?? none
        }
        let start = time(timelineStart, 0)
        return start..<max(start, time(timelineEnd, .max))
    }

    /// Most bytes in timeline.json.
    fileprivate var timelineBytes: Int { Int(timelineMegabytes * 1e6) }
}
