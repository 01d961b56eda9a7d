import Basics

/// How many requests are in the cluster or held back at their clients over time, and how many end,
/// in at most 2,048 windows that widen as the run goes on. Tells whether the load is steady, and
/// how certain the throughput is.
package struct LoadTrend: Sendable {
    private static let mostWindows = 2048
    /// Batches of windows for the intervals.
    private static let batches = 20

    /// The events of one window.
    private struct Window {
        var arrivals = 0
        /// Ends of finished requests.
        var finishes = 0
        /// Arrivals minus ends.
        var net: Int64 = 0
        /// Σ of the time from each arrival to the window's end, minus the same for ends.
        var presence: Int128 = 0
    }

    private var start: Int64 = -1
    /// A window is 2^shift picoseconds: about a millisecond at first.
    private var shift: Int64 = 30
    private var windows: [Window] = []
    private var arrivals = 0

    /// No requests yet.
    package init() {}

    /// Adds an ended request, in order of arrival. O(1) amortised.
    package mutating func add(_ record: RequestRecord) {
        guard record.outcome != .rejected, record.finish >= record.arrival else { return }
        if start < 0 { start = record.begin }
        // Sessions may send in another order than requests were due.
        let begin = max(start, record.begin)
        arrivals += 1
        reach(record.finish)
        change(at: begin, by: 1)
        change(at: record.finish, by: -1)
        windows[place(begin)].arrivals += 1
        if record.outcome == .finished { windows[place(record.finish)].finishes += 1 }
    }

    private func place(_ time: Int64) -> Int { Int((time - start) >> shift) }

    private mutating func change(at time: Int64, by step: Int64) {
        let place = place(time)
        let end = start + Int64(place + 1) << shift
        windows[place].net += step
        windows[place].presence += Int128(step) * Int128(end - time)
    }

    /// Adds windows up to a time, joining pairs if there would be too many.
    private mutating func reach(_ time: Int64) {
        while place(time) >= Self.mostWindows {
            let width = Int128(1) << Int128(shift)
            windows = stride(from: 0, to: windows.count, by: 2).map { first in
                var joined = windows[first]
                joined.presence += Int128(joined.net) * width
                guard first + 1 < windows.count else { return joined }
                let second = windows[first + 1]
                joined.arrivals += second.arrivals
                joined.finishes += second.finishes
                joined.net += second.net
                joined.presence += second.presence
                return joined
            }
            shift += 1
        }
        while windows.count <= place(time) { windows.append(Window()) }
    }

    /// The trend between two moments, in picoseconds, but at most until nine tenths of the requests
    /// have arrived: the last ones may be turns that wait for their predecessors, or meet a cluster
    /// that empties. Nil if that is too short. O(windows).
    package func steadiness(from first: Int64? = nil, to last: Int64? = nil) -> Steadiness? {
        guard start >= 0 else { return nil }
        let begin = first.map { place(max(start, $0)) } ?? 0
        let end = min(last.map { place(max(start, $0)) } ?? .max, mostArrived)
        let width = (end - begin) / Self.batches
        guard width >= 1 else { return nil }
        var (levels, rates): ([Double], [Double]) = ([], [])
        var level = windows[..<begin].reduce(0) { $0 + $1.net }
        let size = Double(Int64(1) << shift)
        for batch in 0..<Self.batches {
            var (presence, finishes) = (0.0, 0)
            for place in (begin + batch * width)..<(begin + (batch + 1) * width) {
                presence += Double(level) * size + Double(windows[place].presence)
                level += windows[place].net
                finishes += windows[place].finishes
            }
            levels.append(presence / (size * Double(width)))
            rates.append(Double(finishes) / (size * Double(width) * 1e-12))
        }
        let seconds = Double(Self.batches * width) * size * 1e-12
        return Steadiness(
            levels, seconds: seconds, from: Double(begin) * size * 1e-12,
            throughput: MeanInterval(rates))
    }

    /// The first window before which nine tenths of the requests have arrived.
    private var mostArrived: Int {
        var (place, arrived) = (0, 0)
        while place < windows.count, 10 * (arrived + windows[place].arrivals) <= 9 * arrivals {
            arrived += windows[place].arrivals
            place += 1
        }
        return place
    }
}

/// Whether the number of requests in the cluster is steady, by a straight line through its means
/// over twenty spans of time.
package struct Steadiness: Sendable, Equatable {
    /// What the line shows.
    package enum Verdict: String, Sendable {
        /// It changes by at most a tenth of its mean, or by no more than chance explains.
        case steady
        case growing
        case falling
        /// It varies too much to tell.
        case unclear
    }

    package let verdict: Verdict
    /// Requests in the cluster or held back at their clients: the mean over the time observed.
    package let meanInCluster: Double
    /// How much that number rises along the line over the time observed.
    package let change: Double
    /// Half the 95 % interval of the change. Spans that resemble their neighbours count as fewer.
    package let halfWidth: Double
    /// Start of the time observed, from the first arrival, and its length, in seconds.
    package let from: Double
    package let seconds: Double
    /// Finished requests per second in that time.
    package let throughput: MeanInterval?

    init(_ levels: [Double], seconds: Double, from: Double, throughput: MeanInterval?) {
        self.seconds = seconds
        self.from = from
        self.throughput = throughput
        let count = Double(levels.count)
        let mean = levels.reduce(0, +) / count
        // Times as shares of the whole, around its middle.
        let times = levels.indices.map { (Double($0) + 0.5) / count - 0.5 }
        let spread = times.reduce(0) { $0 + $1 * $1 }
        let slope = zip(times, levels).reduce(0) { $0 + $1.0 * $1.1 } / spread
        let rest = zip(times, levels).map { $0.1 - mean - slope * $0.0 }
        let squares = rest.reduce(0) { $0 + $1 * $1 }
        let effective = MeanInterval.independent(rest)
        // The line takes two degrees of freedom; the error counts `effective` values.
        let variance = squares / (count - 2) * count / effective
        let freedom = max(MeanInterval.leastFreedom, effective - 2)
        meanInCluster = mean
        // For a constant level, rounding errors are no change.
        change = abs(slope) <= mean * 1e-9 ? 0 : slope
        halfWidth =
            (variance / spread).squareRoot() * StudentT.critical(tail: 0.025, freedom: freedom)
        if abs(slope) <= mean / 10, halfWidth <= mean / 2 {
            verdict = .steady
        } else if abs(slope) > halfWidth {
            verdict = slope > 0 ? .growing : .falling
        } else {
            verdict = halfWidth <= mean / 2 ? .steady : .unclear
        }
    }
}
