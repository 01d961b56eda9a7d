import Basics

/// Least squares of the constants that data determine, by Gauss and Newton's method on differences
/// of whole runs.
///
/// Which constants are determined is decided by what the data say of all of them together: one at
/// a time is taken up, in `CalibrationConstant.order`, as long as each one's 95 % interval stays
/// narrow beside its size. What a difference of runs shows is partly the phase in which requests
/// come to lie; two differences of neighbouring points are multiplied instead of one squared, so
/// that noise alone adds nothing to what is known.
struct CalibrationFit {
    let server: CalibrationServer
    let evidence: [any CalibrationEvidence]
    /// Constants that may be fitted, in order.
    let candidates: [CalibrationConstant]
    private(set) var values: CalibrationValues
    /// Those that were.
    private(set) var fitted: [CalibrationConstant] = []
    /// Why the others were not.
    private(set) var reasons: [CalibrationConstant: String] = [:]
    /// The figures of all evidence, one after the other, with errors as large as what is left.
    private(set) var figures: [CalibrationFigure]
    /// Which evidence a figure is of.
    let origins: [Int]
    /// Differences at the end, of the fitted constants.
    private(set) var slopes: Slopes
    /// Figures with the fitted constants.
    private(set) var predicted: [Double] = []
    /// Told before each round of runs.
    private let report: @Sendable (String) -> Void

    /// Runs, at most, in which constants are taken up and let go.
    private static let rounds = 4
    /// Steps of the method in each.
    private static let steps = 8

    /// Fits constants.
    ///
    /// - Throws: what simulations throw.
    init(
        _ server: CalibrationServer, _ evidence: [any CalibrationEvidence],
        candidates: [CalibrationConstant], report: @escaping @Sendable (String) -> Void
    ) throws {
        self.server = server
        self.evidence = evidence
        self.candidates = candidates
        self.report = report
        values = server.base
        figures = evidence.flatMap(\.figures)
        origins = evidence.indices.flatMap { place in evidence[place].figures.map { _ in place } }
        slopes = Slopes(constants: [], first: [], second: [])
        try scan()
        for round in 0..<Self.rounds {
            report("constants: round \(round + 1)")
            let all = try difference(candidates)
            let chosen = select(all)
            let isSame = chosen == fitted
            fitted = chosen
            for constant in candidates where !chosen.contains(constant) {
                values[constant] = server.base[constant]
            }
            try descend()
            if round == 0 || !isSame { rescale() }
            if isSame { break }
        }
        slopes = try difference(fitted)
        predicted = slopes.base
    }

    // MARK: Figures

    private func predict(_ points: [CalibrationValues]) throws -> [[Double]] {
        try evidence.predictions(points, server).map { Array($0.joined()) }
    }

    /// Beyond so many errors a figure counts less and less (Huber 1964).
    private static let huber = 2.5

    /// (measured − predicted) / error of each figure.
    func residuals(_ predicted: [Double]) -> [Double] {
        zip(figures, predicted).map { ($0.measured - $1) / $0.error }
    }

    private static func weight(_ residual: Double) -> Double {
        residual.magnitude <= huber ? 1 : huber / residual.magnitude
    }

    private func loss(_ predicted: [Double]) -> Double {
        residuals(predicted).reduce(0) { sum, residual in
            let size = residual.magnitude
            return sum
                + (size <= Self.huber
                    ? size * size : Self.huber * (2 * size - Self.huber))
        }
    }

    // MARK: Starting

    /// Sets constants that are far from right before slopes are looked at: a launch that hides
    /// behind the GPU has none.
    private mutating func scan() throws {
        var best = loss(try predict([values])[0])
        for constant in candidates where evidence.contains(where: { !$0.figures.isEmpty }) {
            let start = values[constant]
            let step = max(constant.size, 0.5 * start)
            let points = [-2, -1, 1, 2, 4].map { values.with(constant, start + $0 * step) }
                .filter { $0 != values }
            let losses = try predict(points).map(loss)
            guard let place = losses.indices.min(by: { losses[$0] < losses[$1] }),
                losses[place] < 0.97 * best
            else { continue }
            values = points[place]
            best = losses[place]
        }
    }

    // MARK: Slopes

    /// Slopes of the figures, per `size` of a constant and in errors of a figure, from two
    /// neighbouring differences.
    struct Slopes {
        var constants: [CalibrationConstant]
        /// By constant, then by figure.
        var first: [[Double]]
        var second: [[Double]]
        /// The figures where the slopes are.
        var base: [Double] = []

        func mean(_ index: Int, _ figure: Int) -> Double {
            (first[index][figure] + second[index][figure]) / 2
        }
    }

    private func difference(_ constants: [CalibrationConstant]) throws -> Slopes {
        var points = [values]
        var lows: [Bool] = []
        for constant in constants {
            let value = values[constant]
            let step = step(constant)
            let isLow = value - step < constant.bounds.lowerBound
            lows.append(isLow)
            points.append(values.with(constant, isLow ? value + step : value - step))
            points.append(values.with(constant, isLow ? value + 2 * step : value + step))
        }
        let all = try predict(points)
        var slopes = Slopes(constants: constants, first: [], second: [], base: all[0])
        for (index, constant) in constants.enumerated() {
            let scale = step(constant) / constant.size
            let (one, two) = (all[1 + 2 * index], all[2 + 2 * index])
            func rise(_ from: [Double], _ to: [Double]) -> [Double] {
                figures.indices.map { (to[$0] - from[$0]) / scale / figures[$0].error }
            }
            slopes.first.append(lows[index] ? rise(all[0], one) : rise(one, all[0]))
            slopes.second.append(lows[index] ? rise(one, two) : rise(all[0], two))
        }
        return slopes
    }

    private func step(_ constant: CalibrationConstant) -> Double {
        max(0.5 * constant.size, 0.1 * values[constant])
    }

    /// What the figures say of some of the constants: Σ slope · slope, from two differences.
    static func information(
        _ slopes: Slopes, _ chosen: [Int], _ weights: [Double]
    ) -> [[Double]] {
        chosen.map { row in
            chosen.map { column in
                var sum = 0.0
                for figure in weights.indices {
                    sum +=
                        weights[figure] / 2
                        * (slopes.first[row][figure] * slopes.second[column][figure]
                            + slopes.second[row][figure] * slopes.first[column][figure])
                }
                return sum
            }
        }
    }

    // MARK: Choosing

    /// Half of a 95 % interval may be so much of the constant, or of its size, whichever is more.
    private static let widest = 0.5

    /// The constants that the figures determine together.
    private mutating func select(_ slopes: Slopes) -> [CalibrationConstant] {
        let left = residuals(slopes.base)
        let weights = left.map(Self.weight)
        var chosen: [Int] = []
        for index in candidates.indices {
            let tried = chosen + [index]
            if isDetermined(slopes, tried, weights) {
                chosen = tried
                reasons[candidates[index]] = nil
            } else {
                reasons[candidates[index]] = reason(slopes, index, chosen, weights)
            }
        }
        return chosen.map { candidates[$0] }
    }

    private func isDetermined(_ slopes: Slopes, _ tried: [Int], _ weights: [Double]) -> Bool {
        guard tried.count < figures.count,
            let variances = LeastSquares.inverseDiagonal(
                Self.information(slopes, tried, weights))
        else { return false }
        return zip(tried, variances).allSatisfy { index, variance in
            guard variance > 0, variance.isFinite else { return false }
            let relative = values[candidates[index]] / candidates[index].size
            return 2 * variance.squareRoot() <= Self.widest * max(1, relative)
        }
    }

    private func reason(
        _ slopes: Slopes, _ index: Int, _ chosen: [Int], _ weights: [Double]
    ) -> String {
        let alone = Self.information(slopes, [index], weights)[0][0]
        let size = max(1, values[candidates[index]] / candidates[index].size)
        guard alone > 0, 2 / alone.squareRoot() <= Self.widest * size else {
            return "hardly moves what was measured"
        }
        let others = chosen.filter { other in
            let both = Self.information(slopes, [index, other], weights)
            let shared = both[0][1] / (both[0][0] * both[1][1]).squareRoot()
            return shared.magnitude > 0.7
        }
        let names = (others.isEmpty ? chosen : others).map { candidates[$0].rawValue }
        return "moves the same figures as \(names.joined(separator: ", "))"
    }

    // MARK: Descent

    /// Moves the fitted constants to the least sum of squares.
    private mutating func descend() throws {
        guard !fitted.isEmpty else { return }
        var damping = 1e-3
        for _ in 0..<Self.steps {
            let slopes = try difference(fitted)
            let before = loss(slopes.base)
            var isBetter = false
            var change = 0.0
            let points = [damping, 30 * damping, 1000 * damping, 1e5 * damping].map {
                moved(slopes, damping: $0)
            }
            let losses = try predict(points).map(loss)
            if let place = losses.indices.min(by: { losses[$0] < losses[$1] }),
                losses[place] < before
            {
                change = (before - losses[place]) / before
                values = points[place]
                isBetter = true
                damping = max(1e-4, damping * [0.3, 3, 30, 300][place])
            }
            if !isBetter || change < 1e-3 { break }
        }
    }

    private func moved(_ slopes: Slopes, damping: Double) -> CalibrationValues {
        let left = residuals(slopes.base)
        let weights = left.map(Self.weight)
        var free = Array(fitted.indices)
        // A constant at its bound that would go beyond is left there, and the others move on.
        while !free.isEmpty {
            var matrix = free.map { row in
                free.map { column in
                    left.indices.reduce(0) {
                        $0 + weights[$1] * slopes.mean(row, $1) * slopes.mean(column, $1)
                    }
                }
            }
            let right = free.map { row in
                left.indices.reduce(0) { $0 + weights[$1] * slopes.mean(row, $1) * left[$1] }
            }
            for index in free.indices {
                matrix[index][index] *= 1 + damping
                matrix[index][index] += 1e-12
            }
            guard let steps = LeastSquares.solve(matrix, right) else { return values }
            let blocked = free.indices.filter { index in
                let constant = fitted[free[index]]
                return (steps[index] < 0 && values[constant] <= constant.bounds.lowerBound)
                    || (steps[index] > 0 && values[constant] >= constant.bounds.upperBound)
            }
            if blocked.isEmpty {
                var moved = values
                for (index, step) in zip(free, steps) {
                    let constant = fitted[index]
                    moved = moved.with(constant, values[constant] + step * constant.size)
                }
                return moved
            }
            free = free.indices.filter { !blocked.contains($0) }.map { free[$0] }
        }
        return values
    }

    /// Makes the errors of each evidence's figures of a kind as large as what is left of them.
    private mutating func rescale() {
        guard let now = try? predict([values])[0] else { return }
        let left = residuals(now)
        for place in evidence.indices {
            for kind in CalibrationFigure.Kind.allCases {
                let members = figures.indices.filter {
                    origins[$0] == place && figures[$0].kind == kind && !figures[$0].isAssumed
                }
                guard members.count >= 4 else { continue }
                let spread = members.map { left[$0].magnitude }.median! * 1.48
                for index in members { figures[index].error *= min(max(spread, 0.1), 3) }
            }
        }
    }
}
