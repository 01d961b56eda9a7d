/// Stretches of a recorded trace, each long enough to judge a 99th percentile by.
struct CapacityStretches {
    /// What a replication replays, and how much of it only warms the cluster up.
    struct Stretch: Sendable, Equatable {
        var rows: Range<Int>
        var warmup: Int
    }

    /// Requests of a stretch, at least: two of them lie beyond its 99th percentile.
    static let least = 200
    /// Stretches at most: of so many edges the least and the greatest enclose the median with a
    /// probability of 97 %.
    static let most = 6

    /// Equal stretches of so many requests, each behind a quarter of its length of what came
    /// before it; none where two would be too short.
    static func of(_ requests: Int) -> [Stretch] {
        let count = min(most, requests / least)
        guard count >= 2 else { return [] }
        return (0..<count).map { index in
            let first = requests * index / count
            let end = requests * (index + 1) / count
            let warmup = min(first, (end - first) / 4)
            return Stretch(rows: (first - warmup)..<end, warmup: warmup)
        }
    }
}
