import Basics

/// A part of a trace: whole sessions, or whole windows of time.
///
/// Requests that wait for one another through more than their predecessors (agents' calls) are one
/// session, however they are connected; such a trace is held in memory. What a window cuts is
/// counted in `cuts`.
///
/// A seeded hash of the session or window decides which ones are kept, so a larger share contains a
/// smaller one. Kept windows are joined end to end, so that the rate stays the same. Exactly the
/// share of the windows is kept, rounded, at least one with requests: a trace has few of them, and
/// tossing a coin for each would keep another share. To count them first, the trace is held in
/// memory. Windows without requests all look alike and are counted apart.
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
    private let share: Double
    private let threshold: UInt64
    /// The largest hash of a window that is kept, once windows are counted.
    private var windowLimit = UInt64.max
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
    /// Counts of what was kept, and of dependencies that the sample cut.
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
        self.share = share
        threshold = share == 1 ? .max : UInt64(share * 0x1p64)
    }

    package mutating func next() throws -> Workload? {
        if !hasBegun { try begin() }
        while let batch = try source.next() {
            var result = BatchColumns(capacity: batch.count)
            cuts.requests.all += batch.count
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
            cuts.requests.kept += result.count
            if result.count > 0 { return result.take() }
        }
        return nil
    }

    /// Counts windows, or checks whether requests wait for one another through more than their
    /// predecessors. Connected requests then stay together. O(rows + waits) for such a trace.
    private mutating func begin() throws {
        hasBegun = true
        if case .window(let length) = unit { return try countWindows(of: length) }
        guard let first = try source.next() else { return }
        var trace = first
        if !first.waitEnds.isEmpty {
            while let more = try source.next() { trace.append(contentsOf: more) }
            knowsRoots = true
            roots = Self.roots(of: trace)
        }
        source = Chained(first: trace, rest: source)
    }

    /// Finds which windows with requests are kept. O(rows + windows · log windows).
    private mutating func countWindows(of length: Int64) throws {
        guard threshold != .max else { return }
        var trace = Workload()
        while let more = try source.next() { trace.append(contentsOf: more) }
        source = InMemorySource(trace)
        var hashes: [UInt64] = []
        var last: Int64 = -1
        for window in trace.arrivals.lazy.map({ $0 / length }) where window != last {
            hashes.append(hash(window))
            last = window
        }
        guard !hashes.isEmpty else { return }
        let kept = max(1, Int((share * Double(hashes.count)).rounded()))
        windowLimit = hashes.sorted()[kept - 1]
        cuts.windows = (kept, hashes.count)
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
                if keepsWindow(window) { keptWindows += 1 }
                lastWindow = window
            }
            return keepsWindow(window) ? (keptWindows - 1) * length + row.time % length : nil
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

    private func keeps(_ session: Int64) -> Bool {
        threshold == .max || hash(session) < threshold
    }

    private func keepsWindow(_ window: Int64) -> Bool { hash(window) <= windowLimit }

    private func hash(_ unit: Int64) -> UInt64 {
        SeededRandom.hash(UInt64(bitPattern: unit), seed: seed)
    }
}

/// What a sample kept, and dependencies between requests of which it kept only one end.
///
/// A reference type, because it grows while others read the sample.
package final class SampleCuts {
    /// Turns whose previous turn is left out: they arrive at their recorded time.
    package internal(set) var turns = 0
    /// Waits for requests that are left out, which are dropped.
    package internal(set) var waits = 0

    /// Windows with requests; nil if sessions are kept, or all windows.
    package internal(set) var windows: (kept: Int, all: Int)?
    package internal(set) var requests = (kept: 0, all: 0)

    /// How much was kept, in words.
    package var share: String {
        let (kept, all) = requests
        let percent = Quantity.percent(all > 0 ? Double(kept) / Double(all) : 0)
        let part = "kept \(Quantity.count(kept)) of \(Quantity.counted(all, "request")), \(percent)"
        guard let windows else { return part }
        return part + ", in \(Quantity.count(windows.kept)) of "
            + "\(Quantity.counted(windows.all, "window")) with requests"
    }

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
