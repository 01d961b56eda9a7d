/// CSV scanning over a `ByteCursor`: columns without quotes, as all traces have them.
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
}
