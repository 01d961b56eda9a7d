/// The project's own format: one JSON object a line.
///
/// Required: `arrival_us`, `output_tokens`, and `segments` ([[content, length], ...] or
/// [[content, offset, length], ...]) or `prompt_tokens`. Optional: `id`, `priority`,
/// `out_content`, `abort_us`, `max_tokens`, and for later turns of a session `after` (the id of
/// the turn before, null for a first turn) with `think_us`. Other keys are passed over.
struct NativeLines: LineFormat {
    let countsFromFirstRow = false

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool {
        cursor.skipSpaces()
        if cursor.isAtEnd { return false }
        var found = Found()
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "segments") {
                if found.segmentTokens != nil { throw ScanFailure.repeated("segments") }
                found.segmentTokens = try readSegments(&cursor, into: &segments)
            } else if try !readNumber(key, &cursor, row: &row, found: &found) {
                try cursor.skipValue()
            }
        }
        try cursor.finishLine()
        if let tokens = found.segmentTokens {
            guard !found.hasPrompt || row.prompt == tokens else {
                throw ScanFailure(
                    "prompt_tokens is \(row.prompt), the segments hold \(tokens)",
                    expected: "equal numbers")
            }
            row.prompt = tokens
        }
        guard found.hasArrival, found.hasOutput, found.hasPrompt || found.segmentTokens != nil
        else {
            throw ScanFailure(
                "a key is missing",
                expected: "arrival_us, output_tokens, and segments or prompt_tokens")
        }
        return true
    }

    private struct Found {
        var hasArrival = false
        var hasOutput = false
        var hasPrompt = false
        var segmentTokens: Int64?
    }

    /// Reads the value of a key with one number; false for any other key.
    @inline(__always)
    private func readNumber(
        _ key: Range<Int>, _ cursor: inout ByteCursor, row: inout TraceRow, found: inout Found
    ) throws -> Bool {
        if cursor.matches(key, "id") {
            row.id = try cursor.natural("id")
        } else if cursor.matches(key, "arrival_us") {
            row.time = try cursor.microseconds("arrival_us")
            found.hasArrival = true
        } else if cursor.matches(key, "output_tokens") {
            row.output = try cursor.integer("output_tokens")
            found.hasOutput = true
        } else if cursor.matches(key, "prompt_tokens") {
            row.prompt = try cursor.integer("prompt_tokens")
            found.hasPrompt = true
        } else {
            return try readOptional(key, &cursor, row: &row)
        }
        return true
    }

    private func readOptional(
        _ key: Range<Int>, _ cursor: inout ByteCursor, row: inout TraceRow
    ) throws -> Bool {
        if cursor.matches(key, "priority") {
            let priority = try cursor.integer("priority")
            guard let small = Int32(exactly: priority) else {
                throw ScanFailure(
                    "the priority \(priority) does not fit 32 bits", expected: "a smaller number")
            }
            row.priority = small
        } else if cursor.matches(key, "out_content") {
            row.outputContent = try cursor.content("out_content")
        } else if cursor.matches(key, "max_tokens") {
            row.maxTokens = try cursor.natural("max_tokens")
        } else if cursor.matches(key, "abort_us") {
            if !cursor.skipNull() { row.abort = try cursor.microseconds("abort_us") }
        } else if cursor.matches(key, "after") {
            row.predecessor = cursor.skipNull() ? -1 : try cursor.natural("after")
        } else if cursor.matches(key, "think_us") {
            row.thinkTime = try cursor.microseconds("think_us")
        } else {
            return false
        }
        return true
    }

    private func readSegments(
        _ cursor: inout ByteCursor, into segments: inout [Segment]
    ) throws -> Int64 {
        let start = segments.count
        var total: Int64 = 0
        var isFirst = true
        try cursor.openArray("segments")
        while try cursor.nextElement(0x5d, &isFirst) {
            var isFirstNumber = true
            var numbers: (Int64, Int64, Int64) = (0, 0, 0)
            var count = 0
            try cursor.openArray("a segment")
            while try cursor.nextElement(0x5d, &isFirstNumber) {
                let number =
                    count == 0
                    ? try cursor.content("a content id")
                    : try cursor.natural("a segment's number")
                switch count {
                case 0: numbers.0 = number
                case 1: numbers.1 = number
                default: numbers.2 = number
                }
                count += 1
            }
            guard count == 2 || count == 3 else {
                throw ScanFailure(
                    "a segment has \(count) numbers",
                    expected: "[content, length] or [content, offset, length]")
            }
            let offset = count == 3 ? numbers.1 : 0
            let length = count == 3 ? numbers.2 : numbers.1
            guard length >= 1, offset + length <= TraceRow.longest else {
                throw ScanFailure(
                    "a segment of \(length) tokens at offset \(offset)",
                    expected: "1 to \(TraceRow.longest) tokens")
            }
            total += length
            segments.appendPiece(
                numbers.0, offset: Int32(offset), length: Int32(length), from: start)
        }
        return total
    }
}

extension ByteCursor {
    /// An integer of at least 0, at most 10¹⁸.
    @inline(__always) mutating func natural(_ name: StaticString) throws -> Int64 {
        let value = try integer(name)
        guard value >= 0, value <= 1_000_000_000_000_000_000 else {
            throw ScanFailure("\(name) is \(value)", expected: "0 to 10^18")
        }
        return value
    }

    /// A content id: at least 0 and below the ids the simulator makes.
    @inline(__always) mutating func content(_ name: StaticString) throws -> Int64 {
        let value = try integer(name)
        guard value >= 0, value < Segment.privateContent else {
            throw ScanFailure("\(name) is \(value)", expected: "0 to 2^62 - 1")
        }
        return value
    }

    /// Whole microseconds as nanoseconds.
    @inline(__always) mutating func microseconds(_ name: StaticString) throws -> Int64 {
        let value = try integer(name)
        guard value >= 0 else {
            throw ScanFailure("\(name) is negative: \(value)", expected: "at least 0")
        }
        let (result, overflow) = value.multipliedReportingOverflow(by: 1_000)
        guard !overflow else {
            throw ScanFailure("\(name) is beyond 292 years: \(value)", expected: "microseconds")
        }
        return result
    }
}
