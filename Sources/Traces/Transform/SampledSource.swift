import Basics

/// A part of a trace: sessions kept whole, or windows of time kept whole.
///
/// Which ones is decided by a seeded hash of the session or window, so a larger share contains a
/// smaller one. Kept windows are put end to end, so that the rate stays what it was; of windows
/// without requests, which look alike, the share itself is kept.
public struct SampledSource: RequestSource {
    /// What is kept or left as a whole.
    public enum Unit: Sendable, Equatable {
        /// A session; a request that follows nobody and is followed by nobody is one.
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
    /// The part of an empty window that is due, in 2⁻⁶⁴.
    private var dueEmpty: UInt64 = 0
    private var keptIDs = SeenIDs()

    /// Keeps a share (0...1) of the units. Throws `InputError` for a share outside.
    public init(
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

    public mutating func next() throws -> Workload? {
        while let batch = try source.next() {
            var result = BatchColumns(capacity: batch.count)
            for index in 0..<batch.count {
                var row = batch.row(index)
                guard let time = place(row) else { continue }
                if row.predecessor >= 0, !keptIDs.contains(row.predecessor) {
                    row.predecessor = -1
                }
                if row.predecessor != TraceRow.noSessions { _ = keptIDs.insert(row.id) }
                result.append(index, of: batch, row: row, at: time)
            }
            if result.count > 0 { return result.take() }
        }
        return nil
    }

    /// The new arrival of a row that is kept, nil for one that is not.
    private mutating func place(_ row: TraceRow) -> Int64? {
        switch unit {
        case .session:
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

    /// Counts the share of windows without requests, or the rate would rise. O(1), as short
    /// windows in a long pause may be without number.
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
