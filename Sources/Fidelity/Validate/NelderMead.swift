import Basics

/// Minimises a function of a few positive numbers, on their logarithms, by Nelder and Mead's
/// simplex method (1965). Deterministic; no derivatives.
enum NelderMead {
    /// The best point after `rounds` steps from `start`, restarted twice. O(rounds) evaluations.
    static func minimize(
        _ start: [Double], rounds: Int, _ value: ([Double]) -> Double
    ) -> [Double] {
        var best = start.map { PortableMath.log($0) }
        func score(_ point: [Double]) -> Double {
            let result = value(point.map { PortableMath.exp($0) })
            return result.isFinite ? result : .greatestFiniteMagnitude
        }
        // Restarting with a fresh simplex recovers from a collapsed one.
        for _ in 0..<3 { best = descend(from: best, rounds: rounds / 3, score) }
        return best.map { PortableMath.exp($0) }
    }

    private static func descend(
        from start: [Double], rounds: Int, _ score: ([Double]) -> Double
    ) -> [Double] {
        let size = start.count
        var simplex = [(point: start, score: score(start))]
        for axis in 0..<size {
            var point = start
            point[axis] += 0.2
            simplex.append((point, score(point)))
        }
        for _ in 0..<rounds {
            simplex.sort { $0.score < $1.score }
            let worst = simplex[size]
            if worst.score - simplex[0].score < 1e-9 { break }
            let centre = (0..<size).map { axis in
                simplex.prefix(size).reduce(0) { $0 + $1.point[axis] } / Double(size)
            }
            func moved(_ factor: Double) -> (point: [Double], score: Double) {
                let point = (0..<size).map {
                    centre[$0] + factor * (worst.point[$0] - centre[$0])
                }
                return (point, score(point))
            }
            let reflected = moved(-1)
            if reflected.score < simplex[0].score {
                let expanded = moved(-2)
                simplex[size] = expanded.score < reflected.score ? expanded : reflected
            } else if reflected.score < simplex[size - 1].score {
                simplex[size] = reflected
            } else {
                let contracted = moved(reflected.score < worst.score ? -0.5 : 0.5)
                if contracted.score < min(worst.score, reflected.score) {
                    simplex[size] = contracted
                } else {
                    for index in 1...size {
                        let point = (0..<size).map {
                            (simplex[index].point[$0] + simplex[0].point[$0]) / 2
                        }
                        simplex[index] = (point, score(point))
                    }
                }
            }
        }
        return simplex.min { $0.score < $1.score }!.point
    }
}
