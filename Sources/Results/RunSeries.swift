import Simulator

/// One class of a latency distribution, with the share of requests in it.
package struct LatencyClass: Sendable, Equatable, Encodable {
    /// Its upper edge; it begins at that of the previous class.
    package var belowMs: Double
    package var share: Double

    /// The classes of a 1-2-5 series that hold a histogram's values, from the first to the last
    /// non-empty one; none for an empty histogram. O(classes).
    package static func classes(of histogram: LatencyHistogram) -> [LatencyClass] {
        guard histogram.count > 0 else { return [] }
        let series: [Int64] = [1, 2, 5]
        // From 10 µs to 50,000 s, in picoseconds.
        let edges = (7...16).flatMap { power in
            series.map { $0 * (0..<power).reduce(1) { value, _ in value * 10 } }
        }
        var classes: [LatencyClass] = []
        var below: Int64 = 0
        for edge in edges {
            let upTo = histogram.count(below: edge)
            if upTo > 0 {
                classes.append(
                    LatencyClass(
                        belowMs: Double(edge) / 1e9,
                        share: Double(upTo - below) / Double(histogram.count)))
            }
            below = upTo
            if upTo == histogram.count { break }
        }
        return classes
    }
}

/// The course of a run over simulated time: one value per window. Windows are equal, and the first
/// begins with the first arrival.
package struct RunSeries: Sendable, Equatable, Encodable {
    /// Length of a window, in seconds.
    package var windowS: Double
    package var arrivalsPerS: [Double]
    /// Mean requests in the cluster.
    package var inCluster: [Double]
    package var outputTokensPerS: [Double]
    /// Of the requests that arrived in the window; nil if none of them got a first token.
    package var meanTtftMs: [Double?]
}
