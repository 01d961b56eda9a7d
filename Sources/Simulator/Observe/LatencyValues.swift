import Basics

/// Exact latencies, for exact percentiles.
package struct LatencyValues: Sendable, Equatable {
    /// In picoseconds, in the order they were added.
    private var values: [Int64] = []

    /// No values.
    package init() {}

    mutating func add(_ value: Int64) { values.append(value) }

    /// The given percentiles in picoseconds: linear between the two values nearest to the rank,
    /// like NumPy and vLLM's serving benchmark; nil without values. O(n log n).
    package func percentiles(_ percents: [Double]) -> [Double]? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        return percents.map { percent in
            Quantile.value(percent / 100, of: sorted.count) { Double(sorted[$0]) }
        }
    }
}

/// The exact latencies of ended requests, over the same populations as in `RunResult`: TTFT, TPOT
/// and E2E of finished requests, queue time of admitted ones.
package struct RequestLatencies: Sendable {
    /// Most requests whose latencies are kept: 32 MB.
    package static let most = 1_000_000

    package private(set) var timeToFirstToken = LatencyValues()
    package private(set) var timePerOutputToken = LatencyValues()
    package private(set) var endToEnd = LatencyValues()
    package private(set) var queueTime = LatencyValues()

    /// No requests yet.
    package init() {}

    /// Adds an ended request. O(1).
    package mutating func add(_ record: RequestRecord) {
        if let queued = record.queueTime { queueTime.add(queued) }
        guard record.outcome == .finished else { return }
        timeToFirstToken.add(record.firstToken - record.arrival)
        endToEnd.add(record.finish - record.arrival)
        if let perToken = record.timePerOutputToken { timePerOutputToken.add(perToken) }
    }
}
