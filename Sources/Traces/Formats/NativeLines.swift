/// The project's own format: one JSON object per line.
///
/// Required: `arrival_us`, `output_tokens`, and `segments` ([[content, length], ...] or [[content,
/// offset, length], ...]) or `prompt_tokens`. Optional: `id`, `priority`, `out_content`,
/// `abort_us`, `max_tokens`; for later turns of a session `after` (the id of the turn before or a
/// list of ids, null for a first turn) with `think_us` and `tool_us`; and `waits` of other kinds.
/// `session_kind`, `tenant` and `lora_name` are names. Other keys are counted and skipped.
struct NativeLines: LineFormat {
    let countsFromFirstRow = false
    private(set) var waits: [Wait] = []
    /// Whether the last row had any waits: cheaper to check than the list.
    private var hasWaits = false

    private enum Key {
        case id, arrival, prompt, output, segments
        case priority, outputContent, maxTokens, abort, after, think, tool, waits
        case other
    }

    private var keys = KeyReader<Key>(
        [
            ("id", .id), ("arrival_us", .arrival), ("prompt_tokens", .prompt),
            ("output_tokens", .output), ("segments", .segments), ("priority", .priority),
            ("out_content", .outputContent), ("max_tokens", .maxTokens), ("abort_us", .abort),
            ("after", .after), ("think_us", .think), ("tool_us", .tool), ("waits", .waits),
        ],
        // Names, which a run reads only if it needs figures by them.
        ignored: ["session_kind", "tenant", "lora_name", "model"], other: .other)

    mutating func look(for labels: [TraceLabel]) -> Bool {
        keys.look(for: labels)
        return true
    }

    var hasLabels: Bool { keys.hasFound }
    mutating func takeLabels() -> [String?] { keys.takeFound() }

    @inline(__always)
    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws -> Bool {
        // A local copy can stay in registers.
        var scan = cursor
        scan.skipSpaces()
        if scan.isAtEnd { return false }
        var found = Found()
        if hasWaits { forgetWaits() }
        keys.begin()
        while let key = try keys.next(&scan) {
            switch key {
            case .id: row.id = try scan.natural("id")
            case .arrival:
                row.time = try scan.microseconds("arrival_us")
                found.hasArrival = true
            case .prompt:
                row.prompt = try scan.integer("prompt_tokens")
                found.hasPrompt = true
            case .output:
                row.output = try scan.integer("output_tokens")
                found.hasOutput = true
            case .segments:
                found.segmentTokens = try scan.apart { try readSegments(&$0, into: &segments) }
            case .outputContent: row.outputContent = try scan.content("out_content")
            case .maxTokens: row.maxTokens = try scan.natural("max_tokens")
            case .think: row.thinkTime = try scan.microseconds("think_us")
            case .after:
                row.predecessor =
                    scan.skipNull()
                    ? -1
                    : scan.current == 0x5b
                        ? try scan.apart { try readList(&$0) } : try scan.natural("after")
            case .tool: row.toolTime = try scan.microseconds("tool_us")
            case .waits: try scan.apart { try readWaits(&$0) }
            case .priority: row.priority = try scan.priority()
            case .abort: if !scan.skipNull() { row.abort = try scan.microseconds("abort_us") }
            case .other: try scan.apart { try keys.pass(&$0, &counters) }
            }
        }
        try scan.finishLine()
        try finish(&row, found)
        if hasWaits { finishWaits(&row) }
        return true
    }

    private struct Found {
        var hasArrival = false
        var hasOutput = false
        var hasPrompt = false
        var segmentTokens: Int64?
    }

    @inline(__always) private func finish(_ row: inout TraceRow, _ found: Found) throws {
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
    }

    /// A list of ids that must all have ended. Returns the first; the others become waits whose
    /// delay is the row's pause, which is not known yet.
    private mutating func readList(_ cursor: inout ByteCursor) throws -> Int64 {
        var first: Int64 = -1
        var isFirst = true
        hasWaits = true
        try cursor.openArray("after")
        while try cursor.nextElement(0x5d, &isFirst) {
            let id = try cursor.natural("after")
            if first < 0 { first = id } else { waits.append(Wait(request: id, delay: -1)) }
        }
        return first
    }

    /// `[[id, delay_us], [id, delay_us, "arrival"], [null, time_us], ...]`.
    private mutating func readWaits(_ cursor: inout ByteCursor) throws {
        var isFirst = true
        hasWaits = true
        try cursor.openArray("waits")
        while try cursor.nextElement(0x5d, &isFirst) {
            var wait = Wait(request: -1, event: .origin, delay: 0)
            var isFirstPart = true
            var parts = 0
            try cursor.openArray("a wait")
            while try cursor.nextElement(0x5d, &isFirstPart) {
                switch parts {
                case 0:
                    if cursor.skipNull() { break }
                    wait.request = try cursor.natural("a wait's id")
                    wait.event = .end
                case 1: wait.delay = try cursor.microseconds("a wait's delay")
                default:
                    let word = try cursor.stringRange()
                    guard wait.event == .end, cursor.matches(word, "arrival") else {
                        throw ScanFailure(
                            "a wait for \"\(cursor.printable(word))\"", expected: "\"arrival\"")
                    }
                    wait.event = .arrival
                }
                parts += 1
            }
            guard parts == 2 || parts == 3 else {
                throw ScanFailure(
                    "a wait has \(parts) parts",
                    expected: "[id, delay_us], [id, delay_us, \"arrival\"] or [null, time_us]")
            }
            waits.append(wait)
        }
    }

    @inline(never) private mutating func forgetWaits() {
        waits.removeAll(keepingCapacity: true)
        hasWaits = false
    }

    @inline(never) private mutating func finishWaits(_ row: inout TraceRow) {
        for index in waits.indices where waits[index].delay < 0 {
            waits[index].delay = row.thinkTime
        }
        if row.predecessor == TraceRow.noSessions { row.predecessor = -1 }
        row.waitCount = Int32(truncatingIfNeeded: waits.count)
    }

    private func readSegments(
        _ cursor: inout ByteCursor, into segments: inout [Segment]
    ) throws -> Int64 {
        let start = segments.count
        var total: Int64 = 0
        var isFirst = true
        var scan = cursor
        defer { cursor = scan }
        try scan.openArray("segments")
        while try scan.nextElement(0x5d, &isFirst) {
            let (content, offset, length) = try scan.segment()
            guard length >= 1, offset + length <= TraceRow.longest else {
                throw ScanFailure(
                    "a segment of \(length) tokens at offset \(offset)",
                    expected: "1 to \(TraceRow.longest) tokens")
            }
            total += length
            segments.appendPiece(
                content, offset: Int32(offset), length: Int32(length), from: start)
        }
        return total
    }
}

extension ByteCursor {
    fileprivate typealias Piece = (content: Int64, offset: Int64, length: Int64)

    /// [content, length] or [content, offset, length].
    @inline(__always) fileprivate mutating func segment() throws -> Piece {
        // The form that programs write: numbers of at most 15 digits without spaces.
        var scan = self
        if scan.skip(0x5b), let content = scan.shortNatural(), scan.skip(0x2c),
            let second = scan.shortNatural()
        {
            if scan.skip(0x5d) {
                at = scan.at
                return (content, 0, second)
            }
            if scan.skip(0x2c), let third = scan.shortNatural(), scan.skip(0x5d) {
                at = scan.at
                return (content, second, third)
            }
        }
        return try apart { try $0.anySegment() }
    }

    @inline(never) private mutating func anySegment() throws -> Piece {
        var isFirst = true
        var numbers: (Int64, Int64, Int64) = (0, 0, 0)
        var count = 0
        try openArray("a segment")
        while try nextElement(0x5d, &isFirst) {
            let number =
                count == 0 ? try content("a content id") : try natural("a segment's number")
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
        return count == 3 ? numbers : (numbers.0, 0, numbers.1)
    }

    /// A priority: an integer of 32 bits.
    @inline(__always) mutating func priority() throws -> Int32 {
        let value = try integer("priority")
        guard let priority = Int32(exactly: value) else {
            throw ScanFailure(
                "the priority \(value) does not fit 32 bits", expected: "a smaller number")
        }
        return priority
    }

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
