/// Which requests of a run to explain.
package enum WhyQuestion: Sendable, Equatable {
    /// Requests by id, with every attempt of each.
    case ids([Int64])
    /// This many requests with the longest latencies from arrival to end, the worst first.
    case worst(Int)
    /// Requests in the cluster at a moment, in seconds of the trace.
    case moment(Double)
}
