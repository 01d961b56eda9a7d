import Basics

/// A format with one request per line.
protocol LineFormat {
    /// Whether times count from the first row; otherwise from the format's zero.
    var countsFromFirstRow: Bool { get }
    /// The assumptions of the reader where the format is ambiguous, one sentence each.
    var assumptions: [String] { get }
    /// What the last parsed row waits for besides its predecessor, `TraceRow.waitCount` items.
    var waits: [Wait] { get }
    /// Whether it draws arrivals with `TraceOptions.requestRate`, because none are recorded.
    var drawsArrivals: Bool { get }
    /// Requests names of these kinds. Returns false if the format has none of them.
    mutating func look(for labels: [TraceLabel]) -> Bool
    /// Whether the last parsed row may have requested names: cheaper to check than to take them.
    var hasLabels: Bool { get }
    /// Takes the names of the last parsed row, one of each requested kind; empty for none.
    mutating func takeLabels() -> [String?]
    /// Reads one line and appends the prompt's content, if any, to `segments`. Returns false for a
    /// line without a request (a blank one).
    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws -> Bool
}

extension LineFormat {
    var assumptions: [String] { [] }
    var drawsArrivals: Bool { false }
    mutating func look(for labels: [TraceLabel]) -> Bool { false }
    var hasLabels: Bool { false }
    mutating func takeLabels() -> [String?] { [] }
    var waits: [Wait] { [] }
}

/// Streams the requests of a line format: bounded memory whatever the file's length.
struct LineTrace<Format: LineFormat>: RequestSource {
    private var reader: LineReader
    private var format: Format
    private var gate: Gate
    private let notes: TraceNotes
    private var isDone = false
    private var batch: BatchColumns
    private let labels: [RequestLabels]

    init(_ reader: LineReader, _ format: Format, options: TraceOptions, notes: TraceNotes) {
        self.reader = reader
        self.format = format
        self.notes = notes
        labels = notes.labels
        batch = BatchColumns(capacity: options.batchSize)
        gate = Gate(options: options, countsFromFirstRow: format.countsFromFirstRow)
    }

    // Without this, `any RequestSource` would keep the compiler from specialising the loop.
    @specialized(where Format == AzureCSV)
    @specialized(where Format == Bailian)
    @specialized(where Format == Mooncake)
    @specialized(where Format == NamedCSV)
    @specialized(where Format == NativeLines)
    @specialized(where Format == RAGPulse)
    mutating func next() throws -> Workload? {
        guard !isDone else { return nil }
        let size = gate.options.batchSize
        var row = TraceRow()
        do {
            while !gate.isClosed, batch.count < size, batch.segments.count < 64 * size {
                guard let line = try reader.next() else {
                    isDone = true
                    break
                }
                try take(line, &row)
            }
        } catch let failure as ScanFailure {
            isDone = true
            throw InputError(reader.place, failure.problem, expected: failure.expected)
        }
        isDone = isDone || gate.isClosed
        notes.publish(gate.counters)
        if isDone { try gate.checkYield(path: reader.path) }
        return batch.count > 0 ? batch.take() : nil
    }

    @inline(__always)
    private mutating func take(_ line: ByteCursor, _ row: inout TraceRow) throws {
        var cursor = line
        row.reset()
        let start = batch.segments.count
        if gate.keepsOneModel { gate.counters.models.begin() }
        if try format.parse(
            &cursor, row: &row, segments: &batch.segments, counters: &gate.counters)
        {
            if gate.keepsOneModel { row.take(gate.counters.models) }
            if row.waitCount > 0 { return try takeWaiting(row, start) }
            if let arrival = try gate.admit(
                &row, segments: &batch.segments, waits: &batch.waits)
            {
                if format.hasLabels { noteNames(row.id) }
                return batch.append(row, arrival: arrival)
            }
        }
        if format.hasLabels { _ = format.takeLabels() }
        batch.dropSegments(from: start)
    }

    /// Keeps the names of a row.
    @inline(never)
    private mutating func noteNames(_ id: Int64) { labels.set(format.takeLabels(), of: id) }

    /// The same for a row that waits for more than its predecessor.
    @inline(never)
    private mutating func takeWaiting(_ row: TraceRow, _ start: Int) throws {
        var row = row
        let first = batch.waits.count
        batch.waits += format.waits
        if let arrival = try gate.admit(&row, segments: &batch.segments, waits: &batch.waits) {
            if format.hasLabels { noteNames(row.id) }
            batch.append(row, arrival: arrival)
        } else {
            if format.hasLabels { _ = format.takeLabels() }
            batch.dropSegments(from: start)
            batch.dropWaits(from: first)
        }
    }
}
