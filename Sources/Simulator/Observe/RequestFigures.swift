/// Figures of the requests between the margins that need every record: exact latencies, classes,
/// and intervals of the means.
///
/// A reference type, because it is fed while a simulation holds its observer.
package final class RequestFigures {
    private struct Ended {
        var record: RequestRecord
        var gaps: [Int64]?
    }

    private var filter: MarginFilter<Ended>
    /// The classes of each rule.
    package let classes: [RequestClasses]
    /// Exact latencies; nil if there are too many.
    package private(set) var latencies: RequestLatencies? = RequestLatencies()
    private var count = 0
    private var limits: RequestLimits?
    /// Finished requests within the limits of their classes; nil if no class has its own.
    package private(set) var goodRequests: Int?
    /// Means with their intervals, in order of arrival, in picoseconds.
    package private(set) var timeToFirstToken = BatchedMean()
    package private(set) var timePerOutputToken = BatchedMean()
    package private(set) var endToEnd = BatchedMean()
    /// The number of requests over time, including the margins.
    package private(set) var trend = LoadTrend()
    /// The first and the last arrival between the margins, in picoseconds; nil without any.
    package private(set) var arrivals: ClosedRange<Int64>?
    /// Gaps of requests that have not ended, by place in the order of arrival, which is the order
    /// of their records.
    private var gaps: [Int64: [Int64]] = [:]
    private var sequence: Int64 = 0
    private let watchesGaps: Bool

    /// Figures of a plan's run by these rules. `watchesGaps`: whether each gap will be added.
    /// `limits`: what makes a request good; nil: the plan's objective.
    package init(
        _ plan: RunPlan, by rules: [ClassRule], watchesGaps: Bool, limits: RequestLimits? = nil
    ) {
        filter = MarginFilter(plan.margins)
        classes = rules.map { RequestClasses($0, plan.objective) }
        if let limits, limits.differ { (self.limits, goodRequests) = (limits, 0) }
        self.watchesGaps = watchesGaps
    }

    /// Adds gaps between tokens. Call before the records of the requests that ended by then.
    package func add(_ gaps: [TokenGap]) {
        for gap in gaps { self.gaps[gap.sequence, default: []].append(gap.gap) }
    }

    /// Adds an ended request, in order of arrival. Returns its gaps; nil if gaps are not watched.
    /// O(1) amortised, and O(gaps).
    @discardableResult
    package func add(_ record: RequestRecord) -> [Int64]? {
        trend.add(record)
        let own = watchesGaps ? gaps.removeValue(forKey: sequence) ?? [] : nil
        sequence += 1
        filter.push(Ended(record: record, gaps: own), record)
        takeOn()
        return own
    }

    /// Call when all requests have come.
    package func finish() {
        filter.finish()
        takeOn()
    }

    private func takeOn() {
        while let ended = filter.pop() {
            let record = ended.record
            count += 1
            arrivals = (arrivals?.lowerBound ?? record.arrival)...record.arrival
            if count > RequestLatencies.most { latencies = nil }
            latencies?.add(record)
            let own = limits?.objective(of: record)
            if let own, own.isMet(by: record) { goodRequests = (goodRequests ?? 0) + 1 }
            for members in classes { members.add(record, gaps: ended.gaps, within: own) }
            guard record.outcome == .finished else { continue }
            timeToFirstToken.add(Double(record.firstToken - record.arrival))
            endToEnd.add(Double(record.finish - record.arrival))
            if let perToken = record.timePerOutputToken { timePerOutputToken.add(Double(perToken)) }
        }
    }
}
