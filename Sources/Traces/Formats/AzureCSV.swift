import Basics

/// Azure LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens` with a header.
///
/// Timestamps are dates and times with up to nine fractional digits and an optional zone, read
/// exactly. Requests are independent and have no content.
struct AzureCSV: LineFormat {
    let countsFromFirstRow = true

    static func recognizes(_ header: String) -> Bool {
        header == "TIMESTAMP,ContextTokens,GeneratedTokens"
    }

    /// Reads the header.
    init(_ reader: inout LineReader) throws {
        let header = try reader.next().map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard Self.recognizes(header) else {
            throw InputError(
                reader.place, "not the header of an Azure trace: \"\(header.prefix(60))\"",
                expected: "TIMESTAMP,ContextTokens,GeneratedTokens")
        }
    }

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool {
        if cursor.isAtEnd { return false }
        row.time = try cursor.dateTime()
        try cursor.comma(after: "TIMESTAMP")
        row.prompt = try cursor.integer("ContextTokens")
        try cursor.comma(after: "ContextTokens")
        row.output = try cursor.integer("GeneratedTokens")
        try cursor.endOfRow(columns: 3)
        return true
    }
}

extension ByteCursor {
    /// Moves past the comma that ends a column.
    @inline(__always) mutating func comma(after name: StaticString) throws {
        guard skip(0x2c) else {
            throw ScanFailure(
                isAtEnd
                    ? "the row ends after \(name)"
                    : "\(name) is followed by \(excerpt(from: at))",
                expected: "a comma and the next column")
        }
    }

    /// Checks that the row ends here.
    @inline(__always) func endOfRow(columns: Int) throws {
        guard isAtEnd else {
            throw ScanFailure(
                "text follows the last column: \(excerpt(from: at))",
                expected: "\(columns) columns")
        }
    }

    /// A date and time (ISO 8601, with a space or T between them; up to nine fractional digits;
    /// optional Z or ±hh:mm) as nanoseconds since 1970. Years 1678 to 2261.
    mutating func dateTime() throws -> Int64 {
        let start = at
        guard let year = fixed(4, 0x2d), let month = fixed(2, 0x2d), let day = fixed(2, nil),
            skip(32) || skip(0x54),
            let hour = fixed(2, 0x3a), let minute = fixed(2, 0x3a), let second = fixed(2, nil),
            (1678...2261).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.days(in: month, of: year), hour < 24, minute < 60, second < 60
        else {
            throw ScanFailure(
                "not a date and time: \(excerpt(from: start))",
                expected: "YYYY-MM-DD HH:MM:SS.fffffff")
        }
        var nanoseconds: Int64 = 0
        if skip(46) {
            var unit: Int64 = 100_000_000
            let first = at
            while at < end, base[at] &- 48 < 10 {
                nanoseconds += Int64(base[at] - 48) * unit
                unit /= 10
                at += 1
            }
            guard at > first, at - first <= 9 else {
                throw ScanFailure(
                    "bad fraction of a second: \(excerpt(from: start))",
                    expected: "1 to 9 digits")
            }
        }
        let seconds = Self.daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60
        return (seconds + second - (try zone(start))) * 1_000_000_000 + nanoseconds
    }

    /// Exactly `digits` digits followed by `terminator`, if one is asked for.
    @inline(__always)
    private mutating func fixed(_ digits: Int, _ terminator: UInt8?) -> Int64? {
        guard end - at >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            let digit = base[at] &- 48
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
            at += 1
        }
        if let terminator, !skip(terminator) { return nil }
        return value
    }

    /// Seconds east of Greenwich.
    private mutating func zone(_ start: Int) throws -> Int64 {
        if skip(0x5a) { return 0 }
        let sign: Int64 = current == 43 ? 1 : current == 45 ? -1 : 0
        guard sign != 0 else { return 0 }
        at += 1
        guard let hours = fixed(2, nil) else {
            throw ScanFailure("bad zone: \(excerpt(from: start))", expected: "Z or +hh:mm")
        }
        _ = skip(0x3a)
        let minutes = fixed(2, nil) ?? 0
        return sign * (hours * 3_600 + minutes * 60)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days between 1970-01-01 and a date of the Gregorian calendar, by counting years from March
    /// so that the leap day comes last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear
            - 719_468
    }
}
