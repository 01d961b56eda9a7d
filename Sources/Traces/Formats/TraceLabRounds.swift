import Basics

/// TraceLab's coding sessions: one round (a model call) per line, with `session_id`,
/// `input_tokens_total`, `prefix_tokens`, `output_tokens`, `timing_events` and `tools`.
///
/// A round begins with its last input (`user_message`, `tool_result`) before its first output
/// (`reasoning`, `text`, `tool_call`, `usage_report`) and ends with its last output. Rounds of a
/// session follow one another by the rules of `SessionCalls`, with `prefix_tokens` as the cached
/// part. The part of a pause between a tool's `emitted_at` and `result_at` is tool time. Unless a
/// round names them, `provider` is its kind, and `user`, or else `project`, its tenant.
struct TraceLabRounds {
    private struct Session {
        var calls: [SessionCalls.Call] = []
        var tools: [(start: Int64, end: Int64)] = []
    }

    private var counters: ReaderCounters
    private let labels: [TraceLabel]
    private var sessions: [Session] = []
    private var places: [UInt64: Int] = [:]

    /// Opens a file. Throws `InputError` for rounds that cannot be read.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        let whole = cursor
        var trace = TraceLabRounds(options)
        return try withExtendedLifetime(lines) {
            do {
                try cursor.eachObject { try trace.readRound(&$0) }
                var graph = RequestGraph()
                var calls = SessionCalls()
                for session in trace.sessions {
                    try calls.append(session.calls, tools: session.tools, to: &graph)
                }
                let rows = try graph.collected(
                    &trace.counters, inside: whole, path: reader.path
                ).rows
                let notes = TraceNotes(
                    path: reader.path, format: .traceLab,
                    assumptions: [
                        SessionCalls.assumption, "no request waits for the sessions of sub-agents",
                    ])
                notes.labels = options.labels.map(RequestLabels.init)
                return (
                    CollectedTrace(
                        rows, counters: trace.counters, options: options, notes: notes,
                        countsFromFirstRow: true), notes
                )
            } catch let failure as ScanFailure {
                throw LineReader.locate(
                    failure.of("TraceLab's rounds"), cursor, path: reader.path)
            }
        }
    }

    private init(_ options: TraceOptions) {
        counters = ReaderCounters(isStrict: options.isStrict)
        labels = options.labels
    }

    /// A round's keys for a label if none of the usual ones is present.
    private static func keys(_ label: TraceLabel) -> [String] {
        switch label {
        case .session: ["provider"]
        case .tenant: ["user", "project"]
        case .lora: []
        }
    }

    private static let inputs: Set<String> = ["user_message", "tool_result"]
    private static let outputs: Set<String> = [
        "reasoning", "text", "tool_call", "usage_report",
    ]

    private mutating func readRound(_ cursor: inout ByteCursor) throws {
        var round = try JSONFields(&cursor)
        guard let name = try round.identity("session_id") else {
            throw ScanFailure("a round has no session_id", expected: "a session_id")
        }
        let prefix = try round.tokens("prefix_tokens")
        let appended = try round.tokens("newly_append_tokens")
        guard let prompt = try round.tokens("input_tokens_total") ?? Self.sum(prefix, appended),
            let output = try round.tokens("output_tokens")
        else {
            throw ScanFailure(
                "a key is missing",
                expected: "input_tokens_total (or prefix_tokens and newly_append_tokens), and"
                    + " output_tokens")
        }
        let (start, end) = try readTimes(&round)
        let priority = try round.priority("priority") ?? 0
        var names: [String?] = []
        for label in labels { names.append(round.label(label, or: Self.keys(label))) }
        let number = places[name] ?? sessions.count
        if number == sessions.count {
            places[name] = number
            sessions.append(Session())
        }
        try readTools(&round, number)
        try round.countOthers(
            &counters,
            unless: [
                "provider", "project", "user", "round_index", "round_id", "model", "trace_key",
                "claude_uncached_input_tokens", "cache_creation_input_tokens",
                "cache_read_input_tokens", "claude_cache_creation_input_tokens",
                "claude_cache_read_input_tokens", "reasoning_output_tokens",
                "first_input_event_type", "current_tool_result_count",
                "current_tool_result_chars",
            ])
        sessions[number].calls.append(
            SessionCalls.Call(
                start: start, duration: max(0, end - start), prompt: prompt, output: output,
                cached: prefix ?? 0, priority: priority, place: cursor.at - 1, labels: names))
    }

    private static func sum(_ one: Int64?, _ other: Int64?) -> Int64? {
        guard let one, let other else { return nil }
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    private func readTimes(_ round: inout JSONFields) throws -> (start: Int64, end: Int64) {
        var inputs: [Int64] = []
        var outputs: [Int64] = []
        var others: [Int64] = []
        try round.each("timing_events") { element in
            var event = try JSONFields(&element)
            guard let time = try event.instant("timestamp") else { return }
            let kind = event.text("event_type") ?? ""
            if Self.inputs.contains(kind) {
                inputs.append(time)
            } else if Self.outputs.contains(kind) {
                outputs.append(time)
            } else {
                others.append(time)
            }
        }
        let first = outputs.min() ?? .max
        guard
            let start = inputs.filter({ $0 <= first }).max() ?? outputs.min() ?? others.min()
                ?? inputs.min()
        else {
            throw ScanFailure(
                "a round has no times", expected: "timing_events with timestamps")
        }
        return (start, outputs.max() ?? start)
    }

    private mutating func readTools(_ round: inout JSONFields, _ session: Int) throws {
        try round.each("tools") { element in
            var tool = try JSONFields(&element)
            let start = try tool.instant("emitted_at")
            let end = try tool.instant("result_at")
            if let start, let end { sessions[session].tools.append((start, end)) }
        }
    }
}
