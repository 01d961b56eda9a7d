import Simulator

/// What clients saw if a cap on requests in flight held some of them back, or if they timed out and
/// sent requests again.
package struct ClientSummary: Sendable, Equatable {
    /// Most requests in flight; nil for no limit.
    package var cap: Int?
    /// What clients that time out did; nil if clients wait.
    package var attempts: AttemptCounts?
    /// Requests that were not sent when they were due.
    package var held: Int
    /// From due to sent, over all requests; for a retried request, to its last attempt.
    package var wait: LatencySummary
    /// From due to the first and the last token, over finished requests.
    package var timeToFirstToken: LatencySummary
    package var endToEnd: LatencySummary

    /// The figures of a run. O(buckets).
    package init(_ latencies: ClientLatencies) {
        cap = latencies.cap
        attempts = latencies.attempts
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

    /// What clients that time out did, by the names in summary.json.
    var attemptCounts: [(String, Int)] {
        guard let attempts else { return [] }
        return [
            ("client_requests", attempts.requests), ("client_attempts", attempts.attempts),
            ("client_retried", attempts.retried), ("client_gave_up", attempts.gaveUp),
            ("client_wasted_output_tokens", attempts.wastedOutputTokens),
            ("client_wasted_input_tokens", attempts.wastedPromptTokens),
        ]
    }
}
