import Basics
import Foundation

/// The loads that a search for capacity may try: loads, of which more is harder, or numbers of
/// replicas, of which fewer is harder.
struct CapacityLevels: Sendable {
    /// Whether levels are whole numbers of which fewer are harder.
    var isCount: Bool
    /// The ends, both possible.
    var least: Double
    var most: Double
    /// Steps of a load in a unit; 0: any load is possible.
    var stepsInUnit = 0.0

    /// Smallest relative difference between two loads of a search: a fiftieth.
    static let resolution = 1.02

    /// Whether a level is harder than another.
    func isHarder(_ level: Double, than other: Double) -> Bool {
        isCount ? level < other : level > other
    }

    /// A level harder by a factor; nil at the end.
    func harder(_ level: Double, by factor: Double) -> Double? {
        moved(level, by: isCount ? 1 / factor : factor)
    }

    /// A level easier by a factor; nil at the end.
    func easier(_ level: Double, by factor: Double) -> Double? {
        moved(level, by: isCount ? factor : 1 / factor)
    }

    private func moved(_ level: Double, by factor: Double) -> Double? {
        var target = level * factor
        if isCount {
            target =
                factor > 1
                ? max(level + 1, target.rounded(.down)) : min(level - 1, target.rounded(.up))
        }
        target = min(most, max(least, isCount ? target : rounded(target)))
        return target == level ? nil : target
    }

    /// Levels that cut the way between two into `parts`, from easy to hard; none where they are
    /// neighbours.
    func between(_ easy: Double, _ hard: Double, parts: Int) -> [Double] {
        let (low, high) = (min(easy, hard), max(easy, hard))
        guard isCount ? high - low > 1 : high > low * Self.resolution else { return [] }
        var cuts: [Double] = []
        for part in 1..<parts {
            let share = Double(part) / Double(parts)
            let cut =
                isCount
                ? (low + (high - low) * share).rounded()
                : rounded(low * PortableMath.exp(PortableMath.log(high / low) * share))
            if cut > low, cut < high, cuts.last != cut { cuts.append(cut) }
        }
        return isCount ? cuts.reversed() : cuts
    }

    /// A load that reads well and repeats exactly: four significant digits.
    func rounded(_ level: Double) -> Double {
        let short = Double(String(format: "%.4g", level)) ?? level
        return stepsInUnit > 0 ? (short * stepsInUnit).rounded() / stepsInUnit : short
    }
}

/// Two loads, neighbours where the search has ended: at one a replication holds what is promised,
/// at the other it does not.
struct CapacityEdge: Sendable, Equatable {
    /// Nil: it held nowhere.
    var holding: Double?
    /// Nil: it held everywhere.
    var failing: Double?
}

/// What a run said to the search.
struct CapacityAnswer: Sendable, Equatable {
    var holds: Bool
    /// It failed, and no easier load can change that.
    var isHopeless = false
}

/// Finds the edge of one replication: steps away from a start until the answer changes, then
/// sections.
struct CapacityEdgeFinder: Sendable {
    private let levels: CapacityLevels
    private let start: Double
    private let parts: Int
    private var factor: Double
    private var isOver = false
    private(set) var edge: CapacityEdge

    /// Begins at a start, or from what is known of the edge. The first step is by `factor`, the
    /// next ones by its square, at most 2; sections are cut into `parts`.
    init(
        _ levels: CapacityLevels, start: Double, factor: Double, parts: Int,
        known: CapacityEdge = .init()
    ) {
        (self.levels, self.start, self.factor, self.parts) = (levels, start, factor, parts)
        edge = known
    }

    /// What to try next, all of it, from easy to hard; empty: it has ended.
    var wanted: [Double] {
        guard !isOver else { return [] }
        switch (edge.holding, edge.failing) {
        case (nil, nil): return [start]
        case (let holding?, nil): return levels.harder(holding, by: factor).map { [$0] } ?? []
        case (nil, let failing?): return levels.easier(failing, by: factor).map { [$0] } ?? []
        case (let holding?, let failing?):
            return levels.between(holding, failing, parts: parts)
        }
    }

    /// Takes the answers to `wanted`, in that order. Where they contradict one another (the edge
    /// is noisy), the first failure counts.
    mutating func take(_ answers: [(level: Double, answer: CapacityAnswer)]) {
        if edge != CapacityEdge() { factor = min(2, factor * factor) }
        for (level, answer) in answers {
            guard answer.holds else {
                edge.failing = level
                isOver = edge.holding == nil && answer.isHopeless
                return
            }
            edge.holding = level
        }
    }
}
