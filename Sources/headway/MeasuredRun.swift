import Basics
import Reports
import Results
import Scenario
import Simulator
import Traces

/// Replays a trace with measured latencies and compares them with the run's: `headway validate
/// TRACE`.
struct MeasuredRun {
    /// The output of --json.
    private struct Report: Encodable {
        let trace: String
        let clock: String
        let digest: String
        let comparison: MeasuredReport
        let warnings: [String]
    }

    private let resolved: ResolvedConfiguration

    /// The run described by --config and --set. Throws `InputError` for flags of the other kinds of
    /// validation.
    init(_ arguments: Arguments, trace: String) throws {
        for flag in ["--rows", "--profile"]
        where arguments.has(flag) {
            throw InputError(
                flag, "applies to a reference file or to operators",
                expected: "--config and --set for a trace")
        }
        var changes = arguments.values("--set")
        if let seed = try arguments.integer("--seed") { changes.append("seed=\(seed)") }
        var configuration = try Configuration.read(
            file: arguments.value("--config"), changes: changes)
        configuration.trace.file = trace
        // One server was measured, without a node's other GPUs, as `headway calibrate` takes it.
        if configuration.cluster.replicas == nil { configuration.cluster.replicas = 1 }
        resolved = try configuration.resolved()
    }

    /// Runs and prints the comparison. Throws `InputError` if no request of the trace was measured.
    func perform(_ isJSON: Bool) throws -> Int32 {
        let trace = try resolved.configuration.openTrace()
        guard let measured = trace.notes?.measured else {
            throw InputError(
                resolved.configuration.trace.file ?? "the trace",
                "holds no measured latencies", expected: "times of first or last tokens")
        }
        let observer = MeasuredWatcher(measured, leavingOut: resolved.plan.margins)
        var plan = resolved.plan
        plan.keepsRecords = false
        let result = try simulate(plan, source: trace.source, observer: observer)
        let comparison = observer.comparison.report
        guard comparison.latencies.contains(where: { $0.simulated != nil }) else {
            throw InputError(
                resolved.configuration.trace.file ?? "the trace",
                "none of its measured requests finished in the run",
                expected: "a server that can hold them (--config, --set)")
        }
        let warnings =
            resolved.warnings + trace.remarks + resolved.rangeWarnings(result)
        if isJSON {
            try Console.writeJSON(
                Report(
                    trace: trace.name, clock: resolved.clockDescription, digest: result.digest,
                    comparison: comparison, warnings: warnings))
        } else {
            let notes = warnings.map { "Note: \($0)" }
            try Console.writePage(
                ([resolved.headline(trace: trace.name), comparison.text]
                    + (notes.isEmpty ? [] : [notes.joined(separator: "\n")]))
                    .joined(separator: "\n\n"))
        }
        return 0
    }
}

/// Collects the records of measured requests.
private final class MeasuredWatcher: RunObserver {
    private(set) var comparison: MeasuredComparison

    init(_ measured: MeasuredLatencies, leavingOut margins: Margins) {
        comparison = MeasuredComparison(measured, leavingOut: margins)
    }

    func record(_ record: RequestRecord) { comparison.add(record) }
}
