/// Qwen-Bailian's traces: one JSON object per line with `chat_id`, `parent_chat_id` (-1 for a first
/// turn), `timestamp` in seconds, `input_length`, `output_length` and `hash_ids` of 16-token
/// blocks.
///
/// The pause before a turn is the difference of the two timestamps minus the assumed time of the
/// answer between them, which the trace does not record. A parent outside the file makes the turn a
/// first one (`unknown_parent`).
struct Bailian: LineFormat {
    let countsFromFirstRow = false
    let assumptions: [String]
    private let timeScale: Int
    private var blocks: BlockIdentity
    private var turns: [Int64: (time: Int64, output: Int64)] = [:]

    private enum Key {
        case chatID, parent, timestamp, inputLength, outputLength, hashIDs, priority, other
    }
    private var keys = KeyReader<Key>(
        [
            ("chat_id", .chatID), ("parent_chat_id", .parent), ("timestamp", .timestamp),
            ("input_length", .inputLength), ("output_length", .outputLength),
            ("hash_ids", .hashIDs), ("priority", .priority),
        ], ignored: ["type", "turn", "model"], other: .other)

    /// Infers the unit of time from the first rows unless `options` give it.
    init(_ reader: LineReader, options: TraceOptions) {
        let rows = FirstRows(reader)
        let (unit, assumption) = TimeUnit.found(
            given: options.timeUnit, name: nil, times: rows.times, usual: .seconds)
        assumptions =
            (assumption.map { [$0] } ?? []) + [NominalAnswer.assumption]
            + (rows.hasPriorities ? [FirstRows.priorityAssumption] : [])
        timeScale = unit.digits
        blocks = BlockIdentity(tokens: options.blockTokens ?? 16, hasPartial: true)
    }

    /// Tokens per block.
    var blockTokens: Int { Int(blocks.tokens) }

    mutating func look(for labels: [TraceLabel]) -> Bool {
        keys.look(for: labels)
        return true
    }

    var hasLabels: Bool { keys.hasFound }
    mutating func takeLabels() -> [String?] { keys.takeFound() }

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws -> Bool {
        // A local copy can stay in registers.
        var scan = cursor
        scan.skipSpaces()
        if scan.isAtEnd { return false }
        var parent: Int64 = -1
        var found = 0
        var idCount: Int?
        keys.begin()
        while let key = try keys.next(&scan) {
            switch key {
            case .chatID:
                row.id = try scan.natural("chat_id")
                found |= 1
            case .parent: parent = try scan.integer("parent_chat_id")
            case .timestamp:
                row.time = try scan.time("timestamp", scale: timeScale)
                found |= 2
            case .inputLength:
                row.prompt = try scan.integer("input_length")
                found |= 4
            case .outputLength:
                row.output = try scan.integer("output_length")
                found |= 8
            case .hashIDs:
                idCount = try scan.apart { try blocks.read(&$0, into: &segments) }
            case .priority: if !scan.skipNull() { row.priority = try scan.priority() }
            case .other: try scan.apart { try keys.pass(&$0, &counters) }
            }
        }
        try scan.finishLine()
        guard found == 15 else {
            throw ScanFailure(
                "a key is missing", expected: "chat_id, timestamp, input_length, output_length")
        }
        if let idCount {
            try blocks.fit(idCount, to: &row, segments: &segments, counters: &counters)
        }
        try follow(parent, &row, &counters)
        return true
    }

    private mutating func follow(
        _ parent: Int64, _ row: inout TraceRow, _ counters: inout ReaderCounters
    ) throws {
        row.predecessor = -1
        guard parent != row.id else {
            throw ScanFailure(
                "the request \(row.id) follows itself", expected: "the chat_id of an earlier row")
        }
        if let before = turns[parent] {
            row.predecessor = parent
            row.thinkTime = NominalAnswer.pause(
                from: before.time, output: before.output, to: row.time)
        } else if parent >= 0 {
            try counters.note(.unknownParent)
        }
        turns[row.id] = (row.time, row.output)
    }
}

/// How long an answer is assumed to take if a trace records when turns arrive but not when answers
/// end.
enum NominalAnswer {
    /// Nanoseconds to the first token and per token; for the source see `RecipeSource`.
    static let firstToken = Int64(RecipeSource.firstTokenSeconds * 1e9)
    static let token = Int64(RecipeSource.tokenSeconds * 1e9)
    static let assumption =
        "pauses in sessions are recorded gaps less \(RecipeSource.firstTokenSeconds) s and"
        + " \(RecipeSource.tokenSeconds) s per output token for the answer between"

    /// Nanoseconds from the assumed end of an answer to the next turn, at least 0.
    static func pause(from time: Int64, output: Int64, to next: Int64) -> Int64 {
        let tokens = min(max(0, output), TraceRow.longest)
        let (gap, overflow) = next.subtractingReportingOverflow(time)
        return overflow ? 0 : max(0, gap - firstToken - token * tokens)
    }
}
