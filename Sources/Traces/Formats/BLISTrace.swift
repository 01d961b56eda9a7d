import Basics

/// BLIS's trace v2 (`blis observe`, `blis run`): CSV with a header, fields quoted where needed,
/// times in microseconds.
///
/// A request arrives when it was sent (`send_time_us`), or at `arrival_time_us` if that is not
/// recorded. The prompt is `server_input_tokens`, or else `input_tokens`; in a `prefix_group` it is
/// `prefix_length` tokens that the group shares plus `input_tokens`. Rounds of a `session_id`
/// follow one another after the recorded pause. `deadline_us` is when the client gives up,
/// `vllm_priority` the priority in vLLM's order. First and last chunk are measured latencies of
/// requests whose `status` is ok.
struct BLISTrace {
    private struct Row {
        var time: Int64 = 0
        var arrival: Int64 = 0
        var sent: Int64 = 0
        var first: Int64 = 0
        var last: Int64 = 0
        var deadline: Int64 = 0
        var prompt: Int64 = 0
        var served: Int64 = 0
        var output: Int64 = 0
        var prefix: Int64 = 0
        var priority: Int64 = 0
        var group: UInt64?
        var session: UInt64?
        var labels: [String?] = []
        var isOK = true
        var hasArrival = false
        var line = 0
    }

    private let names: [String]
    private var rows: [Row] = []
    private var counters: ReaderCounters
    /// Length of each group's prefix, and its content.
    private var groups: [UInt64: (length: Int64, content: Int64)] = [:]
    private var mediaRows = 0
    /// Rows that did not succeed, and rows that have only one half of the columns of a shared
    /// prefix.
    private var failedRows = 0
    private var halfShared = 0
    private let labels: [TraceLabel]
    /// The columns that hold the requested names.
    private let labelColumns: [String?]

    /// Whether these are the columns of the format.
    static func recognizes(_ names: [String]) -> Bool {
        let there = Set(names)
        return ["arrival_time_us", "input_tokens", "output_tokens", "first_chunk_time_us"]
            .allSatisfy(there.contains)
    }

    /// Opens a file. Throws `InputError` for rows that cannot be read.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        let header = try lines.next().map { $0.text(0..<$0.end) } ?? ""
        var trace = BLISTrace(header, options)
        try trace.checkHeader(lines.place, options)
        do {
            while let line = try lines.next() { try trace.readRow(line, lines.line) }
        } catch let failure as ScanFailure {
            throw InputError(lines.place, failure.problem, expected: failure.expected)
        }
        return try trace.source(reader.path, options)
    }

    private init(_ header: String, _ options: TraceOptions) {
        names = header.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmedName)
        counters = ReaderCounters(isStrict: options.isStrict)
        labels = options.labels
        labelColumns = labels.map { [names] in $0.keys.first(where: names.contains) }
    }

    /// Columns that change nothing here.
    private static let unread: Set<String> = [
        "request_id", "client_id", "tenant_id", "slo_class", "round_index", "streaming",
        "text_tokens", "reason_ratio", "model", "num_chunks", "error_message", "finish_reason",
        "slo_target_us", "x_request_id", "adapter",
    ]
    private static let read: Set<String> = [
        "arrival_time_us", "send_time_us", "first_chunk_time_us", "last_chunk_time_us",
        "deadline_us", "input_tokens", "server_input_tokens", "output_tokens", "prefix_group",
        "prefix_length", "vllm_priority", "session_id", "status", "image_tokens",
        "audio_tokens", "video_tokens",
    ]

    private var others: [String] {
        names.filter { !Self.unread.contains($0) && !Self.read.contains($0) }
    }

    private func checkHeader(_ place: String, _ options: TraceOptions) throws {
        guard Self.recognizes(names) else {
            throw InputError(
                place, "not the header of a BLIS trace",
                expected: "arrival_time_us, input_tokens, output_tokens, first_chunk_time_us")
        }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw InputError(
                place, "the column \(names[twice].printableName) occurs twice", expected: "it once")
        }
        guard options.isStrict, !others.isEmpty else { return }
        throw InputError(
            place,
            "columns that are not read: \(CSVHeader.list(others)) (refused by strict reading)",
            expected: "only columns that the format has")
    }

    // MARK: Rows

    private mutating func readRow(_ line: ByteCursor, _ number: Int) throws {
        var cursor = line
        var row = Row()
        row.line = number
        for (index, name) in names.enumerated() {
            if index > 0 { try cursor.comma(after: "a column") }
            let field = try cursor.csvField()
            try read(field, cursor, name, &row)
        }
        try cursor.endOfRow(columns: names.count)
        rows.append(row)
    }

    private mutating func read(
        _ field: Range<Int>, _ line: ByteCursor, _ name: String, _ row: inout Row
    ) throws {
        func number() throws -> Int64 {
            let value = try integer()
            guard value >= 0 else {
                throw ScanFailure("\(name) is negative: \(value)", expected: "at least 0")
            }
            return value
        }
        func integer() throws -> Int64 {
            guard !field.isEmpty else { return 0 }
            var cursor = line
            cursor.at = field.lowerBound
            let isNumber = line.base[field.lowerBound] != 0x20
            guard isNumber, let value = try? cursor.integer("a number"),
                cursor.at == field.upperBound
            else {
                throw ScanFailure(
                    "\(name) is \(line.excerpt(from: field.lowerBound))",
                    expected: "a whole number that fits 64 bits")
            }
            return value
        }
        func tokens() throws -> Int64 {
            let value = try number()
            guard value <= TraceRow.longest else {
                throw ScanFailure(
                    "\(name) is absurd: \(value)", expected: "at most \(TraceRow.longest)")
            }
            return value
        }
        /// Microseconds, as nanoseconds.
        func time() throws -> Int64 {
            let value = try number()
            guard value <= TraceRow.latest / 1_000 else {
                throw ScanFailure("\(name) is beyond 73 years", expected: "microseconds")
            }
            return value * 1_000
        }
        if let kind = labelColumns.firstIndex(of: name) {
            if row.labels.isEmpty { row.labels = labels.map { _ in nil } }
            row.labels[kind] = line.label(csv: field)
        }
        func text() -> UInt64? { field.isEmpty ? nil : line.hash(field) }
        switch name {
        case "arrival_time_us":
            row.arrival = try time()
            row.hasArrival = !field.isEmpty
        case "send_time_us": row.sent = try time()
        case "first_chunk_time_us": row.first = try time()
        case "last_chunk_time_us": row.last = try time()
        case "deadline_us": row.deadline = try time()
        case "input_tokens": row.prompt = try tokens()
        case "server_input_tokens": row.served = try tokens()
        case "output_tokens": row.output = try tokens()
        case "prefix_length": row.prefix = try tokens()
        case "prefix_group": row.group = text()
        case "session_id": row.session = text()
        case "vllm_priority": row.priority = try integer()
        case "model": counters.models.add(line.raw(field))
        case "status": row.isOK = field.isEmpty || line.matches(field, "ok")
        case "image_tokens", "audio_tokens", "video_tokens":
            if try number() > 0 { mediaRows += 1 }
        default: break
        }
    }

    // MARK: Requests

    private mutating func source(
        _ path: String, _ options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        // Sending may be recorded on another clock than arrivals, so use one of them throughout.
        let isSent = !rows.isEmpty && rows.allSatisfy { $0.sent > 0 }
        for index in rows.indices {
            rows[index].time = isSent ? rows[index].sent : rows[index].arrival
        }
        var graph = RequestGraph()
        var sessions: [UInt64: [Int]] = [:]
        var order: [UInt64] = []
        for row in rows {
            do {
                guard isSent || row.hasArrival else {
                    throw ScanFailure(
                        "arrival_time_us is empty, and not every row has send_time_us",
                        expected: "one of the two in every row")
                }
                let place = graph.append(try call(row, isSent: isSent, &graph.segments))
                guard let session = row.session else { continue }
                if sessions[session] == nil { order.append(session) }
                sessions[session, default: []].append(place)
            } catch let failure as ScanFailure {
                throw InputError(
                    "\(path):\(row.line)", failure.problem, expected: failure.expected)
            }
        }
        for session in order {
            let calls = sessions[session]!.sorted {
                let (a, b) = (graph.calls[$0].row.time, graph.calls[$1].row.time)
                return a != b ? a < b : $0 < $1
            }
            graph.chain(calls)
        }
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let (collected, measured) = try graph.collected(
            &counters, inside: ByteCursor(none), path: path,
            measuredFrom: "BLIS's client: from the "
                + (isSent ? "sending" : "arrival") + " of a request")
        var assumptions =
            isSent ? [] : ["requests arrive at arrival_time_us: not every row has send_time_us"]
        if !others.isEmpty {
            assumptions.append("columns that are not read: \(CSVHeader.list(others))")
        }
        let notes = TraceNotes(
            path: path, format: .blis, assumptions: assumptions, measured: measured)
        notes.labels = labels.map(RequestLabels.init)
        notes.add(remark: "the header beside it (YAML) is not read")
        for (count, what) in [
            (failedRows, "rows whose status is not ok: replayed, and nothing measured of them"),
            (halfShared, "rows with one of prefix_group and prefix_length, which share nothing"),
        ] where count > 0 {
            notes.add(remark: "\(what): \(count)")
        }
        if mediaRows > 0 {
            notes.add(
                remark: "counts of image, audio and video tokens that are not modelled:"
                    + " \(mediaRows)")
        }
        return (
            CollectedTrace(
                collected, counters: counters, options: options, notes: notes,
                countsFromFirstRow: isSent), notes
        )
    }

    private mutating func call(
        _ row: Row, isSent: Bool, _ segments: inout [Segment]
    ) throws -> RequestGraph.Call {
        var call = RequestGraph.Call()
        call.labels = row.labels
        call.row.time = row.time
        call.row.output = row.output
        guard let priority = Int32(exactly: row.priority) else {
            throw ScanFailure("vllm_priority does not fit 32 bits", expected: "a smaller number")
        }
        call.row.priority = priority
        call.row.prompt = row.served > 0 ? row.served : row.prompt
        if let group = row.group, row.prefix > 0 {
            try share(group, row, &call, &segments)
        } else if row.group != nil || row.prefix > 0 {
            halfShared += 1
        }
        // The deadline is on the clock of arrivals.
        if row.deadline > 0 {
            guard row.deadline >= row.arrival else {
                throw ScanFailure(
                    "deadline_us is before arrival_time_us", expected: "a later deadline, or 0")
            }
            call.row.abort = row.time + row.deadline - row.arrival
        }
        if !row.isOK { failedRows += 1 }
        if row.isOK { call.duration = max(0, row.last - row.time) }
        if row.isOK, row.first > 0 || row.last > 0 {
            // The notes count times in the wrong order.
            call.measured = .init(
                timeToFirstToken: row.first > 0 ? row.first - row.time : nil,
                endToEnd: row.last > 0 ? row.last - row.time : nil, outputTokens: row.output)
        }
        return call
    }

    /// The prompt of a request in a group: the group's prefix, then its own content.
    private mutating func share(
        _ group: UInt64, _ row: Row, _ call: inout RequestGraph.Call,
        _ segments: inout [Segment]
    ) throws {
        let known = groups[group] ?? (row.prefix, Int64(groups.count))
        groups[group] = known
        guard known.length == row.prefix else {
            throw ScanFailure(
                "prefix_length is \(row.prefix), in the group before it \(known.length)",
                expected: "one length a group")
        }
        call.row.prompt = row.prefix + row.prompt
        segments.append(Segment(content: known.content, length: Int32(row.prefix)))
        call.row.ownTail = Int32(row.prompt)
    }
}

extension ByteCursor {
    /// Reads a field and moves past it. Returns its bytes without the quotes around it; quotes
    /// inside stay doubled.
    mutating func csvField() throws -> Range<Int> {
        guard skip(0x22) else {
            let start = at
            skipColumn()
            return start..<at
        }
        let start = at
        while at < end {
            if base[at] == 0x22 {
                guard at + 1 < end, base[at + 1] == 0x22 else { break }
                at += 1
            }
            at += 1
        }
        guard at < end else {
            throw ScanFailure(
                "a quotation mark is not closed: \(excerpt(from: start))",
                expected: "fields of one line each")
        }
        defer { at += 1 }
        return start..<at
    }
}
