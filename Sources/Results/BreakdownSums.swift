import Simulator

/// The latency parts of many requests: their mean, and that of the slowest.
///
/// Memory follows the spread of the times, not the number of requests.
package struct BreakdownSums: Sendable {
    /// How many parts there are.
    private let parts: Int

    /// For each bucket of `LatencyHistogram` that the time which was divided may fall into, the
    /// place of its sums; -1: none yet.
    private var places: [Int32] = []
    /// By place: how many requests, and then the sums of their parts. In one list: an
    /// array is asked before each change whether it is shared.
    private var sums: [Int128] = []
    package private(set) var count = 0

    /// Sums of nothing, of so many parts: those of `LatencyParts` unless said otherwise.
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
        // Many parts are zero, and a sum of 128 bits takes more than a look.
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

    /// Mean of each part over the slowest requests, seconds: at least this share of them, in whole
    /// buckets a 512th of their time wide. O(buckets).
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
