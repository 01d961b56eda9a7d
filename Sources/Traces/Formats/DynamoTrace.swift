import Basics

/// Dynamo's request trace, `dynamo.request.trace.v1`: one event per line, bare or as the `event` of
/// an envelope.
///
/// `request_end` events are requests: `request_received_ms`, `output_tokens`, and `replay` with the
/// prompt's length and its chained block hashes. Those with an `agent_context` are calls of a
/// session: each follows the latest call of its session that had ended. The first call of a session
/// with a named parent follows the parent's latest call that had ended, and the parent's next call
/// also waits for the session's last one. `tool_end` and `tool_error` events give the tool time in
/// a pause. `ttft_ms` and `total_time_ms` are measured latencies.
struct DynamoTrace {
    private struct Session {
        var calls: [Int] = []
        var parent: UInt64?
        var tools: [(start: Int64, end: Int64)] = []
    }

    private var graph = RequestGraph()
    private var counters: ReaderCounters
    private var blocks: BlockIdentity?
    private var hashes = HashedBlocks()
    private var names: Set<UInt64> = []
    private var sessions: [UInt64: Session] = [:]
    /// Names of sessions, in order of first appearance.
    private var sessionOrder: [UInt64] = []
    private var plainRequests = 0
    private var otherEvents = 0
    private let labels: [TraceLabel]

    /// Opens a file. Throws `InputError` for events that cannot be read, and for a file without
    /// requests.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        let whole = cursor
        var trace = DynamoTrace(
            counters: ReaderCounters(isStrict: options.isStrict), labels: options.labels)
        return try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try trace.readEvent(&$0) }
                return try trace.source(whole, path: reader.path, options)
            } catch let failure as ScanFailure {
                throw LineReader.locate(
                    failure.of("Dynamo's request trace"), cursor, path: reader.path)
            }
        }
    }

    private init(counters: ReaderCounters, labels: [TraceLabel]) {
        self.counters = counters
        self.labels = labels
    }

    private mutating func source(
        _ buffer: ByteCursor, path: String, _ options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        guard !graph.calls.isEmpty else {
            throw InputError(
                path, "none of its \(otherEvents) events is the end of a request",
                expected: "request_end events")
        }
        let calls = sessionOrder.reduce(0) { $0 + sessions[$1]!.calls.count }
        guard calls == 0 || plainRequests == 0 else {
            throw InputError(
                path, "\(calls) requests have an agent_context and \(plainRequests) have none",
                expected: "one in every request, or in none")
        }
        connect()
        let (rows, measured) = try graph.collected(
            &counters, inside: buffer, path: path,
            measuredFrom: "Dynamo's front end: from the receipt of a request")
        let notes = TraceNotes(
            path: path, format: .dynamo, blockTokens: blocks.map { Int($0.tokens) },
            measured: measured)
        notes.labels = labels.map(RequestLabels.init)
        if otherEvents > 0 {
            notes.add(remark: "events that are no ends of requests or tools: \(otherEvents)")
        }
        return (
            CollectedTrace(
                rows, counters: counters, options: options, notes: notes, countsFromFirstRow: true),
            notes
        )
    }

    // MARK: Events

    private mutating func readEvent(_ cursor: inout ByteCursor) throws {
        var envelope = try JSONFields(&cursor)
        var fields = envelope
        if envelope.first(of: "event") == 0x7b {
            fields = try envelope.object("event")!
        }
        guard let kind = fields.text("event_type") else {
            throw ScanFailure("an event has no event_type", expected: "request_end, tool_end, ...")
        }
        if let schema = fields.text("schema"), schema != "dynamo.request.trace.v1",
            schema != "dynamo.agent.trace.v1"
        {
            throw ScanFailure("events of \(schema)", expected: "dynamo.request.trace.v1")
        }
        let time = try fields.duration("event_time_unix_ms", scale: 6)
        let context = try fields.object("agent_context")
        switch kind {
        case "request_end":
            guard let request = try fields.object("request") else {
                throw ScanFailure("request_end without a request", expected: "the key request")
            }
            try readRequest(request, context, time, place: cursor.at - 1)
        case "tool_end", "tool_error": try readTool(&fields, context, time)
        default:
            otherEvents += 1
            return
        }
        try fields.countOthers(
            &counters,
            unless: ["event_source", "schema", "session_id", "parent_session_id", "tool"])
    }

    /// The session of an event and that session's parent. Older traces call sessions trajectories.
    private mutating func session(_ context: JSONFields?) throws -> UInt64? {
        guard var context else { return nil }
        let isTrajectory = context.has("trajectory_id")
        let name = try context.identity(isTrajectory ? "trajectory_id" : "session_id")
        let parent = try context.identity(
            isTrajectory ? "parent_trajectory_id" : "parent_session_id")
        guard let name else {
            throw ScanFailure("an agent_context has no session_id", expected: "a session_id")
        }
        if sessions[name] == nil {
            sessions[name] = Session()
            sessionOrder.append(name)
        }
        if let parent, parent != name {
            guard sessions[name]!.parent ?? parent == parent else {
                throw ScanFailure("a session has two parents", expected: "one parent_session_id")
            }
            sessions[name]!.parent = parent
        }
        return name
    }

    private mutating func readRequest(
        _ request: JSONFields, _ context: JSONFields?, _ eventTime: Int64?, place: Int
    ) throws {
        var request = request
        guard let id = try request.identity("request_id") else {
            throw ScanFailure("a request has no request_id", expected: "a request_id")
        }
        guard names.insert(id).inserted else {
            throw ScanFailure("a request_id occurs twice", expected: "each once")
        }
        var call = RequestGraph.Call()
        call.place = place
        let total = try request.duration("total_time_ms", scale: 6)
        let received = try request.duration("request_received_ms", scale: 6)
        guard
            let end = received.map({ $0 + (total ?? max(0, (eventTime ?? $0) - $0)) })
                ?? eventTime
        else {
            throw ScanFailure(
                "a request has no times", expected: "request_received_ms or event_time_unix_ms")
        }
        call.row.time = received ?? max(0, end - (total ?? 0))
        call.duration = end - call.row.time
        call.row.output = try request.tokens("output_tokens") ?? 0
        let input = try request.tokens("input_tokens")
        try readPrompt(try request.object("replay"), input, &call)
        for (name, tokens) in [("prompt", call.row.prompt), ("output", call.row.output)] {
            guard (0...TraceRow.longest).contains(tokens) else {
                throw ScanFailure(
                    "the \(name) length is \(tokens)", expected: "0 to \(TraceRow.longest) tokens")
            }
        }
        if let priority = try request.priority("priority") { call.row.priority = priority }
        call.measured = .init(
            timeToFirstToken: try request.duration("ttft_ms", scale: 6), endToEnd: total,
            outputTokens: call.row.output)
        let session = try session(context)
        var outer = context
        for label in labels { call.labels.append(request.label(label) ?? outer?.label(label)) }
        try request.countOthers(
            &counters,
            unless: [
                "x_request_id", "model", "cached_tokens", "kv_hit_rate", "queue_depth", "worker",
                "finish_reason_metadata", "prefill_wait_time_ms", "prefill_time_ms", "avg_itl_ms",
                "kv_transfer_estimated_latency_ms", "finish_reason",
            ])
        let number = graph.append(call)
        if let session {
            sessions[session]!.calls.append(number)
        } else {
            plainRequests += 1
        }
    }

    private mutating func readPrompt(
        _ replay: JSONFields?, _ input: Int64?, _ call: inout RequestGraph.Call
    ) throws {
        guard var replay else {
            guard let input else {
                throw ScanFailure(
                    "a request has no prompt length", expected: "replay, or input_tokens")
            }
            call.row.prompt = input
            return
        }
        guard let size = try replay.tokens("trace_block_size"),
            let length = try replay.tokens("input_length"), (1...1 << 20).contains(size)
        else {
            throw ScanFailure(
                "a key of replay is missing", expected: "trace_block_size and input_length")
        }
        call.row.prompt = length
        var identity = blocks ?? BlockIdentity(tokens: Int(size), hasPartial: true)
        guard Int64(identity.tokens) == size else {
            throw ScanFailure(
                "trace_block_size is \(size), before it \(identity.tokens)",
                expected: "one block size throughout")
        }
        var ids: [Int64] = []
        let isThere = try replay.each("input_sequence_hashes") { element in
            ids.append(hashes.id(of: try element.unsigned("a block hash")))
        }
        if isThere {
            identity.append(ids, to: &graph.segments)
            try identity.fit(
                ids.count, to: &call.row, segments: &graph.segments, counters: &counters)
        }
        blocks = identity
        try replay.countOthers(&counters, unless: [])
    }

    private mutating func readTool(
        _ fields: inout JSONFields, _ context: JSONFields?, _ eventTime: Int64?
    ) throws {
        guard let session = try session(context ?? (fields.has("session_id") ? fields : nil)),
            var tool = try fields.object("tool")
        else { return }
        let end = try tool.duration("ended_at_unix_ms", scale: 6) ?? eventTime
        let took = try tool.duration("duration_ms", scale: 6)
        guard let end else { return }
        let start =
            try tool.duration("started_at_unix_ms", scale: 6) ?? max(0, end - (took ?? 0))
        guard start <= end else {
            throw ScanFailure("a tool ended before it started", expected: "the times in order")
        }
        sessions[session]!.tools.append((start, end))
    }

    // MARK: Sessions

    /// Links the calls of each session, and sessions with their parents.
    private mutating func connect() {
        var endings: [UInt64: [Int]] = [:]
        for name in sessionOrder {
            let calls = sessions[name]!.calls
            sessions[name]!.calls = sorted(calls) { graph.calls[$0].row.time }
            endings[name] = sorted(calls) { graph.end(of: $0) }
        }
        for name in sessionOrder {
            let session = sessions[name]!
            graph.chain(session.calls, tools: ToolSpans(session.tools))
        }
        var joins: [Int: [Int]] = [:]
        for name in sessionOrder {
            guard let parent = sessions[name]!.parent, let spawner = sessions[parent],
                let first = sessions[name]!.calls.first, let last = endings[name]!.last
            else { continue }
            spawn(first, from: spawner.calls, endings[parent]!)
            let end = graph.end(of: last)
            let next = spawner.calls.partitionPoint { graph.calls[$0].row.time >= end }
            guard next < spawner.calls.count,
                graph.calls[last].row.time < graph.calls[spawner.calls[next]].row.time
            else { continue }
            joins[spawner.calls[next], default: []].append(last)
        }
        for name in sessionOrder {
            let tools = ToolSpans(sessions[name]!.tools)
            for call in sessions[name]!.calls {
                if let others = joins[call] { join(others, into: call, tools) }
            }
        }
    }

    /// Calls by time, then by place.
    private func sorted(_ calls: [Int], by time: (Int) -> Int64) -> [Int] {
        calls.sorted {
            let (a, b) = (time($0), time($1))
            return a != b ? a < b : $0 < $1
        }
    }

    /// Makes a session's first call follow its parent's latest call that had ended, or else the
    /// latest that had begun.
    private mutating func spawn(_ first: Int, from parents: [Int], _ endings: [Int]) {
        let start = graph.calls[first].row.time
        let ended = endings.partitionPoint { graph.end(of: $0) > start }
        let begun = parents.partitionPoint { graph.calls[$0].row.time >= start }
        if ended > 0 {
            let last = endings[ended - 1]
            let delay = start - graph.end(of: last)
            graph.update(first) { $0.edges.append(.init(call: last, delay: delay)) }
        } else if begun > 0 {
            let last = parents[begun - 1]
            let delay = start - graph.calls[last].row.time
            graph.update(first) {
                $0.edges.append(.init(call: last, event: .arrival, delay: delay))
            }
        }
    }

    /// Makes a parent's call also wait for the last calls of sessions that had ended before it. Its
    /// pause counts from the last of everything it waits for.
    private mutating func join(_ others: [Int], into call: Int, _ tools: ToolSpans) {
        let start = graph.calls[call].row.time
        let own = graph.calls[call].edges.filter { $0.event == .end }.map(\.call)
        let end = (own + others).reduce(Int64.min) { max($0, graph.end(of: $1)) }
        let pause = max(0, start - end)
        let tool = min(pause, tools.time(from: end, to: start))
        graph.update(call) { call in
            for index in call.edges.indices where call.edges[index].event == .end {
                call.edges[index].delay = pause
            }
            call.edges += others.map { .init(call: $0, delay: pause) }
            call.row.toolTime = tool
        }
    }
}

extension Array {
    /// The first index from which a condition holds, for elements sorted so that it holds for a
    /// suffix. O(log n).
    func partitionPoint(_ condition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
