/// What a real server did with the requests of a trace, where the trace records it.
package struct MeasuredLatencies: Sendable {
    /// One request's. Nanoseconds.
    package struct Request: Sendable, Equatable {
        /// From the arrival, or the sending, to the first token; nil where it is not recorded.
        package var timeToFirstToken: Int64?
        /// From the arrival, or the sending, to the last token; nil where it is not recorded.
        package var endToEnd: Int64?
        /// Tokens of the output.
        package var outputTokens: Int64

        /// (E2E − TTFT) / (output − 1), nanoseconds; nil for fewer than two tokens.
        package var timePerOutputToken: Double? {
            guard let timeToFirstToken, let endToEnd, outputTokens > 1 else { return nil }
            return Double(endToEnd - timeToFirstToken) / Double(outputTokens - 1)
        }
    }

    /// What the latencies count from and where they come from, a sentence.
    package let origin: String
    private var requests: [Request?] = []
    /// Requests with a latency.
    package private(set) var count = 0
    /// Latencies that are none: negative, or to the last token before the first.
    package private(set) var odd = 0

    init(origin: String) { self.origin = origin }

    /// Sets what was measured of the request with an id, which count up from 0. Negative times, as
    /// clocks that were set back give them, are none.
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

    /// What was measured of the request with an id. O(1).
    package subscript(id: Int64) -> Request? {
        id >= 0 && id < requests.count ? requests[Int(id)] : nil
    }
}
