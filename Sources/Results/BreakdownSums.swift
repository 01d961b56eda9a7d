import Simulator

/// The latency parts of many requests: their mean, and the mean of the slowest.
///
/// Memory grows with the spread of the times, not with the number of requests.
package struct BreakdownSums: Sendable {
    /// Number of parts.
    private let parts: Int

    /// For each bucket of `LatencyHistogram`, by the total time: the place of its sums; -1 if none
    /// yet.
    private var places: [Int32] = []
    /// By place: the number of requests, then the sums of their parts. In one list, because each
    /// change of an array costs a check for shared storage.
    private var sums: [Int128] = []
    package private(set) var count = 0

    /// Empty sums of `parts` parts, by default those of `LatencyParts`.
    package init(parts: Int = LatencyParts.Part.allCases.count) { self.parts = parts }

    /// Adds a request's parts. O(1).
    package mutating func add(_ parts: LatencyParts) { add(parts.total, parts.times) }

    /// Adds a request's causes. O(1).
    package mutating func add(_ causes: LatencyCauses) { add(causes.total, causes.times) }

    @inline(__always)
    private mutating func add<let number: Int>(_ total: Int64, _ times: InlineArray<number, Int64>)
    {
        precondition(number == parts, "\(number) times, where \(parts) are summed")
        let bucket = LatencyHistogram.bucket(of: max(0, total))
        if bucket >= places.count || places[bucket] < 0 { open(bucket) }
        let place = Int(places[bucket])
        // 2⁶⁴ requests of 2⁶³ picoseconds cannot overflow it.
        var sums = sums.mutableSpan
        sums[place] &+= 1
        // Many parts are zero, and a 128-bit sum costs more than a check.
        for part in 0..<number where times[part] != 0 {
            sums[place + 1 + part] &+= Int128(times[part])
        }
        count += 1
    }

    private mutating func open(_ bucket: Int) {
        let missing = bucket + 1 - places.count
        if missing > 0 { places.append(contentsOf: repeatElement(-1, count: missing)) }
        places[bucket] = Int32(sums.count)
        sums.append(contentsOf: repeatElement(0, count: 1 + parts))
    }

    /// Mean of each part over the slowest requests, in seconds: at least this share of them, in
    /// whole buckets a 512th of their time wide. O(buckets).
    package func means(slowest share: Double = 1) -> [Double] {
        var requests = 0
        var wanted = [Int128](repeating: 0, count: parts)
        let number = max(1, Int((share * Double(count)).rounded(.up)))
        for place in places.reversed() where place >= 0 && requests < number {
            requests += Int(sums[Int(place)])
            for part in 0..<parts { wanted[part] += sums[Int(place) + 1 + part] }
        }
        return wanted.map { Double($0) * 1e-12 / Double(max(1, requests)) }
    }
}
