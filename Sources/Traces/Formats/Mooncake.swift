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
    /// Rows so far. From the first session on this is a row's id: the rows before it were given
    /// smaller ones.
    private var nextID: Int64 = 0
    private var hasSessions = false
    private var keys = KeyReader<Key>(
        [
            ("timestamp", .timestamp), ("input_length", .inputLength),
            ("output_length", .outputLength), ("hash_ids", .hashIDs),
            ("input_tokens", .inputTokens), ("output_tokens", .outputTokens),
            ("created_time", .createdTime), ("delay", .delay), ("delay_ms", .delay),
            ("session_id", .session), ("block_size", .blockSize),
        ], other: .other)

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

    private enum Key {
        case timestamp, inputLength, outputLength, hashIDs
        // The dialect's.
        case inputTokens, outputTokens, createdTime, delay, session, blockSize
        case other
    }

    @inline(__always)
    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        tally: inout Tally
    ) throws -> Bool {
        // A copy of one's own can stay in registers.
        var scan = cursor
        scan.skipSpaces()
        if scan.isAtEnd { return false }
        var found = Found()
        keys.begin()
        while let key = try keys.next(&scan) {
            switch key {
            case .timestamp:
                found.time = try scan.time("timestamp", scale: timeScale)
            case .inputLength:
                row.prompt = try scan.integer("input_length")
                found.hasPrompt = true
            case .outputLength:
                row.output = try scan.integer("output_length")
                found.hasOutput = true
            case .hashIDs:
                if found.idCount != nil { throw ScanFailure.repeated("hash_ids") }
                found.idCount = try scan.apart { try blocks.read(&$0, into: &segments) }
            case .other: try scan.apart { try $0.skipValue() }
            default:
                try scan.apart { try readDialect(key, &$0, row: &row, found: &found) }
            }
        }
        try scan.finishLine()
        guard found.hasPrompt, found.hasOutput, found.time != nil || found.session != nil else {
            throw ScanFailure(
                "a key is missing", expected: "timestamp, input_length and output_length")
        }
        if let count = found.idCount {
            try blocks.fit(count, to: &row, segments: &segments, tally: &tally)
        }
        row.time = found.time ?? lastTime
        if let session = found.session {
            try follow(session, found, &row, &tally)
        } else if hasSessions {
            row.id = nextID
        }
        nextID &+= 1
        lastTime = row.time
        return true
    }

    @inline(never)
    private func readDialect(
        _ key: Key, _ cursor: inout ByteCursor, row: inout TraceRow, found: inout Found
    ) throws {
        switch key {
        case .inputTokens:
            row.prompt = try cursor.integer("input_tokens")
            found.hasPrompt = true
        case .outputTokens:
            row.output = try cursor.integer("output_tokens")
            found.hasOutput = true
        case .createdTime:
            found.time = try cursor.time("created_time", scale: timeScale)
        case .delay:
            let delay = try cursor.time("delay", scale: timeScale)
            guard delay >= 0 else {
                throw ScanFailure("the delay is negative", expected: "at least 0")
            }
            found.delay = delay
        case .session:
            if !cursor.skipNull() { found.session = try cursor.identity("session_id") }
        default:
            let size = try cursor.integer("block_size")
            guard size == Int64(blocks.tokens) else {
                throw ScanFailure(
                    "block_size is \(size), in rows before it \(blocks.tokens)",
                    expected: "one block size throughout")
            }
        }
    }

    private mutating func follow(
        _ session: UInt64, _ found: Found, _ row: inout TraceRow, _ tally: inout Tally
    ) throws {
        hasSessions = true
        row.id = nextID
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
