import Basics

/// How many requests are in the cluster or held back at their clients over time, and how many end,
/// in at most 2,048 windows that widen as the run goes on. Tells whether the load is steady, and
/// how certain the throughput is.
package struct LoadTrend: Sendable {
    private static let mostWindows = 2048
    /// Fewest requests of which anything is said: as for the margins of a steady stretch. Fewer
    /// are less than three for each of the spans.
    private static let fewest = 50
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
        /// Σ of the time that its arrivals stay.
        var stay: Int128 = 0
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
        windows[place(begin)].stay += Int128(record.finish - begin)
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
                joined.stay += second.stay
                return joined
            }
            shift += 1
        }
        while windows.count <= place(time) { windows.append(Window()) }
    }

    /// The trend between two moments, in picoseconds, but at most until nine tenths of the requests
    /// have arrived: the last ones may be turns that wait for their predecessors, or meet a cluster
    /// that empties. Nil if that is too short, or for fewer requests than `fewest`. O(windows).
    package func steadiness(from first: Int64? = nil, to last: Int64? = nil) -> Steadiness? {
        guard start >= 0, arrivals >= Self.fewest else { return nil }
        let begin = first.map { place(max(start, $0)) } ?? 0
        let end = min(last.map { place(max(start, $0)) } ?? .max, mostArrived)
        let width = (end - begin) / Self.batches
        guard width >= 1 else { return nil }
        var spans: [Steadiness.Span] = []
        var level = windows[..<begin].reduce(0) { $0 + $1.net }
        let size = Double(Int64(1) << shift)
        for batch in 0..<Self.batches {
            var span = Steadiness.Span(seconds: size * Double(width) * 1e-12)
            var presence = 0.0
            for place in (begin + batch * width)..<(begin + (batch + 1) * width) {
                let window = windows[place]
                presence += Double(level) * size + Double(window.presence)
                level += window.net
                span.finishes += Double(window.finishes)
                span.arrivals += Double(window.arrivals)
            }
            span.level = presence / (size * Double(width))
            spans.append(span)
        }
        return Steadiness(spans, from: Double(begin) * size * 1e-12)
    }

    /// The same once a cluster that began empty has filled, which takes `filling` picoseconds, but
    /// from a third of the time at the latest: under overload requests stay ever longer. Nil if
    /// those of the first third stay so long on average that it has not filled by then.
    package func whenFilled(after filling: Int64) -> Steadiness? {
        guard start >= 0 else { return nil }
        let first = windows[..<(mostArrived / 3)]
        let third = Int64(first.count) << shift
        let stay = first.reduce(Int128(0)) { $0 + $1.stay }
        let arrivals = first.reduce(0) { $0 + $1.arrivals }
        // After three mean stays it has 95 %, if stays are exponential.
        guard filling <= third || 3 * stay <= Int128(arrivals) * Int128(third) else { return nil }
        return steadiness(from: start + min(max(0, filling), third))
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
