import Basics

extension CalibrationFit {
    /// Constants that affect a step only above some value and hide behind the GPU below it, where
    /// slopes tell nothing.
    private static let hidden: [CalibrationConstant] = [
        .launchEager, .launchPiecewise, .launchGraph, .schedule,
    ]

    /// Values to try, as multiples of the present one.
    private static let scanned = [0.3, 0.6, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 6]

    /// Sets the constant that may hide, and leaves the smallest residuals by it, to the value
    /// nearest to the base's that leaves no more, once the others, whose slopes are valid
    /// everywhere, are fitted. One alone: the next are judged when the rest is fitted anew. Those
    /// whose base's value leaves no more return to it. Returns whether any changed.
    mutating func scan(_ slopes: Slopes) throws -> Bool {
        let others = slopes.only(candidates.filter { !Self.hidden.contains($0) })
        var best: (constant: CalibrationConstant, value: Double, gain: Double)?
        var hasChanged = false
        for constant in Self.hidden
        where candidates.contains(constant) && !fitted.contains(constant) {
            let (start, base) = (values[constant], server.base[constant])
            let more = Self.scanned.map { $0 * max(start, constant.size) }
                .sorted { abs($0 - base) < abs($1 - base) }
            let tried = [start, base] + more
            let (all, noise) = try replay(tried.map { values.with(constant, $0) })
            let rests = all.map { rest(others, $0) }
            let left = rests.map { $0.reduce(0) { $0 + Self.part($1) } }
            let least = left.indices.min { left[$0] < left[$1] }!
            let chance = replays == 1 ? slopes.noise : noise[least]
            let most = left[least] + tolerance(rests[least], chance)
            reaches[constant] = reach(slopes, all, of: left.indices.filter { left[$0] <= most })
            guard let place = left.indices.dropFirst().first(where: { left[$0] <= most })
            else { continue }
            let (value, gain) = (tried[place], left[0] - left[place])
            if value == base {
                if start != base { hasChanged = true }
                allowed[constant] = nil
                values = values.with(constant, base)
            } else if left[0] > most, gain > best?.gain ?? 0 {
                best = (constant, value, gain)
            }
        }
        guard let best else { return hasChanged }
        allowed[best.constant] = best.value
        values = values.with(best.constant, best.value)
        return true
    }

    /// The constant, if any, that the figures do not determine but whose present value they
    /// contradict most: left there, it would twist the chosen ones.
    func contradicted(_ slopes: Slopes, _ chosen: [Int]) -> Int? {
        let noise = slopes.noise.map { $0 / Double(slopes.runs) }
        func rest(_ places: [Int]) -> [Double] {
            self.rest(slopes.only(places.map { candidates[$0] }), slopes.base)
        }
        func loss(_ rest: [Double]) -> Double { rest.reduce(0) { $0 + Self.part($1) } }
        let now = loss(rest(chosen))
        var best: (index: Int, gain: Double)?
        for index in candidates.indices
        where !chosen.contains(index) && !Self.hidden.contains(candidates[index]) {
            let other = rest(chosen + [index])
            let gain = now - loss(other)
            guard gain > tolerance(other, noise), gain > best?.gain ?? 0 else { continue }
            best = (index, gain)
        }
        return best?.index
    }

    /// Sets what the unfitted constants of the first order add to the variances: each may be off
    /// its value by its size, one standard deviation, as far as the figures allow it. One that
    /// hides may have any value of the scan that fits alike, 99 % wide.
    mutating func marginalise() throws {
        unknown = [:]
        let first = CalibrationConstant.order(isAsync: server.isAsync).prefix(6)
        let open = candidates.filter { first.contains($0) && !fitted.contains($0) }
        guard !fitted.isEmpty, !open.isEmpty else { return }
        let slopes = try sample(fitted + open)
        let weights = residuals(slopes.base).map(Self.weight)
        var matrix = Self.squares(slopes.values, weights)
        for index in fitted.count..<matrix.count { matrix[index][index] += 1 }
        let alone = fitted.indices.map { row in fitted.indices.map { matrix[row][$0] } }
        guard let all = LeastSquares.inverseDiagonal(matrix),
            let known = LeastSquares.inverseDiagonal(alone)
        else { return }
        for (index, constant) in fitted.enumerated() {
            unknown[constant] = max(0, all[index] - known[index])
            for hidden in open {
                let reach = (reaches[hidden]?[constant] ?? 0) / 2.6
                unknown[constant]! += reach * reach
            }
        }
    }

    /// By fitted constant, how far some values of a hidden one would move it from where the first
    /// leaves it, in sizes.
    private func reach(
        _ slopes: Slopes, _ predicted: [[Double]], of chosen: [Int]
    ) -> [CalibrationConstant: Double] {
        let mine = slopes.only(fitted)
        let weights = residuals(predicted[0]).map(Self.weight)
        let matrix = Self.squares(mine.values, weights)
        var reach: [CalibrationConstant: Double] = [:]
        for place in chosen {
            let change = figures.indices.map {
                (predicted[0][$0] - predicted[place][$0]) / figures[$0].error
            }
            let right = mine.values.map { Self.product(weights, $0, change) }
            let steps = LeastSquares.solveDetermined(matrix, right)
            for (constant, step) in zip(fitted, steps) {
                reach[constant] = max(reach[constant] ?? 0, step.magnitude)
            }
        }
        return reach
    }

    /// How much larger the squared residuals of a fit may be that is as good: what a further
    /// constant gains by chance, and what other replays would change. `noise` is the figures'
    /// variance over replays.
    func tolerance(_ residuals: [Double], _ noise: [Double]) -> Double {
        let loss = residuals.reduce(0) { $0 + Self.part($1) }
        var variance = 0.0
        for (left, noise) in zip(residuals, noise) {
            let size = min(left.magnitude, Self.huber)
            variance += (4 * size * size + 2 * noise) * noise
        }
        return 8 * loss / Double(max(16, figures.count)) + 2 * variance.squareRoot()
    }

    /// The residuals that remain if the slopes' constants may take any value.
    private func rest(_ slopes: Slopes, _ predicted: [Double]) -> [Double] {
        var rest = residuals(predicted)
        let weights = rest.map(Self.weight)
        var matrix = Self.squares(slopes.values, weights)
        // A prior of half a unit keeps constants from following noise.
        for index in matrix.indices { matrix[index][index] += 0.1 }
        let right = slopes.values.map { Self.product(weights, $0, rest) }
        let steps = LeastSquares.solveDetermined(matrix, right)
        for (step, slope) in zip(steps, slopes.values) {
            for figure in 0..<rest.count { rest[figure] -= step * slope[figure] }
        }
        return rest
    }
}
