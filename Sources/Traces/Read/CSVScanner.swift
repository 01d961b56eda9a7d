/// CSV scanning over a `ByteCursor`. Fields may stand in quotation marks (RFC 4180).
extension ByteCursor {
    /// Reads a field that may stand in quotation marks, by `scan`, and moves past it.
    @inline(__always) mutating func unquoted<Value>(
        _ name: StaticString, _ scan: (inout ByteCursor) throws -> Value
    ) throws -> Value {
        let isQuoted = skip(0x22)
        let value = try scan(&self)
        if isQuoted, !skip(0x22) {
            throw ScanFailure(
                "\(name) is followed by \(excerpt(from: at))", expected: "a quotation mark")
        }
        return value
    }

    /// Moves to the end of a field, past its quotation marks if it has some.
    mutating func skipField() throws {
        if current == 0x22 { _ = try csvField() } else { skipColumn() }
    }

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
}
