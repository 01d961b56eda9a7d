import Basics
import Foundation
import Results
import Scenario
import Simulator
import StepTime
import Testing
import Traces

@testable import Experiments

/// A small configuration: the built-in recipe on one replica with a linear clock, so that debug
/// builds run it in a fraction of a second.
func small(_ changes: [String] = []) throws -> Configuration {
    try Configuration.read(
        file: nil,
        changes: [
            "step_time.kind=linear", "step_time.per_token_us=40", "hardware.gpus_per_node=1",
            "cluster.replicas=1", "trace.limit=120", "trace.rate_scale=0.06",
            "engine.num_gpu_blocks=2000", "engine.max_model_len=20000",
        ] + changes)
}

/// A step takes 100 µs and 1 µs a token; one request decodes when another comes. `preempting`:
/// they have more tokens together than blocks.
func decodingPair(preempting: Bool) -> (plan: RunPlan, workload: Workload) {
    var plan = RunPlan(
        stepTime: StepTime(
            LinearStepTime(
                fixedMicroseconds: 100, perTokenMicroseconds: 1, perRequestMicroseconds: 0)))
    plan.engine.asyncScheduling = false
    plan.engine.blockSize = 16
    plan.engine.numGPUBlocks = preempting ? 6 : 1_000
    plan.engine.maxModelLen = 80
    var workload = Workload()
    workload.ids = [1, 2]
    workload.arrivals = [0, 50_000]
    workload.promptTokens = [30, 40]
    workload.outputTokens = [preempting ? 20 : 4, preempting ? 20 : 2]
    return (plan, workload)
}

/// A folder that goes away with its last holder.
final class Scratch {
    let url = FileManager.default.temporaryDirectory
        .appendingPathComponent("headway-experiments-" + UUID().uuidString)
    var path: String { url.path }

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a text into a file of the folder and returns its path.
    @discardableResult
    func write(_ text: String, _ name: String) throws -> String {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// Runs a configuration and writes the folder that `headway run --out` would.
    func run(_ name: String, _ changes: [String] = []) throws -> String {
        try run(name, changes) { $0 }
    }

    /// The same with other lines in the log, or without a log.
    func run(_ name: String, lines: [String]?) throws -> String {
        try run(name, []) { _ in lines }
    }

    private func run(
        _ name: String, _ changes: [String], log change: ([String]) -> [String]?
    ) throws -> String {
        let resolved = try small(changes).resolved()
        let log = LogKeeper(resolved.plan)
        let result = try simulate(
            resolved.plan, source: resolved.configuration.openTrace().source, observer: log)
        let lines = change(log.lines)
        let folder = try OutputFolder(
            path + "/" + name,
            writing: [RunFiles.summary, RunFiles.requests, RunFiles.configuration]
                + (lines == nil ? [] : [RunFiles.decisions]), manifest: RunFiles.summary)
        var rows = RequestLine.header
        for record in result.records { RequestLine.append(record, to: &rows) }
        try folder.file(RunFiles.requests).write(rows)
        try folder.file(RunFiles.configuration)
            .writeLine(jsonText(resolved.configuration.asValue))
        if let lines {
            let steps = try folder.file(RunFiles.decisions)
            for line in lines { try steps.writeLine(line) }
        }
        try folder.commit { try RunSummary(result, clock: "").text(digests: $0) }
        return path + "/" + name
    }
}

/// Keeps the lines of a decision log.
private final class LogKeeper: RunObserver {
    private var log: DecisionLog
    private(set) var lines: [String] = []

    init(_ plan: RunPlan) {
        log = DecisionLog(
            asynchronous: plan.engine.asyncScheduling, namesReplica: plan.replicas > 1)
    }

    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) { if let line = log.line(decision) { lines.append(line) } }
}
