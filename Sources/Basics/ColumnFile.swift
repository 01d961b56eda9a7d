import Foundation

/// A comma-separated file with a header, read by column name. Fields may be quoted; CRLF is
/// accepted. For small files of measurements; traces have their own readers.
package struct ColumnFile {
    /// The file's path, for messages.
    package let path: String
    /// Rows of fields, without the header.
    package private(set) var rows: [[Substring]] = []
    private var columns: [String: Int] = [:]

    /// Largest file to read, bytes. The largest public operator table has 10 MB.
    private static let mostBytes = 512_000_000

    /// Reads a file and checks that it has the columns `names`. O(bytes).
    ///
    /// - Throws: `InputError` naming file, line and column.
    package init(_ path: String, requiring names: [String]) throws {
        try self.init(text: Self.text(path), path: path, requiring: names)
    }

    /// Like `init(_:requiring:)`, from a text in memory.
    package init(text: String, path: String, requiring names: [String]) throws {
        self.path = path
        for (number, line) in TextLines(text) {
            let fields = try Self.fields(line, place: "\(path):\(number)")
            if columns.isEmpty {
                self.names = fields.map { $0.trimmingCharacters(in: .whitespaces) }
                for (column, name) in self.names.enumerated() where columns[name] == nil {
                    columns[name] = column
                }
                let missing = names.filter { columns[$0] == nil }
                guard missing.isEmpty else {
                    throw InputError(
                        "\(path):\(number)",
                        "columns missing: \(missing.joined(separator: ", "))",
                        expected: names.joined(separator: ","))
                }
                let doubled = names.first { name in self.names.count { $0 == name } > 1 }
                if let doubled {
                    throw InputError(
                        "\(path):\(number)", "the column \(doubled) occurs twice",
                        expected: "each column once")
                }
                width = fields.count
                continue
            }
            guard fields.count == width else {
                throw InputError(
                    "\(path):\(number)", "has \(fields.count) fields",
                    expected: "\(width), as the header")
            }
            lines.append(number)
            rows.append(fields)
        }
        guard !columns.isEmpty else {
            throw InputError(path, "is empty", expected: names.joined(separator: ","))
        }
    }

    /// The column names of a file, without reading its rows.
    package static func header(_ path: String) throws -> [String] {
        let text = try text(path)
        var lines = TextLines(text)
        guard let (number, header) = lines.next() else { return [] }
        return try fields(header, place: "\(path):\(number)").map(String.init)
    }

    /// The column names, in file order.
    package private(set) var names: [String] = []
    private var width = 0
    private var lines: [Int] = []

    private static func text(_ path: String) throws -> String {
        let bytes = try InputFile.contents(path, atMost: mostBytes, expected: "a CSV file")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError(path, "is not text", expected: "a CSV file in UTF-8")
        }
        return text
    }

    private static func fields(_ line: Substring, place: String) throws -> [Substring] {
        guard line.contains("\"") else {
            return line.split(separator: ",", omittingEmptySubsequences: false)
        }
        var fields: [Substring] = []
        var field = ""
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append(Substring(field))
                field = ""
            } else {
                field.append(character)
            }
        }
        guard !isQuoted else {
            throw InputError(place, "a quotation mark is not closed", expected: "an even number")
        }
        return fields + [Substring(field)]
    }

    /// Place of a row for messages: "path:line".
    package func place(_ row: Int) -> String { "\(path):\(lines[row])" }

    /// Position of a column that `init` required.
    package func column(_ name: String) -> Int { columns[name]! }

    /// Position of a column that may be absent.
    package func column(ifPresent name: String) -> Int? { columns[name] }

    /// A field without surrounding spaces; empty when blank.
    package func text(_ row: Int, _ column: Int) -> String {
        String(rows[row][column]).trimmingCharacters(in: .whitespaces)
    }

    /// A finite number within `bounds`. Throws `InputError` at the row, also for a blank field.
    package func number(
        _ row: Int, _ column: Int, in bounds: ClosedRange<Double>
    ) throws -> Double {
        guard let value = try number(row, column, atLeast: bounds.lowerBound),
            value <= bounds.upperBound
        else {
            throw InputError(
                place(row), "\(name(column)) is missing or out of range",
                expected: "a number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return value
    }

    /// A finite number of at least `least`, or nil for a blank field.
    package func number(_ row: Int, _ column: Int, atLeast least: Double = 0) throws -> Double? {
        let field = rows[row][column]
        guard !field.allSatisfy(\.isWhitespace) else { return nil }
        guard let value = Double(field.trimmingCharacters(in: .whitespaces)), value.isFinite,
            value >= least
        else {
            throw InputError(
                place(row), "\"\(field.prefix(40))\" is not right in column \(name(column))",
                expected: "a finite number of at least \(least)")
        }
        return value
    }

    /// An integer of at least `least`, or nil for a blank field.
    package func integer(_ row: Int, _ column: Int, atLeast least: Int = 0) throws -> Int? {
        guard let value = try number(row, column, atLeast: Double(least)) else { return nil }
        guard value == value.rounded(), value <= 1e12 else {
            throw InputError(
                place(row), "\(value) is not an integer in column \(name(column))",
                expected: "an integer of at least \(least)")
        }
        return Int(value)
    }

    private func name(_ column: Int) -> String {
        columns.first { $0.value == column }?.key ?? "\(column)"
    }
}
