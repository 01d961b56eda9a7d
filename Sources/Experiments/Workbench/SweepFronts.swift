/// A Pareto front: points that no other beats in both of two figures.
package struct SweepFront: Sendable, Equatable {
    /// A point of a front, by its index in the table.
    package struct Member: Sendable, Equatable {
        package let place: Int
        package let x: Double
        package let y: Double
    }

    /// Ascending in x.
    package let members: [Member]

    /// The front of some points. By default the least x and the most y are best; the signs change
    /// that (1: the most is best, -1: the least). Of equal points the first is kept. O(n log n).
    init(_ points: [Member], best x: Double, _ y: Double) {
        let sorted = points.filter { $0.x.isFinite && $0.y.isFinite }.sorted {
            ($0.x * -x, $0.y * -y, $0.place) < ($1.x * -x, $1.y * -y, $1.place)
        }
        var members: [Member] = []
        for point in sorted where members.last.map({ point.y * y > $0.y * y }) ?? true {
            members.append(point)
        }
        self.members = members.sorted { $0.x < $1.x }
    }
}

extension SweepTable {
    /// Output tokens per second and GPU against those per user, 1000 / mean TPOT in ms; higher is
    /// better for both.
    package var throughputFront: SweepFront {
        let tpot = figures[Figure.place("mean_tpot_ms")]
        let perGPU = figures[Figure.all.count - 1]
        let members = points.indices.filter { ran[$0] && tpot[$0] > 0 }.map {
            SweepFront.Member(place: $0, x: 1000 / tpot[$0], y: perGPU[$0])
        }
        return SweepFront(members, best: 1, 1)
    }

    /// The 99th percentile of TTFT, ms, against GPUs; lower is better for both.
    package var latencyFront: SweepFront {
        let ttft = figures[Figure.place("p99_ttft_ms")]
        let members = points.indices.filter { ran[$0] }.map {
            SweepFront.Member(place: $0, x: gpus[$0], y: ttft[$0])
        }
        return SweepFront(members, best: -1, -1)
    }

    /// The value of every key at an index.
    package func values(at place: Int) -> [String] {
        keys.indices.map { levels[$0][Int(choices[$0][place])] }
    }

    /// Indices of the points that ran, best first: those that hold the promises, then by the goal,
    /// then by number. O(n log n).
    package func ranked(by goal: ConfigurationSpace.Goal) -> [Int] {
        let latency = figures[Figure.place("mean_e2el_ms")]
        let throughput = figures[Figure.place("output_throughput")]
        func order(_ place: Int) -> [Double] {
            let wanted: [Double] =
                switch goal {
                case .gpus: [gpus[place], latency[place]]
                case .latency: [latency[place], gpus[place]]
                case .throughput: [-throughput[place], gpus[place]]
                case .cost: [gpus[place] / throughput[place], latency[place]]
                }
            return [meets[place] == false ? 1 : 0] + wanted.map { $0.isNaN ? .infinity : $0 }
        }
        return points.indices.filter { ran[$0] }.map { ($0, order($0)) }.sorted { a, b in
            a.1 == b.1 ? a.0 < b.0 : a.1.lexicographicallyPrecedes(b.1)
        }.map(\.0)
    }
}
