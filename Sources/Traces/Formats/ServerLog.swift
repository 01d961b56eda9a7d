import Basics
import Foundation

/// The request log of vLLM's server: the lines `Received request ID: prompt: ..., params:
/// SamplingParams(...), prompt_token_ids: [...]` that it writes with `--enable-log-requests`.
///
/// The prompt's length and content are those of `prompt_token_ids`, which later releases do not
/// log. The answer's length is that of `Generated response ID ... output_token_ids: [...]`
/// (`--enable-log-outputs`), else `max_tokens`. Times are whole seconds, unless a date in front of
/// the line is finer.
struct ServerLog {
    private static let received = "Received request "
    private static let generated = "Generated response "
    /// Tokens of the blocks whose content is compared, vLLM's usual size.
    private static let block = 16

    private struct Request {
        var row: TraceRow
        var segments: [Segment]
        var id: String
        /// The limit on its answer; nil: none.
        var limit: Int64?
    }

    private var requests: [Request] = []
    /// Lengths of answers by the request's name.
    private var answers: [String: Int64] = [:]
    private var counters: ReaderCounters
    private var blocks = BlockIdentity(tokens: ServerLog.block)
    /// Number of each block, by a digest of it and all before it.
    private var numbers: [UInt64: Int64] = [:]
    private var calendar = DayCache()
    private var hasFineTimes = false

    /// Whether the beginning of a file has such a line.
    static func recognizes(_ preview: UnsafeRawBufferPointer) -> Bool {
        let head = UnsafeRawBufferPointer(rebasing: preview.prefix(FirstRows.preview))
        return head.contains(word: received) && head.contains(word: "SamplingParams(")
    }

    /// Opens a file.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var log = ServerLog(options)
        while let line = try lines.next() {
            do {
                try log.read(line)
            } catch let failure as ScanFailure {
                throw InputError(lines.place, failure.problem, expected: failure.expected)
            }
        }
        return try log.source(reader.path, options)
    }

    private init(_ options: TraceOptions) { counters = ReaderCounters(options) }

    private mutating func read(_ line: ByteCursor) throws {
        if let at = line.place(of: Self.received, from: 0) {
            try readRequest(line, from: at)
        } else if let at = line.place(of: Self.generated, from: 0),
            let list = line.lastPlace(of: "output_token_ids: [", from: at)
        {
            var cursor = line
            cursor.at = list
            if let ids = try cursor.tokens() {
                let id = line.word(from: at)
                let isPart = line.place(of: "(streaming delta)", from: at) != nil
                answers[id] = (isPart ? answers[id] ?? 0 : 0) + Int64(ids.count)
            }
        }
    }

    private mutating func readRequest(_ line: ByteCursor, from at: Int) throws {
        // The prompt itself stands before and may hold anything.
        guard let params = line.lastPlace(of: "SamplingParams(", from: at) else { return }
        guard let list = line.lastPlace(of: "prompt_token_ids: ", from: params) else {
            throw Self.unknownLength
        }
        var cursor = line
        cursor.at = list
        guard let ids = try cursor.tokens() else { throw Self.unknownLength }
        var row = TraceRow()
        row.time = try time(line)
        row.prompt = Int64(ids.count)
        var segments: [Segment] = []
        var digest = Fingerprint()
        let whole = ids.count / Self.block
        blocks.append(
            (0..<whole).map { index in
                for token in ids[(index * Self.block)..<((index + 1) * Self.block)] {
                    digest.add(UInt64(bitPattern: token))
                }
                let next = Int64(numbers.count)
                let number = numbers[digest.value, default: next]
                numbers[digest.value] = number
                return number
            }, to: &segments)
        row.ownTail = Int32(ids.count - whole * Self.block)
        var limit: Int64?
        if let place = line.place(of: "max_tokens=", from: params) {
            var value = line
            value.at = place
            limit = try? value.integer("max_tokens")
        }
        requests.append(
            Request(row: row, segments: segments, id: line.word(from: at), limit: limit))
    }

    private static let unknownLength = ScanFailure(
        "the log does not hold the prompt's tokens (prompt_token_ids), as later releases' do not",
        expected: "spans (--otlp-traces-endpoint), or a proxy's log with --columns")

    /// A date in front of the line, or else the logger's own `MM-DD HH:MM:SS`, which names no year.
    private mutating func time(_ line: ByteCursor) throws -> Int64 {
        var first = line
        if let time = try? first.dateTime(&calendar) {
            hasFineTimes = true
            return time
        }
        let text = line.text(0..<min(line.end, 200))
        guard let stamp = text.firstMatch(of: /(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?/) else {
            throw ScanFailure(
                "the line has no time", expected: "INFO MM-DD HH:MM:SS, as vLLM's logger writes")
        }
        if stamp.4 != nil { hasFineTimes = true }
        // A leap year, as 02-29 may occur.
        let whole = "2000-\(stamp.1)-\(stamp.2) \(stamp.3)\(stamp.4 ?? "")"
        return try whole.utf8.withContiguousStorageIfAvailable { bytes in
            var cursor = ByteCursor(UnsafeRawBufferPointer(bytes))
            return try cursor.dateTime(&calendar)
        } ?? 0
    }

    private func source(
        _ path: String, _ options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var rows = CollectedRows()
        var limited = 0
        for request in requests {
            var row = request.row
            if let answer = answers[request.id] {
                row.output = answer
                row.maxTokens = request.limit.map { max($0, answer) } ?? -1
            } else if let limit = request.limit {
                row.output = limit
                limited += 1
            } else {
                throw InputError(
                    path, "request \(request.id.echoed()) has no max_tokens and no logged answer",
                    expected: "a log with --enable-log-outputs")
            }
            rows.segments += request.segments
            _ = rows.append(row)
        }
        var assumptions: [String] = []
        if limited > 0 {
            assumptions.append(
                "\(Quantity.counted(limited, "answer")) without a logged output: as long as "
                    + "max_tokens, which is the most that they can be (--enable-log-outputs logs "
                    + "them)")
        }
        if !hasFineTimes {
            assumptions.append("the log has whole seconds: requests of a second arrive together")
        }
        assumptions.append(
            "prompts are taken to be logged whole: --max-log-len would have cut them")
        let notes = TraceNotes(path: path, format: .vllmLog, assumptions: assumptions)
        return (
            CollectedTrace(
                rows, counters: counters, options: options, notes: notes, countsFromFirstRow: true),
            notes
        )
    }
}

extension ByteCursor {
    /// The first place behind a word, from a position on; nil without it.
    fileprivate func place(of word: String, from start: Int) -> Int? {
        guard start <= end else { return nil }
        let rest = UnsafeRawBufferPointer(start: base + start, count: end - start)
        return rest.place(of: word).map { start + $0 + word.utf8.count }
    }

    /// The last such place.
    fileprivate func lastPlace(of word: String, from start: Int) -> Int? {
        var found: Int?
        var next = start
        while let place = place(of: word, from: next) { (found, next) = (place, place) }
        return found
    }

    /// The characters up to a blank, a colon or a comma.
    fileprivate func word(from start: Int) -> String {
        var stop = start
        while stop < end, ![32, 0x2c, 0x3a].contains(base[stop]) { stop += 1 }
        return text(start..<stop)
    }

    /// A list of tokens, behind its bracket or before; nil for None.
    fileprivate mutating func tokens() throws -> [Int64]? {
        if current == 0x4e { return nil }
        _ = skip(0x5b)
        var ids: [Int64] = []
        skipSpaces()
        while !skip(0x5d) {
            ids.append(try integer("a token"))
            if !skipCommaAndSpace() { skipSpaces() }
            guard !isAtEnd else { throw unfinished() }
        }
        return ids
    }
}
