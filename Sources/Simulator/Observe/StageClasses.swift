/// The ended requests of one stage of a load.
public struct StageClass: Sendable {
    /// The stage, and what it did.
    public let run: StageRun
    /// Requests by how they ended, their prompt tokens (of all but rejected ones) and delivered
    /// tokens; other counts are 0.
    public let counters: Counters
    /// Finished requests that met every limit of the objective.
    public let goodRequests: Int
    /// From the first arrival of a request of the stage to the last end of one, picoseconds.
    public let duration: Int64
    /// Histograms of picoseconds, of the same requests as those of a whole run.
    public let timeToFirstToken: LatencyHistogram
    public let timePerOutputToken: LatencyHistogram
    public let endToEnd: LatencyHistogram
    public let queueTime: LatencyHistogram

    fileprivate init(_ run: StageRun, _ member: borrowing StageMember) {
        self.run = run
        var counters = member.counters
        counters.add(member.statistics.counters)
        self.counters = counters
        goodRequests = member.statistics.goodRequests
        duration = member.duration
        let squares = member.statistics.squares
        timeToFirstToken = LatencyHistogram(
            member.statistics.timeToFirstToken, squares: squares.timeToFirstToken)
        timePerOutputToken = LatencyHistogram(
            member.statistics.timePerOutputToken, squares: squares.timePerOutputToken)
        endToEnd = LatencyHistogram(member.statistics.endToEnd, squares: squares.endToEnd)
        queueTime = LatencyHistogram(member.statistics.queueTime, squares: squares.queueTime)
    }
}

/// Accumulates one stage.
private struct StageMember: ~Copyable {
    var statistics: RequestStatistics
    var counters = Counters()
    var start = Int64.max
    var end = Int64.min

    init(_ objective: ServiceLevelObjective) { statistics = RequestStatistics(objective) }

    /// 0 without a request: there is no first and no last one to part.
    var duration: Int64 { end > start ? end - start : 0 }

    mutating func add(_ record: RequestRecord) {
        statistics.add(record)
        start = min(start, record.arrival)
        end = max(end, record.arrival, record.finish)
        if record.outcome != .rejected { counters.promptTokens += Int(record.promptTokens) }
        counters.outputTokens += Int(record.outputTokens)
    }
}

/// Tells the requests of a run apart by the stage of the load in which they were sent.
///
/// Requests that follow another one belong to the stage in which they arrive. Margins leave
/// nothing out here: a stage has a beginning and an end of its own. A class, because it is fed
/// while a simulation holds its observer.
public final class StageClasses {
    private let objective: ServiceLevelObjective
    private var members = HotArray<StageMember>()

    /// No requests, to be held to an objective.
    public init(_ objective: ServiceLevelObjective) { self.objective = objective }

    /// Enters an ended request. O(1).
    public func add(_ record: RequestRecord) {
        guard record.stage >= 0 else { return }
        while members.count <= Int(record.stage) { members.append(StageMember(objective)) }
        members[Int(record.stage)].add(record)
    }

    /// The figures of each stage. O(stages · buckets).
    public func classes(of runs: [StageRun]) -> [StageClass] {
        while members.count < runs.count { members.append(StageMember(objective)) }
        return runs.indices.map { StageClass(runs[$0], members[$0]) }
    }
}
