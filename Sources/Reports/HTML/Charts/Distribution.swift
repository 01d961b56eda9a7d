import Experiments

/// A latency distribution: the share of requests within a time. Times are in milliseconds.
struct Distribution: Sendable {
    let count: Int
    /// Values with the share of requests at or below them, ascending in both.
    let points: [(value: Double, share: Double)]

    /// From quantiles at equal shares and the largest values. Those describe the tail better where
    /// they reach further than the second to last quantile.
    init(_ data: RunReportData.Distribution) {
        count = data.count
        let quantiles = data.quantilesMs
        guard count > 0, quantiles.count > 1 else {
            points = []
            return
        }
        let total = Double(count)
        var points: [(value: Double, share: Double)] = []
        let least = max(0, 1 - Double(data.worstMs.count) / total)
        if least > 0 {
            let last = Double(quantiles.count - 1)
            for (index, value) in quantiles.enumerated() where Double(index) / last <= least {
                points.append((value, Double(index) / last))
            }
        }
        for (index, value) in data.worstMs.enumerated().reversed() {
            points.append((value, 1 - Double(index) / total))
        }
        self.points = Self.ascending(points)
    }

    /// From values with their counts, ascending: exact at the points kept, some hundreds, which are
    /// closer together in the tail.
    init(_ entries: [(value: Double, number: Int)]) {
        count = entries.reduce(0) { $0 + $1.number }
        var points: [(value: Double, share: Double)] = []
        var seen = 0
        for (index, entry) in entries.enumerated() {
            seen += entry.number
            let share = Double(seen) / Double(count)
            let last = points.last?.share ?? -1
            let isTail = 1 - share < (1 - last) * 0.93
            guard share - last >= 0.004 || isTail || index + 1 == entries.count else { continue }
            points.append((entry.value, share))
        }
        self.points = points
    }

    /// Both coordinates are rounded, so make sure that neither falls.
    private static func ascending(
        _ points: [(value: Double, share: Double)]
    ) -> [(value: Double, share: Double)] {
        var most = -Double.infinity
        return points.map { point in
            most = max(most, point.value)
            return (most, point.share)
        }
    }

    /// The share within a value: of whole requests, linear between the points.
    func share(within value: Double) -> Double {
        guard count > 0 else { return 0 }
        let share = interpolated(within: value)
        // A share that some number of requests has, up to rounding.
        return (share * Double(count) * (1 + 1e-12)).rounded(.down) / Double(count)
    }

    private func interpolated(within value: Double) -> Double {
        guard let first = points.first, let last = points.last else { return 0 }
        if value < first.value { return 0 }
        if value >= last.value { return 1 }
        var (low, high) = (0, points.count - 1)
        while low + 1 < high {
            let middle = (low + high) / 2
            if points[middle].value <= value { low = middle } else { high = middle }
        }
        let (a, b) = (points[low], points[high])
        guard b.value > a.value else { return b.share }
        return a.share + (b.share - a.share) * (value - a.value) / (b.value - a.value)
    }

    /// The smallest point whose share is at least `share`.
    func value(at share: Double) -> Double {
        points.first { $0.share >= share }?.value ?? points.last?.value ?? 0
    }

    /// The curve of the share within a time. It begins at the bottom.
    var curve: Curve {
        guard let first = points.first else { return Curve([]) }
        return Curve([(first.value, 0)] + points.map { ($0.value, $0.share) })
    }

    /// The curve of the share of requests that are slower, from a share on.
    func tail(from share: Double) -> Curve {
        Curve(
            points.filter { 1 - $0.share <= share * 1.05 && $0.share < 1 }
                .map { ($0.value, 1 - $0.share) })
    }
}
