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
    /// By place: how many requests, and the sums of their parts, one after the other.
    private var counts: [Int] = []
    private var sums: [Int128] = []
    package private(set) var count = 0

    /// Sums of nothing, of so many parts: those of `LatencyParts` unless said otherwise.
    package init(parts: Int = LatencyParts.Part.allCases.count) { self.parts = parts }

    /// Adds a request's parts. O(1).
    package mutating func add(_ parts: LatencyParts) {
        add(parts.total) { parts[$0] }
    }

    /// Adds a request's causes. O(1).
    package mutating func add(_ causes: LatencyCauses) {
        add(causes.total) { causes[$0] }
    }

    @inline(__always)
    private mutating func add(_ total: Int64, _ part: (Int) -> Int64) {
        let bucket = LatencyHistogram.bucket(of: max(0, total))
        if bucket >= places.count || places[bucket] < 0 { open(bucket) }
        let place = Int(places[bucket])
        counts[place] += 1
        // 2⁶⁴ requests of 2⁶³ picoseconds cannot overflow it.
        let first = place * parts
        sums.withUnsafeMutableBufferPointer { sums in
            for number in 0..<parts { sums[first + number] &+= Int128(part(number)) }
        }
        count += 1
    }

    private mutating func open(_ bucket: Int) {
        let missing = bucket + 1 - places.count
        if missing > 0 { places.append(contentsOf: repeatElement(-1, count: missing)) }
        places[bucket] = Int32(counts.count)
        counts.append(0)
        sums.append(contentsOf: repeatElement(0, count: parts))
    }

    /// Mean of each part over the slowest requests, seconds: at least this share of them, in whole
    /// buckets a 512th of their time wide. O(buckets).
    package func means(slowest share: Double = 1) -> [Double] {
        var requests = 0
        var wanted = [Int128](repeating: 0, count: parts)
        let number = max(1, Int((share * Double(count)).rounded(.up)))
        for place in places.reversed() where place >= 0 && requests < number {
            requests += counts[Int(place)]
            for part in 0..<parts { wanted[part] += sums[Int(place) * parts + part] }
        }
        return wanted.map { Double($0) * 1e-12 / Double(max(1, requests)) }
    }
}
