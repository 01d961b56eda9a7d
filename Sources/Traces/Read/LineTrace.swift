import Basics

/// A format with one request per line.
protocol LineFormat {
    /// Whether times count from the first row's (else from the format's zero).
    var countsFromFirstRow: Bool { get }
    /// What the reader assumes because the format leaves it open, a sentence each.
    var assumptions: [String] { get }
    /// Reads one line; appends the prompt's content, if the format has any, to `segments`.
    /// Returns false for a line that holds no request (a blank one).
    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool
}

extension LineFormat {
    var assumptions: [String] { [] }
}

/// Streams the requests of a line format: bounded memory whatever the file's length.
struct LineTrace<Format: LineFormat>: RequestSource {
    private var reader: LineReader
    private var format: Format
    private var gate: Gate
    private let notes: TraceNotes
    private var isDone = false
    private var row = TraceRow()
    private let columns: PlainColumns

    init(_ reader: LineReader, _ format: Format, options: TraceOptions, notes: TraceNotes) {
        self.reader = reader
        self.format = format
        self.notes = notes
        columns = PlainColumns(capacity: options.batchSize)
        gate = Gate(options: options, countsFromFirstRow: format.countsFromFirstRow)
    }

    mutating func next() throws -> Workload? {
        guard !isDone else { return nil }
        var batch = Workload()
        let size = gate.options.batchSize
        columns.begin()
        do {
            while !gate.isClosed, batch.count + columns.count < size,
                batch.segments.count < 64 * size
            {
                guard let line = try reader.next() else {
                    isDone = true
                    break
                }
                try take(line, into: &batch)
            }
        } catch let failure as ScanFailure {
            throw InputError(reader.place, failure.problem, expected: failure.expected)
        }
        columns.drain(into: &batch)
        isDone = isDone || gate.isClosed
        notes.publish(gate.tally)
        if isDone { try gate.checkYield(path: reader.path) }
        return batch.count > 0 ? batch : nil
    }

    @inline(__always)
    private mutating func take(_ line: ByteCursor, into batch: inout Workload) throws {
        var cursor = line
        row.reset()
        let start = batch.segments.count
        if try format.parse(&cursor, row: &row, segments: &batch.segments, tally: &gate.tally),
            let arrival = try gate.admit(&row, segments: &batch.segments)
        {
            if !row.hasOptions, columns.append(row, arrival: arrival, to: &batch) { return }
            columns.drain(into: &batch)
            batch.append(row, arrival: arrival, abort: row.abort)
        } else if batch.segments.count > start {
            batch.segments.removeLast(batch.segments.count - start)
        }
    }
}
