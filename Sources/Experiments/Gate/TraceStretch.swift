import Basics
import Traces

/// A stretch of a trace, replayed as if it were all: some requests are passed over, the next ones
/// are kept, and their times count from the first of them.
struct TraceStretch: RequestSource {
    private var source: any RequestSource
    private var passOver: Int
    private var keep: Int
    private var origin: Int64?

    init(_ source: any RequestSource, passOver: Int, keep: Int) {
        self.source = source
        self.passOver = passOver
        self.keep = keep
    }

    mutating func next() throws -> Workload? {
        while keep > 0, let batch = try source.next() {
            let skipped = min(passOver, batch.count)
            passOver -= skipped
            let taken = min(keep, batch.count - skipped)
            guard taken > 0 else { continue }
            keep -= taken
            return cut(batch, skipped..<(skipped + taken))
        }
        return nil
    }

    private mutating func cut(_ batch: Workload, _ rows: Range<Int>) -> Workload {
        func part<Value>(_ column: [Value]) -> [Value] {
            column.isEmpty ? [] : Array(column[rows])
        }
        let start = origin ?? batch.arrivals[rows.lowerBound]
        origin = start
        var result = Workload()
        result.ids = part(batch.ids)
        result.arrivals = part(batch.arrivals).map { $0 - start }
        result.promptTokens = part(batch.promptTokens)
        result.outputTokens = part(batch.outputTokens)
        result.maxTokens = part(batch.maxTokens)
        result.priorities = part(batch.priorities)
        result.aborts = part(batch.aborts).map { $0 < 0 ? -1 : max(0, $0 - start) }
        result.outputContents = part(batch.outputContents)
        if !batch.segmentEnds.isEmpty {
            let base = rows.lowerBound == 0 ? 0 : batch.segmentEnds[rows.lowerBound - 1]
            result.segmentEnds = part(batch.segmentEnds).map { $0 - base }
            result.segments = Array(
                batch.segments[base..<(base + (result.segmentEnds.last ?? 0))])
        }
        return result
    }
}

/// A source that names its requests by a digest while it hands them on.
final class WorkloadDigest: RequestSource {
    private var source: any RequestSource
    private(set) var digest = Fingerprint()
    private(set) var count = 0

    init(_ source: any RequestSource) { self.source = source }

    func next() throws -> Workload? {
        guard let batch = try source.next() else { return nil }
        count += batch.count
        for row in 0..<batch.count {
            digest.add(Int(batch.ids[row]))
            digest.add(Int(batch.arrivals[row]))
            digest.add(Int(batch.promptTokens[row]))
            digest.add(Int(batch.outputTokens[row]))
        }
        for segment in batch.segments {
            digest.add(Int(segment.content))
            digest.add(Int(segment.offset) << 32 | Int(segment.length))
        }
        for priority in batch.priorities { digest.add(Int(priority)) }
        for abort in batch.aborts { digest.add(Int(abort)) }
        return batch
    }
}
