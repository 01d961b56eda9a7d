import Basics
import Results
import Scenario
import Simulator

/// A run's data for comparisons: its requests, its figures, its configuration.
package struct ComparedRun: Sendable {
    /// Its name in reports.
    package var name: String
    package var configuration: Configuration
    /// Every attempt of every request, by id.
    package var requests: [ComparedRequest]
    /// The numbers of summary.json by their keys.
    package var figures: [String: Double]
    package var digest: String
    /// The source of its step times and its host, with their errors; empty if it is not known.
    package var clock = ""
    /// How it left the range in which its clock was measured, one line each.
    package var rangeWarnings: [String] = []
    /// The requests of runs that differ from this one by chance alone, by id, and why there are
    /// none; see `addNearbyRuns()`.
    var nearby: [[ComparedRequest]] = []
    package internal(set) var nearbyProblem: String?
    /// Makes the run again, as the nearby run of that number; nil: it cannot be made.
    var again: (@Sendable (_ number: Int) throws -> ComparedRun)?
    /// Whether this program has made it just now.
    var isFresh = false
    /// Number of first and last requests by arrival that latencies leave out.
    package private(set) var leftOut: (start: Int, end: Int) = (0, 0)
    private(set) var leftOutNames: Set<ComparedRequest.Name> = []

    /// A run from its parts, with `requests` in order of arrival. Throws `InputError` if an attempt
    /// of an id appears twice, since requests are paired by both. O(n log n).
    init(
        name: String, configuration: Configuration, requests: [ComparedRequest],
        figures: [String: Double], digest: String, leftOut: (start: Int, end: Int) = (0, 0)
    ) throws {
        self.leftOut = leftOut
        leftOutNames = Set(
            (requests.prefix(leftOut.start) + requests.suffix(leftOut.end)).map(\.pairName))
        self.name = name
        self.configuration = configuration
        self.requests = requests.sorted { $0.pairName < $1.pairName }
        let perGPU = configuration.gpus.map { Figures.perGPU($0, figures) } ?? [:]
        self.figures = figures.merging(perGPU) { own, _ in own }
        self.digest = digest
        for (one, next) in zip(self.requests, self.requests.dropFirst())
        where one.pairName == next.pairName {
            throw InputError(
                name, "request \(one.id) appears twice",
                expected: "ids of which each names one request, to pair runs by")
        }
    }

    /// Opens a folder that `headway run --out` wrote, or runs a configuration file with `changes`
    /// (`key.path=value`).
    ///
    /// Throws `InputError` for a path that is neither.
    package static func open(_ path: String, changes: [String] = []) throws -> ComparedRun {
        if FileSystem.isFolder(path) {
            guard changes.isEmpty else {
                throw InputError(
                    "--set", "cannot change \(path), a run that is already made",
                    expected: "configuration files instead of run folders")
            }
            return try RunFolder.read(path)
        }
        return try run(Configuration.read(file: path, changes: changes), name: path)
    }

    /// Runs a configuration.
    package static func run(_ configuration: Configuration, name: String) throws -> ComparedRun {
        try run(configuration, name: name) { _ in }
    }

    /// The same with its plan adjusted.
    static func run(
        _ configuration: Configuration, name: String, nearby number: Int = 0,
        adjust: @escaping @Sendable (inout RunPlan) -> Void
    ) throws -> ComparedRun {
        let resolved = try configuration.resolved()
        let trace = try resolved.configuration.openTrace()
        var plan = resolved.plan
        plan.keepsRecords = true
        adjust(&plan)
        plan.nudge(number)
        let observer = ComparingObserver(
            plan, latency: configuration.output.latencyBreakdown ? BreakdownObserver(plan) : nil)
        let result = try simulate(plan, source: trace.source, observer: observer)
        var summary = observer.summary.summary(of: result, resolved, remarks: [])
        summary.parts = observer.latency?.report.means ?? []
        var run = try ComparedRun(
            name: name, configuration: resolved.configuration.withAbsolutePaths,
            requests: result.records.map(ComparedRequest.init),
            figures: Figures.of(summary), digest: result.digest,
            leftOut: result.stretch.map { ($0.leftAtStart, $0.leftAtEnd) } ?? (0, 0))
        run.clock = resolved.clockDescription
        run.rangeWarnings = resolved.rangeWarnings(result)
        run.isFresh = true
        guard plan.externalScheduler == nil else { return run }
        run.again = { try Self.run(configuration, name: name, nearby: $0, adjust: adjust) }
        return run
    }
}

/// Records a run for the same figures that `headway run` writes.
private final class ComparingObserver: RunObserver {
    let summary: SummaryObserver
    private(set) var latency: BreakdownObserver?

    init(_ plan: RunPlan, latency: BreakdownObserver?) {
        summary = SummaryObserver(plan, by: nil, measured: nil)
        self.latency = latency
    }

    var decisionDetail: DecisionDetail { latency == nil ? .none : .plans }
    var watchesGaps: Bool { summary.watchesGaps }

    func decided(_ plans: DecidedPlans) {
        summary.decided(plans)
        latency?.decided(plans)
    }

    func record(_ record: RequestRecord) {
        summary.record(record)
        latency?.record(record)
    }
}
