import Basics

/// Least-squares fit of the constants that the data determine, by the Gauss-Newton method with
/// slopes from a regression over whole runs.
///
/// Constants are judged together: each is added in `CalibrationConstant.order` if all 95 %
/// intervals then stay narrow compared with the constants' sizes. Runs partly reflect the phase at
/// which requests arrive. This is noise, which `information` subtracts from the slopes.
struct CalibrationFit {
    let server: CalibrationServer
    let evidence: [any CalibrationEvidence]
    /// Constants that may be fitted, in order.
    let candidates: [CalibrationConstant]
    var values: CalibrationValues
    /// Constants that were fitted.
    private(set) var fitted: [CalibrationConstant] = []
    /// Why the others were not.
    private(set) var reasons: [CalibrationConstant: String] = [:]
    /// Values of constants that hide behind the GPU, and whose base value the data contradict
    /// without determining them: the nearest value to the base that the data allow.
    var allowed: [CalibrationConstant: Double] = [:]
    /// How far each constant still moved at the end, in either direction.
    private(set) var unrest: [CalibrationConstant: Double] = [:]
    /// The figures of all evidence in sequence, with errors scaled to the residuals.
    private(set) var figures: [CalibrationFigure]
    /// The evidence that each figure belongs to.
    let origins: [Int]
    /// By constant that may hide, how far its values that fit alike move each fitted one, in sizes.
    var reaches: [CalibrationConstant: [CalibrationConstant: Double]] = [:]
    /// By constant, the variance that the unfitted ones add to it, in squares of its size.
    var unknown: [CalibrationConstant: Double] = [:]
    /// Slopes of the fitted constants at the end.
    private(set) var slopes: Slopes
    /// Predicted figures with the fitted constants.
    private(set) var predicted: [Double] = []
    /// Called before each round of runs.
    private let report: @Sendable (String) -> Void

    /// Most rounds of adding and removing constants, Gauss-Newton steps in each, steps of settling.
    private static let (rounds, steps, settling) = (5, 5, 4)

    /// Replays in whose mean points are compared.
    let replays: Int

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
        // Of a report without requests, one draw of its load is as good as the next.
        replays = evidence.contains { $0 is RequestEvidence } ? 3 : 1
        values = server.base
        figures = evidence.flatMap(\.figures)
        origins = evidence.indices.flatMap { place in evidence[place].figures.map { _ in place } }
        slopes = .none
        var steps: [CalibrationConstant: Double] = [:]
        for round in 0..<Self.rounds {
            report("constants: round \(round + 1)")
            var known = try sample(candidates, steps: steps)
            // Far from the data every constant seems to help.
            let hasMoved = try round > 0 && scan(known)
            if hasMoved { known = try sample(candidates, steps: steps) }
            steps = open(known)
            let chosen = select(known)
            let isSame = chosen == fitted && round > 0 && !hasMoved
            fitted = chosen
            for constant in candidates where !chosen.contains(constant) {
                values[constant] = unfitted(constant)
            }
            try descend(steps)
            // Before the first scan the residuals are what hidden constants are off by.
            if round > 0 { rescale() }
            if isSame { break }
        }
        try settle()
        try prune()
        try marginalise()
        for (constant, value) in allowed where !fitted.contains(constant) {
            reasons[constant] =
                "hides behind the GPU below \(Quantity.duration(seconds: value)), which it is set "
                + "to: the data contradict the base's "
                + Quantity.duration(seconds: server.base[constant])
        }
    }

    /// The value of a constant that is not fitted.
    func unfitted(_ constant: CalibrationConstant) -> Double {
        allowed[constant] ?? server.base[constant]
    }

    // MARK: Figures

    /// The figures at points: means over some replays, the same at every point.
    func predict(_ points: [CalibrationValues]) throws -> [[Double]] {
        try replay(points).means
    }

    /// The same, and by point and figure the variance, over replays, of these means' differences
    /// from the first point's, in squares of the figure's error.
    func replay(_ points: [CalibrationValues]) throws -> (means: [[Double]], noise: [[Double]]) {
        let count = replays
        let all = try evidence.predictions(
            points.flatMap { values in
                (0..<count).map { CalibrationPoint(values: values, replay: $0) }
            }, server)
        var noise = points.map { _ in Array(repeating: 0.0, count: figures.count) }
        let means = points.indices.map { point in
            let mine = all[point * count..<(point + 1) * count]
            return figures.indices.map { figure in
                mine.reduce(0) { $0 + $1[figure] } / Double(count)
            }
        }
        for point in points.indices {
            for figure in figures.indices {
                let mean = means[point][figure] - means[0][figure]
                for replay in 0..<count {
                    let other = all[point * count + replay][figure] - all[replay][figure]
                    let left = (other - mean) / figures[figure].error
                    noise[point][figure] += left * left / Double(max(1, count - 1) * count)
                }
            }
        }
        return (means, noise)
    }

    /// Residuals beyond this many errors get less and less weight (Huber 1964).
    static let huber = 2.5

    /// (measured − predicted) / error of each figure.
    func residuals(_ predicted: [Double]) -> [Double] {
        zip(figures, predicted).map { ($0.measured - $1) / $0.error }
    }

    static func weight(_ residual: Double) -> Double {
        residual.magnitude <= huber ? 1 : huber / residual.magnitude
    }

    func loss(_ predicted: [Double]) -> Double {
        residuals(predicted).reduce(0) { $0 + Self.part($1) }
    }

    /// The squared errors that the fitted constants leave, relative to the given errors.
    func unexplained(errors: [Double]) -> Double {
        zip(zip(figures, predicted), errors).reduce(0) { sum, pair in
            sum + Self.part((pair.0.0.measured - pair.0.1) / pair.1)
        }
    }

    static func part(_ residual: Double) -> Double {
        let size = residual.magnitude
        return size <= huber ? size * size : huber * (2 * size - huber)
    }

    // MARK: Slopes

    /// How far a constant is varied while nothing is known of it.
    func step(_ constant: CalibrationConstant) -> Double {
        0.5 * max(constant.size, 0.1 * values[constant])
    }

    // MARK: Choosing

    /// Largest half-width of a 95 % interval, as a share of the constant or of its size, whichever
    /// is larger.
    private static let widest = 0.5

    /// The constants that the figures determine together.
    private mutating func select(_ slopes: Slopes) -> [CalibrationConstant] {
        let weights = residuals(slopes.base).map(Self.weight)
        let known = Self.information(slopes, weights)
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
        if let index = contradicted(slopes, chosen) {
            chosen.append(index)
            reasons[candidates[index]] = nil
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
    private mutating func descend(_ steps: [CalibrationConstant: Double] = [:]) throws {
        guard !fitted.isEmpty else { return }
        var (damping, steps) = (1e-3, steps)
        for _ in 0..<Self.steps {
            let slopes = try sample(fitted, steps: steps)
            steps = open(slopes)
            var isBetter = false
            var change = 0.0
            let points = [damping, 30 * damping, 1000 * damping, 1e5 * damping].map {
                moved(slopes, damping: $0)
            }
            let all = try predict([values] + points).map(loss)
            let (before, losses) = (all[0], Array(all[1...]))
            if let place = losses.indices.min(by: { losses[$0] < losses[$1] }),
                losses[place] < before
            {
                change = (before - losses[place]) / before
                values = points[place]
                isBetter = true
                damping = max(1e-4, damping * [0.3, 3, 30, 300][place])
            }
            if !isBetter || change < 0.02 { break }
        }
    }

    private func moved(_ slopes: Slopes, damping: Double) -> CalibrationValues {
        let left = residuals(slopes.base)
        let weights = left.map(Self.weight)
        var free = Array(fitted.indices)
        // A constant that would leave its bounds is fixed there; the others move on.
        while !free.isEmpty {
            let means = free.map { slopes.values[$0] }
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

    /// Takes steps without a line search and averages the last of them. The loss is slightly noisy,
    /// and its smallest value is just where the noise was lowest. Runs vary constants by what is
    /// still open about them.
    private mutating func settle() throws {
        guard !fitted.isEmpty else {
            (slopes, predicted) = (.none, try predict([values])[0])
            return
        }
        report("constants: settling")
        slopes = try sample(fitted)
        var points: [CalibrationValues] = []
        for _ in 0..<Self.settling {
            values = moved(slopes, damping: 1e-3)
            points.append(values)
            slopes = try sample(fitted, twice: true, steps: open(slopes))
        }
        let last = points.suffix((points.count + 1) / 2)
        for constant in fitted {
            let found = last.map { $0[constant] }
            values = values.with(constant, found.reduce(0, +) / Double(found.count))
            unrest[constant] = (found.max()! - found.min()!) / 2
        }
        slopes = try sample(fitted, twice: true, steps: open(slopes))
        predicted = slopes.base
    }

    /// Steps of a few standard errors, within what `step` allows.
    private func open(_ slopes: Slopes) -> [CalibrationConstant: Double] {
        let weights = residuals(slopes.base).map(Self.weight)
        let variances = LeastSquares.inverseDiagonal(Self.squares(slopes.values, weights))
        var steps: [CalibrationConstant: Double] = [:]
        for (index, constant) in slopes.constants.enumerated() {
            let most = step(constant)
            let error = (variances?[index] ?? .infinity).squareRoot() * constant.size
            steps[constant] = min(max(4 * error, 0.15 * most), most)
        }
        return steps
    }

    /// Drops constants with wide intervals if the fit gets no worse without them, and keeps the
    /// slopes of the rest.
    private mutating func prune() throws {
        while true {
            let weights = residuals(predicted).map(Self.weight)
            let all = Array(fitted.indices)
            let variances = LeastSquares.inverseDiagonal(Self.squares(slopes.values, weights))
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
        let (known, all) = (slopes, predicted)
        fitted.removeAll { $0 == constant }
        values[constant] = unfitted(constant)
        try settle()
        let noise = known.noise.map { $0 / Double(known.runs) }
        guard loss(predicted) > now + tolerance(residuals(all), noise) else { return true }
        (values, fitted, slopes, predicted) = (before, constants, known, all)
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
            // The rest fits best where it is, beside this value.
            fitted.removeAll { $0 == constant }
            slopes = slopes.only(fitted)
            reasons[constant]! += ". The fit is worse with the base's value, so this one is set"
        }
        try marginalise()
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
