/// Where in a run the change happened: which requests changed most, and when.
package struct Movement: Sendable, Encodable {
    /// A request whose latency changed, milliseconds.
    package struct Request: Sendable, Encodable {
        package var id: Int64
        package var arrivalS: Double
        package var ttftMsBefore: Double?
        package var ttftMsAfter: Double?
        package var e2elMsBefore: Double
        package var e2elMsAfter: Double
    }

    /// A window of arrivals with the mean end-to-end latency in both runs, milliseconds.
    package struct Window: Sendable, Encodable {
        package var startS: Double
        package var endS: Double
        package var requests: Int
        package var meanE2ELMsBefore: Double
        package var meanE2ELMsAfter: Double

        /// The window's contribution to the change of the sum.
        var weight: Double { (meanE2ELMsAfter - meanE2ELMsBefore) * Double(requests) }
    }

    /// Requests with any change.
    package var movedRequests: Int
    /// Requests with a shorter and with a longer end-to-end latency than before.
    package var earlierRequests, laterRequests: Int
    /// The requests that changed most, largest change first.
    package var requests: [Request]
    /// Windows of equal length over the arrivals, without empty ones.
    package var windows: [Window]

    /// The windows that changed most, largest change first.
    package var leadingWindows: [Window] {
        windows.filter { $0.weight != 0 }
            .sorted { (abs($0.weight), $1.startS) > (abs($1.weight), $0.startS) }
    }

    /// Finds where a comparison's change happened. O(n log n).
    package init(_ comparison: Comparison, keeping most: Int = 5, windowCount: Int = 24) {
        let pairs = comparison.shared.filter { $0.0.isFinished && $0.1.isFinished }
        func shift(_ pair: (ComparedRequest, ComparedRequest)) -> Int64 {
            (pair.1.finish - pair.1.arrival) - (pair.0.finish - pair.0.arrival)
        }
        let moved = pairs.filter { shift($0) != 0 || $0.0.firstToken != $0.1.firstToken }
        movedRequests = moved.count
        earlierRequests = moved.lazy.filter { shift($0) < 0 }.count
        laterRequests = moved.lazy.filter { shift($0) > 0 }.count
        requests =
            moved.sorted { (abs(shift($0)), $1.0.id) > (abs(shift($1)), $0.0.id) }
            .prefix(most).map { a, b in
                Request(
                    id: a.id, arrivalS: Double(a.arrival) / 1e6,
                    ttftMsBefore: a.timeToFirstToken, ttftMsAfter: b.timeToFirstToken,
                    e2elMsBefore: a.endToEnd ?? 0, e2elMsAfter: b.endToEnd ?? 0)
            }
        windows = Self.windows(pairs, windowCount)
    }

    private static func windows(
        _ pairs: [(ComparedRequest, ComparedRequest)], _ count: Int
    ) -> [Window] {
        let first = pairs.map(\.0.arrival).min() ?? 0
        let last = pairs.map(\.0.arrival).max() ?? 0
        let length = max(1, (last - first) / Int64(count) + 1)
        var sums = [(requests: Int, before: Double, after: Double)](
            repeating: (0, 0, 0), count: count)
        for (a, b) in pairs {
            let window = Int((a.arrival - first) / length)
            sums[window].requests += 1
            sums[window].before += a.endToEnd ?? 0
            sums[window].after += b.endToEnd ?? 0
        }
        return sums.enumerated().compactMap { index, sum in
            guard sum.requests > 0 else { return nil }
            let start = first + Int64(index) * length
            return Window(
                startS: Double(start) / 1e6, endS: Double(start + length) / 1e6,
                requests: sum.requests, meanE2ELMsBefore: sum.before / Double(sum.requests),
                meanE2ELMsAfter: sum.after / Double(sum.requests))
        }
    }
}
