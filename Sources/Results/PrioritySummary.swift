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
    package var latencies: [(name: String, value: LatencySummary)] {
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
}
