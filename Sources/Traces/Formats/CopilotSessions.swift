import Basics

/// GitHub Copilot's agent sessions of 2026, as Azure publishes them: one session per line, with
/// `turns` of `llm_calls` and `tool_batches`.
///
/// A call has `timestamp` (its start), `duration_ms`, and `tokens` with `prompt`, `completion` and
/// `cached`. Calls of a session follow one another by the rules of `SessionCalls`; the part of a
/// pause inside a tool batch is tool time. A failed call has no output and is dropped. The kind of
/// a call is its `initiator_type` (user or agent), unless it or its session names one. A session
/// may name its tenant.
struct CopilotSessions {
    private var graph = RequestGraph()
    private var calls = SessionCalls()
    private var counters: ReaderCounters
    private let labels: [TraceLabel]

    /// Opens a file. Throws `InputError` for sessions that cannot be read.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        let whole = cursor
        var trace = CopilotSessions(options)
        return try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try trace.readSession(&$0) }
                guard !trace.graph.calls.isEmpty else {
                    throw ScanFailure("none has a call", expected: "turns with llm_calls")
                }
                let rows = try trace.graph.collected(
                    &trace.counters, inside: whole, path: reader.path
                ).rows
                let notes = TraceNotes(
                    path: reader.path, format: .copilot,
                    assumptions: [SessionCalls.assumption])
                notes.labels = options.labels.map(RequestLabels.init)
                return (
                    CollectedTrace(
                        rows, counters: trace.counters, options: options, notes: notes,
                        countsFromFirstRow: true), notes
                )
            } catch let failure as ScanFailure {
                throw LineReader.locate(
                    failure.of("Copilot's sessions"), cursor, path: reader.path)
            }
        }
    }

    private init(_ options: TraceOptions) {
        counters = ReaderCounters(isStrict: options.isStrict)
        labels = options.labels
    }

    private mutating func readSession(_ cursor: inout ByteCursor) throws {
        var session = try JSONFields(&cursor)
        let place = cursor.at - 1
        let names = session.labels(labels)
        var list: [SessionCalls.Call] = []
        var tools: [(start: Int64, end: Int64)] = []
        let hasTurns = try session.each("turns") { turn in
            var turn = try JSONFields(&turn)
            try turn.each("llm_calls") {
                list.append(try readCall(&$0, place, names))
            }
            try turn.each("tool_batches") { batch in
                var batch = try JSONFields(&batch)
                if let start = try batch.instant("timestamp"),
                    let took = try batch.duration("duration_ms", scale: 6)
                {
                    tools.append((start, start + took))
                }
                try batch.countOthers(
                    &counters, unless: ["auto_continue", "result", "request_id", "function_calls"])
            }
            try turn.countOthers(&counters, unless: ["turn_id"])
        }
        guard hasTurns else {
            throw ScanFailure("a session has no turns", expected: "turns of llm_calls")
        }
        try session.countOthers(&counters, unless: ["session_id", "date"])
        guard !list.isEmpty else { return try counters.note(.emptySession) }
        try calls.append(list, tools: tools, to: &graph)
    }

    private mutating func readCall(
        _ cursor: inout ByteCursor, _ place: Int, _ outer: [String?]
    ) throws -> SessionCalls.Call {
        var call = try JSONFields(&cursor)
        guard let start = try call.instant("timestamp"),
            var tokens = try call.object("tokens"), let prompt = try tokens.tokens("prompt")
        else {
            throw ScanFailure(
                "a key of a call is missing", expected: "timestamp, and tokens with prompt")
        }
        let output = try tokens.tokens("completion") ?? 0
        let cached = try tokens.tokens("cached") ?? 0
        try tokens.countOthers(&counters, unless: ["total", "cached_pct"])
        let duration = try call.duration("duration_ms", scale: 6)
        let priority = try call.priority("priority") ?? 0
        var names: [String?] = []
        for (kind, label) in labels.enumerated() {
            let own = call.label(label) ?? outer[kind]
            let isKind = label == .session && own == nil
            names.append(isKind ? call.label(label, or: ["initiator_type"]) : own)
        }
        try call.countOthers(
            &counters,
            unless: [
                "message_id", "initiator_type", "model", "result", "status_code",
                "message_metadata",
            ])
        return SessionCalls.Call(
            start: start, duration: duration ?? 0, prompt: prompt, output: output,
            cached: cached, priority: priority, place: place, labels: names)
    }
}
