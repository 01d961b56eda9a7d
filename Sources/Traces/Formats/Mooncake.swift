import Basics

/// Mooncake's traces: one JSON object per line with `timestamp` (ms), `input_length`,
/// `output_length` and `hash_ids`, ids of 512-token prefix blocks; the last id covers the rest of
/// the prompt. Answers have no identity.
///
/// The dialect of later tools is read too: `input_tokens`, `output_tokens`, `created_time` and
/// `delay_ms` as alternative names, fractional times, its own `block_size`, no ids at all,
/// `priority` in vLLM's order, and `session_id`. Rows that share a session are turns: a later turn
/// comes `delay` after the answer before it, or after the difference of their timestamps without
/// one. vLLM's `timed_trace` has the same keys with seconds and 16-token blocks.
struct Mooncake: LineFormat {
    let countsFromFirstRow = false
    let assumptions: [String]
    private let timeScale: Int
    private var blocks: BlockIdentity
    private var turns: [UInt64: Turn] = [:]
    private var lastTime: Int64 = 0
    /// Rows so far. From the first session on this is a row's id; earlier rows were given smaller
    /// ones.
    private var nextID: Int64 = 0
    /// The keys that every row has, for messages.
    private let required: String
    private var hasSessions = false
    private var keys: KeyReader<Key>

    /// Infers the unit of time and the block size from the first rows unless `options` give them.
    /// `usual` is the unit of the format's rows.
    init(_ reader: LineReader, usual: TimeUnit, options: TraceOptions) {
        let rows = FirstRows(reader, columns: options.columns)
        let tokens = options.blockTokens ?? rows.blockTokens
        var assumptions: [String] = []
        let (unit, assumption) = TimeUnit.found(
            given: options.timeUnit, name: options.columns?.time, times: rows.times, usual: usual)
        if let assumption { assumptions.append(assumption) }
        if options.blockTokens == nil, rows.blockSize == nil, let tokens {
            assumptions.append(FirstRows.assumption(blockTokens: tokens))
        }
        if rows.hasPriorities {
            assumptions.append(FirstRows.priorityAssumption)
        }
        self.assumptions = assumptions
        timeScale = unit.digits
        blocks = BlockIdentity(
            tokens: tokens ?? (usual == .seconds ? 16 : 512), hasPartial: true)
        let own = options.columns
        required =
            own.map { "\($0.time ?? "timestamp"), \($0.prompt) and \($0.output)" }
            ?? "timestamp, input_length and output_length"
        keys = KeyReader(
            [
                (own?.time ?? "timestamp", .timestamp), (own?.prompt ?? "input_length", .prompt),
                (own?.output ?? "output_length", .output), ("hash_ids", .hashIDs),
                ("delay", .delay), ("delay_ms", .delayMilliseconds), ("session_id", .session),
                ("block_size", .blockSize), ("priority", .priority),
            ]
                + (own == nil ? Self.synonyms : []),
            ignored: ["request_id", "id", "model", "type", "turn"], other: .other)
    }

    private static let synonyms: [(name: String, key: Key)] = [
        ("input_tokens", .prompt), ("output_tokens", .output), ("created_time", .timestamp),
    ]

    /// Tokens per block.
    var blockTokens: Int { Int(blocks.tokens) }

    /// The last turn of a session.
    private struct Turn {
        var id: Int64
        var time: Int64
        var prompt: Int64
        /// Its first block, as the position where it begins in a content.
        var head: Segment?
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
        case timestamp, prompt, output, hashIDs
        // The dialect's keys.
        case delay, delayMilliseconds, session, blockSize, priority
        case other
    }

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
        let start = segments.count
        keys.begin()
        while let key = try keys.next(&scan) {
            switch key {
            case .timestamp:
                found.time = try scan.time("timestamp", scale: timeScale)
            case .prompt:
                row.prompt = try scan.integer("input_length")
                found.hasPrompt = true
            case .output:
                row.output = try scan.integer("output_length")
                found.hasOutput = true
            case .hashIDs: found.idCount = try scan.apart { try blocks.read(&$0, into: &segments) }
            case .other: try scan.apart { try keys.pass(&$0, &counters) }
            default:
                try scan.apart { try readDialect(key, &$0, row: &row, found: &found) }
            }
        }
        try scan.finishLine()
        guard found.hasPrompt, found.hasOutput, found.time != nil || found.session != nil else {
            throw ScanFailure(
                "a key is missing", expected: required)
        }
        if let count = found.idCount {
            try blocks.fit(count, to: &row, segments: &segments, counters: &counters)
        }
        row.time = found.time ?? lastTime
        row.hasOwnTime = found.time != nil
        if let session = found.session {
            let head = segments.count > start ? segments[start] : nil
            try follow(session, found, head, &row, &counters)
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
        case .delay, .delayMilliseconds:
            if cursor.skipNull() { return }
            guard found.delay == nil else { throw ScanFailure.repeated("delay") }
            let digits = key == .delay ? timeScale : TimeUnit.milliseconds.digits
            let delay = try cursor.time("delay", scale: digits)
            guard delay >= 0 else {
                throw ScanFailure("the delay is negative", expected: "at least 0")
            }
            found.delay = delay
        case .priority:
            if !cursor.skipNull() { row.priority = try cursor.priority() }
        case .session:
            // An empty text is no session, just as an empty column is none.
            let none = cursor.hash(0..<0)
            let session = cursor.skipNull() ? none : try cursor.identity("session_id")
            if session != none { found.session = session }
        default:
            let size = try cursor.integer("block_size")
            guard size == Int64(blocks.tokens) else {
                throw ScanFailure(
                    "block_size is \(size), taken before it \(blocks.tokens)",
                    expected: "one block size throughout")
            }
        }
    }

    private mutating func follow(
        _ session: UInt64, _ found: Found, _ head: Segment?, _ row: inout TraceRow,
        _ counters: inout ReaderCounters
    ) throws {
        hasSessions = true
        row.id = nextID
        row.predecessor = -1
        if let before = turns[session] {
            row.predecessor = before.id
            row.thinkTime = found.delay ?? max(0, row.time - before.time)
            let shares =
                head != nil && head?.content == before.head?.content
                && head?.offset == before.head?.offset
            if head != nil ? !shares : row.prompt < before.prompt {
                try counters.note(.unsharedTurn)
            }
        } else if found.time == nil {
            try counters.note(.noTimestamp)
        }
        turns[session] = Turn(id: row.id, time: row.time, prompt: row.prompt, head: head)
    }
}

extension ByteCursor {
    /// A string or a number as an identity: equal texts give equal values (FNV-1a, 64 bits).
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
        var digest = Fingerprint()
        for index in range { digest.add(UInt64(base[index])) }
        return digest.value
    }
}
