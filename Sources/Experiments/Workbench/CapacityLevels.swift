import Basics
import Foundation

/// The levels that a capacity search may try: loads, where more is harder, or numbers of replicas,
/// where fewer is harder.
struct CapacityLevels: Sendable {
    /// Whether levels are whole numbers, where fewer is harder.
    var isCount: Bool
    /// The lowest and highest level, both allowed.
    var least: Double
    var most: Double
    /// Resolution of a load, in steps per unit; 0: any load is allowed.
    var stepsInUnit = 0.0

    /// Smallest ratio between two loads of a search: a difference of a fiftieth.
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

    /// Levels that split the range between two into `parts`, from easy to hard; empty if they are
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

    /// A load rounded to four significant digits, which is readable and repeats exactly.
    func rounded(_ level: Double) -> Double {
        let short = Double(String(format: "%.4g", level)) ?? level
        return stepsInUnit > 0 ? (short * stepsInUnit).rounded() / stepsInUnit : short
    }
}

/// Two levels, neighbours once the search has ended: at one a replication holds the promises, at
/// the other it does not.
struct CapacityEdge: Sendable, Equatable {
    /// Nil: it held nowhere.
    var holding: Double?
    /// Nil: it held everywhere.
    var failing: Double?
}

/// A run's answer to the search.
struct CapacityAnswer: Sendable, Equatable {
    var holds: Bool
    /// Whether it failed in a way that no easier load can change.
    var isHopeless = false
}

/// Finds the edge of one replication: steps away from a start until the answer changes, then splits
/// the interval.
struct CapacityEdgeFinder: Sendable {
    private let levels: CapacityLevels
    private let start: Double
    private let parts: Int
    private var factor: Double
    private var isOver = false
    private(set) var edge: CapacityEdge

    /// Starts at a level, or from what is known of the edge. The first step is by `factor`, later
    /// ones by its square, at most 2. Intervals are split into `parts`.
    init(
        _ levels: CapacityLevels, start: Double, factor: Double, parts: Int,
        known: CapacityEdge = .init()
    ) {
        (self.levels, self.start, self.factor, self.parts) = (levels, start, factor, parts)
        edge = known
    }

    /// The levels to try next, from easy to hard; empty when the search has ended.
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

    /// Takes the answers to `wanted`, in that order. If they contradict each other (the edge is
    /// noisy), the first failure counts.
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
