import Simulator

/// The course of a run in at most 128 equal windows of simulated time that widen as the run goes
/// on, so that memory does not grow with it.
///
/// Takes records in order of arrival. A request counts in the window it arrived in, and for as long
/// as it stayed and produced output.
package struct Timeline: Sendable {
    private struct Window {
        var arrivals = 0
        /// Output, spread evenly from a request's first token to its last.
        var outputTokens = 0.0
        var firstTokens = 0
        /// Σ TTFT of the requests that arrived here, in picoseconds.
        var waited = 0.0
        /// Σ time that all requests spent in the cluster, in picoseconds.
        var presence = 0.0
    }

    private static let mostWindows = 128
    private var start: Int64 = 0
    /// In picoseconds; 100 ms at first.
    private var width: Int64 = 100_000_000_000
    private var windows: [Window] = []
    private var isEmpty = true

    /// An empty timeline.
    package init() {}

    /// Adds a request that has ended. O(windows it spans).
    package mutating func add(_ record: RequestRecord) {
        if isEmpty { start = record.arrival }
        isEmpty = false
        reach(max(record.arrival, record.finish))
        windows[index(record.arrival)].arrivals += 1
        if let waited = record.timeToFirstToken {
            windows[index(record.arrival)].firstTokens += 1
            windows[index(record.arrival)].waited += Double(waited)
        }
        guard record.finish >= 0 else { return }
        spread(from: record.arrival, to: record.finish) { window, share in
            window.presence += share * Double(record.finish - record.arrival)
        }
        guard record.firstToken >= 0 else { return }
        spread(from: record.firstToken, to: record.finish) { window, share in
            window.outputTokens += share * Double(record.outputTokens)
        }
    }

    /// Gives each window its share of a span of time.
    private mutating func spread(
        from first: Int64, to last: Int64, _ give: (inout Window, _ share: Double) -> Void
    ) {
        guard last > first else { return give(&windows[index(first)], 1) }
        for window in index(first)...index(last) {
            let begin = start + Int64(window) * width
            let part = min(last, begin + width) - max(first, begin)
            give(&windows[window], Double(max(0, part)) / Double(last - first))
        }
    }

    /// Arrivals, output, requests in the cluster and TTFT over time; nil without a request.
    package var series: RunSeries? {
        guard !windows.isEmpty else { return nil }
        let seconds = Double(width) / 1e12
        return RunSeries(
            windowS: seconds, arrivalsPerS: windows.map { Double($0.arrivals) / seconds },
            inCluster: windows.map { $0.presence / Double(width) },
            outputTokensPerS: windows.map { $0.outputTokens / seconds },
            meanTtftMs: windows.map {
                $0.firstTokens > 0 ? $0.waited / Double($0.firstTokens) / 1e9 : nil
            })
    }

    private func index(_ time: Int64) -> Int { Int(max(0, time - start) / width) }

    /// Adds windows up to a time, joining pairs if there would be too many.
    private mutating func reach(_ time: Int64) {
        while index(time) >= Self.mostWindows {
            windows = stride(from: 0, to: windows.count, by: 2).map { first in
                var joined = windows[first]
                if first + 1 < windows.count {
                    let second = windows[first + 1]
                    joined.arrivals += second.arrivals
                    joined.outputTokens += second.outputTokens
                    joined.firstTokens += second.firstTokens
                    joined.waited += second.waited
                    joined.presence += second.presence
                }
                return joined
            }
            width *= 2
        }
        while windows.count <= index(time) { windows.append(Window()) }
    }
}
