import Foundation

/// Counts of non-negative durations in log-linear buckets, 512 to an octave: a value read back is
/// the middle of its bucket, at most 1/1024 (0.098 %) away. Mean, minimum and maximum are exact.
public struct LatencyHistogram: Sendable, Equatable {
    private static let linearBits = 9
    /// Counts by bucket, grown on demand.
    private var counts: [Int64] = []
    public private(set) var count: Int64 = 0
    /// Sum of values; 2⁶³ values of 2⁶³ fit.
    private var sum: UInt128 = 0
    public private(set) var minimum: Int64 = .max
    public private(set) var maximum: Int64 = 0

    public init() {}

    /// The bucket of a value. Values below 1024 have a bucket each.
    public static func bucket(of value: Int64) -> Int {
        let octave = 63 - max(value, 1).leadingZeroBitCount
        let shift = max(0, octave - linearBits)
        return (shift << linearBits) + Int(value >> Int64(shift))
    }

    /// Smallest value of a bucket.
    public static func lowerBound(of bucket: Int) -> Int64 {
        let shift = max(0, (bucket >> linearBits) - 1)
        return Int64(bucket - (shift << linearBits)) << Int64(shift)
    }

    /// Adds `times` equal values, picoseconds, at least 0. O(1) amortised.
    public mutating func add(_ value: Int64, times: Int64 = 1) {
        precondition(value >= 0 && times >= 0, "a duration cannot be negative")
        guard times > 0 else { return }
        let bucket = Self.bucket(of: value)
        if bucket >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: bucket + 1 - counts.count))
        }
        counts[bucket] += times
        count += times
        sum += UInt128(value) * UInt128(times)
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    /// Adds values of one bucket whose sum and extremes are known. O(1) amortised.
    mutating func add(
        bucket: Int, values: Int64, sum added: UInt128, minimum low: Int64, maximum high: Int64
    ) {
        guard values > 0 else { return }
        if bucket >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: bucket + 1 - counts.count))
        }
        counts[bucket] += values
        count += values
        sum += added
        minimum = min(minimum, low)
        maximum = max(maximum, high)
    }

    /// Adds every value of another histogram. O(buckets).
    public mutating func merge(_ other: LatencyHistogram) {
        if other.counts.count > counts.count {
            counts.append(
                contentsOf: repeatElement(0, count: other.counts.count - counts.count))
        }
        for bucket in other.counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
        sum += other.sum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// The arithmetic mean, 0 when empty.
    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// How many values lie in buckets that begin below a value. O(buckets).
    public func count(below value: Int64) -> Int64 {
        guard value > 0 else { return 0 }
        return counts.prefix(Self.bucket(of: value - 1) + 1).reduce(0, +)
    }

    /// The value below which a share of the values lies (nearest rank), 0 when empty.
    /// O(buckets).
    public func percentile(_ percent: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let rank = max(1, Int64((percent / 100 * Double(count)).rounded(.up)))
        if rank >= count { return maximum }
        var seen: Int64 = 0
        for (bucket, number) in counts.enumerated() where number > 0 {
            seen += number
            if seen >= rank {
                let low = Self.lowerBound(of: bucket)
                let high = Self.lowerBound(of: bucket + 1) - 1
                return min(max(low + (high - low) / 2, minimum), maximum)
            }
        }
        return maximum
    }
}
