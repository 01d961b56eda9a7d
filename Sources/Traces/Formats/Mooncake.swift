/// Mooncake's traces: one JSON object a line with `timestamp` (ms), `input_length`,
/// `output_length` and `hash_ids`, ids of 512-token prefix blocks.
///
/// The last id stands for what is left of the prompt. Answers have no identity.
struct Mooncake: LineFormat {
    let countsFromFirstRow = false
    private let blocks = BlockIdentity(tokens: 512)

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool {
        cursor.skipSpaces()
        if cursor.isAtEnd { return false }
        var isFirst = true
        var idCount = 0
        var found = 0
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "timestamp") {
                row.time = try cursor.decimal("timestamp", scale: 6)
                found |= 1
            } else if cursor.matches(key, "input_length") {
                row.prompt = try cursor.integer("input_length")
                found |= 2
            } else if cursor.matches(key, "output_length") {
                row.output = try cursor.integer("output_length")
                found |= 4
            } else if cursor.matches(key, "hash_ids") {
                idCount = try blocks.read(&cursor, into: &segments)
                found |= 8
            } else {
                try cursor.skipValue()
            }
        }
        try cursor.finishLine()
        guard found == 15 else {
            throw ScanFailure(
                "a key is missing",
                expected: "timestamp, input_length, output_length and hash_ids")
        }
        try fit(idCount, row: row, segments: &segments)
        return true
    }

    /// Cuts the last block to the prompt's length.
    private func fit(
        _ idCount: Int, row: TraceRow, segments: inout [Segment]
    ) throws {
        let size = Int64(blocks.tokens)
        let wanted = max(0, row.prompt + size - 1) / size
        guard row.prompt < 0 || Int64(idCount) == wanted else {
            throw ScanFailure(
                "\(idCount) hash ids for a prompt of \(row.prompt) tokens",
                expected: "\(wanted) ids of 512 tokens")
        }
        if idCount > 0 {
            let excess = Int64(idCount) * size - row.prompt
            segments[segments.count - 1].length -= Int32(truncatingIfNeeded: excess)
        }
    }
}
