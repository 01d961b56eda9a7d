import Basics
import Results
import Scenario
import Simulator

/// A run whose decisions can be read repeatedly: a folder with steps.jsonl, or a configuration that
/// is rerun each time.
struct LoggedRun: Sendable {
    private enum Source: Sendable {
        case folder(String, ComparedRun)
        case configuration(Configuration, @Sendable (inout RunPlan) -> Void)
    }

    let name: String
    private let source: Source

    /// Opens a run folder or a configuration. Throws `InputError` for a folder without the log, or
    /// with a file that changed since the run wrote it.
    init(_ path: String, changes: [String]) throws {
        name = path
        guard FileSystem.isFolder(path) else {
            source = .configuration(try Configuration.read(file: path, changes: changes)) { _ in }
            return
        }
        guard changes.isEmpty else {
            throw InputError(
                "--set", "cannot change \(path), a run that is already made",
                expected: "configuration files instead of run folders")
        }
        let manifest = try RunFolder.manifest(path)
        guard manifest.digests[RunFiles.decisions] != nil else {
            let log = path.appending(pathComponent: RunFiles.decisions)
            throw InputError(
                path,
                FileSystem.exists(log)
                    ? "holds a steps.jsonl that its run did not write" : "holds no steps.jsonl",
                expected: "a run made with --set output.decisions=true")
        }
        source = .folder(path, try RunFolder.read(path, manifest: manifest))
    }

    /// A run of a configuration with an adjusted plan.
    init(
        _ configuration: Configuration, name: String,
        adjust: @escaping @Sendable (inout RunPlan) -> Void = { _ in }
    ) {
        self.name = name
        source = .configuration(configuration, adjust)
    }

    /// Calls `body` with every line of the log and returns the run. O(log).
    func scan(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> ComparedRun {
        switch source {
        case .folder(let path, let run):
            try Self.scan(file: path.appending(pathComponent: RunFiles.decisions), body)
            return run
        case .configuration(let configuration, let adjust):
            return try simulated(configuration, adjust) { LineFeeder($0, body) }
        }
    }

    /// The run without its log, which can fast-forward. O(events).
    func run() throws -> ComparedRun {
        switch source {
        case .folder(_, let run): run
        case .configuration(let configuration, let adjust):
            try simulated(configuration, adjust) { _ in NoObserver() }
        }
    }

    private func simulated(
        _ configuration: Configuration, _ adjust: (inout RunPlan) -> Void,
        _ observer: (RunPlan) -> any RunObserver
    ) throws -> ComparedRun {
        let resolved = try configuration.resolved()
        var plan = resolved.plan
        plan.keepsRecords = true
        adjust(&plan)
        let result = try simulate(
            plan, source: resolved.configuration.openTrace().source, observer: observer(plan))
        return try ComparedRun(
            name: name, configuration: resolved.configuration.withAbsolutePaths,
            requests: result.records.map(ComparedRequest.init), figures: [:],
            digest: result.digest)
    }

    private static func scan(
        file: String, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // A run without steps has an empty log.
        guard FileSystem.status(file)?.st_size != 0 else { return }
        try InputFile.eachLine(file) { bytes, line in
            do {
                try body(bytes)
            } catch is NotALine {
                throw InputError(
                    "\(file):\(line)", "is not a line of a decision log",
                    expected: "steps.jsonl as headway run writes it")
            }
        }
    }

    /// Thrown by a reader for a line that is not a log's.
    struct NotALine: Error {}
}

/// Formats a run's decisions and passes the lines on.
private final class LineFeeder: RunObserver {
    private var log: DecisionLog
    private let body: (UnsafeRawBufferPointer) throws -> Void

    init(_ plan: RunPlan, _ body: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        log = DecisionLog(
            asynchronous: plan.engine.asyncScheduling, namesReplica: plan.replicas > 1)
        self.body = body
    }

    var decisionDetail: DecisionDetail { .decisions }

    func decided(_ decision: Decision) throws {
        guard let line = log.line(decision) else { return }
        let bytes = Array(line.utf8)
        try bytes.withUnsafeBytes { try body($0) }
    }
}
