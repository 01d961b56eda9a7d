import Basics

/// A part of a trace: whole sessions, or whole windows of time.
///
/// Requests that wait for one another through more than their predecessors (agents' calls) are one
/// session, however they are connected; such a trace is held in memory. What a window cuts is
/// counted in `cuts`.
///
/// A seeded hash of the session or window decides which ones are kept, so a larger share contains a
/// smaller one. Kept windows are joined end to end, so that the rate stays the same. Windows
/// without requests all look alike, so exactly the share of them is kept.
package struct SampledSource: RequestSource {
    /// The unit that is kept or left out as a whole.
    package enum Unit: Sendable, Equatable {
        /// A session, or a graph of requests that wait for one another. A request without such
        /// waits is a session of its own.
        case session
        /// Windows of this many nanoseconds.
        case window(Int64)
    }

    private var source: any RequestSource
    private let unit: Unit
    private let threshold: UInt64
    private let seed: UInt64
    private var roots: [Int64: Int64] = [:]
    private var keptWindows: Int64 = 0
    private var lastWindow: Int64 = -1
    /// The pending fraction of an empty window, in 2⁻⁶⁴.
    private var dueEmpty: UInt64 = 0
    private var keptIDs = SeenIDs()
    private var hasBegun = false
    /// Whether the roots of all requests are known beforehand.
    private var knowsRoots = false
    /// Counts of dependencies that the sample cut.
    package let cuts = SampleCuts()

    /// Keeps a share (0...1) of the units. Throws `InputError` for any other share.
    package init(
        _ source: any RequestSource, share: Double, unit: Unit, seed: UInt64
    ) throws {
        guard share > 0, share <= 1 else {
            throw InputError("--share", "\(share) is out of range", expected: "above 0, at most 1")
        }
        if case .window(let length) = unit, length < 1 {
            throw InputError("--window", "is empty", expected: "a length above 0")
        }
        self.source = source
        self.unit = unit
        self.seed = seed
        threshold = share == 1 ? .max : UInt64(share * 0x1p64)
    }

    package mutating func next() throws -> Workload? {
        if !hasBegun { try begin() }
        while let batch = try source.next() {
            var result = BatchColumns(capacity: batch.count)
            for index in 0..<batch.count {
                var row = batch.row(index)
                guard let time = place(row) else { continue }
                if row.predecessor >= 0, !keptIDs.contains(row.predecessor) {
                    row.predecessor = -1
                    cuts.turns += 1
                }
                cuts.waits += batch.waits(of: index).count {
                    $0.event != .origin && !keptIDs.contains($0.request)
                }
                if row.predecessor != TraceRow.noSessions { _ = keptIDs.insert(row.id) }
                result.append(index, of: batch, row: row, at: time) { keptIDs.contains($0) }
            }
            if result.count > 0 { return result.take() }
        }
        return nil
    }

    /// Checks whether requests wait for one another through more than their predecessors. Connected
    /// requests then stay together. O(rows + waits) for such a trace.
    private mutating func begin() throws {
        hasBegun = true
        guard unit == .session, let first = try source.next() else { return }
        var trace = first
        if !first.waitEnds.isEmpty {
            while let more = try source.next() { trace.append(contentsOf: more) }
            knowsRoots = true
            roots = Self.roots(of: trace)
        }
        source = Chained(first: trace, rest: source)
    }

    /// The earliest request that each request is connected with.
    private static func roots(of trace: Workload) -> [Int64: Int64] {
        let rows = Dictionary(
            zip(trace.ids, 0..<trace.count), uniquingKeysWith: { first, _ in first })
        var parents = Array(0..<trace.count)
        func root(_ row: Int) -> Int {
            var row = row
            while parents[row] != row {
                parents[row] = parents[parents[row]]
                row = parents[row]
            }
            return row
        }
        for row in 0..<trace.count {
            var others = trace.waits(of: row).filter { $0.event != .origin }.map(\.request)
            if !trace.predecessors.isEmpty { others.append(trace.predecessors[row]) }
            for case let other? in others.map({ rows[$0] }) {
                let (a, b) = (root(row), root(other))
                parents[max(a, b)] = min(a, b)
            }
        }
        return Dictionary(
            trace.ids.enumerated().map { ($1, trace.ids[root($0)]) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The new arrival of a row; nil if it is not kept.
    private mutating func place(_ row: TraceRow) -> Int64? {
        switch unit {
        case .session:
            if knowsRoots { return keeps(roots[row.id] ?? row.id) ? row.time : nil }
            var root = row.id
            if row.predecessor != TraceRow.noSessions {
                if row.predecessor >= 0 { root = roots[row.predecessor] ?? row.predecessor }
                roots[row.id] = root
            }
            return keeps(root) ? row.time : nil
        case .window(let length):
            let window = row.time / length
            if window != lastWindow {
                keepEmpty(window - lastWindow - 1)
                if keeps(window) { keptWindows += 1 }
                lastWindow = window
            }
            return keeps(window) ? (keptWindows - 1) * length + row.time % length : nil
        }
    }

    /// Keeps the share of windows without requests, or the rate would rise. O(1), because a long
    /// pause may contain any number of short windows.
    private mutating func keepEmpty(_ count: Int64) {
        guard threshold != .max else {
            keptWindows += count
            return
        }
        let product = threshold.multipliedFullWidth(by: UInt64(count))
        let (due, carry) = dueEmpty.addingReportingOverflow(product.low)
        dueEmpty = due
        keptWindows += Int64(product.high) + (carry ? 1 : 0)
    }

    private func keeps(_ unit: Int64) -> Bool {
        threshold == .max
            || SeededRandom.hash(UInt64(bitPattern: unit), seed: seed) < threshold
    }
}

/// Dependencies between requests of which a sample keeps only one end.
///
/// A reference type, because it grows while others read the sample.
package final class SampleCuts {
    /// Turns whose previous turn is left out: they arrive at their recorded time.
    package internal(set) var turns = 0
    /// Waits for requests that are left out, which are dropped.
    package internal(set) var waits = 0

    /// The cuts in words, one sentence each; empty if nothing was cut.
    package var remarks: [String] {
        [
            (turns, "turns follow one that is left out: they arrive at their recorded time"),
            (waits, "waits for requests that are left out are dropped"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    }
}

/// A batch, then the rest of the source that it came from.
private struct Chained: RequestSource {
    var first: Workload?
    var rest: any RequestSource

    mutating func next() throws -> Workload? {
        guard let batch = first else { return try rest.next() }
        first = nil
        return batch
    }
}
