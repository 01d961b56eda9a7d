import Basics
import Simulator
import StepTime
import Traces

/// Predicts measured figures of real servers with the same engine as a run.
package struct ReferenceValidation: Sendable {
    /// One row of the file with its prediction.
    package struct Row: Sendable {
        package var id: String
        /// The server and the kind of load, in words.
        package var server: String
        package var metric: String
        package var measured: Double
        /// Prediction in milliseconds, or tokens or requests per second; nil if skipped.
        package var predicted: Double?
        /// Prediction with the host time fitted on the other servers; nil if skipped.
        package var predictedLeftOut: Double?
        /// Why it was skipped; nil if predicted.
        package var skipped: String?
        /// False if the prediction depends on the exactness of lengths: it changes by more than a
        /// fifth between none and 2 % of jitter.
        package var isDetermined = true
        /// The load, in words.
        package var load: String

        /// The metric, and whether it is determined.
        package var figure: String { isDetermined ? metric : metric + ", not determined" }

        /// Rows of one server and figure are summarised together.
        package var group: String { "\(server): \(figure)" }

        /// (predicted − measured) / measured, percent.
        package var errorPercent: Double? { predicted.map { 100 * ($0 / measured - 1) } }
        /// The same error for the prediction without this server.
        package var errorPercentLeftOut: Double? {
            predictedLeftOut.map { 100 * ($0 / measured - 1) }
        }
    }

    /// All rows of an engine, model and metric.
    package struct Group: Sendable {
        package var server: String
        package var figure: String
        /// Nil if no row could be predicted.
        package var errors: ErrorSummary?
        /// The errors with the host time fitted on the other servers; nil if no row has one.
        package var errorsLeftOut: ErrorSummary?
        /// Number of rows that were skipped.
        package var skipped: Int
    }

    /// Errors of the single requests of a run.
    package struct RequestErrors: Sendable {
        /// The run's name in the file of recorded requests.
        package var run: String
        /// Number of recorded requests, and of those sent: if more, the recorded ones repeat.
        package var recorded: Int
        package var sent: Int
        package var timeToFirstToken: ErrorSummary
        package var endToEnd: ErrorSummary
    }

    package private(set) var rows: [Row] = []
    /// One for each run with recorded requests.
    package private(set) var requests: [RequestErrors] = []
    /// The file of recorded requests; nil if there is none.
    package private(set) var requestsFile: String?
    package private(set) var groups: [Group] = []
    /// Where the clocks' figures come from, one line per profile.
    package private(set) var clocks: [String] = []
    /// Host time per step that fits the measured TPOT best, one line per engine and mode.
    package private(set) var hostFits: [String] = []
    /// Columns of the file that no prediction uses.
    package private(set) var unusedColumns: [String] = []

    /// Simulates every load of a reference file. `requests`: the file of recorded requests; nil:
    /// the one beside it (X_requests.csv for X.csv). `profile` replaces the built-in one of its
    /// name, `host` every server's host. `report` is called with what is simulated next.
    ///
    /// - Throws: `InputError` for a file that cannot be read, or of which no row can be predicted.
    package init(
        file: String, requests: String? = nil, seed: UInt64 = 0, profile: EngineProfile? = nil,
        host: HostProfile? = nil, report: @Sendable (String) -> Void = { _ in }
    ) throws {
        let columns = try ColumnFile(file, requiring: ReferenceRow.columns)
        requestsFile = requests ?? RecordedRequests.beside(file)
        let recorded = try requestsFile.map { try RecordedRequests($0) }
        let references = try ReferenceRow.read(columns, recorded)
        guard !references.isEmpty else {
            throw InputError(file, "has no rows", expected: "a measured figure a row")
        }
        let outcomes = try Self.simulate(references.map(\.load)) { load in
            report(load.description)
            return ReferenceOutcome(load, recorded, seed: seed, profile: profile, host: host)
        }
        let jittered = try Self.simulate(references.compactMap(\.load.jittered)) { load in
            report("with jitter: " + load.description)
            return ReferenceOutcome(load, recorded, seed: seed, profile: profile, host: host)
        }
        let servers = HostFit(references, outcomes, profile)
        for reference in references {
            let outcome = outcomes[reference.load]!
            var row = Row(
                id: reference.id, server: reference.server, metric: reference.metric,
                measured: reference.measured, load: reference.load.description)
            row.predicted = outcome.value(reference.metric)
            if row.predicted == nil {
                row.skipped = outcome.skipped ?? Self.reason(reference.metric)
            }
            if let other = reference.load.jittered.flatMap({ jittered[$0] }) {
                row.isDetermined = Self.agree(row.predicted, other.value(reference.metric))
            }
            rows.append(row)
        }
        guard rows.contains(where: { $0.predicted != nil }) else {
            throw InputError(
                references[0].place,
                "none of \(rows.count) rows can be predicted, the first: \(rows[0].skipped ?? "")",
                expected: "a row whose load can be simulated")
        }
        try leaveOut(references, host == nil ? servers : nil, seed: seed, report: report)
        hostFits = servers.summaries
        unusedColumns = ReferenceRow.unusedColumns(columns) + (recorded?.unusedColumns ?? [])
        var seen: Set<ReferenceLoad> = []
        for load in references.map(\.load) where seen.insert(load).inserted {
            if let errors = outcomes[load]?.requests { self.requests.append(errors) }
        }
        summarize()
        for reference in references {
            guard let used = reference.load.profile(profile) else { continue }
            let host = host ?? reference.load.hostProfile(used)
            for line in [
                "\(used.name): \(used.provenance)", "host \(host.name): \(host.provenance)",
            ] where !clocks.contains(line) { clocks.append(line) }
        }
    }

    /// Whether two predictions differ by at most a fifth of the larger.
    private static func agree(_ one: Double?, _ other: Double?) -> Bool {
        guard let one, let other else { return true }
        return abs(one - other) <= 0.2 * max(one, other)
    }

    /// Why a simulated run lacks a figure.
    private static func reason(_ metric: String) -> String {
        if case .unknown = ReferenceMetric(metric) { return "metric \"\(metric)\" is not known" }
        return "no request has a \(metric)"
    }

    /// Simulates each server again with the host time fitted on the others. Without a fit the
    /// prediction stays.
    private mutating func leaveOut(
        _ references: [ReferenceRow], _ fit: HostFit?, seed: UInt64,
        report: @Sendable (String) -> Void
    ) throws {
        let predicted = references.indices.filter { rows[$0].predicted != nil }
        let refitted = predicted.map { references[$0].load }.filter {
            fit?.host(without: $0) != nil
        }
        let outcomes = try Self.simulate(refitted) { load in
            report("left out: " + load.description)
            return ReferenceOutcome(
                load, nil, seed: seed, profile: fit?.profile, host: nil,
                wait: fit?.host(without: load))
        }
        for index in predicted {
            let outcome = outcomes[references[index].load]
            rows[index].predictedLeftOut =
                outcome.map { $0.value(references[index].metric) } ?? rows[index].predicted
        }
    }

    /// The outcome of each distinct load, on all cores.
    private static func simulate(
        _ loads: [ReferenceLoad], _ outcome: @Sendable (ReferenceLoad) -> ReferenceOutcome
    ) throws -> [ReferenceLoad: ReferenceOutcome] {
        var seen: Set<ReferenceLoad> = []
        let different = loads.filter { seen.insert($0).inserted }
        let outcomes = try mapOnAllCores(different, outcome)
        return Dictionary(uniqueKeysWithValues: zip(different, outcomes))
    }

    /// Groups in the order of the rows, those of one server together.
    private mutating func summarize() {
        var servers: [String] = []
        for row in rows where !servers.contains(row.server) { servers.append(row.server) }
        var figures: [(server: String, figure: String)] = []
        for server in servers {
            for row in rows where row.server == server {
                if !figures.contains(where: { $0 == (server, row.figure) }) {
                    figures.append((server, row.figure))
                }
            }
        }
        groups = figures.map { server, figure in
            let members = rows.filter { ($0.server, $0.figure) == (server, figure) }
            return Group(
                server: server, figure: figure,
                errors: ErrorSummary(members.compactMap(\.errorPercent)),
                errorsLeftOut: ErrorSummary(members.compactMap(\.errorPercentLeftOut)),
                skipped: members.count { $0.skipped != nil })
        }
    }
}
