import Traces

extension Workload {
    /// Some requests of a source, with their times counted from the first of them. Turns whose
    /// predecessor is not among them come at their own times. O(requests of the source).
    ///
    /// - Throws: what the source throws.
    init(of source: some RequestSource, rows: Range<Int>) throws {
        var trace = Workload()
        var source = source
        while let batch = try source.next() { trace.append(contentsOf: batch) }
        self = trace.part(rows.clamped(to: 0..<trace.count))
    }

    private func part(_ rows: Range<Int>) -> Workload {
        func part<Value>(_ column: [Value]) -> [Value] {
            column.isEmpty ? [] : Array(column[rows])
        }
        var result = Workload()
        guard let start = arrivals[rows].first else { return result }
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
        let kept = Set(result.ids)
        if !predecessors.isEmpty {
            // Without sessions at all a trace says less than -1.
            result.predecessors = part(predecessors).map { $0 < 0 || kept.contains($0) ? $0 : -1 }
            result.thinkTimes = part(thinkTimes)
            result.toolTimes = part(toolTimes)
        }
        if !waitEnds.isEmpty {
            for row in rows {
                result.waits += waits(of: row).compactMap { wait in
                    wait.event == .origin
                        ? Wait(request: -1, event: .origin, delay: max(0, wait.delay - start))
                        : (kept.contains(wait.request) ? wait : nil)
                }
                result.waitEnds.append(result.waits.count)
            }
        }
        return result
    }
}

/// Stretches of a recorded trace, each long enough to judge a 99th percentile by.
struct CapacityStretches {
    /// What a replication replays, and how much of it only warms the cluster up.
    struct Stretch: Sendable, Equatable {
        var rows: Range<Int>
        var warmup: Int
    }

    /// Requests of a stretch, at least: two of them lie beyond its 99th percentile.
    static let least = 200
    /// Stretches at most: of so many edges the least and the greatest enclose the median with a
    /// probability of 97 %.
    static let most = 6

    /// Equal stretches of so many requests, each behind a quarter of its length of what came
    /// before it; none where two would be too short.
    static func of(_ requests: Int) -> [Stretch] {
        let count = min(most, requests / least)
        guard count >= 2 else { return [] }
        return (0..<count).map { index in
            let first = requests * index / count
            let end = requests * (index + 1) / count
            let warmup = min(first, (end - first) / 4)
            return Stretch(rows: (first - warmup)..<end, warmup: warmup)
        }
    }
}
