import Basics

/// 99 % intervals of fitted constants, by resampling periods of time with the slopes of the fit.
/// Figures without a spread of their own are drawn with their assumed error.
struct CalibrationIntervals {
    private(set) var low: [CalibrationConstant: Double] = [:]
    private(set) var high: [CalibrationConstant: Double] = [:]

    /// Widening of intervals if requests are replayed: three replays leave much of the randomness
    /// in the phase of a step at which each request arrived. Without it, a hidden server's front
    /// end was outside by up to a seventh of the half-width, in two sets of loads of two.
    static let phaseWidening = 1.5

    /// Bootstrap draws.
    static let draws = 400

    /// Normal equations of one period of time.
    private struct Block {
        var matrix: [[Double]]
        var right: [Double]
    }

    /// The intervals of a fit. O(draws · constants² · blocks).
    init(_ fit: CalibrationFit, seed: UInt64) {
        guard !fit.fitted.isEmpty else { return }
        let groups = Self.blocks(fit)
        let left = fit.residuals(fit.predicted)
        var random = SeededRandom(seed: seed, stream: 0xCA11)
        let size = fit.fitted.count
        let means = fit.slopes.values
        var found = Array(repeating: [Double](), count: size)
        for _ in 0..<Self.draws {
            var matrix = Array(repeating: Array(repeating: 0.0, count: size), count: size)
            var right = Array(repeating: 0.0, count: size)
            for (blocks, assumed) in groups {
                for _ in blocks.indices {
                    let block = blocks[random.below(blocks.count)]
                    for row in 0..<size {
                        right[row] += block.right[row]
                        for column in 0..<size { matrix[row][column] += block.matrix[row][column] }
                    }
                }
                for figure in assumed {
                    let shift = left[figure] + random.normal()
                    for row in 0..<size {
                        let slope = means[row][figure]
                        right[row] += slope * shift
                        for column in 0..<size {
                            matrix[row][column] += slope * means[column][figure]
                        }
                    }
                }
            }
            guard let change = LeastSquares.solve(matrix, right) else { continue }
            for index in 0..<size { found[index].append(change[index]) }
        }
        widen(fit, found)
    }

    /// Whether a constant's interval holds 0, is wider than the value, and holds the value that it
    /// has unfitted: then the data say nothing of it that is not known without them.
    func isOpen(
        _ constant: CalibrationConstant, _ value: Double, otherwise unfitted: Double
    ) -> Bool {
        guard let low = low[constant], let high = high[constant] else { return false }
        return low <= 0 && high - low > value && (low...high).contains(unfitted)
    }

    /// The width of an interval, in sizes of the constant.
    func width(_ constant: CalibrationConstant) -> Double {
        ((high[constant] ?? 0) - (low[constant] ?? 0)) / constant.size
    }

    /// Why an open constant is not determined, in words.
    func openness(_ constant: CalibrationConstant, _ value: Double) -> String {
        "would be \(Quantity.duration(seconds: value)), but its 99 % interval, "
            + "\(Quantity.duration(seconds: low[constant] ?? 0)) to "
            + "\(Quantity.duration(seconds: high[constant] ?? 0)), holds 0 and the base's value"
    }

    /// For each evidence, its periods of time, and the figures whose errors are assumed.
    private static func blocks(_ fit: CalibrationFit) -> [(seen: [Block], assumed: [Int])] {
        let left = fit.residuals(fit.predicted)
        let means = fit.slopes.values
        return fit.evidence.indices.map { place in
            let mine = left.indices.filter { fit.origins[$0] == place }
            let seen = mine.filter { !fit.figures[$0].isAssumed }
            let numbers = Set(seen.map { fit.figures[$0].block }).sorted()
            let blocks = numbers.map { number in
                let members = seen.filter { fit.figures[$0].block == number }
                return Block(
                    matrix: means.map { row in
                        means.map { column in
                            members.reduce(0) { $0 + row[$1] * column[$1] }
                        }
                    },
                    right: means.map { row in members.reduce(0) { $0 + row[$1] * left[$1] } })
            }
            return (blocks, mine.filter { fit.figures[$0].isAssumed })
        }
    }

    /// Percentiles of the draws around the fitted value, at least 2.6 standard errors wide on
    /// either side, since few periods say little about their spread. Adds how far the fit still
    /// moved at the end.
    private mutating func widen(_ fit: CalibrationFit, _ found: [[Double]]) {
        let weights = Array(repeating: 1.0, count: fit.figures.count)
        let information = CalibrationFit.information(fit.slopes, weights)
        let variances = LeastSquares.inverseDiagonal(information)
        // The information above has the noise subtracted. That alone may widen an interval at most
        // twofold.
        let least = LeastSquares.inverseDiagonal(
            CalibrationFit.squares(fit.slopes.values, weights))
        let widening = fit.evidence.contains { $0 is RequestEvidence } ? Self.phaseWidening : 1
        for (index, constant) in fit.fitted.enumerated() {
            let sorted = found[index].sorted()
            guard !sorted.isEmpty else { continue }
            func quantile(_ share: Double) -> Double {
                Quantile.value(share, of: sorted.count) { sorted[$0] }
            }
            let middle = quantile(0.5)
            let known = [variances, least.map { $0.map { 4 * $0 } }].compactMap { $0?[index] }
            let error = 2.6 * (known.filter { $0 > 0 }.min() ?? 0).squareRoot()
            let unrest = (fit.unrest[constant] ?? 0) / constant.size
            let unknown = 2.6 * 2.6 * (fit.unknown[constant] ?? 0)
            func wide(_ half: Double) -> Double {
                let known = max(half, error) * widening
                return (known * known + unknown).squareRoot() + unrest
            }
            let below = wide(middle - quantile(0.005))
            let above = wide(quantile(0.995) - middle)
            let value = fit.values[constant]
            low[constant] = max(constant.bounds.lowerBound, value - below * constant.size)
            high[constant] = min(constant.bounds.upperBound, value + above * constant.size)
        }
    }
}
