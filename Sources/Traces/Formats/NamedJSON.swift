import Basics

/// JSON objects whose keys the user names (`trace.columns`), one behind the other or in an array.
///
/// A name with dots is a path into inner objects (`usage.prompt_tokens`), unless a key has the
/// whole name. Times are numbers or dates, in quotes or not. Reads the whole file first. JSON lines
/// with plain names and numbers are `Mooncake`'s, which streams them.
struct NamedJSON {
    private struct Row {
        var row: TraceRow
        /// Where its time stands.
        var time: Range<Int>?
        var labels: [String?]
    }

    private let names: TraceColumns
    private let labels: [TraceLabel]
    private var rows: [Row] = []
    private var counters: ReaderCounters
    private var hasOutputs = false

    /// Whether a file whose first object has these keys is read here.
    static func reads(_ head: JSONHead, isArray: Bool, _ columns: TraceColumns) -> Bool {
        guard let time = columns.time else { return true }
        let names = [time, columns.prompt, columns.output]
        return isArray || names.contains { $0.contains(".") && !head.names.contains($0) }
            || head.first(of: time) == 0x22
    }

    /// Opens a file.
    static func open(
        _ reader: LineReader, options: TraceOptions, columns: TraceColumns
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        var trace = NamedJSON(columns, options)
        return try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try trace.read(&$0) }
                cursor.at = 0
                guard trace.hasOutputs || trace.rows.isEmpty else {
                    throw ScanFailure(
                        "no row has \(columns.output.printableName)",
                        expected: "the name of the outputs' lengths in trace.columns")
                }
                let times = try trace.times(in: &cursor, options)
                return try trace.source(times, reader.path, options)
            } catch let failure as ScanFailure {
                throw LineReader.locate(failure, cursor, path: reader.path)
            }
        }
    }

    private init(_ columns: TraceColumns, _ options: TraceOptions) {
        names = columns
        labels = options.labels
        counters = ReaderCounters(options)
    }

    private mutating func read(_ cursor: inout ByteCursor) throws {
        let start = cursor.at
        var fields = try JSONFields(&cursor)
        let end = cursor.at
        func count(_ name: String) throws -> Int64? {
            try fields.value(at: name) { try $0.quotedCount("a length") }
        }
        let time = try names.time.flatMap { name in
            try fields.value(at: name) { value in
                let first = value.at
                try value.skipValue()
                return first..<value.at
            }
        }
        let (prompt, output) = (try count(names.prompt), try count(names.output))
        let missing = [
            names.time.flatMap { time == nil ? $0 : nil }, prompt == nil ? names.prompt : nil,
        ].compactMap { $0 }
        guard missing.isEmpty else {
            cursor.at = start
            throw ScanFailure(
                "a row has no \(missing.map(\.printableName).joined(separator: " and no "))",
                expected: "the names of trace.columns in every row")
        }
        var row = TraceRow()
        row.prompt = prompt!
        // A row without an output is one that failed, and is dropped as such.
        row.output = output ?? 0
        hasOutputs = hasOutputs || output != nil
        row.priority = try fields.priority("priority") ?? 0
        counters.models.begin()
        let names = fields.labels(labels)
        try fields.countOthers(&counters, unless: ["request_id", "id", "model", "object"])
        row.take(counters.models)
        rows.append(Row(row: row, time: time, labels: names))
        cursor.at = end
    }

    /// The times of the rows, and what to say of them.
    private func times(
        in cursor: inout ByteCursor, _ options: TraceOptions
    ) throws -> (values: [Int64], remarks: [String], isDrawn: Bool) {
        guard let name = names.time else {
            guard let rate = options.requestRate else {
                let none = [Int64](repeating: 0, count: rows.count)
                return (none, ["no arrival times are recorded: all at 0"], false)
            }
            var process = ArrivalProcess(
                .init(rate: rate), sessionRate: rate, start: 0,
                random: SeededRandom(seed: options.seed, stream: 3))
            let drawn = rows.map { _ in Int64(drawn: process.next() * 1e9, unit: 1) }
            return (drawn, ["no arrival times are recorded: drawn"], true)
        }
        let texts = rows.map { $0.time! }
        let first = texts.prefix(FirstRows.most).compactMap { range in
            Double(cursor.unquoted(range)).map {
                FirstRows.Time(value: $0, isWhole: $0 == $0.rounded())
            }
        }
        let areDates = texts.first.map { Double(cursor.unquoted($0)) == nil } ?? false
        guard options.timeUnit == nil || !areDates else {
            throw ScanFailure("the times are dates", expected: "no trace.time_unit (--time-unit)")
        }
        let last = name.split(separator: ".").last.map(String.init)
        let (unit, assumption) = TimeUnit.found(
            given: options.timeUnit, name: last, times: first, usual: .milliseconds)
        var calendar = DayCache()
        let values = try texts.map { range in
            cursor.at = range.lowerBound
            return areDates
                ? try cursor.date(range, &calendar)
                : try cursor.quotedTime("the time", scale: unit.digits)
        }
        return (values, areDates ? [] : assumption.map { [$0] } ?? [], false)
    }

    private func source(
        _ times: (values: [Int64], remarks: [String], isDrawn: Bool), _ path: String,
        _ options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var collected = CollectedRows()
        var priorities = false
        for (row, time) in zip(rows, times.values) {
            var one = row.row
            one.time = time
            priorities = priorities || one.priority != 0
            let id = collected.append(one)
            collected.name(id, row.labels)
        }
        let notes = TraceNotes(
            path: path, format: .lengths,
            assumptions: times.remarks + (priorities ? [FirstRows.priorityAssumption] : []),
            drawsArrivals: times.isDrawn)
        notes.labels = labels.map(RequestLabels.init)
        if options.requestRate != nil, !times.isDrawn {
            notes.add(remark: "no request rate is used: times are recorded")
        }
        return (
            CollectedTrace(
                collected, counters: counters, options: options, notes: notes,
                countsFromFirstRow: true), notes
        )
    }
}

extension JSONFields {
    /// The value at a path of keys with dots between them: a key of the whole name counts first.
    /// Nil if it is missing or null.
    mutating func value<Value>(
        at path: String, _ scan: (inout ByteCursor) throws -> Value
    ) throws -> Value? {
        if let found = try value(named: path, scan) { return found }
        var end = path.startIndex
        while let dot = path[end...].firstIndex(of: ".") {
            end = path.index(after: dot)
            let inner = try value(named: String(path[..<dot])) { cursor -> Value? in
                guard cursor.current == 0x7b else {
                    try cursor.skipValue()
                    return nil
                }
                var fields = try JSONFields(&cursor)
                return try fields.value(at: String(path[end...]), scan)
            }
            if let inner, let inner { return inner }
        }
        return nil
    }
}

extension ByteCursor {
    /// A value's text without its quotes.
    func unquoted(_ range: Range<Int>) -> String {
        let isText = base[range.lowerBound] == 0x22 && range.count >= 2
        return text(isText ? (range.lowerBound + 1)..<(range.upperBound - 1) : range)
    }

    /// A date and time in quotes.
    fileprivate mutating func date(
        _ range: Range<Int>, _ calendar: inout DayCache
    ) throws -> Int64 {
        guard range.count > 2, base[range.lowerBound] == 0x22 else {
            throw ScanFailure(
                "a time that is no date, where others are: \(excerpt(from: range.lowerBound))",
                expected: "dates in every row, or numbers")
        }
        var inner = ByteCursor(
            UnsafeRawBufferPointer(start: base + range.lowerBound + 1, count: range.count - 2))
        let time = try inner.dateTime(&calendar)
        guard inner.isAtEnd else {
            throw ScanFailure(
                "a time is followed by more: \(excerpt(from: range.lowerBound))",
                expected: "YYYY-MM-DDTHH:MM:SS.fff, with Z or +hh:mm")
        }
        guard (-TraceRow.latest...TraceRow.latest).contains(time) else {
            throw tooFar("a time", range.lowerBound)
        }
        return time
    }

    /// A number as a time, in quotes or not.
    fileprivate mutating func quotedTime(_ name: StaticString, scale: Int) throws -> Int64 {
        let isQuoted = skip(0x22)
        let time = try time(name, scale: scale)
        guard !isQuoted || skip(0x22) else { throw unfinished() }
        return time
    }
}
