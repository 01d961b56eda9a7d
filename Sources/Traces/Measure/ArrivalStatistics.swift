/// Rate and burstiness of arrivals, gathered in one pass and constant memory.
package struct ArrivalStatistics: Sendable {
    /// Counts per bin of one width.
    struct Bins {
        let width: Int64
        var bin: Int64 = 0
        var inBin = 0
        var peak = 0
        var sumOfSquares = 0.0

        /// Moves to the bin of `time` and counts one arrival there.
        mutating func add(_ time: Int64) {
            let next = time / width
            if next != bin {
                sumOfSquares += Double(inBin) * Double(inBin)
                bin = next
                inBin = 0
            }
            inBin += 1
            peak = max(peak, inBin)
        }

        /// Whether arrivals over so many seconds fill a bin. In less time a bin says nothing.
        func isFilled(by span: Double) -> Bool { span >= Double(width) * 1e-9 }

        /// Variance over mean of the counts per bin, from time 0 to the last arrival's bin. That
        /// one is left out, since it was not seen whole. Nil for fewer than two.
        func dispersion(_ count: Int) -> Double? {
            guard bin >= 2 else { return nil }
            let bins = Double(bin)
            let mean = Double(count - inBin) / bins
            return mean > 0 ? (sumOfSquares / bins - mean * mean) / mean : nil
        }
    }

    package private(set) var count = 0
    private var first: Int64 = 0
    private var last: Int64 = 0
    private var gapSquares = 0.0
    private var seconds = Bins(width: 1_000_000_000)
    private var minutes = Bins(width: 60_000_000_000)
    /// Number of distinct times, to detect coarse clocks.
    package private(set) var distinctTimes = 0
    private var picture: [Int] = []
    private var pictureWidth: Int64 = 1_000_000_000
    private static let longestPicture = 4096

    package init() {}

    /// Adds an arrival in nanoseconds, not before the last one. O(1) amortised.
    package mutating func add(_ arrival: Int64) {
        if count == 0 {
            first = arrival
            distinctTimes = 1
        } else {
            let gap = Double(arrival - last) * 1e-9
            gapSquares += gap * gap
            if arrival != last { distinctTimes += 1 }
        }
        last = arrival
        count += 1
        let time = arrival - first
        seconds.add(time)
        minutes.add(time)
        paint(time)
    }

    private mutating func paint(_ time: Int64) {
        while time / pictureWidth >= Int64(Self.longestPicture) {
            picture = stride(from: 0, to: picture.count, by: 2).map {
                picture[$0] + ($0 + 1 < picture.count ? picture[$0 + 1] : 0)
            }
            pictureWidth *= 2
        }
        let bin = Int(time / pictureWidth)
        while picture.count <= bin { picture.append(0) }
        picture[bin] += 1
    }

    /// Seconds between the first and the last arrival.
    package var span: Double { Double(last - first) * 1e-9 }

    /// Requests per second: the gaps between arrivals over the span; 0 if all arrive at once.
    package var rate: Double { span > 0 ? Double(count - 1) / span : 0 }

    /// Standard deviation over mean of the times between arrivals.
    package var variation: Double {
        guard count > 1, span > 0 else { return 0 }
        let mean = span / Double(count - 1)
        return max(0, gapSquares / Double(count - 1) - mean * mean).squareRoot() / mean
    }

    /// Variance over mean of the counts per whole second and minute; 1 for a Poisson process. Nil
    /// if the span has fewer than two of them.
    package var dispersion: (second: Double?, minute: Double?) {
        (seconds.dispersion(count), minutes.dispersion(count))
    }

    /// The busiest second and minute, relative to the mean rate; nil if the span is shorter than
    /// that.
    package var peakOverMean: (second: Double?, minute: Double?) {
        func value(_ bins: Bins) -> Double? {
            guard rate > 0, bins.isFilled(by: span) else { return nil }
            return Double(bins.peak) / (Double(bins.width) * 1e-9 * rate)
        }
        return (value(seconds), value(minutes))
    }

    /// What the gaps between arrivals are like beside those of a Poisson process.
    package enum Regularity: Sendable {
        /// So few gaps that chance alone could make them look like anything.
        case unclear
        case smooth, nearPoisson, bursty, veryBursty
    }

    /// Judges the coefficient of variation of the gaps, which is 1 for a Poisson process.
    ///
    /// Over m gaps of a Poisson process it has a standard error of about 1 / √m. A trace is smooth
    /// or bursty only beyond two of these, and beyond 0.8 and 1.25: 2 % of Poisson traces of any
    /// length are. Fewer than 30 requests within two of them are unclear.
    package var regularity: Regularity {
        guard count > 2, span > 0 else { return .unclear }
        let chance = 2 / Double(count - 1).squareRoot()
        if variation < 1 - max(0.2, chance) { return .smooth }
        if variation > 1 + max(0.25, chance) { return variation < 2 ? .bursty : .veryBursty }
        return count < 30 ? .unclear : .nearPoisson
    }

    /// Arrivals in each of at most `parts` equal parts of the span.
    package func series(parts: Int) -> [Double] {
        let step = max(1, (picture.count + parts - 1) / parts)
        return stride(from: 0, to: picture.count, by: step).map { start in
            Double(picture[start..<min(start + step, picture.count)].reduce(0, +))
        }
    }
}
