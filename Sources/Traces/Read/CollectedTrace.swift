import Basics

/// Requests collected from a format that does not have them in order of arrival.
struct CollectedRows {
    private(set) var rows: [TraceRow] = []
    private(set) var ends: [Int] = []
    var segments: [Segment] = []
    private var waitEnds: [Int] = []
    /// What rows wait for besides their predecessors, row by row.
    var waits: [Wait] = []

    /// Names of rows, for rows that have one.
    private(set) var labels: [Int: [String?]] = [:]

    var count: Int { rows.count }

    /// Adds a row whose segments and waits are already at the ends of `segments` and `waits`.
    /// Returns its id, the next one.
    mutating func append(_ row: TraceRow) -> Int64 {
        var row = row
        row.id = Int64(rows.count)
        row.waitCount = Int32(truncatingIfNeeded: waits.count - (waitEnds.last ?? 0))
        rows.append(row)
        ends.append(segments.count)
        waitEnds.append(waits.count)
        return row.id
    }

    /// Sets a row's names, one of each requested kind.
    mutating func name(_ id: Int64, _ names: [String?]) {
        if names.contains(where: { $0 != nil }) { labels[Int(id)] = names }
    }

    /// The segments of a row.
    func segments(of row: Int) -> ArraySlice<Segment> {
        segments[(row == 0 ? 0 : ends[row - 1])..<ends[row]]
    }

    /// What a row waits for besides its predecessor.
    func waits(of row: Int) -> ArraySlice<Wait> {
        waits[(row == 0 ? 0 : waitEnds[row - 1])..<waitEnds[row]]
    }

    /// Changes a row that was added.
    mutating func update(_ row: Int, _ change: (inout TraceRow) -> Void) { change(&rows[row]) }
}

/// Returns collected requests in order of arrival. Memory: the whole trace.
struct CollectedTrace: RequestSource {
    private let collected: CollectedRows
    private let order: [Int32]
    private var position = 0
    private var gate: Gate
    private let notes: TraceNotes

    /// `counters` holds the counts made while collecting, with rows that were dropped then. Ties
    /// keep the order of collecting. O(n log n).
    init(
        _ collected: CollectedRows, counters: ReaderCounters, options: TraceOptions,
        notes: TraceNotes,
        countsFromFirstRow: Bool
    ) {
        self.collected = collected
        self.notes = notes
        order = (0..<Int32(collected.count)).sorted {
            let (a, b) = (collected.rows[Int($0)].time, collected.rows[Int($1)].time)
            return a != b ? a < b : $0 < $1
        }
        gate = Gate(options: options, countsFromFirstRow: countsFromFirstRow)
        gate.counters = counters
    }

    mutating func next() throws -> Workload? {
        if order.isEmpty { try gate.checkYield(path: notes.path) }
        guard position < order.count, !gate.isClosed else { return nil }
        var batch = BatchColumns(capacity: min(gate.options.batchSize, order.count))
        do {
            while position < order.count, !gate.isClosed, batch.count < gate.options.batchSize {
                let index = Int(order[position])
                position += 1
                var row = collected.rows[index]
                let start = batch.segments.count
                let first = batch.waits.count
                batch.segments.append(contentsOf: collected.segments(of: index))
                batch.waits.append(contentsOf: collected.waits(of: index))
                if let arrival = try gate.admit(
                    &row, segments: &batch.segments, waits: &batch.waits)
                {
                    if let names = collected.labels[index] { notes.labels.set(names, of: row.id) }
                    batch.append(row, arrival: arrival)
                } else {
                    batch.dropSegments(from: start)
                    batch.dropWaits(from: first)
                }
            }
        } catch let failure as ScanFailure {
            throw InputError(notes.path, failure.problem, expected: failure.expected)
        }
        notes.publish(gate.counters)
        if position == order.count || gate.isClosed { try gate.checkYield(path: notes.path) }
        return batch.count > 0 ? batch.take() : nil
    }
}

extension LineReader {
    /// Turns a scanner's failure at a position of a buffer into an error that names the line.
    static func locate(_ failure: ScanFailure, _ cursor: ByteCursor, path: String) -> InputError {
        var line = 1
        for index in 0..<min(cursor.at, cursor.end) where cursor.base[index] == 10 { line += 1 }
        return InputError("\(path):\(line)", failure.problem, expected: failure.expected)
    }
}
