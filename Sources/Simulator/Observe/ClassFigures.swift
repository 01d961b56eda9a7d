/// The figures of some requests of a run: of one class, or of one stage of its load.
package struct ClassFigures: Sendable {
    /// The number of the class or stage, and its name.
    package let key: Int
    package let name: String
    /// Requests by outcome, their tokens, and preempted requests. Step counts are 0.
    package let counters: Counters
    /// Finished requests that met every limit of the objective.
    package let goodRequests: Int
    /// The first arrival of these requests, in picoseconds; nil without any.
    package let start: Int64?
    /// From their first arrival to their last end, in picoseconds.
    package let duration: Int64
    /// Histograms in picoseconds, over the same requests as those of a whole run.
    package let timeToFirstToken: LatencyHistogram
    package let timePerOutputToken: LatencyHistogram
    package let endToEnd: LatencyHistogram
    package let queueTime: LatencyHistogram
    /// Gaps between tokens of finished requests; nil if gaps were not attributed to requests.
    package let interTokenLatency: LatencyHistogram?
    /// The exact latencies; nil if there are too many.
    package let latencies: RequestLatencies?

    init(_ key: Int, _ name: String, _ members: ClassMembers) {
        self.key = key
        self.name = name
        var counters = Counters()
        counters.add(members.statistics.counters)
        counters.outputTokens = members.statistics.outputTokens
        self.counters = counters
        goodRequests = members.statistics.goodRequests
        start = members.end > .min ? members.start : nil
        duration = members.duration
        let squares = members.statistics.squares
        timeToFirstToken = LatencyHistogram(
            members.statistics.timeToFirstToken, squares: squares.timeToFirstToken)
        timePerOutputToken = LatencyHistogram(
            members.statistics.timePerOutputToken, squares: squares.timePerOutputToken)
        endToEnd = LatencyHistogram(members.statistics.endToEnd, squares: squares.endToEnd)
        queueTime = LatencyHistogram(members.statistics.queueTime, squares: squares.queueTime)
        interTokenLatency =
            members.hasGaps ? LatencyHistogram(members.gaps, squares: members.gapSquares) : nil
        latencies = members.latencies
    }
}

/// Accumulates the figures of a class or stage. A reference type, because a dictionary would copy
/// its values and statistics cannot be copied.
final class ClassMembers {
    fileprivate(set) var statistics: RequestStatistics
    fileprivate(set) var gaps = HotHistogram()
    fileprivate(set) var gapSquares = SquareSum()
    fileprivate(set) var hasGaps = false
    /// Dropped by the owner of the classes when all classes together hold too many.
    var latencies: RequestLatencies? = RequestLatencies()
    fileprivate private(set) var start = Int64.max
    fileprivate private(set) var end = Int64.min

    init(_ objective: ServiceLevelObjective) { statistics = RequestStatistics(objective) }

    /// 0 without requests, or if none takes any time.
    fileprivate var duration: Int64 { end > start ? end - start : 0 }

    /// Adds an ended request, and the gaps between its tokens if they are known. `limits`: its own,
    /// in place of those of these figures. O(gaps).
    func add(
        _ record: RequestRecord, gaps: [Int64]? = nil, within limits: ServiceLevelObjective? = nil
    ) {
        if let limits { statistics.add(record, within: limits) } else { statistics.add(record) }
        latencies?.add(record)
        start = min(start, record.arrival)
        end = max(end, record.arrival, record.finish)
        guard let gaps else { return }
        hasGaps = true
        guard record.outcome == .finished else { return }
        for gap in gaps {
            self.gaps.add(gap)
            gapSquares.add(gap)
        }
    }
}
