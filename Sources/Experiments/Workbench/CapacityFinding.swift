import Basics
import Scenario

/// Where the edge lies along an axis: a capacity study without its curve.
struct CapacityFinding {
    let axis: CapacityAxis
    let replications: [CapacityReplication]
    let search: CapacitySearch
    /// Nil if the trace, or some seed, holds nowhere.
    let interval: CapacityInterval?
    /// The trace's name in reports.
    let traceName: String
    /// All runs so far.
    var runner: CapacityRunner

    /// Searches along an axis. `endsEarly`: runs stop once a promise is lost, which changes no
    /// answer.
    ///
    /// - Throws: `InputError` for a configuration that cannot be resolved, read or changed.
    init(
        _ asked: Configuration, over: CapacityAxis.Over, seeds: CapacitySeeds?,
        endsEarly: Bool = true, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        if let file = asked.trace.file, InputFile.isReadOnce(file) {
            throw InputError(
                "trace.file", "is a pipe, and a study replays its trace many times",
                expected: "a file")
        }
        try asked.checkStudied("capacity")
        let traces = TraceStore()
        // The study looks for more replicas than the nodes hold, so the number of nodes follows.
        let base =
            over == .rate
            ? asked : try asked.cluster.replicas.map(asked.with(replicas:)) ?? asked
        let axis = try CapacityAxis(base, over: over, traces: traces)
        var runner = CapacityRunner(axis, progress)
        let replications = try Self.replications(base, seeds, traces)
        search = try CapacitySearch(
            axis.levels, start: axis.levels.isCount ? axis.start : axis.levels.rounded(axis.start),
            replications: replications.count, whole: replications[0] == .whole
        ) { asks in
            try runner.run(
                asks.map { ($0.level, replications[$0.replication]) }, endsEarly: endsEarly)
            return asks.map { runner.answer(at: $0.level, replications[$0.replication]) }
        }
        interval = CapacityInterval(search)
        traceName = try traces.trace(of: base).name
        (self.axis, self.replications, self.runner) = (axis, replications, runner)
    }

    /// The edge in the study's unit; nil: the trace, or some seed, holds nowhere.
    var value: Double? { interval.map { axis.shown($0.value) } }

    /// Seeds, or the trace and stretches of it.
    private static func replications(
        _ base: Configuration, _ seeds: CapacitySeeds?, _ traces: TraceStore
    ) throws -> [CapacityReplication] {
        guard try base.isDrawn() else {
            guard seeds == nil else {
                throw InputError(
                    "--seeds", "draws nothing of a recorded trace at its own times",
                    expected: "no --seeds (the interval is over stretches of the trace), or"
                        + " trace.request_rate, which draws times")
            }
            let trace = try traces.trace(of: base)
            return [.whole]
                + CapacityStretches.of(trace.requests).map {
                    .stretch(rows: $0.rows, warmup: $0.warmup)
                }
        }
        return (seeds ?? .usual).from(base.seed ?? 0).map(CapacityReplication.seed)
    }

    /// How the search ended.
    var ending: CapacityStudy.Ending {
        let failing = zip(replications, search.edges).compactMap { replication, edge in
            edge.failing.flatMap { runner.run(at: $0, replication) }
        }
        // Growing queues are judged on the whole trace, not on stretches of it.
        let judged =
            replications[0] == .whole ? failing.filter { $0.replication == .whole } : failing
        if judged.contains(where: { $0.standing == .unclear }) {
            return .undecided(
                "the trace is too short to tell whether the queue grows at the edge; give a longer"
                    + " one, or more requests (trace.limit)")
        }
        guard interval != nil else {
            // The whole trace's own answer decides, whatever its stretches say.
            guard replications[0] != .whole, search.edges.contains(where: { $0.holding != nil })
            else { return .nothing }
            return .undecided(
                "the promises are held by some seeds, and by others at no load: give more"
                    + " (--seeds), or more requests (trace.limit)")
        }
        guard axis.levels.isCount || search.noneHolds != nil else {
            return .undecided(
                "the promises hold at every rate that was tried; promise more (--slo)")
        }
        return .found
    }
}
