import Basics

/// Agentic Mooncake, the call graphs that Dynamo and AISimulate replay: one JSON object per line.
///
/// A row has Mooncake's keys and a `request_id`. It waits for all requests in `wait_for`, then for
/// `delay` and `tool_wait_ms`; without `wait_for` it starts at its `timestamp` (ms). `branches`
/// repeats the same from the other end and must agree. Version 2 begins with a header (`schema`,
/// `version`, `block_size`). Each of a row's `dependencies` has its own `trigger` (dispatch or
/// completion) and `delay_ms`, no row starts before its `not_before_ms`, and block ids belong to a
/// `play_id`.
struct AgenticMooncake {
    private var graph = RequestGraph()
    private var counters: ReaderCounters
    private var blocks: BlockIdentity
    private var blockSize: Int?
    private let givenBlocks: Int?
    private var isTyped = false
    private var hasIDs = false
    private var places: [UInt64: Int] = [:]
    /// What requests wait for, by name, until all names are known.
    private var waits: [[(name: UInt64, event: Wait.Event, delay: Int64)]] = []
    private var branches: [(place: Int, name: UInt64)] = []
    private var plays: [UInt64: Int64] = [:]
    private var lastTime: Int64 = 0
    private var hasPriorities = false

    /// The schema in version 2's header.
    private let labels: [TraceLabel]

    static let schema = "dynamo.agentic_mooncake"

    /// Opens a file. Throws `InputError` for rows that cannot be read, for names of requests that
    /// do not exist, and for requests that wait for each other.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        // The preview is only valid until more of the file is read.
        var trace = AgenticMooncake(options, told: FirstRows(reader).blockTokens)
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        let whole = cursor
        return try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try trace.readRow(&$0) }
                return try trace.source(whole, path: reader.path, options)
            } catch let failure as ScanFailure {
                throw LineReader.locate(failure, cursor, path: reader.path)
            }
        }
    }

    private init(_ options: TraceOptions, told: Int?) {
        counters = ReaderCounters(isStrict: options.isStrict)
        labels = options.labels
        givenBlocks = options.blockTokens
        blocks = BlockIdentity(tokens: options.blockTokens ?? told ?? 512, hasPartial: true)
    }

    private mutating func source(
        _ buffer: ByteCursor, path: String, _ options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        try connect(buffer, path)
        let rows = try graph.collected(&counters, inside: buffer, path: path).rows
        var assumptions: [String] = []
        if hasIDs, blockSize == nil, givenBlocks == nil {
            assumptions.append(FirstRows.assumption(blockTokens: Int(blocks.tokens)))
        }
        if hasPriorities { assumptions.append(FirstRows.priorityAssumption) }
        let notes = TraceNotes(
            path: path, format: .agenticMooncake, blockTokens: hasIDs ? Int(blocks.tokens) : nil,
            assumptions: assumptions)
        notes.labels = labels.map(RequestLabels.init)
        return (
            CollectedTrace(
                rows, counters: counters, options: options, notes: notes,
                countsFromFirstRow: false),
            notes
        )
    }

    /// Resolves names to places, and checks `branches` against the rows they name.
    private mutating func connect(_ buffer: ByteCursor, _ path: String) throws {
        func failure(_ place: Int, _ problem: String, expected: String) -> InputError {
            var cursor = buffer
            cursor.at = graph.calls[place].place
            return LineReader.locate(
                ScanFailure(problem, expected: expected), cursor, path: path)
        }
        for place in waits.indices {
            var edges: [RequestGraph.Edge] = []
            for wait in waits[place] {
                guard let other = places[wait.name] else {
                    throw failure(
                        place, "waits for a request that is not in the trace",
                        expected: "the request_id of a row")
                }
                edges.append(.init(call: other, event: wait.event, delay: wait.delay))
            }
            graph.update(place) { $0.edges = edges }
        }
        let pairs =
            branches.isEmpty
            ? []
            : Set(
                graph.calls.indices.flatMap { place in
                    graph.calls[place].edges.map { [place, $0.call] }
                })
        for branch in branches {
            guard let child = places[branch.name] else {
                throw failure(
                    branch.place, "branches names a request that is not in the trace",
                    expected: "the request_id of a row")
            }
            guard pairs.contains([child, branch.place]) else {
                throw failure(
                    branch.place, "branches names a request whose wait_for does not name this one",
                    expected: "wait_for and branches that agree")
            }
        }
    }

    private mutating func readRow(_ cursor: inout ByteCursor) throws {
        var fields = try JSONFields(&cursor)
        if fields.has("schema") { return try readHeader(&fields) }
        guard let name = try fields.identity("request_id") else {
            throw ScanFailure("a row has no request_id", expected: "a name for each request")
        }
        guard places[name] == nil else {
            throw ScanFailure("a request_id occurs twice", expected: "each once")
        }
        var call = RequestGraph.Call()
        call.place = cursor.at - 1
        try readLengths(&fields, &call)
        try readPrompt(&fields, &call)
        let list = try isTyped ? typedWaits(&fields, &call) : plainWaits(&fields, &call)
        waits.append(list)
        lastTime = call.row.hasOwnTime ? call.row.time : lastTime
        places[name] = graph.append(call)
        try fields.each("branches") { element in
            branches.append((graph.calls.count - 1, try element.identity("branches")))
        }
        try fields.countOthers(
            &counters,
            unless: [
                "session_id", "model", "prefix_reset", "tool_events", "parent_session_id",
                "request_kind", "source_play_ordinal", "output_token_ids", "turn", "type",
            ])
    }

    private mutating func readHeader(_ fields: inout JSONFields) throws {
        let schema = fields.text("schema") ?? ""
        let version = try fields.tokens("version") ?? 1
        guard schema == Self.schema, version == 2, graph.calls.isEmpty, !isTyped else {
            throw ScanFailure(
                "a header of \(schema) version \(version)"
                    + (graph.calls.isEmpty ? "" : " behind rows"),
                expected: "\(Self.schema) version 2, in the first line")
        }
        isTyped = true
        if let size = try fields.tokens("block_size") {
            guard (1...1 << 20).contains(size), givenBlocks ?? Int(size) == Int(size) else {
                throw ScanFailure("block_size is \(size)", expected: "\(givenBlocks ?? 16)")
            }
            blockSize = Int(size)
            blocks = BlockIdentity(tokens: Int(size), hasPartial: true)
        }
        let scope = fields.text("hash_id_scope") ?? "local"
        guard scope == "local" else {
            throw ScanFailure("hash_id_scope is \(scope)", expected: "local")
        }
        try fields.countOthers(&counters, unless: ["source"])
    }

    private mutating func readLengths(
        _ fields: inout JSONFields, _ call: inout RequestGraph.Call
    ) throws {
        guard
            let prompt = try fields.tokens("input_length") ?? fields.tokens("input_tokens"),
            let output = try fields.tokens("output_length") ?? fields.tokens("output_tokens")
        else {
            throw ScanFailure("a key is missing", expected: "input_length and output_length")
        }
        call.labels = fields.labels(labels)
        call.row.prompt = prompt
        call.row.output = output
        if let priority = try fields.priority("priority") {
            call.row.priority = priority
            hasPriorities = true
        }
        if let size = try fields.tokens("block_size") {
            guard size == Int64(blocks.tokens) else {
                throw ScanFailure(
                    "block_size is \(size), taken before it \(blocks.tokens)",
                    expected: "one block size throughout")
            }
            blockSize = Int(size)
        }
    }

    private mutating func readPrompt(
        _ fields: inout JSONFields, _ call: inout RequestGraph.Call
    ) throws {
        var space: Int64 = 0
        if isTyped {
            guard let play = try fields.identity("play_id") else {
                throw ScanFailure("a row has no play_id", expected: "a play_id")
            }
            let next = Int64(plays.count) << 32
            space = plays[play] ?? next
            plays[play] = space
        }
        let count = try fields.blocks(
            "hash_ids", &blocks, space: space, into: &graph.segments)
        guard let count else { return }
        hasIDs = true
        try blocks.fit(count, to: &call.row, segments: &graph.segments, counters: &counters)
    }

    /// `wait_for`, `delay` and `tool_wait_ms`, or a timestamp.
    private mutating func plainWaits(
        _ fields: inout JSONFields, _ call: inout RequestGraph.Call
    ) throws -> [(name: UInt64, event: Wait.Event, delay: Int64)] {
        let time =
            try fields.duration("timestamp", scale: 6)
            ?? fields.duration("created_time", scale: 6)
        let delay =
            try fields.duration("delay", scale: 6) ?? fields.duration("delay_ms", scale: 6)
        let tool = try fields.duration("tool_wait_ms", scale: 6) ?? 0
        var names: [UInt64] = []
        var known: Set<UInt64> = []
        try fields.each("wait_for") { element in
            let name = try element.identity("wait_for")
            if known.insert(name).inserted { names.append(name) }
        }
        call.row.hasOwnTime = time != nil
        call.row.time = time ?? lastTime
        if names.isEmpty {
            guard tool == 0 else {
                throw ScanFailure(
                    "tool_wait_ms without wait_for", expected: "the requests it comes after")
            }
            if time == nil { try counters.note(.noTimestamp) }
            return []
        }
        call.row.toolTime = tool
        let pause = min((delay ?? 0) + tool, TraceRow.latest)
        return names.map { ($0, .end, pause) }
    }

    /// `dependencies`, each with a trigger and a delay, and `not_before_ms`.
    private mutating func typedWaits(
        _ fields: inout JSONFields, _ call: inout RequestGraph.Call
    ) throws -> [(name: UInt64, event: Wait.Event, delay: Int64)] {
        guard let time = try fields.duration("not_before_ms", scale: 6) else {
            throw ScanFailure("a row has no not_before_ms", expected: "milliseconds")
        }
        var list: [(name: UInt64, event: Wait.Event, delay: Int64)] = []
        try fields.each("dependencies") { element in
            var parts = try JSONFields(&element)
            let trigger = parts.text("trigger") ?? ""
            guard let name = try parts.identity("request_id"),
                let event: Wait.Event = ["dispatch": .arrival, "completion": .end][trigger]
            else {
                throw ScanFailure(
                    "a dependency of trigger \"\(trigger)\"",
                    expected: "request_id, and the trigger dispatch or completion")
            }
            list.append((name, event, try parts.duration("delay_ms", scale: 6) ?? 0))
            try parts.countOthers(&counters, unless: ["relation"])
        }
        call.row.time = time
        call.row.hasOwnTime = list.isEmpty
        if !list.isEmpty, time > 0 { call.notBefore = time }
        if let took = try fields.duration("recorded_api_time_ms", scale: 6) { call.duration = took }
        return list
    }
}
