/// Successive gaps in one histogram bucket: while fast-forwarding, gaps hardly change.
struct GapRun {
    private var low: Int64 = 0
    private var high: Int64 = -1
    private var steps: Int64 = 0
    private var sum: Int64 = 0
    private var minimum: Int64 = .max
    private var maximum: Int64 = 0

    @inline(__always)
    mutating func add(_ gap: Int64, into histogram: inout HotHistogram, times count: Int64) {
        // 2^20 gaps of 2^42 ps (4 s) stay within 64 bits; longer gaps flush at every step.
        if gap < low || gap >= high || steps >= 1 << 20 || gap >= 1 << 42 {
            flush(into: &histogram, times: count)
            let bucket = LatencyHistogram.bucket(of: gap)
            low = LatencyHistogram.lowerBound(of: bucket)
            high = LatencyHistogram.lowerBound(of: bucket + 1)
        }
        steps += 1
        sum += gap
        minimum = min(minimum, gap)
        maximum = max(maximum, gap)
    }

    /// Adds gaps, each longer than the one before by `rise`, at least 0. O(buckets they fall into).
    @inline(__always)
    mutating func add(
        from first: Int64, rise: Int64, number: Int64, into histogram: inout HotHistogram,
        times count: Int64
    ) {
        var first = first
        var left = number
        while left > 0 {
            var same = left
            if first + (left - 1) * rise >= high {
                same = first < high ? (high - 1 - first) / rise + 1 : 0
            }
            let last = first + (same - 1) * rise
            if same > 0, first >= low, steps < 1 << 20, last < 1 << 42 {
                steps += same
                sum += same * first + rise * (same * (same - 1) / 2)
                minimum = min(minimum, first)
                maximum = max(maximum, last)
                first = last + rise
                left -= same
            } else {
                add(first, into: &histogram, times: count)
                first += rise
                left -= 1
            }
        }
    }

    /// Adds the gaps so far to the histogram, each for `count` requests.
    mutating func flush(into histogram: inout HotHistogram, times count: Int64) {
        guard steps > 0 else { return }
        let product = UInt64(sum).multipliedFullWidth(by: UInt64(count))
        histogram.add(
            bucket: LatencyHistogram.bucket(of: minimum), values: steps * count,
            sum: UInt128(product.high) << 64 | UInt128(product.low), minimum: minimum,
            maximum: maximum)
        steps = 0
        sum = 0
        minimum = .max
        maximum = 0
    }
}
