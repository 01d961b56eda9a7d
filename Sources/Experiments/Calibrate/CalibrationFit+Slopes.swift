extension CalibrationFit {
    /// Slopes of the figures, per `size` of a constant and in units of a figure's error, from two
    /// neighbouring differences.
    struct Slopes {
        var constants: [CalibrationConstant]
        /// By constant, then figure.
        var first: [[Double]]
        var second: [[Double]]
        /// The figures at the point of the slopes.
        var base: [Double] = []

        func mean(_ index: Int, _ figure: Int) -> Double {
            (first[index][figure] + second[index][figure]) / 2
        }
    }

    /// Information of the figures on some constants: Σ slope · slope, minus the part due to noise.
    ///
    /// With neighbouring differences a and b, the slope is (a + b) / 2. Noise v of each of three
    /// runs, a step h apart, adds v / 2h² to its square, and 6v / h² to that of b − a: a twelfth of
    /// the latter is subtracted.
    static func information(
        _ slopes: Slopes, _ chosen: [Int], _ weights: [Double]
    ) -> [[Double]] {
        chosen.map { row in
            chosen.map { column in
                var sum = 0.0
                for figure in weights.indices {
                    let (a, b) = (slopes.first[row][figure], slopes.second[row][figure])
                    let (c, d) = (slopes.first[column][figure], slopes.second[column][figure])
                    sum += weights[figure] * (a * c + 2 * a * d + 2 * b * c + b * d) / 6
                }
                return sum
            }
        }
    }

    /// Σ slope · slope without that correction, for the fit's steps: never indefinite.
    static func squares(
        _ slopes: Slopes, _ chosen: [Int], _ weights: [Double]
    ) -> [[Double]] {
        chosen.map { row in
            chosen.map { column in
                weights.indices.reduce(0) {
                    $0 + weights[$1] * slopes.mean(row, $1) * slopes.mean(column, $1)
                }
            }
        }
    }
}
