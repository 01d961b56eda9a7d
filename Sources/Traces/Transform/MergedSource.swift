import Basics

/// Several traces as one, in order of arrival, each with an offset of its own.
///
/// Request ids are new; content ids are kept apart by trace unless `sharesContent`. Memory: a
/// batch per trace, and the ids of contents and of requests that others may follow.
public struct MergedSource: RequestSource {
    private struct Part {
        var source: any RequestSource
        var batch = Workload()
        var row = 0
        let offset: Int64
    }

    private var parts: [Part]
    private var labels: Relabelling
    private let batchSize = 4096

    /// `offsets`: nanoseconds added to each trace's times, at least 0.
    public init(
        _ sources: [any RequestSource], offsets: [Int64], sharesContent: Bool = false
    ) throws {
        precondition(sources.count == offsets.count, "one offset per trace")
        labels = Relabelling(sharesContent: sharesContent)
        parts = zip(sources, offsets).map { Part(source: $0, offset: $1) }
        for index in parts.indices { try refill(index) }
    }

    private mutating func refill(_ index: Int) throws {
        while parts[index].row >= parts[index].batch.count {
            guard let next = try parts[index].source.next() else {
                parts[index].batch = Workload()
                parts[index].row = 0
                return
            }
            parts[index].batch = next
            parts[index].row = 0
        }
    }

    public mutating func next() throws -> Workload? {
        var result = BatchColumns(capacity: batchSize)
        while result.count < batchSize {
            var best: (part: Int, time: Int64)?
            for (index, part) in parts.enumerated() where part.row < part.batch.count {
                let (time, overflow) = part.batch.arrivals[part.row]
                    .addingReportingOverflow(part.offset)
                guard !overflow else {
                    throw InputError("merge", "an arrival is beyond 292 years")
                }
                if best == nil || time < best!.time { best = (index, time) }
            }
            guard let best else { break }
            take(best.part, at: best.time, into: &result)
            parts[best.part].row += 1
            try refill(best.part)
        }
        return result.count > 0 ? result.take() : nil
    }

    private mutating func take(_ part: Int, at time: Int64, into result: inout BatchColumns) {
        let batch = parts[part].batch
        let index = parts[part].row
        var row = batch.row(index)
        let follows = row.predecessor != TraceRow.noSessions
        if follows { row.predecessor = labels.predecessor(row.predecessor, of: part) }
        row.id = labels.request(row.id, of: part, remembers: follows)
        if row.outputContent >= 0 {
            row.outputContent = labels.content(row.outputContent, of: part)
        }
        let start = result.segments.count
        for segment in batch.segments(of: index) {
            let content = labels.content(segment.content, of: part)
            result.segments.appendPiece(
                content, offset: segment.offset, length: segment.length, from: start)
        }
        row.abort = row.abort < 0 ? -1 : row.abort + time - row.time
        result.append(row, arrival: time)
    }
}
