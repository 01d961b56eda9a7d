import Basics

/// Azure LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens` with a header.
///
/// Timestamps are dates and times with up to nine fractional digits and an optional zone, read
/// exactly. Requests are independent and have no content.
struct AzureCSV: LineFormat {
    let countsFromFirstRow = true
    private var calendar = DayCache()

    static func recognizes(_ header: String) -> Bool {
        header == "TIMESTAMP,ContextTokens,GeneratedTokens"
    }

    /// Moves past the header, which is the published one.
    init(_ reader: inout LineReader) throws {
        let header = try reader.next().map { $0.text(0..<$0.end) } ?? ""
        precondition(Self.recognizes(header), "another header than was recognised")
    }

    /// Whether the next line is the published header, and the row behind it has no quotation marks.
    static func isNext(in reader: LineReader) -> Bool {
        let line = reader.preview.prefix(64).prefix { $0 != 10 }
        let row = reader.preview.dropFirst(line.count + 1).prefix(256).prefix { $0 != 10 }
        guard !row.contains(0x22) else { return false }
        let text = line.last == 13 ? line.dropLast() : line
        return recognizes(String(decoding: text, as: UTF8.self))
    }

    @inline(__always)
    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws -> Bool {
        if cursor.isAtEnd { return false }
        // A local copy can stay in registers.
        var scan = cursor
        row.time = try scan.dateTime(&calendar)
        try scan.comma(after: "TIMESTAMP")
        row.prompt = try scan.integer("ContextTokens")
        try scan.comma(after: "ContextTokens")
        row.output = try scan.integer("GeneratedTokens")
        try scan.endOfRow(columns: 3)
        return true
    }
}
