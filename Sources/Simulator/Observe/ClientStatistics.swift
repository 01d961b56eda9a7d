/// What clients saw of requests that may wait there before they are sent.
struct ClientStatistics: ~Copyable {
    private(set) var wait = HotHistogram()
    private(set) var timeToFirstToken = HotHistogram()
    private(set) var endToEnd = HotHistogram()
    /// Squares of the three, for their standard deviations.
    private(set) var waitSquares = SquareSum()
    private(set) var firstTokenSquares = SquareSum()
    private(set) var endToEndSquares = SquareSum()
    /// Requests that were not sent at once.
    private(set) var held = 0

    /// Enters an ended request. O(1).
    mutating func add(_ record: borrowing RequestRecord) {
        wait.add(record.clientWait)
        waitSquares.add(record.clientWait)
        if record.clientWait > 0 { held += 1 }
        guard record.outcome == .finished else { return }
        let first = record.firstToken - record.due
        timeToFirstToken.add(first)
        firstTokenSquares.add(first)
        endToEnd.add(record.finish - record.due)
        endToEndSquares.add(record.finish - record.due)
    }
}

/// Latencies from the moment at which clients meant to send, where a cap holds requests back.
public struct ClientLatencies: Sendable {
    /// Most requests in the cluster.
    public var cap: Int
    /// Requests that were not sent at once.
    public var held: Int
    /// Histograms of picoseconds: the wait at the client of every request; TTFT and E2E since it
    /// was due per finished request.
    public var wait: LatencyHistogram
    public var timeToFirstToken: LatencyHistogram
    public var endToEnd: LatencyHistogram

    init(_ statistics: borrowing ClientStatistics, cap: Int) {
        self.cap = cap
        held = statistics.held
        wait = LatencyHistogram(statistics.wait, squares: statistics.waitSquares)
        timeToFirstToken = LatencyHistogram(
            statistics.timeToFirstToken, squares: statistics.firstTokenSquares)
        endToEnd = LatencyHistogram(statistics.endToEnd, squares: statistics.endToEndSquares)
    }
}
