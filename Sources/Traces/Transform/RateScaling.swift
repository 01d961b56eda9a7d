import Basics

/// Ways to change a trace's rate, each with its own side effects.
package enum RateScaling: String, CaseIterable, Sendable {
    /// Fewer sessions, each whole: burstiness and reuse between sessions thin out.
    case thin
    /// Several copies, each rotated to begin elsewhere in the trace and with its own content:
    /// bursts even out, reuse inside a copy stays.
    case superpose
    /// The clock runs faster or slower: bursts and gaps keep their shape and change their length.
    case time

    /// The usual way for a factor: thinning below 1, superposition from 2 on, time in between.
    package static func usual(for factor: Double) -> RateScaling {
        factor < 1 ? .thin : factor >= 2 ? .superpose : .time
    }

    /// One sentence for the user on what was done.
    package func description(factor: Double) -> String {
        switch self {
        case .thin: "thinned: \(factor) of the sessions are kept whole"
        case .superpose:
            "superposed: \(Int(factor.rounded(.up))) copies with content of their own, begun at"
                + " different places" + (factor == factor.rounded() ? "" : ", the last one thinned")
        case .time: "time runs \(factor) times as fast; pauses in sessions stay as they are"
        }
    }

    /// A source at `factor` times the rate of the trace that `open` opens.
    ///
    /// Superposition holds the trace in memory once. Throws `InputError` for a factor that the way
    /// does not allow.
    package func apply(
        factor: Double, seed: UInt64, open: (TimeScale) throws -> any RequestSource
    ) throws -> any RequestSource {
        guard factor > 0, factor <= 1e6 else {
            throw InputError("--factor", "\(factor) is out of range", expected: "above 0, to 1e6")
        }
        switch self {
        case .thin:
            guard factor <= 1 else {
                throw InputError(
                    "--by", "thinning cannot raise the rate", expected: "superpose or time")
            }
            return try SampledSource(
                open(.recorded), share: factor, unit: .session, seed: seed)
        case .time:
            let divisor = Int64((factor * 1e6).rounded())
            return try open(TimeScale(multiplier: 1_000_000, divisor: divisor, place: "--factor"))
        case .superpose:
            return try superpose(factor, seed, try open(.recorded))
        }
    }

    private func superpose(
        _ factor: Double, _ seed: UInt64, _ source: any RequestSource
    ) throws -> any RequestSource {
        let copies = Int(factor.rounded(.up))
        guard copies <= 10_000 else {
            throw InputError(
                "--factor", "\(copies) copies are too many", expected: "at most 10000")
        }
        var trace = Workload()
        var source = source
        while let batch = try source.next() { trace.append(contentsOf: batch) }
        let rest = factor - factor.rounded(.down)
        let parts: [any RequestSource] = try (0..<copies).map { copy in
            let turned = TurnedSource(trace, part: copy, of: copies)
            return copy == copies - 1 && rest > 0
                ? try SampledSource(turned, share: rest, unit: .session, seed: seed) : turned
        }
        return try MergedSource(parts, offsets: Array(repeating: 0, count: copies))
    }
}

/// A trace rotated to begin at `part`/`parts` of its span; what was before is moved behind its end.
/// Turns whose predecessor now comes later wait for none. Memory beyond the trace: a batch.
private struct TurnedSource: RequestSource {
    private let trace: Workload
    private let shift: Int64
    private let span: Int64
    private let first: Int
    private let batchSize: Int
    private var position = 0
    private var seen = SeenIDs()

    init(_ trace: Workload, part: Int, of parts: Int) {
        self.trace = trace
        span = (trace.arrivals.last ?? 0) + 1
        shift = Int64(Double(span) * (Double(part) / Double(parts)))
        let shift = shift
        first = trace.arrivals.firstIndex { $0 >= shift } ?? 0
        // The batches of all copies are in memory at once.
        batchSize = max(16, 65_536 / parts)
    }

    mutating func next() -> Workload? {
        var result = BatchColumns(capacity: batchSize)
        while position < trace.count, result.count < batchSize {
            let index = (first + position) % trace.count
            position += 1
            var row = trace.row(index)
            if row.predecessor >= 0, !seen.contains(row.predecessor) { row.predecessor = -1 }
            if row.predecessor != TraceRow.noSessions { _ = seen.insert(row.id) }
            let time = row.time >= shift ? row.time - shift : row.time - shift + span
            result.append(index, of: trace, row: row, at: time) { seen.contains($0) }
        }
        return result.count > 0 ? result.take() : nil
    }
}
