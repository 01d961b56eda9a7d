import Basics
import Testing

@testable import Simulator

@Suite("Histograms")
struct HistogramTests {
    @Test("percentiles are within 0.1 % of the exact ones", arguments: UInt64(1)...4)
    func histogram(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var hot = HotHistogram()
        var values: [Int64] = []
        for _ in 0..<20_000 {
            let value = Int64(PortableMath.exp(random.uniform() * 40))
            hot.add(value)
            values.append(value)
        }
        values.sort()
        let histogram = LatencyHistogram(hot)
        for percent in [0.5, 10, 50, 90, 95, 99, 99.9, 100] {
            let rank = max(1, Int((percent / 100 * Double(values.count)).rounded(.up)))
            let exact = Double(values[rank - 1])
            let found = Double(histogram.nearestRank(percent))
            #expect(abs(found - exact) <= exact * 0.001 + 0.5, "seed \(seed), p\(percent)")
            let linear = numpy(values, percent)
            let between = Double(histogram.percentile(percent))
            #expect(abs(between - linear) <= linear * 0.001 + 1.5, "seed \(seed), p\(percent)")
        }
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
        #expect(abs(histogram.mean - mean) < mean * 1e-9)
        #expect(histogram.minimum == values.first && histogram.maximum == values.last)
    }

    /// `numpy.percentile` of sorted values, which is linear between two of them.
    private func numpy(_ values: [Int64], _ percent: Double) -> Double {
        let place = percent / 100 * Double(values.count - 1)
        let (low, high) = (Int(place), min(Int(place) + 1, values.count - 1))
        let share = place - Double(low)
        return Double(values[low]) * (1 - share) + Double(values[high]) * share
    }

    @Test("a deviation without squares is that of the middles of buckets")
    func deviation() {
        var random = SeededRandom(seed: 3)
        var hot = HotHistogram()
        var values: [Double] = []
        for _ in 0..<5_000 {
            let value = Int64(7_000_000_000 + random.below(400_000_000))
            hot.add(value)
            values.append(Double(value))
        }
        let mean = values.reduce(0, +) / 5_000
        let exact = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5_000).squareRoot()
        #expect(abs(LatencyHistogram(hot).deviation - exact) < 0.001 * mean)
        #expect(abs(LatencyHistogram(hot).deviation - exact) < 0.01 * exact)
        var equal = HotHistogram()
        equal.add(7_123_456_789, times: 1_000)
        #expect(LatencyHistogram(equal).deviation == 0)
        #expect(LatencyHistogram().deviation == 0)
    }

    @Test("sums of squares hold the longest durations")
    func squares() {
        var sum = SquareSum()
        for _ in 0..<7 { sum.add(.max) }
        var both = sum
        both.merge(sum)
        #expect(abs(both.value / (14 * Double(Int64.max) * Double(Int64.max)) - 1) < 1e-12)
    }

    @Test("percentiles of few values lie between them, as NumPy's", arguments: 1...12)
    func few(count: Int) {
        var hot = HotHistogram()
        let values = (1...count).map { Int64($0 * $0) * 1_000_000_007 }
        for value in values { hot.add(value) }
        let histogram = LatencyHistogram(hot)
        for percent in [0.0, 1, 25, 50, 75, 90, 95, 99, 100] {
            let exact = numpy(values, percent)
            let found = Double(histogram.percentile(percent))
            #expect(abs(found - exact) <= exact * 0.001 + 1.5, "p\(percent) of \(count)")
        }
        #expect(histogram.percentile(0) == values.first)
        #expect(histogram.percentile(100) == values.last)
    }

    @Test("histograms hold what was added and merged, in whatever order", arguments: UInt64(1)...8)
    func merging(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var values: [Int64] = []
        var whole = HotHistogram()
        var parts = HotHistogram()
        for _ in 0..<12 {
            var part = HotHistogram()
            // A part has octaves of its own: the sum must grow above and below.
            let octave = random.below(62)
            for _ in 0..<random.below(60) {
                let value = Int64(random.below(1 << max(0, octave - random.below(3))))
                let times = random.below(4)
                part.add(value, times: Int64(times))
                for _ in 0..<times { values.append(value) }
            }
            parts.merge(part)
        }
        for value in values.shuffled(using: &random) { whole.add(value) }
        let (merged, added) = (LatencyHistogram(parts), LatencyHistogram(whole))
        #expect(merged == added, "seed \(seed)")
        expect(merged, holds: values, &random, "seed \(seed)")
        expect(added, holds: values, &random, "seed \(seed)")
        whole.add(5)
        let more = LatencyHistogram(whole)
        #expect(more != merged, "seed \(seed)")
    }

    /// Compares a histogram with the values themselves.
    private func expect(
        _ histogram: LatencyHistogram, holds values: [Int64], _ random: inout SeededRandom,
        _ place: Comment
    ) {
        #expect(histogram.count == values.count, place)
        #expect(histogram.minimum == values.min() ?? .max, place)
        #expect(histogram.maximum == values.max() ?? 0, place)
        let sum = values.reduce(UInt128(0)) { $0 + UInt128($1) }
        let mean = values.isEmpty ? 0 : Double(sum) / Double(values.count)
        #expect(histogram.mean == mean, place)
        let begins = values.map {
            LatencyHistogram.lowerBound(of: LatencyHistogram.bucket(of: $0))
        }
        let limits = begins.prefix(8) + values.prefix(8) + [0, 1, 1 << 40, .max]
        for limit in limits {
            let below = begins.count { $0 < limit }
            #expect(histogram.count(below: limit) == below, place)
        }
    }

    @Test("the longest duration, often, and nothing at all")
    func extremes() {
        var hot = HotHistogram()
        hot.add(7, times: 0)
        var other = HotHistogram()
        other.merge(hot)
        let none = LatencyHistogram(other)
        #expect(none == LatencyHistogram() && none.mean == 0 && none.percentile(50) == 0)
        hot.add(.max, times: 1 << 40)
        hot.add(0, times: 1 << 40)
        let histogram = LatencyHistogram(hot)
        #expect(histogram.mean == Double(Int64.max) / 2)
        #expect(histogram.minimum == 0 && histogram.maximum == .max)
        #expect(histogram.nearestRank(50) == 0 && histogram.percentile(49) == 0)
        #expect(histogram.percentile(50) > 1 << 61 && histogram.percentile(51) > 1 << 62)
    }

    @Test("buckets begin where the one before ends", arguments: [0, 511, 512, 1024, 9000, 28_158])
    func buckets(bucket: Int) {
        let low = LatencyHistogram.lowerBound(of: bucket)
        let next = LatencyHistogram.lowerBound(of: bucket + 1)
        #expect(LatencyHistogram.bucket(of: low) == bucket)
        #expect(LatencyHistogram.bucket(of: next - 1) == bucket)
        #expect(LatencyHistogram.bucket(of: next) == bucket + 1)
    }
}
