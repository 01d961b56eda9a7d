import Basics
import Simulator
import StepTime
import Traces

/// Predictions of measured figures of real servers, through the same engine as a run.
public struct ReferenceValidation: Sendable {
    /// One row of the file with its prediction.
    public struct Row: Sendable {
        public var id: String
        public var group: String
        public var metric: String
        public var measured: Double
        /// Milliseconds, or tokens or requests per second; nil when skipped.
        public var predicted: Double?
        /// Predicted with the fitted host time of the other servers; nil when skipped.
        public var predictedLeftOut: Double?
        /// Why it was skipped; nil when predicted.
        public var skipped: String?
        /// The load, in words.
        public var load: String

        /// (predicted − measured) / measured, percent.
        public var errorPercent: Double? { predicted.map { 100 * ($0 / measured - 1) } }
        /// The same for the prediction without this server.
        public var errorPercentLeftOut: Double? {
            predictedLeftOut.map { 100 * ($0 / measured - 1) }
        }
    }

    /// All rows of an engine, model and metric.
    public struct Group: Sendable {
        public var name: String
        /// Nil when no row could be predicted.
        public var errors: ErrorSummary?
        public var errorsLeftOut: ErrorSummary?
        public var skipped: Int
    }

    public private(set) var rows: [Row] = []
    public private(set) var groups: [Group] = []
    /// Where the clocks' figures come from, one line per profile.
    public private(set) var clocks: [String] = []
    /// Host time per step that fits the measured TPOT best, one line per engine and mode.
    public private(set) var hostFits: [String] = []
    /// Columns of the file that no prediction looks at.
    public private(set) var unusedColumns: [String] = []

    /// Simulates every load of a reference file. `profile` stands in for the built-in one of its
    /// name; `report` is told what is simulated next.
    ///
    /// - Throws: `InputError` for a file that cannot be read as one, or of which no row can be
    ///   predicted.
    public init(
        file: String, seed: UInt64 = 0, profile: EngineProfile? = nil,
        report: @Sendable (String) -> Void = { _ in }
    ) throws {
        let columns = try ColumnFile(file, requiring: ReferenceRow.columns)
        let references = try ReferenceRow.read(columns)
        guard !references.isEmpty else {
            throw InputError(file, "has no rows", expected: "a measured figure a row")
        }
        let outcomes = try Self.simulate(references.map(\.load)) { load in
            report(load.description)
            return ReferenceOutcome(load, seed: seed, profile: profile)
        }
        let servers = HostFit(references, outcomes, profile)
        for reference in references {
            let outcome = outcomes[reference.load]!
            var row = Row(
                id: reference.id, group: reference.groupName, metric: reference.metric,
                measured: reference.measured, load: reference.load.description)
            row.predicted = outcome.value(reference.metric)
            if row.predicted == nil {
                row.skipped = outcome.skipped ?? Self.reason(reference.metric)
            }
            rows.append(row)
        }
        guard rows.contains(where: { $0.predicted != nil }) else {
            throw InputError(
                references[0].place,
                "none of \(rows.count) rows can be predicted, the first: \(rows[0].skipped ?? "")",
                expected: "a row whose load can be simulated")
        }
        try leaveOut(references, servers, seed: seed, report: report)
        hostFits = servers.summaries
        unusedColumns = ReferenceRow.unusedColumns(columns)
        summarize()
        for reference in references {
            guard let used = reference.load.profile(profile) else { continue }
            let line = "\(used.name): \(used.provenance)"
            if !clocks.contains(line) { clocks.append(line) }
        }
    }

    /// Why a figure of a run that was simulated is not there.
    private static func reason(_ metric: String) -> String {
        if case .unknown = ReferenceMetric(metric) { return "metric \"\(metric)\" is not known" }
        return "no request has a \(metric)"
    }

    /// Simulates each server again with the host time fitted on the others.
    private mutating func leaveOut(
        _ references: [ReferenceRow], _ fit: HostFit, seed: UInt64,
        report: @Sendable (String) -> Void
    ) throws {
        let predicted = references.indices.filter { rows[$0].predicted != nil }
        let refitted = predicted.map { references[$0].load }.filter { fit.host(without: $0) != nil }
        let outcomes = try Self.simulate(refitted) { load in
            report("left out: " + load.description)
            return ReferenceOutcome(
                load, seed: seed, profile: fit.profile, host: fit.host(without: load))
        }
        for index in predicted {
            let outcome = outcomes[references[index].load]
            rows[index].predictedLeftOut =
                outcome.map { $0.value(references[index].metric) } ?? rows[index].predicted
        }
    }

    /// The outcome of each different load, on all cores.
    private static func simulate(
        _ loads: [ReferenceLoad], _ outcome: @Sendable (ReferenceLoad) -> ReferenceOutcome
    ) throws -> [ReferenceLoad: ReferenceOutcome] {
        var seen: Set<ReferenceLoad> = []
        let different = loads.filter { seen.insert($0).inserted }
        let outcomes = try mapOnAllCores(different, outcome)
        return Dictionary(uniqueKeysWithValues: zip(different, outcomes))
    }

    private mutating func summarize() {
        var names: [String] = []
        for row in rows where !names.contains(row.group) { names.append(row.group) }
        groups = names.map { name in
            let members = rows.filter { $0.group == name }
            return Group(
                name: name, errors: ErrorSummary(members.compactMap(\.errorPercent)),
                errorsLeftOut: ErrorSummary(members.compactMap(\.errorPercentLeftOut)),
                skipped: members.count { $0.skipped != nil })
        }
    }
}

extension ReferenceRow {
    /// Engine family with version, model, format, load kind and metric.
    var groupName: String {
        "\(load.engine), \(load.model), \(load.weights), \(load.kind): \(metric)"
    }
}

extension ReferenceLoad {
    /// The load in words.
    var description: String {
        let amount = kind == "offline" ? "offline" : "concurrency \(concurrency)"
        return "\(engine), \(model), TP\(tensorParallel), \(inputTokens)+\(outputTokens), \(amount)"
    }
}

/// What the simulation of a load gave.
struct ReferenceOutcome: Sendable {
    var result: RunResult?
    var skipped: String?

    /// Simulates a load; what does not fit is skipped with its arithmetic.
    init(
        _ load: ReferenceLoad, seed: UInt64, profile: EngineProfile?,
        host: HostCoefficients? = nil
    ) {
        if let reason = load.reasonToSkip {
            skipped = reason
            return
        }
        do {
            var plan = try load.plan(profile: load.profile(profile), host: host)
            plan.keepsRecords = false
            plan.seed = seed
            let requests = InMemorySource(load.workload(seed: seed))
            result = try simulate(plan, source: requests)
        } catch {
            skipped = "\(error)"
        }
    }

    /// A metric by its name in the file: milliseconds, or tokens or requests per second.
    func value(_ metric: String) -> Double? { result.flatMap(ReferenceMetric(metric).value) }
}
