/// Stretches of a recorded trace, each long enough for a 99th percentile.
struct CapacityStretches {
    /// The rows that a replication replays, and how many only warm the cluster up.
    struct Stretch: Sendable, Equatable {
        var rows: Range<Int>
        var warmup: Int
    }

    /// Fewest requests in a stretch: two of them lie beyond its 99th percentile.
    static let least = 200
    /// Most stretches: of that many edges, the smallest and largest enclose the median with a
    /// probability of 97 %.
    static let most = 6

    /// Equal stretches of a trace of `requests` requests. Each is preceded by a warm-up of a
    /// quarter of its length. Empty if two would be too short.
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
