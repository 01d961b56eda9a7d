import Simulator

/// Divides the latencies of a run while it goes on, and keeps their means.
public struct LatencyWatcher: RunObserver {
    private var partition: LatencyPartition
    public private(set) var report = PartitionReport()

    /// Watches a run of a plan.
    public init(_ plan: RunPlan) { partition = LatencyPartition(plan) }

    public var decisionDetail: DecisionDetail { .decisions }

    public mutating func decided(_ decision: Decision) { partition.add(decision) }

    public mutating func record(_ record: RequestRecord) { _ = close(record) }

    /// Takes note of the end of a request; its parts, if it has any.
    public mutating func close(_ record: RequestRecord) -> PartitionedRequest? {
        guard let request = partition.close(record) else { return nil }
        report.add(request, record)
        return request
    }
}
