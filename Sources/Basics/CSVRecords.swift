/// The records of a comma-separated file (RFC 4180), from front to back and byte for byte. A quoted
/// field may hold line breaks, so a record may span several lines.
///
///     let records = try CSVRecords("points.csv")
///     while let record = try records.next() { ... CSVRecords.fields(record) ... }
///
/// For tables too long for `ColumnFile`. Memory: a record and 256 KiB.
package final class CSVRecords {
    private let file: RawInput
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var filled = 0
    private var position = 0
    private var isQuoted = false
    /// Bytes of all records returned so far.
    package private(set) var offset = 0
    /// The line on which the latest record begins, counted from 1.
    package private(set) var line = 0
    private var nextLine = 1

    /// Longest record in bytes. It bounds memory where a quotation mark is never closed.
    private static let longest = 4_000_000

    /// Opens a file. `isInput`: whether it counts as an input of the command (`FileLedger`). Throws
    /// `InputError`.
    package init(_ path: String, isInput: Bool = true) throws {
        file = try RawInput(path, isInput: isInput)
    }

    /// The next record with its line end; nil at the end. Also returns a last record without a line
    /// end (see `isWhole`). O(bytes). Throws `InputError`.
    package func next() throws -> [UInt8]? {
        var record: [UInt8] = []
        line = nextLine
        while true {
            if position == filled {
                filled = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                position = 0
                guard filled > 0 else {
                    offset += record.count
                    return record.isEmpty ? nil : record
                }
            }
            let start = position
            let ended = scan()
            record += buffer[start..<position]
            if ended {
                offset += record.count
                return record
            }
            guard record.count <= Self.longest else {
                throw InputError(
                    "\(file.name):\(line)", "a row is longer than \(Self.longest) bytes",
                    expected: "rows whose quotation marks are closed")
            }
        }
    }

    /// Advances to the end of the record, or of the buffered bytes. Returns whether it found the
    /// record's end.
    private func scan() -> Bool {
        while position < filled {
            let byte = buffer[position]
            position += 1
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == UInt8(ascii: "\n") else { continue }
            nextLine += 1
            if !isQuoted { return true }
        }
        return false
    }

    /// Whether a record ends with a line end.
    package static func isWhole(_ record: [UInt8]) -> Bool { record.last == UInt8(ascii: "\n") }

    /// The fields of a record, still quoted and without the line end (LF or CRLF). O(bytes).
    package static func fields(_ record: [UInt8]) -> [ArraySlice<UInt8>] {
        var end = record.count
        if end > 0, record[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        if end > 0, record[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        var fields: [ArraySlice<UInt8>] = []
        var start = 0
        var isQuoted = false
        for place in 0..<end {
            if record[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard record[place] == UInt8(ascii: ","), !isQuoted else { continue }
            fields.append(record[start..<place])
            start = place + 1
        }
        fields.append(record[start..<end])
        return fields
    }

    /// The value of a field, unquoted. O(bytes).
    package static func text(_ field: ArraySlice<UInt8>) -> String {
        guard field.first == UInt8(ascii: "\"") else {
            return String(decoding: field, as: UTF8.self)
        }
        var bytes: [UInt8] = []
        var rest = field.dropFirst()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") {
                guard rest.popFirst() == UInt8(ascii: "\"") else { break }
            }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A field as RFC 4180 writes it: quoted if it holds a comma, a quotation mark, a line break,
    /// or a leading or trailing space. O(bytes).
    package static func quoted(_ text: String) -> String {
        let isPlain = !text.utf8.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte < 0x20
        }
        guard !isPlain || text.hasPrefix(" ") || text.hasSuffix(" ") else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

extension CSVRecords {
    /// Text that no spreadsheet treats as a formula: following OWASP's "CSV injection", it prefixes
    /// an apostrophe where a formula would begin.
    package static func harmless(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first)
        else { return text }
        return "'" + text
    }
}
