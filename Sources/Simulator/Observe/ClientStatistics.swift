/// What the end of an attempt means to its client.
enum AttemptEnd {
    /// Answered, rejected, or given up by the trace's own client.
    case final
    /// Timed out, and not sent again.
    case gaveUp
    /// Timed out, and sent again.
    case resent
}

/// What clients saw of requests that may wait at the client before they are sent.
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
    private(set) var attempts = AttemptCounts()

    /// Adds an attempt that has ended, with its meaning to the client. O(1).
    mutating func add(
        _ record: borrowing RequestRecord, _ end: AttemptEnd = .final
    ) {
        attempts.add(record, end)
        guard end != .resent else { return }
        wait.add(record.clientWait)
        waitSquares.add(record.clientWait)
        if record.clientWait > 0, record.attempt == 1 { held += 1 }
        guard record.outcome == .finished else { return }
        let first = record.firstToken - record.due
        timeToFirstToken.add(first)
        firstTokenSquares.add(first)
        endToEnd.add(record.finish - record.due)
        endToEndSquares.add(record.finish - record.due)
    }
}

/// What clients that time out sent, and how much of it was wasted.
package struct AttemptCounts: Sendable, Equatable {
    /// Requests, each counted once however often it was sent.
    package var requests = 0
    /// Attempts: every time a request was sent.
    package var attempts = 0
    /// Requests that were sent more than once.
    package var retried = 0
    /// Requests whose last attempt timed out.
    package var gaveUp = 0
    /// Tokens delivered to attempts that timed out.
    package var wastedOutputTokens = 0
    /// Prompt tokens computed for such attempts.
    package var wastedPromptTokens = 0

    init() {}

    fileprivate mutating func add(
        _ record: borrowing RequestRecord, _ end: AttemptEnd
    ) {
        attempts += 1
        if end != .resent {
            requests += 1
            if record.attempt > 1 { retried += 1 }
            if end == .gaveUp { gaveUp += 1 }
        }
        guard end != .final else { return }
        wastedOutputTokens += Int(record.outputTokens)
        wastedPromptTokens +=
            record.firstToken >= 0
            ? Int(record.promptTokens - record.hitTokens) : Int(record.computedTokens)
    }
}

/// Latencies from the moment when a request was due, if a cap holds requests back or clients time
/// out and retry.
package struct ClientLatencies: Sendable {
    /// Most requests in the cluster; nil for no limit.
    package var cap: Int?
    /// What clients that time out did; nil if clients wait.
    package var attempts: AttemptCounts?
    /// Requests that were not sent at once.
    package var held: Int
    /// Histograms in picoseconds: the wait at the client of every request; TTFT and E2E of finished
    /// requests since they were due.
    package var wait: LatencyHistogram
    package var timeToFirstToken: LatencyHistogram
    package var endToEnd: LatencyHistogram

    init(
        _ statistics: borrowing ClientStatistics, cap: Int? = nil, countsAttempts: Bool = false
    ) {
        self.cap = cap
        attempts = countsAttempts ? statistics.attempts : nil
        held = statistics.held
        wait = LatencyHistogram(statistics.wait, squares: statistics.waitSquares)
        timeToFirstToken = LatencyHistogram(
            statistics.timeToFirstToken, squares: statistics.firstTokenSquares)
        endToEnd = LatencyHistogram(statistics.endToEnd, squares: statistics.endToEndSquares)
    }
}
