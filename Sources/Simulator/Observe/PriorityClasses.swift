/// The ended requests of one priority.
public struct PriorityClass: Sendable {
    /// As the trace gives it; lower is more urgent.
    public let priority: Int
    /// Requests by how they ended; counts of steps and tokens are 0.
    public let counters: Counters
    /// Finished requests that met every limit of the objective.
    public let goodRequests: Int
    /// Histograms of picoseconds, of the same requests as those of a whole run.
    public let timeToFirstToken: LatencyHistogram
    public let timePerOutputToken: LatencyHistogram
    public let endToEnd: LatencyHistogram
    public let queueTime: LatencyHistogram

    fileprivate init(_ priority: Int32, _ statistics: borrowing RequestStatistics) {
        self.priority = Int(priority)
        counters = statistics.counters
        goodRequests = statistics.goodRequests
        timeToFirstToken = LatencyHistogram(
            statistics.timeToFirstToken, squares: statistics.squares.timeToFirstToken)
        timePerOutputToken = LatencyHistogram(
            statistics.timePerOutputToken, squares: statistics.squares.timePerOutputToken)
        endToEnd = LatencyHistogram(
            statistics.endToEnd, squares: statistics.squares.endToEnd)
        queueTime = LatencyHistogram(
            statistics.queueTime, squares: statistics.squares.queueTime)
    }
}

/// Tells the requests of a run apart by their priority.
///
/// A class, because it is fed while a simulation holds its observer. Memory follows the classes.
public final class PriorityClasses {
    /// Accumulates one class: statistics cannot be copied, as values of a dictionary are.
    private final class Member {
        var statistics: RequestStatistics
        init(_ objective: ServiceLevelObjective) { statistics = RequestStatistics(objective) }
    }

    /// More different priorities than these are no classes, but a measure of something.
    public static let most = 64

    private let objective: ServiceLevelObjective
    private var filter: MarginFilter<RequestRecord>
    private var members: [Int32: Member] = [:]
    /// Whether there were more than `most`: then none is told.
    public private(set) var isOverrun = false

    /// No requests, to be held to an objective. Those in the margins will not count.
    public init(_ objective: ServiceLevelObjective, leavingOut margins: Margins = Margins()) {
        self.objective = objective
        filter = MarginFilter(margins)
    }

    /// Enters an ended request, in order of arrival. O(1) amortised.
    public func add(_ record: RequestRecord) {
        filter.push(record, arrival: record.arrival)
        while let record = filter.pop() { count(record) }
    }

    private func count(_ record: RequestRecord) {
        guard !isOverrun else { return }
        if let member = members[record.priority] {
            member.statistics.add(record)
        } else if members.count < Self.most {
            let member = Member(objective)
            member.statistics.add(record)
            members[record.priority] = member
        } else {
            isOverrun = true
            members = [:]
        }
    }

    /// What to say where the classes are not told.
    public var remarks: [String] {
        isOverrun ? ["more than \(Self.most) priorities: no figures by priority"] : []
    }

    /// The classes, the most urgent first; empty where all requests are of one.
    public var classes: [PriorityClass] {
        guard members.count > 1 else { return [] }
        return members.sorted { $0.key < $1.key }.map { PriorityClass($0.key, $0.value.statistics) }
    }
}
