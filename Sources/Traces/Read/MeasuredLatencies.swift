/// Latencies that a real server had for the requests of a trace, if the trace records them.
package struct MeasuredLatencies: Sendable {
    /// The latencies of one request, in nanoseconds.
    package struct Request: Sendable, Equatable {
        /// From the arrival, or the sending, to the first token; nil if not recorded.
        package var timeToFirstToken: Int64?
        /// From the arrival, or the sending, to the last token; nil if not recorded.
        package var endToEnd: Int64?
        /// Tokens of the output.
        package var outputTokens: Int64

        /// (E2E − TTFT) / (output − 1), in nanoseconds; nil for fewer than two tokens.
        package var timePerOutputToken: Double? {
            guard let timeToFirstToken, let endToEnd, outputTokens > 1 else { return nil }
            return Double(endToEnd - timeToFirstToken) / Double(outputTokens - 1)
        }
    }

    /// What the latencies count from and where they come from, in one sentence.
    package let origin: String
    private var requests: [Request?] = []
    /// Requests with a latency.
    package private(set) var count = 0
    /// Invalid latencies: negative, or to the last token before the first.
    package private(set) var odd = 0

    init(origin: String) { self.origin = origin }

    /// Sets the latencies of the request with an id; ids count up from 0. Negative times, from
    /// clocks that were set back, are dropped.
    mutating func add(_ request: Request, id: Int64) {
        var request = request
        if request.timeToFirstToken ?? 0 < 0 {
            request.timeToFirstToken = nil
            odd += 1
        }
        if request.endToEnd ?? 0 < 0 {
            request.endToEnd = nil
            odd += 1
        }
        if let first = request.timeToFirstToken, let end = request.endToEnd, end < first {
            request.endToEnd = nil
            odd += 1
        }
        guard request.timeToFirstToken != nil || request.endToEnd != nil else { return }
        while requests.count <= id { requests.append(nil) }
        requests[Int(id)] = request
        count += 1
    }

    /// One more than the largest id of a request with a latency.
    package var capacity: Int64 { Int64(requests.count) }

    /// The latencies of the request with an id. O(1).
    package subscript(id: Int64) -> Request? {
        id >= 0 && id < requests.count ? requests[Int(id)] : nil
    }
}
