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

        /// The means of the two, of some constants in their order: by constant, then by figure.
        func means(_ chosen: [Int]) -> [[Double]] {
            chosen.map { index in
                let (first, second) = (first[index], second[index])
                var means: [Double] = []
                means.reserveCapacity(first.count)
                for figure in 0..<first.count {
                    means.append((first[figure] + second[figure]) / 2)
                }
                return means
            }
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
            let (first, second) = (slopes.first[row], slopes.second[row])
            return chosen.map { column in
                let (other, another) = (slopes.first[column], slopes.second[column])
                var sum = 0.0
                for figure in 0..<weights.count {
                    let (a, b) = (first[figure], second[figure])
                    let (c, d) = (other[figure], another[figure])
                    sum += weights[figure] * (a * c + 2 * a * d + 2 * b * c + b * d) / 6
                }
                return sum
            }
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
}
