import Basics

/// CSV read by column name: BurstGPT in both column orders, files of lengths with the names that
/// tools or the user give them, and Azure's columns in another order or among others.
struct NamedCSV: LineFormat {
    let countsFromFirstRow = true
    let assumptions: [String]
    var drawsArrivals: Bool { starts != nil }
    private let roles: [CSVHeader.Role]
    private let timeScale: Int
    private let hasSessions: Bool
    private var starts: ArrivalProcess?
    private var calendar = DayCache()
    private var turns: [UInt64: (id: Int64, end: Int64)] = [:]
    private var nextID: Int64 = 0
    /// Whether some column holds names.
    let hasLabels: Bool
    /// The text of each name column in the row last parsed.
    private var labels: [String?]

    /// Reads the header, and looks at the first row for what the header leaves open.
    init(_ reader: inout LineReader, format: TraceFormat, options: TraceOptions) throws {
        var header = CSVHeader(try reader.next().map { $0.text(0..<$0.end) } ?? "")
        try header.checkNames(place: reader.place)
        if let columns = options.columns {
            try header.assign(columns, place: reader.place)
        } else if format == .azure, header.format != .azure {
            throw InputError(
                reader.place, "not the header of an Azure trace",
                expected: "TIMESTAMP, ContextTokens, GeneratedTokens")
        }
        if options.columns == nil, format == .burstgpt, header.format != .burstgpt {
            throw InputError(
                reader.place, "not the header of a BurstGPT trace",
                expected: "Timestamp, Request tokens, Response tokens")
        }
        guard header.roles.contains(.prompt), header.roles.contains(.output) else {
            throw InputError(
                reader.place, "no columns of prompt and output lengths", expected: CSVHeader.wanted)
        }
        for (kind, label) in options.labels.enumerated() { header.assign(label, kind: kind) }
        labels = options.labels.map { _ in nil }
        hasLabels = header.hasLabels
        let time = try FirstTime(reader, header, options)
        if time.kind == .none { header.dropTimes() }
        if time.kind == .date { header.takeDates() }
        roles = header.roles
        timeScale = time.unit.digits
        hasSessions = roles.contains(.session)
        assumptions = try Self.assumptions(
            header, time, isDefined: format == .burstgpt, options, place: reader.place)
        if time.kind == .none, let rate = options.requestRate {
            starts = ArrivalProcess(
                .init(rate: rate), sessionRate: rate, start: 0,
                random: SeededRandom(seed: options.seed, stream: 3))
        }
    }

    private static func assumptions(
        _ header: CSVHeader, _ time: FirstTime, isDefined: Bool, _ options: TraceOptions,
        place: String
    ) throws -> [String] {
        var sentences: [String] = []
        switch time.kind {
        case .none:
            sentences.append(
                "no arrival times are recorded: "
                    + (options.requestRate == nil ? "all at 0" : "drawn"))
        case .number where !isDefined || time.unit != .seconds:
            if let assumption = time.assumption { sentences.append(assumption) }
        default: break
        }
        if header.roles.contains(.session), !header.roles.contains(.elapsed) {
            sentences.append(NominalAnswer.assumption)
        }
        if header.roles.contains(.priority) { sentences.append(FirstRows.priorityAssumption) }
        let ignored = header.ignored
        guard !ignored.isEmpty else { return sentences }
        let list = CSVHeader.list(ignored)
        if options.isStrict {
            throw InputError(
                place, "columns that are not read: \(list) (refused by strict reading)",
                expected: "only columns that the format has")
        }
        let hasImages = ignored.contains { $0.lowercased() == "numimages" }
        sentences.append(
            "columns that are not read: \(list)"
                + (hasImages ? " (images are not modelled)" : ""))
        return sentences
    }

    /// How the first rows write their times.
    private struct FirstTime {
        enum Kind { case none, number, date }
        var kind = Kind.none
        var unit = TimeUnit.seconds
        /// What to say of the unit.
        var assumption: String?

        /// Looks at the rows at hand. A row that cannot be read is left to the reader.
        init(_ reader: LineReader, _ header: CSVHeader, _ options: TraceOptions) throws {
            guard let column = header.roles.firstIndex(of: .time) else { return }
            let bytes = reader.preview
            var cursor = ByteCursor(
                UnsafeRawBufferPointer(rebasing: bytes.prefix(FirstRows.preview)))
            kind = .number
            guard let field = Self.field(column, &cursor) else { return }
            let text = cursor.text(field)
            // NanoFlow writes XXX for every time.
            if text.hasPrefix("XXX") {
                kind = .none
                return
            }
            var calendar = DayCache()
            let end = cursor.at
            cursor.at = field.lowerBound
            let isDate = (try? cursor.dateTime(&calendar)) != nil
            kind = isDate ? .date : .number
            if !isDate { try Self.refuseDates(text, reader.path) }
            guard options.timeUnit == nil || !isDate else {
                throw InputError(
                    reader.path, "the times are dates",
                    expected: "no trace.time_unit (headway trace: --time-unit)")
            }
            cursor.at = end
            var times: [FirstRows.Time] = []
            var next: String? = text
            while let value = next.flatMap({ Double($0.trimmedName) }), times.count < FirstRows.most
            {
                times.append(FirstRows.Time(value: value, isWhole: value == value.rounded()))
                cursor.skipLine()
                next =
                    cursor.isAtEnd ? nil : Self.field(column, &cursor).map { cursor.text($0) }
            }
            let name = header.names[column]
            let hasUnit = header.format == .burstgpt || name.lowercased() == "arrived_at"
            (unit, assumption) = TimeUnit.found(
                given: options.timeUnit, name: name, times: times, usual: .seconds,
                judgesGaps: !hasUnit)
        }

        /// Throws for a text of numbers that is meant as a date or a clock's time, and is neither
        /// a date that is read nor a number.
        private static func refuseDates(_ text: String, _ path: String) throws {
            let isSigned = text.dropFirst().contains("-") && !text.lowercased().contains("e")
            guard text.first?.isNumber == true, isSigned || text.contains(where: "/:".contains)
            else { return }
            throw InputError(
                path + ":2", "the time is no date that is read: \"\(text.echoed(atMost: 40))\"",
                expected: "YYYY-MM-DD HH:MM:SS, or a number of seconds")
        }

        /// A field of the row at the cursor, which then stands behind it; nil if a quotation mark
        /// is not closed.
        private static func field(_ column: Int, _ cursor: inout ByteCursor) -> Range<Int>? {
            cursor.skipSpaces()
            for _ in 0..<column {
                guard (try? cursor.skipField()) != nil else { return nil }
                _ = cursor.skip(0x2c)
            }
            if cursor.current == 0x22 { return try? cursor.csvField() }
            let start = cursor.at
            while !cursor.isAtEnd, cursor.current != 0x2c, cursor.current != 10 { cursor.at += 1 }
            return start..<cursor.at
        }
    }

    // The header has assigned the columns' roles already.
    mutating func look(for labels: [TraceLabel]) -> Bool { true }

    mutating func takeLabels() -> [String?] {
        defer { labels = labels.map { _ in nil } }
        return labels
    }

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws -> Bool {
        if cursor.isAtEnd { return false }
        var session: UInt64?
        var elapsed: Int64?
        for index in roles.indices {
            if index > 0 { try cursor.comma(after: "a column") }
            switch roles[index] {
            case .ignored: try cursor.skipField()
            case .label(let kind):
                let field = try cursor.csvField()
                labels[kind] = cursor.label(csv: field)
            case .unrecorded: try cursor.unquoted("the time") { try $0.noTime() }
            case .time:
                row.time = try cursor.unquoted("the time") { [timeScale] in
                    try $0.time("the time", scale: timeScale)
                }
            case .date:
                row.time = try cursor.unquoted("the time") { try $0.dateTime(&calendar) }
            case .prompt:
                row.prompt = try cursor.unquoted("the prompt length") {
                    try $0.wholeNumber("the prompt length")
                }
            case .output:
                row.output = try cursor.unquoted("the output length") {
                    try $0.wholeNumber("the output length")
                }
            case .session: session = try cursor.columnIdentity()
            case .priority:
                row.priority = try cursor.unquoted("the priority") { try $0.optionalPriority() }
            case .model:
                let field = try cursor.csvField()
                counters.models.add(cursor.raw(field))
            case .elapsed:
                elapsed = try cursor.unquoted("the elapsed time") {
                    try $0.optionalDecimal("the elapsed time", scale: 9)
                }
            }
        }
        try cursor.endOfRow(columns: roles.count)
        if var process = starts {
            row.time = Int64(drawn: process.next() * 1e9, unit: 1)
            starts = process
        }
        if hasSessions { follow(session, elapsed, &row) }
        return true
    }

    private mutating func follow(_ session: UInt64?, _ elapsed: Int64?, _ row: inout TraceRow) {
        row.id = nextID
        nextID += 1
        row.predecessor = -1
        guard let session else { return }
        if let before = turns[session] {
            row.predecessor = before.id
            row.thinkTime = max(0, row.time - before.end)
        }
        let answer =
            elapsed ?? NominalAnswer.firstToken
            + NominalAnswer.token * min(max(0, row.output), TraceRow.longest)
        turns[session] = (row.id, row.time + min(max(0, answer), 1 << 50))
    }
}

extension ByteCursor {
    /// Moves behind the end of the line.
    mutating func skipLine() {
        while !isAtEnd, current != 10 { at += 1 }
        if !isAtEnd { at += 1 }
    }

    /// Moves to the next comma or the end.
    @inline(__always) mutating func skipColumn() {
        while at < end, base[at] != 0x2c { at &+= 1 }
    }

    /// Skips a time in a file whose first row has none.
    mutating func noTime() throws {
        let start = at
        while at < end, base[at] != 0x2c, base[at] != 0x22 { at += 1 }
        guard text(start..<at).hasPrefix("XXX") else {
            throw ScanFailure(
                "a time, where the first row has XXX for none: \(excerpt(from: start))",
                expected: "XXX in every row, or in none")
        }
    }

    /// An integer, possibly with a fraction of zeros, as data frames write it.
    mutating func wholeNumber(_ name: StaticString) throws -> Int64 {
        let value = try integer(name)
        if skip(46) { while current == 48 { at += 1 } }
        return value
    }

    /// The identity of a column's text; nil if the column is empty.
    mutating func columnIdentity() throws -> UInt64? {
        let field = try csvField()
        return field.isEmpty ? nil : hash(field)
    }

    /// A priority; 0 if the column is empty.
    mutating func optionalPriority() throws -> Int32 {
        if isAtEnd || current == 0x2c || current == 0x22 { return 0 }
        let value = try wholeNumber("the priority")
        guard let priority = Int32(exactly: value) else {
            throw ScanFailure(
                "the priority \(value) does not fit 32 bits", expected: "a smaller number")
        }
        return priority
    }

    /// A number; nil if the column is empty.
    mutating func optionalDecimal(_ name: StaticString, scale: Int) throws -> Int64? {
        if isAtEnd || current == 0x2c || current == 0x22 { return nil }
        return try decimal(name, scale: scale)
    }
}
