import Simulator

/// What clients saw where a cap on requests in flight held some of them back.
public struct ClientSummary: Sendable, Equatable {
    /// Most requests in flight.
    public var cap: Int
    /// Requests that were not sent when they were due.
    public var held: Int
    /// From due to sent, over all requests.
    public var wait: LatencySummary
    /// From due to the first and the last token, over finished requests.
    public var timeToFirstToken: LatencySummary
    public var endToEnd: LatencySummary

    /// The figures of a run. O(buckets).
    public init(_ latencies: ClientLatencies) {
        cap = latencies.cap
        held = latencies.held
        wait = LatencySummary(latencies.wait)
        timeToFirstToken = LatencySummary(latencies.timeToFirstToken)
        endToEnd = LatencySummary(latencies.endToEnd)
    }

    /// The latencies by their names in summary.json.
    package var latencies: [(name: String, value: LatencySummary)] {
        [
            ("client_wait", wait), ("ttft_from_due", timeToFirstToken),
            ("e2el_from_due", endToEnd),
        ]
    }
}
