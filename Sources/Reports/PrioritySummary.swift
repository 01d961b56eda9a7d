import Simulator

/// The figures of the requests of one priority.
public struct PrioritySummary: Sendable, Equatable {
    /// As the trace gives it; lower is more urgent.
    public var priority: Int
    /// Requests by how they ended; counts of steps and tokens are 0.
    public var counters: Counters
    /// Finished requests that met every limit of the objective.
    public var goodRequests: Int
    public var timeToFirstToken: LatencySummary
    public var timePerOutputToken: LatencySummary
    public var endToEnd: LatencySummary
    public var queueTime: LatencySummary

    /// The figures of a class.
    public init(_ members: PriorityClass) {
        priority = members.priority
        counters = members.counters
        goodRequests = members.goodRequests
        timeToFirstToken = LatencySummary(members.timeToFirstToken)
        timePerOutputToken = LatencySummary(members.timePerOutputToken)
        endToEnd = LatencySummary(members.endToEnd)
        queueTime = LatencySummary(members.queueTime)
    }

    /// The latencies by the names that they have in summary.json.
    var latencies: [(name: String, value: LatencySummary)] {
        [
            ("ttft", timeToFirstToken), ("tpot", timePerOutputToken), ("e2el", endToEnd),
            ("queue", queueTime),
        ]
    }

    /// The counts by the names that they have in summary.json.
    var counts: [(String, Int)] {
        [
            ("priority", priority), ("num_prompts", counters.requests),
            ("completed", counters.finished), ("rejected", counters.rejected),
            ("aborted", counters.aborted), ("unfinished", counters.unfinished),
            ("good_requests", goodRequests), ("preempted_requests", counters.preemptedRequests),
        ]
    }

    /// A table of classes for the page; nil without any.
    static func table(_ classes: [PrioritySummary]) -> String? {
        guard !classes.isEmpty else { return nil }
        var table = TextTable([
            "priority", "requests", "finished", "good", "TTFT", "p99", "TPOT", "p99", "E2E", "p99",
            "queue", "p99",
        ])
        for members in classes {
            let times = members.latencies.flatMap { _, latency in
                [latency.mean, latency.p99].map {
                    latency.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3)
                }
            }
            let counters = members.counters
            let counts = [counters.requests, counters.finished, members.goodRequests]
            table.add(["\(members.priority)"] + counts.map(Quantity.count) + times)
        }
        return table.text
    }
}
