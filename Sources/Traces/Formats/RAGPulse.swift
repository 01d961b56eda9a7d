import Basics
import Foundation

/// RAGPulse's trace: JSON lines whose `hash_ids` is an object of lists of content chunks, in prompt
/// order, with tables of chunk lengths in files beside the trace.
///
/// Chunks are content, not prefixes: the same chunk recurs after different ones. The part of
/// `input_length` that chunks do not cover (separators) belongs to the request alone. The file
/// joins two weeks: where its clock restarts, a week is added (`clock_restart`).
struct RAGPulse: LineFormat {
    let countsFromFirstRow = false
    var assumptions: [String] { [NominalAnswer.assumption] }
    private let lengths: [Int64: Int32]
    private var shift: Int64 = 0
    private var lastTime: Int64 = 0
    private var turns: [UInt64: (id: Int64, time: Int64, output: Int64)] = [:]
    private var nextID: Int64 = 0

    /// A week, in nanoseconds.
    private static let week: Int64 = 604_800_000_000_000
    /// The table files, each with its id key and `token_length`.
    static let tables = [
        "1_sys_prompt.jsonl", "2_passages.jsonl", "3_history.jsonl", "4_user_input.jsonl",
        "5_web_search.jsonl",
    ]

    /// Reads the tables beside a trace. Throws `InputError` for a missing or malformed one.
    init(beside path: String) throws {
        let folder = path.containingFolder
        var lengths: [Int64: Int32] = [:]
        for table in Self.tables {
            var file = folder.appending(pathComponent: table)
            if !FileSystem.exists(file) { file += ".gz" }
            guard FileSystem.exists(file) else {
                throw InputError(
                    path, "the table of chunk lengths \(table) is not beside it",
                    expected: Self.tables.joined(separator: ", "))
            }
            try Self.readTable(file, into: &lengths)
        }
        self.lengths = lengths
    }

    private static func readTable(_ path: String, into lengths: inout [Int64: Int32]) throws {
        var reader = try LineReader(path)
        do {
            while var cursor = try reader.next() {
                cursor.skipSpaces()
                if cursor.isAtEnd { continue }
                var id: Int64?
                var length: Int64?
                var isFirst = true
                try cursor.openObject()
                while try cursor.nextElement(0x7d, &isFirst) {
                    let key = try cursor.key()
                    if cursor.matches(key, "token_length") {
                        guard length == nil else { throw ScanFailure.repeated("token_length") }
                        length = try cursor.natural("token_length")
                    } else if cursor.current &- 48 < 10 {
                        id = try cursor.natural("a chunk's id")
                    } else {
                        try cursor.skipValue()
                    }
                }
                guard let id, let length, length <= TraceRow.longest else {
                    throw ScanFailure(
                        "no chunk", expected: "an object with an id and token_length")
                }
                if let known = lengths.updateValue(Int32(length), forKey: id),
                    Int64(known) != length
                {
                    throw ScanFailure(
                        "the chunk \(id) has \(known) tokens and \(length) tokens",
                        expected: "one length")
                }
            }
        } catch let failure as ScanFailure {
            throw InputError(reader.place, failure.problem, expected: failure.expected)
        }
    }

    mutating func parse(
        _ cursor: inout ByteCursor, row: inout TraceRow, segments: inout [Segment],
        counters: inout ReaderCounters
    ) throws -> Bool {
        cursor.skipSpaces()
        if cursor.isAtEnd { return false }
        var found = 0
        var session: UInt64?
        var chunkTokens: Int64 = 0
        var isFirst = true
        try cursor.openObject()
        /// Marks a key as found. Throws if it was found before.
        func find(_ bit: Int, _ name: String) throws {
            if found & bit != 0 { throw ScanFailure.repeated(name) }
            found |= bit
        }
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "timestamp") {
                try find(1, "timestamp")
                row.time = try cursor.quotedDecimal("timestamp", scale: 9)
            } else if cursor.matches(key, "input_length") {
                try find(2, "input_length")
                row.prompt = try cursor.integer("input_length")
            } else if cursor.matches(key, "output_length") {
                try find(4, "output_length")
                row.output = try cursor.integer("output_length")
            } else if cursor.matches(key, "priority") {
                try find(32, "priority")
                if !cursor.skipNull() { row.priority = try cursor.priority() }
            } else if cursor.matches(key, "hash_ids") {
                try find(8, "hash_ids")
                chunkTokens = try readChunks(&cursor, into: &segments)
            } else if cursor.matches(key, "session_id") {
                try find(16, "session_id")
                session = try cursor.identity("session_id")
            } else {
                try cursor.count(key, unless: [], &counters)
                try cursor.skipValue()
            }
        }
        try cursor.finishLine()
        guard found & 15 == 15 else {
            throw ScanFailure(
                "a key is missing",
                expected: "timestamp, input_length, output_length and hash_ids")
        }
        guard row.prompt <= 0 || row.prompt >= chunkTokens else {
            throw ScanFailure(
                "input_length is \(row.prompt), the chunks hold \(chunkTokens) tokens",
                expected: "at least as many")
        }
        row.ownTail = Int32(clamping: max(0, row.prompt - chunkTokens))
        try mendTime(&row, &counters)
        follow(session, &row)
        return true
    }

    private func readChunks(
        _ cursor: inout ByteCursor, into segments: inout [Segment]
    ) throws -> Int64 {
        var total: Int64 = 0
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            _ = try cursor.key()
            var isFirstID = true
            try cursor.openArray("a list of chunks")
            while try cursor.nextElement(0x5d, &isFirstID) {
                let id = try cursor.natural("a chunk's id")
                guard let length = lengths[id] else {
                    throw ScanFailure(
                        "the chunk \(id) is in no table", expected: "an id of the tables")
                }
                guard length > 0 else { continue }
                total += Int64(length)
                segments.append(Segment(content: id, length: length))
            }
        }
        return total
    }

    private mutating func mendTime(_ row: inout TraceRow, _ counters: inout ReaderCounters) throws {
        guard row.time >= 0, row.time <= 1 << 60 else {
            throw ScanFailure("the timestamp is out of range", expected: "seconds from 0")
        }
        if row.time + shift < lastTime {
            try counters.note(.clockRestart)
            shift += Self.week
            guard shift < 1 << 60 else {
                throw ScanFailure("the clock restarts too often", expected: "rows in order")
            }
        }
        row.time += shift
        lastTime = row.time
    }

    private mutating func follow(_ session: UInt64?, _ row: inout TraceRow) {
        row.id = nextID
        nextID += 1
        row.predecessor = -1
        guard let session else { return }
        if let before = turns[session] {
            row.predecessor = before.id
            row.thinkTime = NominalAnswer.pause(
                from: before.time, output: before.output, to: row.time)
        }
        turns[session] = (row.id, row.time, row.output)
    }
}

extension ByteCursor {
    /// A number, quoted or not.
    mutating func quotedDecimal(_ name: StaticString, scale: Int) throws -> Int64 {
        let isQuoted = skip(0x22)
        let value = try decimal(name, scale: scale)
        if isQuoted, !skip(0x22) { throw unfinished() }
        return value
    }
}
