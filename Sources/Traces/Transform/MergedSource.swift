import Basics
import Synchronization

/// Several traces as one, in order of arrival, each with its own offset.
///
/// Request ids are new; content ids are kept apart by trace unless `sharesContent`. Memory: a batch
/// per trace, and the ids of contents and of requests that others may follow.
package struct MergedSource: RequestSource {
    private struct Part {
        var source: any RequestSource
        var batch = Workload()
        var row = 0
        var offset: Int64
        var hasContent = false
    }

    private var parts: [Part]
    /// A part that has a row, ordered by the row's time, then by part.
    private struct Turn: Comparable {
        var time: Int64
        let part: Int

        static func < (a: Turn, b: Turn) -> Bool { (a.time, a.part) < (b.time, b.part) }
    }

    private var heap = Heap<Turn>()
    private var labels: Relabelling
    private let batchSize = 4096
    /// How many traces have content so far; complete once the source has returned nil.
    package let withContent = ContentCount()

    /// A count that is read beside the source.
    package final class ContentCount: Sendable {
        private let state = Mutex(0)

        package var value: Int { state.withLock { $0 } }

        fileprivate func publish(_ count: Int) { state.withLock { $0 = count } }
    }

    /// `offsets`: nanoseconds added to each trace's times, at least 0.
    package init(
        _ sources: [any RequestSource], offsets: [Int64], sharesContent: Bool = false
    ) throws {
        precondition(sources.count == offsets.count, "one offset per trace")
        labels = Relabelling(sharesContent: sharesContent)
        parts = zip(sources, offsets).map { Part(source: $0, offset: $1) }
        try fillHeap()
    }

    /// The same for traces whose distances only their first rows tell. `starts`: the offsets, once
    /// every trace's first batch is read. Of requests at one time, that of the trace that starts
    /// first comes first, whatever the order of `sources`.
    package init(
        _ sources: [any RequestSource], sharesContent: Bool = false, starts: () -> [Int64]
    ) throws {
        labels = Relabelling(sharesContent: sharesContent)
        parts = sources.map { Part(source: $0, offset: 0) }
        for index in parts.indices {
            parts[index].batch = try parts[index].source.next() ?? Workload()
        }
        let offsets = starts()
        precondition(sources.count == offsets.count, "one offset per trace")
        for index in parts.indices { parts[index].offset = offsets[index] }
        parts = parts.indices
            .sorted { (offsets[$0], $0) < (offsets[$1], $1) }.map { parts[$0] }
        try fillHeap()
    }

    private mutating func fillHeap() throws {
        for index in parts.indices {
            guard let time = try nextTime(of: index) else { continue }
            heap.insert(Turn(time: time, part: index))
        }
    }

    /// When a part's next row arrives; nil at its end.
    private mutating func nextTime(of index: Int) throws -> Int64? {
        while parts[index].row >= parts[index].batch.count {
            parts[index].row = 0
            guard let next = try parts[index].source.next() else {
                parts[index].batch = Workload()
                return nil
            }
            parts[index].batch = next
        }
        let (time, overflow) = parts[index].batch.arrivals[parts[index].row]
            .addingReportingOverflow(parts[index].offset)
        guard !overflow else { throw InputError("merge", "an arrival is beyond 292 years") }
        return time
    }

    /// O(rows · log parts).
    package mutating func next() throws -> Workload? {
        var result = BatchColumns(capacity: batchSize)
        while result.count < batchSize, let first = heap.first {
            take(first.part, at: first.time, into: &result)
            parts[first.part].row += 1
            if let time = try nextTime(of: first.part) {
                heap.replaceFirst(with: Turn(time: time, part: first.part))
            } else {
                heap.popFirst()
            }
        }
        withContent.publish(parts.count(where: \.hasContent))
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
            // What is a request's own has no id in the trace.
            if segment.content < OwnContent.first { parts[part].hasContent = true }
            let content = labels.content(segment.content, of: part)
            result.segments.appendPiece(
                content, offset: segment.offset, length: segment.length, from: start)
        }
        row.abort = row.abort < 0 ? -1 : row.abort + time - row.time
        let shift = time - row.time
        result.appendWaits(
            batch.waits(of: index).compactMap { wait in
                if wait.event == .origin {
                    return Wait(request: -1, event: .origin, delay: wait.delay + shift)
                }
                // A request that is not remembered came before any row of the trace followed
                // another.
                let other = labels.predecessor(wait.request, of: part)
                return other < 0
                    ? nil : Wait(request: other, event: wait.event, delay: wait.delay)
            }, to: &row)
        result.append(row, arrival: time)
    }
}
