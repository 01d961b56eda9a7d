import Foundation

/// Counts non-negative durations in log-linear buckets, 512 per octave. A value read back is the
/// middle of its bucket, at most 1/1024 (0.098 %) off. Mean, minimum and maximum are exact.
public struct LatencyHistogram: Sendable, Equatable {
    private static let linearBits = 9
    /// Counts from bucket `first` on.
    private var counts: [Int64] = []
    private var first = 0
    public private(set) var count: Int64 = 0
    /// Sum of values; 2⁶³ values of 2⁶³ fit.
    private var sum: UInt128 = 0
    package private(set) var minimum: Int64 = .max
    public private(set) var maximum: Int64 = 0
    /// Sum of the values' squares, if it was kept.
    private var squares: SquareSum?

    package init() {}

    /// The values that an accumulator has counted. O(buckets).
    init(_ hot: borrowing HotHistogram, squares: SquareSum? = nil) {
        self.squares = squares
        counts = hot.counts.elements
        first = hot.first
        count = hot.count
        sum = hot.sum
        minimum = hot.minimum
        maximum = hot.maximum
    }

    /// The bucket of a value. Values below 1024 have a bucket each.
    package static func bucket(of value: Int64) -> Int {
        // The bits below those that select the bucket within its octave.
        let shift = 63 - linearBits - (value | 1 << linearBits).leadingZeroBitCount
        return shift &<< linearBits &+ Int(truncatingIfNeeded: value &>> Int64(shift))
    }

    /// Smallest value of a bucket.
    package static func lowerBound(of bucket: Int) -> Int64 {
        let shift = max(0, (bucket >> linearBits) - 1)
        return Int64(bucket - (shift << linearBits)) << Int64(shift)
    }

    /// The arithmetic mean, 0 when empty.
    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The standard deviation of all values (of a population, like NumPy's), 0 when empty. Exact
    /// except for rounding if squares were kept; otherwise from the middles of buckets, off by at
    /// most 0.1 % of the values' root mean square. O(buckets).
    package var deviation: Double {
        guard count > 0 else { return 0 }
        if let squares {
            let variance = squares.value / Double(count) - mean * mean
            return max(0, variance).squareRoot()
        }
        let middles = counts.indices.filter { counts[$0] > 0 }.map { index in
            (middle(of: first + index), Double(counts[index]))
        }
        let mean = middles.reduce(0) { $0 + Double($1.0) * $1.1 } / Double(count)
        let sum = middles.reduce(0) { sum, item in
            let distance = Double(item.0) - mean
            return sum + distance * distance * item.1
        }
        return (sum / Double(count)).squareRoot()
    }

    /// How many values lie in buckets that begin below `value`. O(buckets).
    package func count(below value: Int64) -> Int64 {
        guard value > 0 else { return 0 }
        var number: Int64 = 0
        for index in 0..<min(counts.count, max(0, Self.bucket(of: value - 1) + 1 - first)) {
            number += counts[index]
        }
        return number
    }

    /// The value below which `percent` of the values lie, 0 when empty. Linear between the two
    /// nearest values, like NumPy and vLLM's serving benchmark. O(buckets).
    public func percentile(_ percent: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let place = min(max(0, percent / 100), 1) * Double(count - 1)
        let whole = place.rounded(.down)
        let low = value(at: Int64(whole) + 1)
        guard place > whole else { return low }
        let high = value(at: Int64(whole) + 2)
        return low + Int64((place - whole) * Double(high - low))
    }

    /// The smallest value that is not exceeded by `percent` of the values (nearest rank), 0 when
    /// empty. O(buckets).
    package func nearestRank(_ percent: Double) -> Int64 {
        guard count > 0 else { return 0 }
        return value(at: max(1, Int64((percent / 100 * Double(count)).rounded(.up))))
    }

    /// Quantiles at 0, 1 / `number`, 2 / `number` and so on up to 1, as in `percentile`; empty if
    /// there are no values. O(buckets + number).
    package func quantiles(_ number: Int) -> [Int64] {
        guard count > 0 else { return [] }
        let places = (0...number).map { Double($0) / Double(number) * Double(count - 1) }
        let values = values(at: places.flatMap { [Int64($0) + 1, min(Int64($0) + 2, count)] })
        return places.indices.map { index in
            let (low, high) = (values[2 * index], values[2 * index + 1])
            return low + Int64((places[index] - places[index].rounded(.down)) * Double(high - low))
        }
    }

    /// The `number` largest values, or all of them, largest first. O(buckets + number).
    package func largest(_ number: Int) -> [Int64] {
        let first = max(1, count - Int64(number) + 1)
        return count > 0 ? values(at: Array(first...count)).reversed() : []
    }

    /// The values at ranks that never fall by more than one, each as in `value(at:)`.
    private func values(at ranks: [Int64]) -> [Int64] {
        var (seen, bucket): (Int64, Int) = (0, -1)
        return ranks.map { rank in
            if rank >= count { return maximum }
            if rank <= 1 { return minimum }
            while bucket >= 0, rank <= seen - counts[bucket] {
                seen -= counts[bucket]
                bucket -= 1
            }
            while seen < rank {
                bucket += 1
                seen += counts[bucket]
            }
            return middle(of: first + bucket)
        }
    }

    /// The value at a rank from 1 on: exact at the extremes, otherwise the middle of its bucket.
    private func value(at rank: Int64) -> Int64 {
        if rank >= count { return maximum }
        if rank <= 1 { return minimum }
        var seen: Int64 = 0
        for index in 0..<counts.count {
            seen += counts[index]
            if seen >= rank { return middle(of: first + index) }
        }
        return maximum
    }

    /// The middle of a bucket, clamped to the extremes.
    private func middle(of bucket: Int) -> Int64 {
        let low = Self.lowerBound(of: bucket)
        // The last bucket ends with Int64.max; the bound after it wraps.
        let high = Self.lowerBound(of: bucket + 1) &- 1
        return min(max(low + (high - low) / 2, minimum), maximum)
    }

    /// Equal if the same values were added in any order, by bucket, sum and extremes.
    public static func == (a: LatencyHistogram, b: LatencyHistogram) -> Bool {
        guard a.count == b.count, a.sum == b.sum, a.minimum == b.minimum, a.maximum == b.maximum
        else { return false }
        if a.first == b.first, a.counts == b.counts { return true }
        let low = min(a.first, b.first)
        let high = max(a.first + a.counts.count, b.first + b.counts.count)
        return (low..<high).allSatisfy { a.number(in: $0) == b.number(in: $0) }
    }

    private func number(in bucket: Int) -> Int64 {
        let index = bucket - first
        return index >= 0 && index < counts.count ? counts[index] : 0
    }
}
