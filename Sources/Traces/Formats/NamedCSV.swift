import Basics

/// CSV read by column name: BurstGPT in both of its column orders, and files of lengths.
struct NamedCSV: LineFormat {
    /// What a column holds.
    enum Role {
        case ignored
        case time
        case prompt
        case output
        case session
        case elapsed
    }

    let countsFromFirstRow = true
    var assumptions: [String] {
        (hasTimes
            ? [] : ["no arrival times are recorded: " + (starts == nil ? "all at 0" : "drawn")])
            + (hasSessions && !roles.contains(.elapsed) ? [NominalAnswer.assumption] : [])
    }
    private let roles: [Role]
    private let hasTimes: Bool
    private let hasSessions: Bool
    private var starts: ArrivalProcess?
    private var turns: [UInt64: (id: Int64, end: Int64)] = [:]
    private var nextID: Int64 = 0

    /// Column names by role, as the formats write them.
    private static let names: [(String, Role)] = [
        ("Timestamp", .time), ("Request tokens", .prompt), ("Response tokens", .output),
        ("Session ID", .session), ("Elapsed time", .elapsed),
        ("arrived_at", .time), ("num_prefill_tokens", .prompt), ("num_decode_tokens", .output),
        ("ContextTokens", .prompt), ("GeneratedTokens", .output),
    ]

    /// The format that a header belongs to, if any.
    static func recognizes(_ header: String) -> TraceFormat? {
        let columns = header.split(separator: ",", omittingEmptySubsequences: false)
        if columns.contains("Request tokens"), columns.contains("Timestamp") { return .burstgpt }
        if columns.contains("num_prefill_tokens"), columns.contains("num_decode_tokens") {
            return .lengths
        }
        return nil
    }

    /// Reads the header.
    init(_ reader: inout LineReader, options: TraceOptions) throws {
        let header = try reader.next().map { $0.text(0..<$0.end) } ?? ""
        let roles: [Role] = header.split(separator: ",", omittingEmptySubsequences: false).map {
            column in Self.names.first { $0.0 == column }?.1 ?? .ignored
        }
        guard roles.contains(.prompt), roles.contains(.output) else {
            throw InputError(
                reader.place, "no columns of prompt and output lengths: \"\(header.prefix(60))\"",
                expected: "Request tokens and Response tokens, or num_prefill_tokens and"
                    + " num_decode_tokens, or ContextTokens and GeneratedTokens")
        }
        self.roles = roles
        hasTimes = roles.contains(.time)
        hasSessions = roles.contains(.session)
        if !hasTimes, let rate = options.requestRate {
            starts = ArrivalProcess(
                .init(rate: rate), sessionRate: rate, start: 0,
                random: SeededRandom(seed: options.seed, stream: 3))
        }
    }

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool {
        if cursor.isAtEnd { return false }
        var session: UInt64?
        var elapsed: Int64?
        for index in roles.indices {
            if index > 0 { try cursor.comma(after: "a column") }
            switch roles[index] {
            case .ignored: cursor.skipColumn()
            case .time: row.time = try cursor.time("the time", scale: 9)
            case .prompt: row.prompt = try cursor.wholeNumber("the prompt length")
            case .output: row.output = try cursor.wholeNumber("the output length")
            case .session: session = cursor.columnIdentity()
            case .elapsed: elapsed = try cursor.optionalDecimal("the elapsed time", scale: 9)
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
    /// Moves to the next comma or the end.
    @inline(__always) mutating func skipColumn() {
        while at < end, base[at] != 0x2c { at &+= 1 }
    }

    /// An integer that may be written with a fraction of zeros, as data frames do.
    mutating func wholeNumber(_ name: StaticString) throws -> Int64 {
        let value = try integer(name)
        if skip(46) { while current == 48 { at += 1 } }
        return value
    }

    /// The identity of a column's text, nil when it is empty.
    mutating func columnIdentity() -> UInt64? {
        let start = at
        skipColumn()
        return at > start ? hash(start..<at) : nil
    }

    /// A number, nil when the column is empty.
    mutating func optionalDecimal(_ name: StaticString, scale: Int) throws -> Int64? {
        if isAtEnd || current == 0x2c { return nil }
        return try decimal(name, scale: scale)
    }
}
