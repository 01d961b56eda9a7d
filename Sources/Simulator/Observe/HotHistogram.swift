/// Accumulates durations for a `LatencyHistogram` while a run goes on.
///
/// Counts begin at bucket `first` and grow at both ends on demand, so that a thousand replicas that
/// each see a few octaves do not hold the empty ones below.
struct HotHistogram: ~Copyable {
    private(set) var counts = HotArray<Int64>()
    private(set) var first = 0
    private(set) var count: Int64 = 0
    /// Sum of values; 2⁶³ values of 2⁶³ fit.
    private(set) var sum: UInt128 = 0
    private(set) var minimum: Int64 = .max
    private(set) var maximum: Int64 = 0

    /// Adds a value in picoseconds, at least 0. O(1) amortised.
    @inline(__always)
    mutating func add(_ value: Int64) {
        precondition(value >= 0, "a duration cannot be negative")
        add(
            bucket: LatencyHistogram.bucket(of: value), values: 1,
            sum: UInt128(UInt64(value)), minimum: value, maximum: value)
    }

    /// Adds `times` equal values in picoseconds, at least 0. O(1) amortised. Not inlined: every
    /// step calls it from several places, and its code must stay in the processor's cache.
    @inline(never)
    mutating func add(_ value: Int64, times: Int64) {
        precondition(value >= 0 && times >= 0, "a duration cannot be negative")
        guard times > 0 else { return }
        let product = UInt64(value).multipliedFullWidth(by: UInt64(times))
        add(
            bucket: LatencyHistogram.bucket(of: value), values: times,
            sum: UInt128(product.high) << 64 | UInt128(product.low), minimum: value,
            maximum: value)
    }

    /// Adds values of one bucket whose sum and extremes are known. O(1) amortised.
    @inline(__always)
    mutating func add(
        bucket: Int, values: Int64, sum added: UInt128, minimum low: Int64, maximum high: Int64
    ) {
        let place = bucket &- first
        if UInt(bitPattern: place) < UInt(bitPattern: counts.count) {
            counts[place] &+= values
        } else {
            grow(to: bucket)
            counts[bucket - first] &+= values
        }
        count &+= values
        // 2⁶³ values of less than 2⁶³ cannot overflow it.
        sum &+= added
        minimum = min(minimum, low)
        maximum = max(maximum, high)
    }

    /// Adds every value of another histogram. O(buckets).
    mutating func merge(_ other: borrowing HotHistogram) {
        guard other.count > 0 else { return }
        for index in other.counts.indices where other.counts[index] > 0 {
            add(
                bucket: other.first + index, values: other.counts[index], sum: 0,
                minimum: other.minimum, maximum: other.maximum)
        }
        sum += other.sum
    }

    /// Makes room for a bucket and some neighbours beyond the present range.
    @inline(never)
    private mutating func grow(to bucket: Int) {
        let spare = 64
        if counts.isEmpty { first = bucket }
        if bucket < first {
            let low = max(0, bucket - spare)
            var wider = HotArray<Int64>(repeating: 0, count: first - low)
            for index in counts.indices { wider.append(counts[index]) }
            counts = wider
            first = low
        } else {
            counts.append(0, times: bucket + 1 + spare - first - counts.count)
        }
    }
}
