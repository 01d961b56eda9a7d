import Basics
import Reports
import Simulator

/// Divides latencies while a run goes on: rows into a file, if there is one, means for the page.
struct LatencyWriter {
    private var partition: LatencyPartition
    private(set) var report = PartitionReport()
    private let file: OutputFile?

    init(_ plan: RunPlan, file: OutputFile?) throws {
        partition = LatencyPartition(plan)
        self.file = file
        try file?.writeLine(PartitionReport.header)
    }

    /// Takes note of a decision. O(entries).
    mutating func add(_ decision: Decision) { partition.add(decision) }

    /// Writes down a request that ended.
    mutating func close(_ record: RequestRecord) throws {
        guard let request = partition.close(record) else { return }
        report.add(request, record)
        try file?.writeLine(PartitionReport.row(record.id, request))
    }
}
