import Basics

/// Least-squares fit of the constants that the data determine, by the Gauss-Newton method with
/// differences of whole runs.
///
/// Constants are judged together: each is added in `CalibrationConstant.order` if all 95 %
/// intervals then stay narrow compared with the constants' sizes. A difference between runs partly
/// reflects the phase at which requests arrive. This is noise, which `information` subtracts.
struct CalibrationFit {
    let server: CalibrationServer
    let evidence: [any CalibrationEvidence]
    /// Constants that may be fitted, in order.
    let candidates: [CalibrationConstant]
    private(set) var values: CalibrationValues
    /// Constants that were fitted.
    private(set) var fitted: [CalibrationConstant] = []
    /// Why the others were not.
    private(set) var reasons: [CalibrationConstant: String] = [:]
    /// Values of constants that hide behind the GPU, and whose base value the data contradict
    /// without determining them: the nearest value to the base that the data allow.
    private var allowed: [CalibrationConstant: Double] = [:]
    /// How far each constant still moved at the end, in either direction.
    private(set) var unrest: [CalibrationConstant: Double] = [:]
    /// The figures of all evidence in sequence, with errors scaled to the residuals.
    private(set) var figures: [CalibrationFigure]
    /// The evidence that each figure belongs to.
    let origins: [Int]
    /// Slopes of the fitted constants at the end.
    private(set) var slopes: Slopes
    /// Predicted figures with the fitted constants.
    private(set) var predicted: [Double] = []
    /// Called before each round of runs.
    private let report: @Sendable (String) -> Void

    /// Most rounds of adding and removing constants, Gauss-Newton steps in each, steps of settling.
    private static let (rounds, steps, settling) = (4, 8, 3)

    /// Fits constants.
    ///
    /// - Throws: errors of simulations.
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
        for round in 0..<Self.rounds {
            report("constants: round \(round + 1)")
            try scan()
            let chosen = select(try difference(candidates))
            let isSame = chosen == fitted && round > 1
            fitted = chosen
            for constant in candidates where !chosen.contains(constant) {
                values[constant] = unfitted(constant)
            }
            try descend()
            if isSame { break }
            rescale()
        }
        try settle()
        try prune()
        for (constant, value) in allowed where !fitted.contains(constant) {
            reasons[constant] =
                "hides behind the GPU below \(Quantity.duration(seconds: value)), which it is set "
                + "to: the data contradict the base's "
                + Quantity.duration(seconds: server.base[constant])
        }
    }

    /// The value of a constant that is not fitted.
    private func unfitted(_ constant: CalibrationConstant) -> Double {
        allowed[constant] ?? server.base[constant]
    }

    // MARK: Figures

    private func predict(_ points: [CalibrationValues]) throws -> [[Double]] {
        try evidence.predictions(points, server).map { Array($0.joined()) }
    }

    /// Residuals beyond this many errors get less and less weight (Huber 1964).
    private static let huber = 2.5

    /// (measured − predicted) / error of each figure.
    func residuals(_ predicted: [Double]) -> [Double] {
        zip(figures, predicted).map { ($0.measured - $1) / $0.error }
    }

    private static func weight(_ residual: Double) -> Double {
        residual.magnitude <= huber ? 1 : huber / residual.magnitude
    }

    private func loss(_ predicted: [Double]) -> Double {
        residuals(predicted).reduce(0) { $0 + Self.part($1) }
    }

    /// The squared errors that the fitted constants leave, relative to the given errors.
    func unexplained(errors: [Double]) -> Double {
        zip(zip(figures, predicted), errors).reduce(0) { sum, pair in
            sum + Self.part((pair.0.0.measured - pair.0.1) / pair.1)
        }
    }

    private static func part(_ residual: Double) -> Double {
        let size = residual.magnitude
        return size <= huber ? size * size : huber * (2 * size - huber)
    }

    // MARK: Starting

    /// Constants that affect a step only above some value and hide behind the GPU below it, where
    /// slopes tell nothing.
    private static let hidden: [CalibrationConstant] = [
        .launchEager, .launchPiecewise, .launchGraph, .schedule,
    ]

    /// Values to try, as multiples of the present one.
    private static let scanned = [0.3, 0.6, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 6]

    /// Sets each constant that may hide to the value that leaves the smallest residuals once the
    /// others, whose slopes are valid everywhere, are fitted. Among equally good values it takes
    /// the nearest.
    private mutating func scan() throws {
        let others = candidates.filter { !Self.hidden.contains($0) }
        // More than a further constant gains by chance, given errors of the present size.
        let leastGain = 1 - 8 / Double(max(16, figures.count))
        for constant in Self.hidden
        where candidates.contains(constant) && !fitted.contains(constant) {
            let start = values[constant]
            // The nearest first: a constant that hides behind the GPU fits equally well at any
            // lower value.
            let tried = Self.scanned.map { $0 * max(start, constant.size) }
                .sorted { abs($0 - start) < abs($1 - start) }
            let slopes = try difference(others)
            var best = leftover(slopes, slopes.base)
            let all = try predict(tried.map { values.with(constant, $0) })
            for (value, predicted) in zip(tried, all) where value != start {
                let left = leftover(slopes, predicted)
                guard left < best * leastGain else { continue }
                best = left
                values = values.with(constant, value)
                allowed[constant] = value
            }
        }
    }

    /// The squared residuals that remain if the slopes' constants may take any value.
    private func leftover(_ slopes: Slopes, _ predicted: [Double]) -> Double {
        let left = residuals(predicted)
        let weights = left.map(Self.weight)
        let means = slopes.means(Array(slopes.constants.indices))
        var matrix = Self.squares(means, weights)
        // A prior of half a unit keeps constants from following noise.
        for index in means.indices { matrix[index][index] += 0.1 }
        let right = means.map { Self.product(weights, $0, left) }
        guard let steps = LeastSquares.solve(matrix, right) else { return loss(predicted) }
        var rest = left
        for (step, mean) in zip(steps, means) {
            for figure in 0..<rest.count { rest[figure] -= step * mean[figure] }
        }
        return rest.reduce(0) { $0 + Self.part($1) }
    }

    // MARK: Slopes

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
        max(constant.size, 0.1 * values[constant])
    }

    // MARK: Choosing

    /// Largest half-width of a 95 % interval, as a share of the constant or of its size, whichever
    /// is larger.
    private static let widest = 0.5

    /// The constants that the figures determine together.
    private mutating func select(_ slopes: Slopes) -> [CalibrationConstant] {
        let weights = residuals(slopes.base).map(Self.weight)
        let known = Self.information(slopes, Array(candidates.indices), weights)
        // Keep constants that were chosen before: the fit understands the data better with them.
        var chosen = candidates.indices.filter { fitted.contains(candidates[$0]) }
        for index in candidates.indices where !chosen.contains(index) {
            let tried = chosen + [index]
            if isDetermined(known, tried) {
                chosen = tried
                reasons[candidates[index]] = nil
            } else {
                reasons[candidates[index]] = reason(known, index, chosen)
            }
        }
        return chosen.sorted().map { candidates[$0] }
    }

    /// Largest half-width of an interval, in sizes of the constant.
    private func widest(_ index: Int) -> Double {
        Self.widest * max(1, values[candidates[index]] / candidates[index].size)
    }

    private func isDetermined(_ known: [[Double]], _ tried: [Int]) -> Bool {
        let part = tried.map { row in tried.map { known[row][$0] } }
        guard tried.count < figures.count, let variances = LeastSquares.inverseDiagonal(part)
        else { return false }
        return zip(tried, variances).allSatisfy { index, variance in
            variance > 0 && variance.isFinite && 2 * variance.squareRoot() <= widest(index)
        }
    }

    private func reason(_ known: [[Double]], _ index: Int, _ chosen: [Int]) -> String {
        let alone = known[index][index]
        guard alone > 0, 2 / alone.squareRoot() <= widest(index) else {
            return "hardly moves what was measured"
        }
        let others = chosen.filter { other in
            let shared = known[index][other] / (alone * known[other][other]).squareRoot()
            return shared.magnitude > 0.7
        }
        let names = (others.isEmpty ? chosen : others).map { candidates[$0].rawValue }
        return "moves the same figures as \(names.joined(separator: ", "))"
    }

    // MARK: Descent

    /// Moves the fitted constants to the minimum of the sum of squares.
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
        // A constant that would leave its bounds is fixed there; the others move on.
        while !free.isEmpty {
            let means = slopes.means(free)
            var matrix = Self.squares(means, weights)
            let right = means.map { Self.product(weights, $0, left) }
            for index in free.indices {
                matrix[index][index] = matrix[index][index] * (1 + damping) + 1e-6
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

    /// Takes steps without a line search and averages them. The loss is slightly noisy, and its
    /// smallest value is just where the noise was lowest.
    private mutating func settle() throws {
        guard !fitted.isEmpty else { return }
        report("constants: settling")
        var points: [CalibrationValues] = []
        for _ in 0..<Self.settling {
            let slopes = try difference(fitted)
            let next = moved(slopes, damping: 1e-3)
            guard loss(try predict([next])[0]) <= 1.15 * loss(slopes.base) + 1 else { break }
            values = next
            points.append(next)
        }
        for constant in fitted where !points.isEmpty {
            let found = points.map { $0[constant] }
            values = values.with(constant, found.reduce(0, +) / Double(found.count))
            unrest[constant] = (found.max()! - found.min()!) / 2
        }
    }

    /// Drops constants with wide intervals if the fit gets no worse without them, and keeps the
    /// slopes of the rest.
    private mutating func prune() throws {
        while true {
            slopes = try difference(fitted)
            predicted = slopes.base
            let weights = residuals(predicted).map(Self.weight)
            let all = Array(fitted.indices)
            let variances = LeastSquares.inverseDiagonal(
                Self.squares(slopes.means(all), weights))
            let widths = all.map { index -> Double in
                let relative = values[fitted[index]] / fitted[index].size
                return 2 * (variances?[index].squareRoot() ?? .infinity) / max(1, relative)
            }
            guard let worst = all.max(by: { widths[$0] < widths[$1] }),
                widths[worst] > 2 * Self.widest
            else { return }
            let constant = fitted[worst]
            guard try remove(constant) else { return }
            reasons[constant] = "hardly moves what was measured"
        }
    }

    /// Takes a constant out and fits the rest again. Returns false, with nothing changed, if the
    /// fit gets worse.
    private mutating func remove(_ constant: CalibrationConstant) throws -> Bool {
        let (before, constants, now) = (values, fitted, loss(predicted))
        fitted.removeAll { $0 == constant }
        values[constant] = unfitted(constant)
        try descend()
        let worst = 1 + 8 / Double(max(16, figures.count))
        guard loss(try predict([values])[0]) > now * worst else { return true }
        (values, fitted) = (before, constants)
        return false
    }

    /// Takes out the constant that its interval determines least, if any is open, and fits the
    /// rest again. Returns whether there was one.
    mutating func dropOpen(_ intervals: CalibrationIntervals) throws -> Bool {
        let open = fitted.filter { intervals.isOpen($0, values[$0], otherwise: unfitted($0)) }
        guard let constant = open.max(by: { intervals.width($0) < intervals.width($1) })
        else { return false }
        reasons[constant] = intervals.openness(constant, values[constant])
        if try !remove(constant) {
            fitted.removeAll { $0 == constant }
            reasons[constant]! += ". The fit is worse with the base's value, so this one is set"
        }
        try settle()
        slopes = try difference(fitted)
        predicted = slopes.base
        return true
    }

    /// Scales the errors of each kind of figure, per evidence, to the size of its residuals.
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
