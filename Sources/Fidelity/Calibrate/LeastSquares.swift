/// Symmetric linear systems of a few unknowns.
enum LeastSquares {
    /// Solves a positive definite system by Cholesky's method; nil if it is not one, to within
    /// rounding. O(n³).
    static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
        guard let lower = factor(matrix) else { return nil }
        let size = right.count
        var solution = right
        for row in 0..<size {
            for column in 0..<row { solution[row] -= lower[row][column] * solution[column] }
            solution[row] /= lower[row][row]
        }
        for row in (0..<size).reversed() {
            for below in row + 1..<size { solution[row] -= lower[below][row] * solution[below] }
            solution[row] /= lower[row][row]
        }
        return solution
    }

    /// Solves for the determined unknowns, added in order; the rest are 0. O(n⁴).
    static func solveDetermined(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        var taken: [Int] = []
        var found: [Double] = []
        for index in right.indices {
            let tried = taken + [index]
            let part = tried.map { row in tried.map { matrix[row][$0] } }
            guard let solution = solve(part, tried.map { right[$0] }) else { continue }
            (taken, found) = (tried, solution)
        }
        var solution = Array(repeating: 0.0, count: right.count)
        for (index, value) in zip(taken, found) { solution[index] = value }
        return solution
    }

    /// The diagonal of a matrix's inverse; nil if it is not positive definite.
    static func inverseDiagonal(_ matrix: [[Double]]) -> [Double]? {
        var diagonal: [Double] = []
        for index in matrix.indices {
            let unit = matrix.indices.map { $0 == index ? 1.0 : 0 }
            guard let column = solve(matrix, unit) else { return nil }
            diagonal.append(column[index])
        }
        return diagonal
    }

    /// Least share of a diagonal element that must remain after eliminating the unknowns before it.
    private static let leastShare = 1e-9

    private static func factor(_ matrix: [[Double]]) -> [[Double]]? {
        let size = matrix.count
        var lower = Array(repeating: Array(repeating: 0.0, count: size), count: size)
        for row in 0..<size {
            for column in 0...row {
                var sum = matrix[row][column]
                for index in 0..<column { sum -= lower[row][index] * lower[column][index] }
                guard row == column else {
                    lower[row][column] = sum / lower[column][column]
                    continue
                }
                guard sum.isFinite, sum > leastShare * matrix[row][row], sum > 0 else {
                    return nil
                }
                lower[row][row] = sum.squareRoot()
            }
        }
        return lower
    }
}
