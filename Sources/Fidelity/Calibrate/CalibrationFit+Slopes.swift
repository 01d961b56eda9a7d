import Basics

extension CalibrationFit {
    /// Slopes of the figures, per `size` of a constant and in units of a figure's error: linear
    /// regression over runs that all constants are varied in at once.
    struct Slopes {
        var constants: [CalibrationConstant]
        /// By constant, then figure.
        var values: [[Double]]
        /// The figures at the middle of the runs, by the same regression.
        var base: [Double] = []
        /// By figure: variance of one run around the regression, in squares of its error.
        var noise: [Double] = []
        /// Runs that they are made of.
        var runs = 1
        /// Variances and covariances of two constants' slopes for noise 1.
        var spread: [[Double]] = []

        static let none = Slopes(constants: [], values: [])

        /// The same of some constants alone.
        func only(_ chosen: [CalibrationConstant]) -> Slopes {
            let places = chosen.compactMap { constants.firstIndex(of: $0) }
            return Slopes(
                constants: places.map { constants[$0] }, values: places.map { values[$0] },
                base: base, noise: noise, runs: runs,
                spread: places.map { row in places.map { spread[row][$0] } })
        }
    }

    /// Slopes around the present values, from pairs of runs on either side of them. Both runs of a
    /// pair are the same replay. A constant is moved up or down by chance, so that every run tells
    /// of every constant: noise of schedules that jump averages out over all runs.
    func sample(
        _ constants: [CalibrationConstant], twice: Bool = false,
        steps: [CalibrationConstant: Double] = [:]
    ) throws -> Slopes {
        // Four or eight times as many runs as unknowns.
        let pairs = max(8, 2 * (constants.count + 1)) * (twice ? 2 : 1)
        var random = SeededRandom(seed: 0, stream: 0x510E)
        var points: [CalibrationPoint] = []
        for pair in 0..<pairs {
            var (up, down) = (values, values)
            for constant in constants {
                let step = steps[constant] ?? step(constant)
                let sign = random.below(2) == 0 ? step : -step
                // Where a bound is near, both runs move up from it.
                let middle = max(values[constant], constant.bounds.lowerBound + step)
                up = up.with(constant, middle + sign)
                down = down.with(constant, middle - sign)
            }
            points.append(CalibrationPoint(values: up, replay: pair))
            points.append(CalibrationPoint(values: down, replay: pair))
        }
        return try regress(constants, points)
    }

    /// Linear regression of the figures over points, in sizes from the present values.
    private func regress(
        _ constants: [CalibrationConstant], _ points: [CalibrationPoint]
    ) throws -> Slopes {
        let found = try evidence.predictions(points, server)
        // One more column for the figures at the present values.
        let rows = points.map { point in
            constants.map { (point.values[$0] - values[$0]) / $0.size } + [1]
        }
        let size = constants.count + 1
        var matrix = Array(repeating: Array(repeating: 0.0, count: size), count: size)
        for row in rows {
            for one in 0..<size {
                for other in 0..<size { matrix[one][other] += row[one] * row[other] }
            }
        }
        let inverse = (0..<size).map { place in
            LeastSquares.solveDetermined(matrix, (0..<size).map { $0 == place ? 1 : 0 })
        }
        var slopes = Slopes(
            constants: constants,
            values: constants.map { _ in Array(repeating: 0, count: figures.count) },
            base: Array(repeating: 0, count: figures.count),
            noise: Array(repeating: 0, count: figures.count), runs: points.count,
            spread: constants.indices.map { Array(inverse[$0].prefix(constants.count)) })
        let freedom = Double(max(1, points.count - size))
        for figure in figures.indices {
            var right = Array(repeating: 0.0, count: size)
            for (row, predicted) in zip(rows, found) {
                for place in 0..<size { right[place] += row[place] * predicted[figure] }
            }
            let solution = inverse.map { Self.sum($0, right) }
            var rest = 0.0
            for (row, predicted) in zip(rows, found) {
                let left = predicted[figure] - Self.sum(row, solution)
                rest += left * left
            }
            let error = figures[figure].error
            for place in constants.indices {
                slopes.values[place][figure] = solution[place] / error
            }
            slopes.base[figure] = solution[size - 1]
            slopes.noise[figure] = rest / freedom / (error * error)
        }
        return slopes
    }

    /// Information of the figures on the slopes' constants: Σ slope · slope, minus the part that
    /// noise of the runs adds to it.
    static func information(_ slopes: Slopes, _ weights: [Double]) -> [[Double]] {
        var noise = 0.0
        for figure in weights.indices { noise += weights[figure] * slopes.noise[figure] }
        let squares = squares(slopes.values, weights)
        return squares.indices.map { row in
            squares.indices.map { squares[row][$0] - noise * slopes.spread[row][$0] }
        }
    }

    /// Σ slope · slope without that correction, for the fit's steps: never indefinite. `slopes` are
    /// by constant, then by figure.
    static func squares(_ slopes: [[Double]], _ weights: [Double]) -> [[Double]] {
        slopes.map { row in slopes.map { product(weights, row, $0) } }
    }

    /// Σ a · b · c. Plain loops over numbers: fits spend most of their own time here.
    static func product(_ a: [Double], _ b: [Double], _ c: [Double]) -> Double {
        var sum = 0.0
        for index in 0..<a.count { sum += a[index] * b[index] * c[index] }
        return sum
    }

    private static func sum(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in 0..<a.count { sum += a[index] * b[index] }
        return sum
    }
}
