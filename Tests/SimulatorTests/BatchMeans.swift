/// The mean of a long correlated series with its confidence interval: means of batches long enough
/// to be nearly independent, freed of what their controls explain. These are quantities with known
/// expectations, seen along with the series, on which the batches' means are regressed (Lavenberg,
/// Welch, Management Science 27(3), 1981).
struct BatchMeans {
    static let batches = 30
    /// The 0.995 quantile of Student's t with 30 − 1 − 3 degrees of freedom: intervals of 99 %
    /// with three controls.
    private static let quantile = 2.779

    private let expected: [Double]
    private var values: [Double] = []
    private var controls: [[Double]] = []

    /// Three controls, by what is expected of each.
    init(expecting expected: [Double]) {
        precondition(expected.count == 3, "the quantile is that of three controls")
        self.expected = expected
    }

    mutating func add(_ value: Double, controls: [Double]) {
        values.append(value)
        self.controls.append(zip(controls, expected).map { $0 - $1 })
    }

    /// The mean and half of its interval's width.
    func estimate() -> (mean: Double, halfWidth: Double) {
        let length = values.count / Self.batches
        var means: [Double] = []
        // One, then the controls' deviations from what is expected of them.
        var rows: [[Double]] = []
        for batch in 0..<Self.batches {
            let range = batch * length..<(batch + 1) * length
            means.append(values[range].reduce(0, +) / Double(length))
            rows.append(
                [1]
                    + expected.indices.map { control in
                        range.reduce(0) { $0 + controls[$1][control] } / Double(length)
                    })
        }
        let size = rows[0].count
        // Least squares: the normal equations, and with them the first row of their inverse.
        var matrix = (0..<size).map { row in
            (0..<size).map { column in rows.reduce(0) { $0 + $1[row] * $1[column] } }
                + [zip(rows, means).reduce(0) { $0 + $1.0[row] * $1.1 }, row == 0 ? 1 : 0]
        }
        solve(&matrix)
        let fit = matrix.map { $0[size] }
        let residuals = zip(rows, means).map { row, mean in
            mean - zip(row, fit).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let variance =
            residuals.reduce(0) { $0 + $1 * $1 } / Double(Self.batches - size)
        return (fit[0], Self.quantile * (variance * matrix[0][size + 1]).squareRoot())
    }

    /// Gauss and Jordan: leaves the solutions for each right-hand side in its column. A column of
    /// nothing, a control that never deviates, gets the solution 0.
    private func solve(_ matrix: inout [[Double]]) {
        for pivot in matrix.indices {
            let scale = matrix[pivot][pivot]
            if scale < 1e-12 {
                matrix[pivot] = matrix[pivot].map { _ in 0 }
                continue
            }
            matrix[pivot] = matrix[pivot].map { $0 / scale }
            for row in matrix.indices where row != pivot {
                let factor = matrix[row][pivot]
                for column in matrix[row].indices {
                    matrix[row][column] -= factor * matrix[pivot][column]
                }
            }
        }
    }
}
