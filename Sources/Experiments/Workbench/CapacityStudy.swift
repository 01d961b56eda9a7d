import Basics
import Results
import Scenario
import Synchronization

/// Finds the highest rate, or the fewest replicas or GPUs, at which a configuration holds its
/// promises.
///
/// A run holds if every promise is met and the cluster does not fall behind
/// (`CapacityRun.Standing`). The edge is noisy, so several replications are searched
/// (`CapacitySearch`): other seeds if requests or times are drawn, else the whole trace and
/// stretches of it.
package struct CapacityStudy: Sendable {
    /// How it ended.
    package enum Ending: Sendable, Equatable {
        case found
        /// No tried level holds the promises.
        case nothing
        /// Cannot be decided, with the reason.
        case undecided(String)
    }

    /// All runs at a load.
    package struct Point: Sendable {
        package var level: Double
        /// Level in the study's unit: replicas, GPUs, or the requests per second that arrived.
        package var x: Double
        /// The nominal level: for a rate, as if no turn waited for an answer.
        package var nominal: Double
        package var runs: [CapacityRun]
        /// The stretches of a recorded trace that ran at this load.
        package var stretches: [CapacityRun] = []

        /// Number of runs that hold.
        package var holding: Int { runs.count { $0.standing == .holds } }
        /// Number of runs that miss no promise but are too short to tell whether their queues grow.
        package var undecided: Int { runs.count { $0.standing == .unclear } }
        /// Runs that hold, of those at this load.
        package var share: Double { Double(holding) / Double(max(1, runs.count)) }
        /// Whether at least half hold; nil if that depends on undecided runs.
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
        /// Mean of a figure over the runs that have it; nil if none has.
        package func figure(_ key: String) -> Double? {
            let values = runs.compactMap { $0.figures[key] }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
    }

    package let axis: CapacityAxis
    package let replications: [CapacityReplication]
    package internal(set) var ending: Ending
    /// The edge and its interval in the study's unit, with rates as they arrived; nil unless found.
    /// `high` is nil if some replication holds at the hardest load, and if harder loads bring no
    /// higher rate. If some stretch of the trace holds at no load, `low` is nil for rates, and
    /// `high` for replicas.
    package let value: Double?
    package let low: Double?
    package let high: Double?
    /// The level that gives `value`.
    package let level: Double?
    /// The level at which every replication holds, and the one at which none does.
    package let safe: Double?
    package let tooHard: Double?
    /// Whether `value` is only a lower bound: turns that wait for answers and pauses keep the rate
    /// below four fifths of the nominal one, and the trace cannot bring more.
    package let isBound: Bool
    /// Probability that the interval encloses the median edge.
    package let confidence: Double
    /// Whether every replication ran at both ends and agreed.
    package let isConfirmed: Bool
    /// The curve, from easy to hard.
    package let points: [Point]
    /// How close each limit is just beyond capacity, the fullest first.
    package let pressures: [CapacityPressure]
    /// Number of runs.
    package internal(set) var runs: Int
    /// The promises; empty: none, so that only falling behind counts.
    package let requirements: [ServiceRequirement]
    /// What makes a request good; empty: no limits.
    package let objective: String
    /// The model, the hardware and the trace.
    package let headline: String
    package let notes: [String]
    /// The compared tensor-parallel sizes, with the fewest GPUs of each.
    package internal(set) var layouts: [CapacityLayout] = []

    /// Searches along an axis. `seeds` replace the configuration's. `progress` receives the number
    /// of ended runs.
    ///
    /// - Throws: `InputError` for a configuration that cannot be resolved, read or changed.
    package init(
        _ asked: Configuration, over: CapacityAxis.Over, seeds: CapacitySeeds? = nil,
        notes: [String] = [],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        try self.init(
            CapacityFinding(asked, over: over, seeds: seeds, progress: progress), notes: notes)
    }

    /// Adds the curve to a finding.
    init(_ finding: CapacityFinding, notes: [String] = []) throws {
        var finding = finding
        let (axis, interval) = (finding.axis, finding.interval)
        let isWhole = finding.replications[0] == .whole
        let samples = finding.replications.count - (isWhole ? 1 : 0)
        // For a whole trace, its own first miss shows what breaks; its stretches may go far beyond.
        let ownMiss = isWhole ? finding.search.edges[0].failing : nil
        let curve = Self.curve(finding.search, interval, axis, and: ownMiss)
        let shownBy = isWhole ? [.whole] : finding.replications
        try finding.runner.run(
            curve.flatMap { level in shownBy.map { (level, $0) } }, endsEarly: false)
        let runner = finding.runner
        let points = curve.map { level in
            var point = Point(axis, level, runner.runs(at: level, of: shownBy))
            if isWhole {
                let stretches = Array(finding.replications.dropFirst())
                point.stretches = runner.runs(at: level, of: stretches)
            }
            return point
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
        objective = base.slo.description
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
            // Between the largest number at which none holds and the smallest at which all do.
            return Edge(
                level: interval.value, value: axis.shown(interval.value),
                low: axis.shown((interval.noneHolds ?? 0) + 1),
                high: interval.allHold.map(axis.shown))
        }
        func came(_ level: Double) -> Double? { points.first { $0.level == level }?.x }
        let value = came(interval.value) ?? axis.shown(interval.value)
        // Arriving rates at neighbouring levels may differ more by chance than the levels do. If
        // late answers delay the next turns, a level that is too hard has a lower arriving rate;
        // then use its nominal rate.
        var edge = Edge(
            level: interval.value, value: value,
            low: interval.allHold.map { min(value, came($0) ?? value) },
            high: interval.noneHolds.map { level in
                came(level).flatMap { $0 > value ? $0 : nil } ?? max(value, axis.shown(level))
            })
        edge.isBound = value < slowest * axis.shown(interval.value)
        guard edge.isBound else { return edge }
        // Sessions that start together may even bring a lower rate, so the highest rate that held
        // counts.
        let held = points.filter { $0.meets == true }
        let most = held.max { $0.x < $1.x }
        return Edge(
            level: most?.level ?? interval.value, value: most?.x ?? value, low: most?.x ?? value,
            isBound: true)
    }

    /// Below this share of the nominal rate, requests that wait for others determine the rate.
    private static let slowest = 0.8

    /// Loads of the curve, from easy to hard, to beyond the knee. If nothing holds, the easiest
    /// load that was tried.
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
        // Skip levels that the search would not distinguish from one of these.
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

    /// Notes on loads that are easier than one which all hold, but not held by all: so near the
    /// edge chance decides.
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

    /// A note if requests arrived slower than the nominal rate, because turns wait for pauses that
    /// no rate shortens.
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
