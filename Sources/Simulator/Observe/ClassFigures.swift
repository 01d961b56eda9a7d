/// The figures of some requests of a run: those of a class, or of a stage of its load.
package struct ClassFigures: Sendable {
    /// The number of the class or stage, and what it is called.
    package let key: Int
    package let name: String
    /// Requests by how they ended, their tokens, and requests preempted; counts of steps are 0.
    package let counters: Counters
    /// Finished requests that met every limit of the objective.
    package let goodRequests: Int
    /// The first arrival of one of them, picoseconds; nil without any.
    package let start: Int64?
    /// From the first arrival of one of them to the last end of one, picoseconds.
    package let duration: Int64
    /// Histograms of picoseconds, of the same requests as those of a whole run.
    package let timeToFirstToken: LatencyHistogram
    package let timePerOutputToken: LatencyHistogram
    package let endToEnd: LatencyHistogram
    package let queueTime: LatencyHistogram
    /// Of gaps between tokens of finished requests; nil where it was not told whose they are.
    package let interTokenLatency: LatencyHistogram?
    /// The latencies as they are; nil where there are too many.
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

/// Accumulates the figures of a class or stage. A class, because statistics cannot be copied, as
/// values of a dictionary are.
final class ClassMembers {
    fileprivate(set) var statistics: RequestStatistics
    fileprivate(set) var gaps = HotHistogram()
    fileprivate(set) var gapSquares = SquareSum()
    fileprivate(set) var hasGaps = false
    /// Dropped by the keeper of the classes, where they are too many together.
    var latencies: RequestLatencies? = RequestLatencies()
    fileprivate private(set) var start = Int64.max
    fileprivate private(set) var end = Int64.min

    init(_ objective: ServiceLevelObjective) { statistics = RequestStatistics(objective) }

    /// 0 without a request: there is no first and no last one to part.
    fileprivate var duration: Int64 { end > start ? end - start : 0 }

    /// Enters an ended request, and the gaps between its tokens where they are known. O(gaps).
    func add(_ record: RequestRecord, gaps: [Int64]? = nil) {
        statistics.add(record)
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
