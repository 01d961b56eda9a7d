import Basics

/// OpenTelemetry spans with GenAI attributes, as JSON lines: one span a line, or the collector's
/// file export ({"resourceSpans": ...}).
///
/// Spans with `gen_ai.usage.input_tokens` are requests; others are passed over. Spans are sorted
/// by start. Those of one `gen_ai.conversation.id` are a session: each follows the latest one that
/// had ended, after the pause between, and its prompt is taken to extend theirs, as the content
/// itself is not recorded.
struct OpenTelemetrySpans {
    private struct Span {
        var start: Int64?
        var end: Int64?
        var prompt: Int64?
        var output: Int64 = 0
        var maxTokens: Int64 = -1
        var conversation: UInt64?
        var attributes = 0
    }

    private var spans: [Span] = []

    /// The source for a file.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var trace = OpenTelemetrySpans()
        do {
            while var cursor = try lines.next() {
                cursor.skipSpaces()
                if cursor.isAtEnd { continue }
                try trace.readObject(&cursor, depth: 0)
                try cursor.finishLine()
            }
        } catch let failure as ScanFailure {
            throw InputError(lines.place, failure.problem, expected: failure.expected)
        }
        let notes = TraceNotes(
            path: reader.path, format: .otel,
            assumptions: ["prompts of one conversation are taken to extend each other"])
        return (
            CollectedTrace(
                try trace.collect(path: reader.path), tally: Tally(isStrict: options.isStrict),
                options: options, notes: notes, countsFromFirstRow: true), notes
        )
    }

    /// Deepest nesting of envelopes: resourceSpans, scopeSpans, spans are three.
    private static let deepest = 8

    private mutating func readObject(_ cursor: inout ByteCursor, depth: Int) throws {
        var span = Span()
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "startTimeUnixNano")
                || cursor.matches(key, "start_time_unix_nano") || cursor.matches(key, "start_time")
            {
                span.start = try cursor.instant()
            } else if cursor.matches(key, "endTimeUnixNano")
                || cursor.matches(key, "end_time_unix_nano") || cursor.matches(key, "end_time")
            {
                span.end = try cursor.instant()
            } else if cursor.matches(key, "attributes") {
                try readAttributes(&cursor, &span)
            } else if cursor.text(key).lowercased().hasSuffix("spans"), depth < Self.deepest {
                var isFirstSpan = true
                try cursor.openArray("spans")
                while try cursor.nextElement(0x5d, &isFirstSpan) {
                    try readObject(&cursor, depth: depth + 1)
                }
            } else {
                try cursor.skipValue()
            }
        }
        guard span.prompt != nil else { return }
        guard span.start != nil else {
            throw ScanFailure(
                "a span with token counts has no start", expected: "startTimeUnixNano")
        }
        spans.append(span)
    }

    /// Attributes as a list of {key, value: {intValue: ...}} or as a plain object.
    private func readAttributes(_ cursor: inout ByteCursor, _ span: inout Span) throws {
        var isFirst = true
        if cursor.current == 0x7b {
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirst) {
                let key = try cursor.key()
                try readAttribute(key, &cursor, &span)
            }
            return
        }
        try cursor.openArray("attributes")
        while try cursor.nextElement(0x5d, &isFirst) {
            var name: Range<Int>?
            var valueAt: Int?
            var isFirstKey = true
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirstKey) {
                let key = try cursor.key()
                if cursor.matches(key, "key") {
                    name = try cursor.stringRange()
                } else {
                    if cursor.matches(key, "value") { valueAt = cursor.at }
                    try cursor.skipValue()
                }
            }
            guard let name, let valueAt else { continue }
            let after = cursor.at
            cursor.at = valueAt
            if cursor.current == 0x7b {
                var isFirstValue = true
                try cursor.openObject()
                guard try cursor.nextElement(0x7d, &isFirstValue) else { throw cursor.unfinished() }
                _ = try cursor.key()
            }
            try readAttribute(name, &cursor, &span)
            cursor.at = after
        }
    }

    private func readAttribute(
        _ name: Range<Int>, _ cursor: inout ByteCursor, _ span: inout Span
    ) throws {
        if cursor.matches(name, "gen_ai.usage.input_tokens")
            || cursor.matches(name, "gen_ai.usage.prompt_tokens")
        {
            span.prompt = try cursor.quotedDecimal("input_tokens", scale: 0)
        } else if cursor.matches(name, "gen_ai.usage.output_tokens")
            || cursor.matches(name, "gen_ai.usage.completion_tokens")
        {
            span.output = try cursor.quotedDecimal("output_tokens", scale: 0)
        } else if cursor.matches(name, "gen_ai.request.max_tokens") {
            span.maxTokens = try cursor.quotedDecimal("max_tokens", scale: 0)
        } else if cursor.matches(name, "gen_ai.conversation.id") {
            span.conversation = try cursor.identity("the conversation id")
        } else {
            try cursor.skipValue()
        }
    }

    /// Sorts the spans and links those of a conversation. O(n log n).
    private func collect(path: String) throws -> CollectedRows {
        let order = spans.indices.sorted {
            let (a, b) = (spans[$0].start!, spans[$1].start!)
            return a != b ? a < b : $0 < $1
        }
        var rows = CollectedRows()
        var conversations: [UInt64: Int64] = [:]
        var ended: [UInt64: [(id: Int64, end: Int64)]] = [:]
        for index in order {
            let span = spans[index]
            guard let prompt = span.prompt, (0...TraceRow.longest).contains(prompt) else {
                throw InputError(
                    path, "a span has \(span.prompt ?? 0) input tokens",
                    expected: "0 to \(TraceRow.longest)")
            }
            var row = TraceRow()
            row.time = span.start!
            row.prompt = prompt
            row.output = span.output
            row.maxTokens = span.maxTokens >= span.output ? span.maxTokens : -1
            row.predecessor = -1
            if let conversation = span.conversation {
                let fresh = Int64(conversations.count)
                let content = conversations[conversation, default: fresh]
                conversations[conversation] = content
                if prompt > 0 {
                    rows.segments.append(Segment(content: content, length: Int32(prompt)))
                }
                let before = ended[conversation, default: []].filter { $0.end <= row.time }
                if let last = before.max(by: { $0.end < $1.end }) {
                    row.predecessor = last.id
                    row.thinkTime = row.time - last.end
                }
            }
            let isReplayed = prompt > 0 && span.output > 0
            let id = rows.append(row)
            if let conversation = span.conversation, isReplayed {
                // Calls that run in parallel are few; older ones are never the latest again.
                let recent = ended[conversation, default: []].suffix(15)
                let end = max(span.end ?? row.time, row.time)
                ended[conversation] = recent + [(id, end)]
            }
        }
        return rows
    }
}

extension ByteCursor {
    /// A point in time: nanoseconds since 1970 as a number or in quotes, or an ISO 8601 text; at
    /// most `TraceRow.latest` either way.
    mutating func instant() throws -> Int64 {
        let start = at
        let time = try anyInstant()
        guard (-TraceRow.latest...TraceRow.latest).contains(time) else {
            throw tooFar("a time", start)
        }
        return time
    }

    private mutating func anyInstant() throws -> Int64 {
        let start = at
        if skip(0x22) {
            if end - at > 4, base[at + 4] == 0x2d {
                var cache = DayCache()
                let close = try closingQuote()
                var inner = self
                inner = ByteCursor(
                    UnsafeRawBufferPointer(start: base + at, count: close - at))
                let result = try inner.dateTime(&cache)
                at = close + 1
                return result
            }
            at = start
        }
        return try quotedDecimal("a time", scale: 0)
    }

    private func closingQuote() throws -> Int {
        var index = at
        while index < end, base[index] != 0x22 { index += 1 }
        guard index < end else { throw unfinished() }
        return index
    }
}
