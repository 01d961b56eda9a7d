/// Mooncake's traces: one JSON object a line with `timestamp` (ms), `input_length`,
/// `output_length` and `hash_ids`, ids of 512-token prefix blocks; the last id stands for what is
/// left of the prompt. Answers have no identity.
///
/// The dialect of later tools is read too: `input_tokens`, `output_tokens`, `created_time` and
/// `delay_ms` as other names, fractions in times, a `block_size` of its own, no ids at all, and
/// `session_id`: rows that share one are turns, a later turn comes `delay` after the answer before
/// it, or the difference of their timestamps when it has none. vLLM's `timed_trace` has the same
/// keys with seconds and 16-token blocks.
struct Mooncake: LineFormat {
    let countsFromFirstRow = false
    private let timeScale: Int
    private var blocks: BlockIdentity
    private var turns: [UInt64: (id: Int64, time: Int64)] = [:]
    private var lastTime: Int64 = 0
    private var nextID: Int64 = 0

    /// `timeDigits`: 6 for timestamps in milliseconds, 9 for seconds.
    init(blockTokens: Int, timeDigits: Int) {
        blocks = BlockIdentity(tokens: blockTokens)
        timeScale = timeDigits
    }

    private struct Found {
        var time: Int64?
        var delay: Int64?
        var hasPrompt = false
        var hasOutput = false
        var idCount: Int?
        var session: UInt64?
    }

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
            if cursor.matches(key, "hash_ids") {
                if found.idCount != nil { throw ScanFailure.repeated("hash_ids") }
                found.idCount = try blocks.read(&cursor, into: &segments)
            } else if cursor.matches(key, "timestamp") {
                found.time = try cursor.decimal("timestamp", scale: timeScale)
            } else if cursor.matches(key, "input_length") {
                row.prompt = try cursor.integer("input_length")
                found.hasPrompt = true
            } else if cursor.matches(key, "output_length") {
                row.output = try cursor.integer("output_length")
                found.hasOutput = true
            } else if try !readDialect(key, &cursor, row: &row, found: &found) {
                try cursor.skipValue()
            }
        }
        try cursor.finishLine()
        guard found.hasPrompt, found.hasOutput, found.time != nil || found.session != nil else {
            throw ScanFailure(
                "a key is missing", expected: "timestamp, input_length and output_length")
        }
        if let count = found.idCount {
            try blocks.fit(count, to: &row, segments: &segments, tally: &tally)
        }
        row.time = found.time ?? lastTime
        if let session = found.session { try follow(session, found, &row, &tally) }
        lastTime = row.time
        return true
    }

    private mutating func readDialect(
        _ key: Range<Int>, _ cursor: inout ByteCursor, row: inout TraceRow, found: inout Found
    ) throws -> Bool {
        if cursor.matches(key, "input_tokens") {
            row.prompt = try cursor.integer("input_tokens")
            found.hasPrompt = true
        } else if cursor.matches(key, "output_tokens") {
            row.output = try cursor.integer("output_tokens")
            found.hasOutput = true
        } else if cursor.matches(key, "created_time") {
            found.time = try cursor.decimal("created_time", scale: timeScale)
        } else if cursor.matches(key, "delay") || cursor.matches(key, "delay_ms") {
            let delay = try cursor.decimal("delay", scale: timeScale)
            guard delay >= 0 else {
                throw ScanFailure("the delay is negative", expected: "at least 0")
            }
            found.delay = delay
        } else if cursor.matches(key, "session_id") {
            if !cursor.skipNull() { found.session = try cursor.identity("session_id") }
        } else if cursor.matches(key, "block_size") {
            let size = try cursor.integer("block_size")
            guard size == Int64(blocks.tokens) else {
                throw ScanFailure(
                    "block_size is \(size), in rows before it \(blocks.tokens)",
                    expected: "one block size throughout")
            }
        } else {
            return false
        }
        return true
    }

    private mutating func follow(
        _ session: UInt64, _ found: Found, _ row: inout TraceRow, _ tally: inout Tally
    ) throws {
        row.id = nextID
        nextID += 1
        row.predecessor = -1
        if let before = turns[session] {
            row.predecessor = before.id
            row.thinkTime = found.delay ?? max(0, row.time - before.time)
        } else if found.time == nil {
            try tally.note(.noTimestamp)
        }
        turns[session] = (row.id, row.time)
    }
}

extension ByteCursor {
    /// A string or a number as an identity: equal text gives equal values (FNV-1a, 64 bits).
    mutating func identity(_ name: StaticString) throws -> UInt64 {
        let range: Range<Int>
        if current == 0x22 {
            range = try stringRange()
        } else {
            let start = at
            _ = try decimal(name, scale: 0)
            range = start..<at
        }
        return hash(range)
    }

    /// FNV-1a over bytes.
    func hash(_ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in range { value = (value ^ UInt64(base[index])) &* 0x100_0000_01b3 }
        return value
    }
}
