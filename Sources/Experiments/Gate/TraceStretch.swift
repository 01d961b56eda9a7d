import Basics
import Traces

/// Replays a stretch of a trace: skips some requests, keeps the next ones, and counts times from
/// the first of these.
///
/// Sessions stay closed loops: a turn waits for its previous turn if that is in the stretch, and a
/// call likewise for the calls it depends on. Requests that lose all their predecessors arrive at
/// their own times. Memory: a batch of the source, or the whole stretch if requests wait for
/// others.
struct TraceStretch: RequestSource {
    private var source: any RequestSource
    private var passOver: Int
    private var keep: Int
    private var origin: Int64?
    /// Whether the trace has rows that wait for others.
    private var isLinked = false

    init(_ source: any RequestSource, passOver: Int, keep: Int) {
        self.source = source
        self.passOver = passOver
        self.keep = keep
    }

    mutating func next() throws -> Workload? {
        guard var part = try nextPart() else { return nil }
        guard isLinked else { return part }
        // A request may wait for one in a later batch.
        while let more = try nextPart() { part.append(contentsOf: more) }
        return part.withoutStrangers
    }

    private mutating func nextPart() throws -> Workload? {
        while keep > 0, let batch = try source.next() {
            isLinked = isLinked || !batch.predecessors.isEmpty || !batch.waitEnds.isEmpty
            let skipped = min(passOver, batch.count)
            passOver -= skipped
            let taken = min(keep, batch.count - skipped)
            guard taken > 0 else { continue }
            keep -= taken
            let start = origin ?? batch.arrivals[skipped]
            origin = start
            return batch.rows(skipped..<(skipped + taken), since: start)
        }
        return nil
    }
}

extension Workload {
    /// A range of rows, with times counted from `start`, nanoseconds. Requests that they wait for
    /// may be missing.
    fileprivate func rows(_ rows: Range<Int>, since start: Int64) -> Workload {
        func part<Value>(_ column: [Value]) -> [Value] {
            column.isEmpty ? [] : Array(column[rows])
        }
        var result = Workload()
        result.ids = part(ids)
        result.arrivals = part(arrivals).map { $0 - start }
        result.promptTokens = part(promptTokens)
        result.outputTokens = part(outputTokens)
        result.maxTokens = part(maxTokens)
        result.priorities = part(priorities)
        result.aborts = part(aborts).map { $0 < 0 ? -1 : max(0, $0 - start) }
        result.outputContents = part(outputContents)
        if !segmentEnds.isEmpty {
            let base = rows.lowerBound == 0 ? 0 : segmentEnds[rows.lowerBound - 1]
            result.segmentEnds = part(segmentEnds).map { $0 - base }
            result.segments = Array(segments[base..<(base + (result.segmentEnds.last ?? 0))])
        }
        result.predecessors = part(predecessors)
        result.thinkTimes = part(thinkTimes)
        result.toolTimes = part(toolTimes)
        if !waitEnds.isEmpty {
            for row in rows {
                result.waits += waits(of: row).map { wait in
                    wait.event == .origin
                        ? Wait(request: -1, event: .origin, delay: max(0, wait.delay - start))
                        : wait
                }
                result.waitEnds.append(result.waits.count)
            }
        }
        return result
    }

    /// The same without waits for requests outside the workload.
    fileprivate var withoutStrangers: Workload {
        let known = Set(ids)
        var result = self
        // A trace without any sessions has values below -1.
        result.predecessors = predecessors.map { $0 < 0 || known.contains($0) ? $0 : -1 }
        guard !waitEnds.isEmpty else { return result }
        (result.waits, result.waitEnds) = ([], [])
        for row in 0..<count {
            result.waits += waits(of: row).filter {
                $0.event == .origin || known.contains($0.request)
            }
            result.waitEnds.append(result.waits.count)
        }
        return result
    }
}

/// A source that also computes a digest of its requests.
final class WorkloadDigest: RequestSource {
    private var source: any RequestSource
    private let namesWaits: Bool
    private(set) var digest = Fingerprint()
    private(set) var count = 0

    /// `namesWaits`: whether the digest covers what they wait for. Baselines of whole traces leave
    /// that out.
    init(_ source: any RequestSource, namesWaits: Bool = false) {
        (self.source, self.namesWaits) = (source, namesWaits)
    }

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
        if namesWaits { addWaits(of: batch) }
        return batch
    }

    /// Adds nothing for requests that do not wait.
    private func addWaits(of batch: Workload) {
        for row in 0..<batch.count where batch.follows(row) {
            digest.add(row)
            if !batch.predecessors.isEmpty {
                digest.add(Int(batch.predecessors[row]))
                digest.add(batch.thinkTimes.isEmpty ? 0 : Int(batch.thinkTimes[row]))
            }
            for wait in batch.waits(of: row) {
                digest.add(Int(wait.request))
                digest.add(Int(wait.event.rawValue))
                digest.add(Int(wait.delay))
            }
        }
    }
}
