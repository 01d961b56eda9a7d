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
package struct CapacityStudy: Sendable {
    /// How it ended.
    package enum Ending: Sendable, Equatable {
        case found
        /// Nothing that was tried holds the promises.
        case nothing
        /// Why it cannot be said.
        case undecided(String)
    }

    /// All runs at a load.
    package struct Point: Sendable {
        package var level: Double
        /// In the study's unit: replicas, GPUs, or the requests per second that came.
        package var x: Double
        /// The same as the level says it: a rate at which no turn waits for an answer.
        package var nominal: Double
        package var runs: [CapacityRun]

        /// Runs that hold.
        package var holding: Int { runs.count { $0.standing == .holds } }
        /// Runs that break no promise and are too short to tell whether their queues grow.
        package var undecided: Int { runs.count { $0.standing == .unclear } }
        /// Runs that hold, of those at this load.
        package var share: Double { Double(holding) / Double(max(1, runs.count)) }
        /// Whether at least half do; nil: it hangs on runs that are not decided.
        package var meets: Bool? {
            if 2 * holding >= runs.count { return true }
            return 2 * (holding + undecided) >= runs.count ? nil : false
        }
        /// Whether no run can hold.
        package var isBeyond: Bool { holding + undecided == 0 }
        /// Requests per second as they arrived, mean over the runs.
        package var offered: Double {
            runs.isEmpty ? 0 : runs.map(\.offered).reduce(0, +) / Double(runs.count)
        }
        /// Mean of a figure over the runs that have it; nil where none has.
        package func figure(_ key: String) -> Double? {
            let values = runs.compactMap { $0.figures[key] }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
    }

    package let axis: CapacityAxis
    package let replications: [CapacityReplication]
    package internal(set) var ending: Ending
    /// The edge and its interval in the study's unit, rates as they came; nil unless found. `high`
    /// is nil where some replication holds at the hardest load there is, and where harder loads
    /// bring no higher rate. Of rates `low`, of replicas `high` is nil where some stretch of the
    /// trace holds at no load.
    package let value: Double?
    package let low: Double?
    package let high: Double?
    /// The level that gives `value`.
    package let level: Double?
    /// The level at which every replication holds, and that at which none does.
    package let safe: Double?
    package let tooHard: Double?
    /// Whether `value` bounds the rate from below: turns that wait for their answers and for pauses
    /// keep it under four fifths of what the level says, so that the trace brings no more.
    package let isBound: Bool
    /// Probability that the interval encloses the median edge.
    package let confidence: Double
    /// Whether every replication was asked at both ends and agreed.
    package let isConfirmed: Bool
    /// The curve, from easy to hard.
    package let points: [Point]
    /// How near each limit is just beyond capacity, the fullest first.
    package let pressures: [CapacityPressure]
    /// How many runs there were.
    package internal(set) var runs: Int
    /// What was promised; empty: nothing, so that only falling behind counts.
    package let requirements: [ServiceRequirement]
    package let assumesGoodput: Bool
    /// What makes a request good; empty: nothing.
    package let objective: String
    /// What is served, on what, and by which trace.
    package let headline: String
    package let notes: [String]
    /// Tensor-parallel sizes that were compared, with the fewest GPUs of each.
    package internal(set) var layouts: [CapacityLayout] = []

    /// Searches along an axis; `seeds` replace the configuration's.
    ///
    /// `progress` receives the number of runs that have ended.
    ///
    /// - Throws: `InputError` for what cannot be resolved, read or changed.
    package init(
        _ asked: Configuration, over: CapacityAxis.Over, seeds: CapacitySeeds? = nil,
        notes: [String] = [],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        try self.init(
            CapacityFinding(asked, over: over, seeds: seeds, progress: progress), notes: notes)
    }

    /// Draws the curve of what was found.
    init(_ finding: CapacityFinding, notes: [String] = []) throws {
        var finding = finding
        let (axis, interval) = (finding.axis, finding.interval)
        let isWhole = finding.replications[0] == .whole
        let samples = finding.replications.count - (isWhole ? 1 : 0)
        // Of a whole trace its own first miss tells what breaks: stretches may go on far beyond.
        let ownMiss = isWhole ? finding.search.edges[0].failing : nil
        let curve = Self.curve(finding.search, interval, axis, and: ownMiss)
        let shownBy = isWhole ? [.whole] : finding.replications
        try finding.runner.run(
            curve.flatMap { level in shownBy.map { (level, $0) } }, endsEarly: false)
        let runner = finding.runner
        let points = curve.map { level in
            Point(axis, level, runner.runs(at: level, of: shownBy))
        }
        let beyond =
            ownMiss.flatMap { curve.contains($0) ? $0 : nil }
            ?? interval.map { $0.noneHolds ?? $0.allHold ?? $0.value } ?? curve.first ?? axis.start
        let first = runner.runs(at: beyond, of: shownBy)
        self.axis = axis
        replications = finding.replications
        ending = finding.ending
        let edge = interval.map { Self.edge($0, axis, points) }
        (value, low, high) = (edge?.value, edge?.low, edge?.high)
        isBound = edge?.isBound ?? false
        level = edge?.level
        (safe, tooHard) = (interval?.allHold, interval?.noneHolds)
        confidence = CapacityInterval.confidence(replications: samples)
        isConfirmed = finding.search.isConfirmed
        self.points = points
        pressures = CapacityPressure.means(first.map(\.pressures))
        runs = runner.count
        let (base, resolved) = (axis.base, try axis.base.resolved())
        requirements = base.slo.requirements
        assumesGoodput = !base.slo.promises && !base.slo.requirements.isEmpty
        objective = base.slo.limits.description
        headline = resolved.headline(trace: finding.traceName)
        let shown = interval.map { runner.runs(at: $0.value, of: shownBy) } ?? first
        let warnings = shown.first?.warnings ?? resolved.warnings
        self.notes =
            notes + warnings + Self.slowTurns(points, interval, axis)
            + Self.easierMisses(points, interval, axis) + ["clock: " + resolved.clockDescription]
    }

    private struct Edge {
        var level, value: Double
        var low, high: Double?
        var isBound = false
    }

    /// The edge and both ends in the study's unit.
    private static func edge(
        _ interval: CapacityInterval, _ axis: CapacityAxis, _ points: [Point]
    ) -> Edge {
        guard !axis.levels.isCount else {
            // Between the most at which none holds and the fewest at which all do.
            return Edge(
                level: interval.value, value: axis.shown(interval.value),
                low: axis.shown((interval.noneHolds ?? 0) + 1),
                high: interval.allHold.map(axis.shown))
        }
        func came(_ level: Double) -> Double? { points.first { $0.level == level }?.x }
        let value = came(interval.value) ?? axis.shown(interval.value)
        // What comes at neighbouring levels may differ by chance more than the levels do. Where
        // late answers hold the next turns back, less comes at a level that is too hard: then its
        // times say how much was asked for.
        var edge = Edge(
            level: interval.value, value: value,
            low: interval.allHold.map { min(value, came($0) ?? value) },
            high: interval.noneHolds.map { level in
                came(level).flatMap { $0 > value ? $0 : nil } ?? max(value, axis.shown(level))
            })
        edge.isBound = value < slowest * axis.shown(interval.value)
        guard edge.isBound else { return edge }
        // Sessions that begin together may even bring less: the highest rate that was held counts.
        let held = points.filter { $0.meets == true }
        let most = held.max { $0.x < $1.x }
        return Edge(
            level: most?.level ?? interval.value, value: most?.x ?? value, low: most?.x ?? value,
            isBound: true)
    }

    /// Below this share of what a level says, requests that wait for others set the rate.
    private static let slowest = 0.8

    /// Loads of the curve, from easy to hard: up to beyond the knee, or where nothing holds those
    /// that were tried last.
    private static func curve(
        _ search: CapacitySearch, _ interval: CapacityInterval?, _ axis: CapacityAxis,
        and ownMiss: Double?
    ) -> [Double] {
        let levels = axis.levels
        guard let interval else {
            // The nearest miss is at the easiest load.
            let tried = search.answers.keys.map(\.level)
            let easiest = tried.reduce(axis.start) { levels.isHarder($0, than: $1) ? $1 : $0 }
            return [easiest]
        }
        var curve = [interval.value] + (interval.allHold.map { [$0] } ?? [])
        curve += [interval.noneHolds, ownMiss].compactMap(\.self)
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

    /// Says where a load that is easier than one which all hold is not held by all: chance decides
    /// so near the edge.
    private static func easierMisses(
        _ points: [Point], _ interval: CapacityInterval?, _ axis: CapacityAxis
    ) -> [String] {
        guard let safe = interval?.allHold else { return [] }
        let misses = points.filter {
            axis.levels.isHarder(safe, than: $0.level) && $0.holding < $0.runs.count
        }
        return misses.map { point in
            "\(axis.key) \(point.level) is easier than \(safe), which all hold, and is held by "
                + "\(point.holding) of \(point.runs.count): chance decides this near to the edge"
        }
    }

    /// Says where requests came slower than the rate says, as turns wait for pauses that no rate
    /// shortens.
    private static func slowTurns(
        _ points: [Point], _ interval: CapacityInterval?, _ axis: CapacityAxis
    ) -> [String] {
        guard axis.over == .rate, let interval,
            let point = points.first(where: { $0.level == interval.value }),
            point.x < slowest * point.nominal
        else { return [] }
        return [
            "at the edge, \(axis.key) \(point.level), the trace's times are those of "
                + "\(Quantity.significant(point.nominal)) requests/s, and "
                + "\(Quantity.significant(point.x)) came. Turns wait for their answers and for "
                + "pauses, which \(axis.key) does not shorten: beyond, sessions only begin closer "
                + "together. The cluster may carry a higher rate than this trace can bring. A "
                + "longer trace, a recipe, or turns that do not wait (trace.sessions) bring more"
        ]
    }
}

extension CapacityStudy.Point {
    init(_ axis: CapacityAxis, _ level: Double, _ runs: [CapacityRun]) {
        self.level = level
        self.runs = runs
        nominal = axis.shown(level)
        x = nominal
        if axis.over == .rate, offered > 0 { x = offered }
    }
}
