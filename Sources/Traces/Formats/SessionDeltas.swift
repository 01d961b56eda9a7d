import Basics

/// Rows that hold only what a turn adds to its session: Mooncake delta, and Applied Compute's
/// sessions.
///
/// A Mooncake delta row has Mooncake's keys, including `session_id`; `input_length` and `hash_ids`
/// describe the new part. An Applied Compute row is a whole session: `input_prompt_length`; for
/// each of `num_turns` turns `assistant_response_length`, `tool_call_output_length` and
/// `tool_call_latency` (s); then `final_assistant_response_length`.
///
/// A prompt is the previous prompt, its answer, and the new part. Because the parts of a prompt
/// begin anywhere, their ids do not align with the engine's blocks.
struct SessionDeltas {
    private struct Turn {
        var id: Int64
        var time: Int64
        /// The prompt with its answer.
        var path: [Segment]
        var tokens: Int64
    }

    private var collected = CollectedRows()
    private var counters: ReaderCounters
    private var blocks: BlockIdentity
    private var turns: [UInt64: Turn] = [:]
    private var lastTime: Int64 = 0
    private var hasIDs = false
    private var hasPriorities = false
    private let timeScale: Int
    private var pieces = 0
    private let labels: [TraceLabel]

    /// Most parts of a session's prompt, two per turn: each turn holds everything before it.
    private static let longestPath = 4_000

    /// Opens a file of Mooncake delta rows. Throws `InputError` for rows that cannot be read.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        let rows = FirstRows(reader, columns: options.columns)
        let (unit, assumption) = TimeUnit.found(
            given: options.timeUnit, name: options.columns?.time, times: rows.times,
            usual: .milliseconds)
        var assumptions = assumption.map { [$0] } ?? []
        if options.blockTokens == nil, rows.blockSize == nil, let tokens = rows.blockTokens {
            assumptions.append(FirstRows.assumption(blockTokens: tokens))
        }
        assumptions.append("a row's prompt is its session's last prompt, the output, and the row's")
        var trace = SessionDeltas(
            options, tokens: options.blockTokens ?? rows.blockTokens ?? 512, unit)
        let columns = options.columns
        try trace.readAll(reader) { try $0.readRow(&$1, columns) }
        if trace.hasPriorities { assumptions.append(FirstRows.priorityAssumption) }
        return trace.source(reader.path, .mooncakeDelta, options, assumptions)
    }

    /// Opens a file of Applied Compute's sessions.
    static func openSessions(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var trace = SessionDeltas(options, tokens: 512, .seconds)
        var starts = ArrivalProcess(
            .init(rate: options.sessionRate), sessionRate: options.sessionRate, start: 0,
            random: SeededRandom(seed: options.seed, stream: 7))
        var sessions = 0
        try trace.readAll(reader) { trace, cursor in
            let start = sessions == 0 ? 0 : Int64(drawn: starts.next() * 1e6, unit: 1_000)
            sessions += 1
            try trace.readSession(&cursor, start: start)
        }
        let drawn = "session starts are drawn: \(options.sessionRate) per second, Poisson, seed"
        return trace.source(
            reader.path, .appliedCompute, options,
            sessions > 1 ? ["\(drawn) \(options.seed)"] : [])
    }

    private init(_ options: TraceOptions, tokens: Int, _ unit: TimeUnit) {
        counters = ReaderCounters(isStrict: options.isStrict)
        blocks = BlockIdentity(tokens: tokens, hasPartial: true)
        timeScale = unit.digits
        labels = options.labels
    }

    private mutating func readAll(
        _ reader: LineReader, _ read: (inout Self, inout ByteCursor) throws -> Void
    ) throws {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try read(&self, &$0) }
            } catch let failure as ScanFailure {
                throw LineReader.locate(failure, cursor, path: reader.path)
            }
        }
    }

    private func source(
        _ path: String, _ format: TraceFormat, _ options: TraceOptions, _ assumptions: [String]
    ) -> (source: any RequestSource, notes: TraceNotes) {
        let notes = TraceNotes(path: path, format: format, assumptions: assumptions)
        notes.labels = labels.map(RequestLabels.init)
        return (
            CollectedTrace(
                collected, counters: counters, options: options, notes: notes,
                countsFromFirstRow: false), notes
        )
    }

    // MARK: Mooncake delta

    private mutating func readRow(_ cursor: inout ByteCursor, _ own: TraceColumns?) throws {
        var fields = try JSONFields(&cursor)
        var row = TraceRow()
        guard let prompt = try fields.tokens(own?.prompt, "input_length", "input_tokens"),
            let output = try fields.tokens(own?.output, "output_length", "output_tokens")
        else {
            throw ScanFailure("a key is missing", expected: "input_length and output_length")
        }
        row.prompt = prompt
        row.output = output
        let time = try fields.time(
            own?.time, ["timestamp", "created_time"], scale: timeScale)
        let delay =
            try fields.duration("delay", scale: timeScale)
            ?? fields.duration("delay_ms", scale: 6)
        row.time = time ?? lastTime
        row.hasOwnTime = time != nil
        lastTime = row.time
        if let size = try fields.tokens("block_size"), size != Int64(blocks.tokens) {
            throw ScanFailure(
                "block_size is \(size), taken before it \(blocks.tokens)",
                expected: "one block size throughout")
        }
        if let priority = try fields.priority("priority") {
            row.priority = priority
            hasPriorities = true
        }
        let session = try fields.identity("session_id")
        let names = fields.labels(labels)
        defer { collected.name(Int64(collected.count) - 1, names) }
        var added: [Segment] = []
        if let count = try fields.blocks("hash_ids", &blocks, into: &added) {
            try blocks.fit(count, to: &row, segments: &added, counters: &counters)
            hasIDs = true
            if row.ownTail > 0 { added.append(piece(row.ownTail)) }
            row.ownTail = 0
        }
        try fields.countOthers(&counters, unless: ["request_id", "id", "model", "type", "turn"])
        guard let session else {
            if time == nil {
                throw ScanFailure("a key is missing", expected: "timestamp or session_id")
            }
            row.predecessor = -1
            return try append(row, new: added, after: nil, session: nil)
        }
        let before = turns[session]
        row.predecessor = before?.id ?? -1
        if let before {
            row.thinkTime = delay ?? max(0, row.time - before.time)
        } else if time == nil {
            try counters.note(.noTimestamp)
        }
        try append(row, new: added, after: before, session: session)
    }

    // MARK: Applied Compute

    private mutating func readSession(_ cursor: inout ByteCursor, start: Int64) throws {
        var fields = try JSONFields(&cursor)
        func list(_ name: StaticString, _ read: (inout ByteCursor) throws -> Int64) throws
            -> [Int64]
        {
            var values: [Int64] = []
            guard try fields.each(name, { values.append(try read(&$0)) }) else {
                throw ScanFailure("the key \(name) is missing", expected: "a list")
            }
            return values
        }
        guard let first = try fields.tokens("input_prompt_length"),
            let final = try fields.tokens("final_assistant_response_length"),
            let count = try fields.tokens("num_turns")
        else {
            throw ScanFailure(
                "a key is missing",
                expected: "num_turns, input_prompt_length, final_assistant_response_length")
        }
        let answers = try list("assistant_response_length") { try $0.integer("a length") }
        let results = try list("tool_call_output_length") { try $0.integer("a length") }
        let waits = try list("tool_call_latency") { try $0.time("a latency", scale: 9) }
        guard [answers, results, waits].allSatisfy({ Int64($0.count) == count }) else {
            throw ScanFailure(
                "\(answers.count), \(results.count) and \(waits.count) values for \(count) turns",
                expected: "one a turn in each list")
        }
        guard waits.allSatisfy({ $0 >= 0 }) else {
            throw ScanFailure("a latency is negative", expected: "at least 0")
        }
        let names = fields.labels(labels)
        try fields.countOthers(&counters, unless: ["id", "task_id", "trace_id", "workload"])
        let session = UInt64(collected.count)
        turns = [:]
        var row = TraceRow()
        row.time = start
        for turn in 0...answers.count {
            row.prompt = turn == 0 ? first : results[turn - 1]
            row.output = turn < answers.count ? answers[turn] : final
            let before = turns[session]
            row.predecessor = before?.id ?? -1
            row.hasOwnTime = turn == 0
            if turn > 0 {
                row.thinkTime = waits[turn - 1]
                row.toolTime = row.thinkTime
            }
            try append(row, new: [], after: before, session: session)
            collected.name(Int64(collected.count) - 1, names)
        }
    }

    // MARK: Prompts

    /// New content that no other request has.
    private mutating func piece(_ length: Int32) -> Segment {
        pieces += 1
        return Segment(content: Self.own + Int64(pieces), length: length)
    }

    /// First content id for parts without ids in the file, above all ids of blocks, which are less
    /// than 2^58 for blocks of at least 16 tokens.
    private static let own: Int64 = 1 << 60

    /// Adds a turn: `row.prompt` new tokens, with content from `new`, after the previous turn and
    /// its answer.
    private mutating func append(
        _ row: TraceRow, new: [Segment], after before: Turn?, session: UInt64?
    ) throws {
        var row = row
        for (length, name) in [(row.prompt, "prompt"), (row.output, "output")] {
            guard (0...TraceRow.longest).contains(length) else {
                throw ScanFailure(
                    "the \(name) length is \(length)", expected: "0 to \(TraceRow.longest)")
            }
        }
        var path = before?.path ?? []
        path += new
        if new.isEmpty, row.prompt > 0 { path.append(piece(Int32(row.prompt))) }
        row.prompt += before?.tokens ?? 0
        guard row.prompt <= TraceRow.longest, path.count <= Self.longestPath else {
            throw ScanFailure(
                "the turns of a session add up to \(row.prompt) tokens in \(path.count) parts",
                expected: "at most \(TraceRow.longest) tokens, \(Self.longestPath) parts")
        }
        let answer = piece(Int32(max(1, row.output)))
        row.outputContent = answer.content
        guard row.prompt > 0, row.output > 0 else {
            // It will be dropped; its part stays in the session.
            row.predecessor = -1
            _ = collected.append(row)
            if let session {
                turns[session] = Turn(
                    id: before?.id ?? -1, time: row.time, path: path, tokens: row.prompt)
            }
            return
        }
        collected.segments += path
        let id = collected.append(row)
        if let session {
            turns[session] = Turn(
                id: id, time: row.time, path: path + [answer], tokens: row.prompt + row.output)
        }
    }
}

extension JSONFields {
    /// A length, under the user's name for it or the first of the usual ones that exists.
    fileprivate mutating func tokens(
        _ own: String?, _ usual: StaticString, _ other: StaticString
    ) throws -> Int64? {
        if let own { return try value(named: own) { try $0.wholeNumber("a length") } }
        return try tokens(usual) ?? tokens(other)
    }

    /// A time, under the user's name for it or the first of the usual ones that exists.
    fileprivate mutating func time(
        _ own: String?, _ usual: [StaticString], scale: Int
    ) throws -> Int64? {
        if let own { return try value(named: own) { try $0.time("the time", scale: scale) } }
        for name in usual {
            if let time = try time(name, scale: scale) { return time }
        }
        return nil
    }
}
