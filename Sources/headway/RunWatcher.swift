import Basics
import Foundation
import Reports
import Results
import Scenario
import Simulator

/// Watches a run for the command line: rows and decisions into files, progress onto the terminal,
/// and the figures that need every record.
///
/// A class, because the simulation keeps its observer and the command line reads it afterwards.
final class RunWatcher: RunObserver {
    /// What is written while the run goes on, as far as it is wanted.
    struct Files {
        var requests: OutputFile?
        var decisions: OutputFile?
        /// latency.csv
        var parts: OutputFile?
        var timeline: OutputFile?
    }

    private let files: Files
    private var events = TraceEvents()
    /// Divides latencies, where that is wanted.
    private(set) var latency: LatencyWatcher?
    private var log: DecisionLog
    private let detail: DecisionDetail
    private let extent: TraceExtent
    private let began = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    /// Rejected requests by reason.
    private(set) var rejections: [String: Int] = [:]
    /// The requests by priority.
    let priorities: PriorityClasses
    /// The most requests in the cluster at once.
    private(set) var concurrency = ConcurrencyPeak()
    /// What happened when.
    private(set) var timeline = Timeline()

    /// `extent` is how much there is to replay, as far as it is known beforehand.
    init(_ files: Files, plan: RunPlan, dividesLatency: Bool, extent: TraceExtent) {
        latency = dividesLatency ? LatencyWatcher(plan) : nil
        self.files = files
        priorities = PriorityClasses(plan.objective)
        log = DecisionLog(
            asynchronous: plan.engine.asyncScheduling, namesReplica: plan.replicas > 1)
        // Digests of block numbers cost a walk over the pool a step: small pools only, as in the
        // captures of the real engine.
        detail = plan.engine.numGPUBlocks <= 4097 ? .decisionsAndBlocks : .decisions
        self.extent = extent
    }

    var decisionDetail: DecisionDetail {
        if files.decisions != nil { return detail }
        return latency == nil && files.timeline == nil ? .none : .decisions
    }

    func record(_ record: RequestRecord) throws {
        if record.outcome == .rejected {
            rejections[record.rejection.name, default: 0] += 1
        }
        timeline.add(record)
        priorities.add(record)
        concurrency.add(record)
        if let request = latency?.close(record) {
            try files.parts?.writeLine(PartitionReport.row(record.id, request))
        }
        if let timeline = files.timeline {
            for line in events.lines(record) { try timeline.writeLine(line) }
        }
        try files.requests?.write(atMost: RequestLine.longest) {
            RequestLine.put(record, into: &$0)
        }
    }

    func decided(_ decision: Decision) throws {
        latency?.decided(decision)
        if let timeline = files.timeline {
            for line in events.lines(decision) { try timeline.writeLine(line) }
        }
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
        try files.timeline?.writeLine(TraceEvents.closing)
    }
}
