import Simulator

/// The latency parts of many requests: their mean, and that of the slowest.
///
/// Memory follows the spread of the times, not the number of requests.
public struct PartitionSums: Sendable {
    /// Sums over requests whose time falls into one bucket of `LatencyHistogram`.
    private struct Bucket {
        var count = 0
        var parts: [Int128] = Array(repeating: 0, count: LatencyParts.Part.allCases.count)
    }

    /// By bucket of the time that was divided.
    private var buckets: [Int: Bucket] = [:]
    public private(set) var count = 0

    /// Sums of nothing.
    public init() {}

    /// Adds a request's parts. O(1).
    public mutating func add(_ parts: LatencyParts) {
        let place = LatencyHistogram.bucket(of: max(0, parts.total))
        var bucket = buckets[place] ?? Bucket()
        bucket.count += 1
        for part in LatencyParts.Part.allCases {
            bucket.parts[part.rawValue] += Int128(parts[part])
        }
        buckets[place] = bucket
        count += 1
    }

    /// Mean of each part over the slowest requests, seconds: at least this share of them, in whole
    /// buckets a 512th of their time wide. O(buckets).
    public func means(slowest share: Double = 1) -> [Double] {
        var wanted = Bucket()
        let number = max(1, Int((share * Double(count)).rounded(.up)))
        for (_, bucket) in buckets.sorted(by: { $0.key > $1.key }) where wanted.count < number {
            wanted.count += bucket.count
            for part in wanted.parts.indices { wanted.parts[part] += bucket.parts[part] }
        }
        return wanted.parts.map { Double($0) * 1e-12 / Double(max(1, wanted.count)) }
    }
}
