import Basics
import Results
import Scenario
import Synchronization

/// The highest rate, or the fewest replicas or GPUs, that holds what a configuration promises.
///
/// A run counts where every promise is held and the cluster does not fall behind
/// (`CapacityRun.Standing`). The edge is noisy, so that several replications are searched
/// (`CapacitySearch`): other seeds where requests or times are drawn, else the whole trace and
/// stretches of it.
public struct CapacityStudy: Sendable {
    /// How it ended.
    public enum Ending: Sendable, Equatable {
        case found
        /// Nothing that was tried holds the promises.
        case nothing
        /// Why it cannot be said.
        case undecided(String)
    }

    /// All runs at a load.
    public struct Point: Sendable {
        public var level: Double
        /// In the study's unit.
        public var x: Double
        public var runs: [CapacityRun]

        /// Runs that hold, of those at this load.
        public var share: Double {
            Double(runs.count { $0.standing == .holds }) / Double(max(1, runs.count))
        }
        /// Whether at least half do.
        public var meets: Bool { share >= 0.5 }
        /// Mean of a figure over the runs that have it; nil where none has.
        public func figure(_ key: String) -> Double? {
            let values = runs.compactMap { $0.figures[key] }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
    }

    public let axis: CapacityAxis
    public let replications: [CapacityReplication]
    public internal(set) var ending: Ending
    /// The edge and its interval in the study's unit; nil unless found. `high` is nil where some
    /// replication holds at the hardest load there is.
    public let value: Double?
    public let low: Double?
    public let high: Double?
    /// The level at which every replication holds.
    public let safe: Double?
    /// Probability that the interval encloses the median edge.
    public let confidence: Double
    /// Whether every replication was asked at both ends and agreed.
    public let isConfirmed: Bool
    /// The curve, from easy to hard.
    public let points: [Point]
    /// How near each limit is just beyond capacity, the fullest first.
    public let pressures: [CapacityPressure]
    /// How many runs there were.
    public internal(set) var runs: Int
    /// What was promised; empty: nothing, so that only falling behind counts.
    public let requirements: [ServiceRequirement]
    public let assumesGoodput: Bool
    /// What makes a request good; empty: nothing.
    public let objective: String
    /// What is served, on what, and by which trace.
    public let headline: String
    public let notes: [String]
    /// Tensor-parallel sizes that were compared, with the fewest GPUs of each.
    public internal(set) var layouts: [CapacityLayout] = []

    /// Searches along an axis; `seeds` replace the configuration's.
    ///
    /// `progress` is told how many runs have ended.
    ///
    /// - Throws: `InputError` for what cannot be resolved, read or changed.
    public init(
        _ asked: Configuration, over: CapacityAxis.Over, seeds: CapacitySeeds? = nil,
        notes: [String] = [],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        if let file = asked.trace.file, InputFile.isReadOnce(file) {
            throw InputError(
                "trace.file", "is a pipe, and a study replays its trace many times",
                expected: "a file")
        }
        try asked.checkStudied("capacity")
        let traces = TraceStore()
        // More replicas than the nodes hold are what is sought: nodes are as many as these need.
        let base =
            over == .rate
            ? asked : try asked.cluster.replicas.map(asked.with(replicas:)) ?? asked
        let axis = try CapacityAxis(base, over: over, traces: traces)
        var runner = CapacityRunner(axis, progress)
        let replications = try Self.replications(base, seeds, traces)
        let isWhole = replications[0] == .whole
        let search = try CapacitySearch(
            axis.levels, start: axis.levels.isCount ? axis.start : axis.levels.rounded(axis.start),
            replications: replications.count, whole: isWhole
        ) { asks in
            _ = try runner.run(asks.map { ($0.level, replications[$0.replication]) })
            return asks.map { runner.answer(at: $0.level, replications[$0.replication]) }
        }
        let interval = CapacityInterval(search)
        let samples = isWhole ? replications.count - 1 : replications.count
        let curve = Self.curve(search, interval, axis)
        let shownBy = isWhole ? [.whole] : replications
        _ = try runner.run(curve.flatMap { level in shownBy.map { (level, $0) } })
        let points = curve.map { level in
            Point(level: level, x: axis.shown(level), runs: runner.runs(at: level, of: shownBy))
        }
        let beyond = interval.map { $0.noneHolds ?? $0.allHold } ?? curve.first ?? axis.start
        let first = runner.runs(at: beyond, of: shownBy)
        let resolved = try base.resolved()
        self.axis = axis
        self.replications = replications
        ending = Self.ending(search, interval, runner, replications, axis)
        let ends = interval.map { Self.ends($0, axis) }
        value = interval.map { axis.shown($0.value) }
        (low, high) = (ends?.low, ends?.high)
        safe = interval?.allHold
        confidence = CapacityInterval.confidence(replications: samples)
        isConfirmed = search.isConfirmed
        self.points = points
        pressures = CapacityPressure.means(first.map(\.pressures))
        runs = runner.count
        requirements = base.slo.requirements
        assumesGoodput = !base.slo.promises && !base.slo.requirements.isEmpty
        objective = base.slo.limits.description
        headline = resolved.headline(trace: try traces.name(of: base))
        let shown = interval.map { runner.runs(at: $0.value, of: shownBy) } ?? first
        let warnings = shown.first?.warnings ?? resolved.warnings
        self.notes = notes + warnings + Self.slowTurns(shown, interval, axis)
    }

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

    /// Both ends in the study's unit.
    private static func ends(
        _ interval: CapacityInterval, _ axis: CapacityAxis
    ) -> (low: Double, high: Double?) {
        guard axis.levels.isCount else {
            return (axis.shown(interval.allHold), interval.noneHolds.map(axis.shown))
        }
        // Between the most at which none holds and the fewest at which all do.
        return (axis.shown((interval.noneHolds ?? 0) + 1), axis.shown(interval.allHold))
    }

    /// Loads of the curve, from easy to hard: up to beyond the knee, or where nothing holds those
    /// that were tried last.
    private static func curve(
        _ search: CapacitySearch, _ interval: CapacityInterval?, _ axis: CapacityAxis
    ) -> [Double] {
        let levels = axis.levels
        guard let interval else {
            // The nearest miss is at the easiest load.
            let tried = search.answers.keys.map(\.level)
            let easiest = tried.reduce(axis.start) { levels.isHarder($0, than: $1) ? $1 : $0 }
            return [easiest]
        }
        var curve = [interval.value, interval.allHold]
        if let beyond = interval.noneHolds { curve.append(beyond) }
        // What the search would not tell apart from one of these says nothing new.
        func take(_ level: Double?) {
            guard let level, !curve.contains(level) else { return }
            let isNew = levels.isCount || curve.allSatisfy { max(level / $0, $0 / level) > 1.02 }
            if isNew { curve.append(level) }
        }
        for factor in [4, 2, 1.414, 1.189] { take(levels.easier(interval.value, by: factor)) }
        take(levels.harder(interval.noneHolds ?? interval.value, by: 1.189))
        curve.sort { levels.isHarder($1, than: $0) }
        curve = curve.enumerated().filter { $0 == 0 || $1 != curve[$0 - 1] }.map(\.element)
        return curve
    }

    /// Says where requests came slower than the rate says, as turns wait for pauses that no rate
    /// shortens.
    private static func slowTurns(
        _ runs: [CapacityRun], _ interval: CapacityInterval?, _ axis: CapacityAxis
    ) -> [String] {
        guard axis.over == .rate, let interval, !runs.isEmpty else { return [] }
        let nominal = axis.shown(interval.value)
        let came = runs.map(\.offered).reduce(0, +) / Double(runs.count)
        guard came < 0.8 * nominal else { return [] }
        return [
            "at \(Quantity.significant(nominal)) requests/s requests came at "
                + "\(Quantity.significant(came)) on average: turns wait for their answers and for "
                + "pauses, which \(axis.key) does not shorten. The rate is that of the trace's "
                + "times; a longer trace, a recipe, or trace.sessions=false has less of it"
        ]
    }

    private static func ending(
        _ search: CapacitySearch, _ interval: CapacityInterval?, _ runner: CapacityRunner,
        _ replications: [CapacityReplication], _ axis: CapacityAxis
    ) -> Ending {
        let failing = zip(replications, search.edges).compactMap { replication, edge in
            edge.failing.flatMap { runner.run(at: $0, replication) }
        }
        // Whether the queue grows is judged on the trace, not on stretches of it.
        let judged =
            replications[0] == .whole ? failing.filter { $0.replication == .whole } : failing
        if judged.contains(where: { $0.standing == .unclear }) {
            return .undecided(
                "the trace is too short to tell whether the queue grows at the edge; give a longer"
                    + " one, or more requests (trace.limit)")
        }
        guard interval != nil else {
            guard search.edges.allSatisfy({ $0.holding == nil }) else {
                return .undecided(
                    "the promises are held by some replications and by others at no load; give more"
                        + " seeds or a longer trace")
            }
            return .nothing
        }
        guard axis.levels.isCount || search.noneHolds != nil else {
            return .undecided(
                "the promises hold at every rate that was tried; promise more (--slo)")
        }
        return .found
    }
}

extension TraceStore {
    /// What a report calls a configuration's trace.
    func name(of configuration: Configuration) throws -> String {
        try trace(of: configuration).name
    }
}

/// Runs what a study asks for, each run once, on all cores.
struct CapacityRunner {
    private let axis: CapacityAxis
    private let progress: @Sendable (Int) -> Void
    private var ended: [(level: Double, run: CapacityRun)] = []

    init(_ axis: CapacityAxis, _ progress: @escaping @Sendable (Int) -> Void) {
        (self.axis, self.progress) = (axis, progress)
    }

    /// How many there were.
    var count: Int { ended.count }

    /// The run of a replication at a level; nil: it was not asked for.
    func run(at level: Double, _ replication: CapacityReplication) -> CapacityRun? {
        ended.first { $0.level == level && $0.run.replication == replication }?.run
    }

    /// Runs at a level of these replications, as far as there are any.
    func runs(at level: Double, of replications: [CapacityReplication]) -> [CapacityRun] {
        replications.compactMap { run(at: level, $0) }
    }

    /// What a run said. A stretch that is too short to tell whether the queue grows holds as long
    /// as the whole trace does not fail by that.
    func answer(at level: Double, _ replication: CapacityReplication) -> CapacityAnswer {
        let run = run(at: level, replication)!
        var holds = run.standing == .holds
        if run.standing == .unclear, case .stretch = replication {
            holds = !ended.contains { other in
                other.run.replication == .whole && !axis.levels.isHarder(other.level, than: level)
                    && [.growing, .unclear].contains(other.run.standing)
            }
        }
        return CapacityAnswer(holds: holds, isHopeless: run.isHopeless)
    }

    /// The runs that are asked for, in that order.
    mutating func run(
        _ asked: [(level: Double, replication: CapacityReplication)]
    ) throws -> [CapacityRun] {
        let new = asked.filter { run(at: $0.level, $0.replication) == nil }
        let (axis, progress, before) = (axis, progress, ended.count)
        let count = Mutex(before)
        let runs = try mapOnAllCores(new) { level, replication in
            let run = try Self.run(axis, level, replication)
            progress(
                count.withLock {
                    $0 += 1
                    return $0
                })
            return run
        }
        for (ask, run) in zip(new, runs) { ended.append((ask.level, run)) }
        return asked.map { run(at: $0.level, $0.replication)! }
    }

    private static func run(
        _ axis: CapacityAxis, _ level: Double, _ replication: CapacityReplication
    ) throws -> CapacityRun {
        var configuration = try axis.configuration(at: level)
        var rows: Range<Int>?
        switch replication {
        case .seed(let seed): configuration.seed = seed
        case .whole: break
        case .stretch(let range, let warmup):
            rows = range
            configuration.output.warmup = warmup > 0 ? .requests(warmup) : nil
            configuration.output.cooldown = nil
        }
        // A store of its own: another load has other times, and nobody waits for its lock.
        let trial = try Trial(configuration, traces: TraceStore(), rows: rows)
        return CapacityRun(trial, replication, isCount: axis.levels.isCount)
    }
}
