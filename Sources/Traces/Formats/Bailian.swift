/// Qwen-Bailian's traces: one JSON object a line with `chat_id`, `parent_chat_id` (-1 for a first
/// turn), `timestamp` in seconds, `input_length`, `output_length` and `hash_ids` of 16-token
/// blocks.
///
/// The pause before a turn is the difference of the two timestamps less the time that the answer
/// between them is assumed to have taken, as the trace does not record it. A parent outside the
/// file makes the turn a first one (`unknown_parent`).
struct Bailian: LineFormat {
    let countsFromFirstRow = false
    var assumptions: [String] { [NominalAnswer.assumption] }
    private let blocks = BlockIdentity(tokens: 16)
    private var turns: [Int64: (time: Int64, output: Int64)] = [:]

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool {
        cursor.skipSpaces()
        if cursor.isAtEnd { return false }
        var parent: Int64 = -1
        var found = 0
        var idCount: Int?
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "hash_ids") {
                if idCount != nil { throw ScanFailure.repeated("hash_ids") }
                idCount = try blocks.read(&cursor, into: &segments)
            } else if cursor.matches(key, "chat_id") {
                row.id = try cursor.natural("chat_id")
                found |= 1
            } else if cursor.matches(key, "parent_chat_id") {
                parent = try cursor.integer("parent_chat_id")
            } else if cursor.matches(key, "timestamp") {
                row.time = try cursor.decimal("timestamp", scale: 9)
                found |= 2
            } else if cursor.matches(key, "input_length") {
                row.prompt = try cursor.integer("input_length")
                found |= 4
            } else if cursor.matches(key, "output_length") {
                row.output = try cursor.integer("output_length")
                found |= 8
            } else {
                try cursor.skipValue()
            }
        }
        try cursor.finishLine()
        guard found == 15 else {
            throw ScanFailure(
                "a key is missing", expected: "chat_id, timestamp, input_length, output_length")
        }
        if let idCount {
            try blocks.fit(idCount, to: &row, segments: &segments, tally: &tally)
        }
        try follow(parent, &row, &tally)
        return true
    }

    private mutating func follow(
        _ parent: Int64, _ row: inout TraceRow, _ tally: inout Tally
    ) throws {
        row.predecessor = -1
        if let before = turns[parent] {
            row.predecessor = parent
            row.thinkTime = NominalAnswer.pause(
                from: before.time, output: before.output, to: row.time)
        } else if parent >= 0 {
            try tally.note(.unknownParent)
        }
        turns[row.id] = (row.time, row.output)
    }
}

/// How long an answer is assumed to take where a trace records when turns arrive but not when
/// answers end.
enum NominalAnswer {
    /// Nanoseconds to the first token and per token; `RecipeSource` says where they come from.
    static let firstToken = Int64(RecipeSource.firstTokenSeconds * 1e9)
    static let token = Int64(RecipeSource.tokenSeconds * 1e9)
    static let assumption =
        "pauses in sessions are recorded gaps less \(RecipeSource.firstTokenSeconds) s and"
        + " \(RecipeSource.tokenSeconds) s per output token for the answer between"

    /// Nanoseconds between the assumed end of an answer and the next turn, at least 0.
    static func pause(from time: Int64, output: Int64, to next: Int64) -> Int64 {
        let tokens = min(max(0, output), TraceRow.longest)
        let (gap, overflow) = next.subtractingReportingOverflow(time)
        return overflow ? 0 : max(0, gap - firstToken - token * tokens)
    }
}
