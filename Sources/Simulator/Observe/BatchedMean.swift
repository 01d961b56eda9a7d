import Basics

/// A mean of successive values with a 95 % interval that allows for correlated neighbours, by the
/// method of batch means.
///
/// Uses at least 20 and fewer than 40 batches of equal size, which grows with the number of values.
/// The means of few, long batches are nearly independent (B. Schmeiser, "Batch size effects in the
/// analysis of simulation output", Operations Research 30, 1982). If the means of neighbouring
/// batches are still correlated, they count as fewer.
package struct BatchedMean: Sendable {
    /// At this many batches, neighbours are joined in pairs.
    private static let most = 40

    private var size = 1
    private var sums: [Double] = []
    private var current = 0.0
    private var inCurrent = 0
    private var total = 0.0
    /// Number of values.
    package private(set) var count = 0

    /// No values.
    package init() {}

    /// Adds the next value. O(1) amortised.
    package mutating func add(_ value: Double) {
        count += 1
        total += value
        current += value
        inCurrent += 1
        guard inCurrent == size else { return }
        sums.append(current)
        (current, inCurrent) = (0, 0)
        guard sums.count == Self.most else { return }
        sums = stride(from: 0, to: Self.most, by: 2).map { sums[$0] + sums[$0 + 1] }
        size *= 2
    }

    /// The mean of all values and its interval; nil for fewer than 40 values. O(1).
    package var interval: MeanInterval? {
        guard count >= Self.most else { return nil }
        var interval = MeanInterval(sums.map { $0 / Double(size) })
        interval?.mean = total / Double(count)
        return interval
    }
}

/// A mean with the half-width of its 95 % interval.
package struct MeanInterval: Sendable, Equatable {
    package internal(set) var mean: Double
    package let halfWidth: Double
    /// Number of batch means it is computed from.
    package let batches: Int

    /// From the means of consecutive batches; nil for fewer than ten.
    init?(_ means: [Double]) {
        guard means.count >= 10 else { return nil }
        let count = Double(means.count)
        let mean = means.reduce(0, +) / count
        let distances = means.map { $0 - mean }
        let squares = distances.reduce(0) { $0 + $1 * $1 }
        let effective = Self.independent(distances)
        let freedom = max(Self.leastFreedom, effective - 1)
        let error = (squares / (count - 1) / effective).squareRoot()
        self.mean = mean
        halfWidth = error * StudentT.critical(tail: 0.025, freedom: freedom)
        batches = means.count
    }

    /// Fewest degrees of freedom assumed. The correlation is itself an estimate, and with fewer,
    /// chance would decide the width of the interval.
    static let leastFreedom = 5.0

    /// How many independent values these count as, by the correlation r of neighbours: n (1 − r) /
    /// (1 + r), at least two and at most n.
    static func independent(_ distances: [Double]) -> Double {
        let squares = distances.reduce(0) { $0 + $1 * $1 }
        guard squares > 0 else { return Double(distances.count) }
        let products = zip(distances, distances.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        let correlation = min(max(0, products / squares), 0.999)
        return max(2, Double(distances.count) * (1 - correlation) / (1 + correlation))
    }

    /// The same in another unit.
    package func scaled(by factor: Double) -> MeanInterval {
        MeanInterval(mean: mean * factor, halfWidth: halfWidth * factor, batches: batches)
    }

    private init(mean: Double, halfWidth: Double, batches: Int) {
        self.mean = mean
        self.halfWidth = halfWidth
        self.batches = batches
    }

    /// Both ends. Measured values (times and rates) are never below 0.
    package var low: Double { max(0, mean - halfWidth) }
    package var high: Double { mean + halfWidth }
}
