/// Which requests of a run are asked about.
package enum WhyQuestion: Sendable, Equatable {
    /// Those with an id, every attempt of each.
    case ids([Int64])
    /// So many with the longest latencies from arrival to the end, the worst first.
    case worst(Int)
    /// Those in the cluster at a moment, in seconds of the trace.
    case moment(Double)
}
