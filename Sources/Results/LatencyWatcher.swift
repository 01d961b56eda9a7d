import Simulator

/// Divides the latencies of a run while it goes on, and keeps their means.
public struct LatencyWatcher: RunObserver {
    private var partition: LatencyPartition
    private var filter: MarginFilter<(PartitionedRequest?, RequestRecord)>
    public private(set) var report = PartitionReport()

    /// Watches a run of a plan.
    public init(_ plan: RunPlan) {
        partition = LatencyPartition(plan)
        filter = MarginFilter(plan.margins)
    }

    public var decisionDetail: DecisionDetail { .plans }

    public mutating func decided(_ plans: DecidedPlans) { partition.add(plans) }

    public mutating func record(_ record: RequestRecord) { _ = close(record) }

    /// Takes note of the end of a request, of each in the order of the records; its parts, if it
    /// has any.
    public mutating func close(_ record: RequestRecord) -> PartitionedRequest? {
        let request = partition.close(record)
        filter.push((request, record), arrival: record.arrival)
        while let (request, record) = filter.pop() {
            if let request { report.add(request, record) }
        }
        return request
    }
}
