import Simulator

/// Divides the latencies of a run while it goes on, and keeps their means.
public struct BreakdownObserver: RunObserver {
    private var breakdown: LatencyBreakdownKeeper
    private var filter: MarginFilter<(RequestBreakdown?, RequestRecord)>
    public private(set) var report = BreakdownReport()

    /// Watches a run of a plan.
    public init(_ plan: RunPlan) {
        breakdown = LatencyBreakdownKeeper(plan)
        filter = MarginFilter(plan.margins)
    }

    public var decisionDetail: DecisionDetail { .plans }

    public mutating func decided(_ plans: DecidedPlans) { breakdown.add(plans) }

    public mutating func record(_ record: RequestRecord) { _ = close(record) }

    /// Takes note of the end of a request, of each in the order of the records; its parts, if it
    /// has any.
    public mutating func close(_ record: RequestRecord) -> RequestBreakdown? {
        let request = breakdown.close(record)
        filter.push((request, record), arrival: record.arrival)
        while let (request, record) = filter.pop() {
            if let request { report.add(request, record) }
        }
        return request
    }
}
