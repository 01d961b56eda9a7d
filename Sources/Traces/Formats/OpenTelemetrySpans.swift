import Basics

/// OpenTelemetry spans with GenAI attributes, as JSON: one span after another, an array of them,
/// spans inside spans (`children`), or the collector's file export ({"resourceSpans": ...}).
/// Attributes are a list, an object, an object of objects, or keys of the span itself.
///
/// Spans with `gen_ai.usage.input_tokens` are requests; others are skipped. A span around others
/// with token counts (a gateway's around the engine's, an agent's around its calls) is not counted
/// again. Spans are sorted by start. Those of one `gen_ai.conversation.id` are a session: each
/// follows the latest one that had ended, after the pause between them, and its prompt is assumed
/// to extend theirs, because the content itself is not recorded.
struct OpenTelemetrySpans {
    struct Span {
        var start: Int64?
        var end: Int64?
        /// Jaeger's, in place of an end.
        var duration: Int64?
        var prompt: Int64?
        var output: Int64?
        var maxTokens: Int64 = -1
        var priority: Int32 = 0
        var conversation: UInt64?
        /// The kind of agent that makes the call.
        var agent: String?
        var model: String?
        /// Whether it has an `error.type`.
        var isFailed = false
        var ids = SpanTree.IDs()
        /// Whether the file nests a request inside it.
        var isAround = false

        var isReplayed: Bool { prompt ?? 0 > 0 && output ?? 0 > 0 }
    }

    /// 365 days, in nanoseconds.
    private static let year: Int64 = 31_536_000_000_000_000

    private var spans: [Span] = []
    private var tree = SpanTree()
    private var others = 0
    /// Requests with an error.
    private var failed = 0
    private var counters: ReaderCounters
    private let labels: [TraceLabel]

    /// Opens a file.
    static func open(
        _ reader: LineReader, options: TraceOptions
    ) throws -> (source: any RequestSource, notes: TraceNotes) {
        var lines = reader
        var cursor = ByteCursor(try lines.rest())
        var trace = OpenTelemetrySpans(
            counters: ReaderCounters(options), labels: options.labels)
        do {
            try cursor.eachObject { try trace.readObject(&$0, depth: 0) }
        } catch let failure as ScanFailure {
            throw LineReader.locate(failure, cursor, path: reader.path)
        }
        guard !trace.spans.isEmpty else {
            throw InputError(
                reader.path, "none of its \(trace.others) spans has token counts",
                expected: "gen_ai.usage.input_tokens and gen_ai.usage.output_tokens")
        }
        let notes = TraceNotes(
            path: reader.path, format: .otel,
            assumptions: ["prompts of one conversation are taken to extend each other"])
        notes.labels = options.labels.map(RequestLabels.init)
        if trace.others > 0 {
            notes.add(remark: "spans without token counts, which are no requests: \(trace.others)")
        }
        let rows: CollectedRows
        do {
            rows = try trace.collect()
        } catch let failure as ScanFailure {
            throw InputError(reader.path, failure.problem, expected: failure.expected)
        }
        if trace.failed > 0 {
            notes.add(remark: "spans with an error.type: replayed like the others: \(trace.failed)")
        }
        return (
            CollectedTrace(
                rows, counters: trace.counters, options: options, notes: notes,
                countsFromFirstRow: true), notes
        )
    }

    private init(counters: ReaderCounters, labels: [TraceLabel]) {
        self.counters = counters
        self.labels = labels
    }

    /// Deepest nesting: resourceSpans, scopeSpans and spans make three, spans inside spans add
    /// more.
    private static let deepest = 100

    /// Reads a span, or an object around spans. Returns whether it is or holds a request.
    @discardableResult
    private mutating func readObject(_ cursor: inout ByteCursor, depth: Int) throws -> Bool {
        var span = Span()
        var isEnvelope = false
        let before = spans.count
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            if cursor.matches(key, "startTimeUnixNano")
                || cursor.matches(key, "start_time_unix_nano")
            {
                try Self.set(&span.start, cursor.instant(), "start")
            } else if cursor.matches(key, "start_time") {
                try Self.set(&span.start, cursor.instant(isBare: true), "start")
            } else if cursor.matches(key, "endTimeUnixNano")
                || cursor.matches(key, "end_time_unix_nano")
            {
                try Self.set(&span.end, cursor.instant(), "end")
            } else if cursor.matches(key, "end_time") {
                try Self.set(&span.end, cursor.instant(isBare: true), "end")
            } else if cursor.matches(key, "startTime") {
                try Self.set(&span.start, cursor.jaegerTime(), "start")
            } else if cursor.matches(key, "duration"), cursor.current != 0x22 {
                span.duration = try cursor.time("the duration", scale: 3)
            } else if cursor.matches(key, "attributes")
                || (cursor.matches(key, "tags") && [0x5b, 0x7b].contains(cursor.current))
            {
                try readAttributes(&cursor, &span)
            } else if try span.ids.read(key, &cursor) {
                continue
            } else if let attribute = SpanAttribute(cursor, key) {
                try attribute.read(&cursor, into: &span)
            } else if Self.holdsSpans(cursor.text(key)), cursor.current == 0x5b {
                isEnvelope = true
                guard depth < Self.deepest else {
                    throw ScanFailure(
                        "spans lie more than \(Self.deepest) deep", expected: "fewer levels")
                }
                try readInner(&cursor, depth: depth + 1)
            } else {
                try cursor.skipValue()
            }
        }
        tree.add(span.ids)
        let holds = spans[before...].contains { $0.isReplayed }
        guard span.prompt != nil else {
            if !isEnvelope { others += 1 }
            return holds
        }
        guard span.start != nil else {
            throw ScanFailure(
                "a span with token counts has no start", expected: "startTimeUnixNano")
        }
        if span.end == nil, let start = span.start, let duration = span.duration {
            span.end = start &+ duration
        }
        for index in before..<spans.count where spans[index].conversation == nil {
            spans[index].conversation = span.conversation
        }
        span.isAround = holds
        spans.append(span)
        return holds || span.isReplayed
    }

    /// Whether a list under this key holds spans.
    private static func holdsSpans(_ key: String) -> Bool {
        let name = key.lowercased()
        return name.hasSuffix("spans") || ["children", "batches", "traces", "data"].contains(name)
    }

    private mutating func readInner(_ cursor: inout ByteCursor, depth: Int) throws {
        var isFirst = true
        try cursor.openArray("spans")
        while try cursor.nextElement(0x5d, &isFirst) {
            if cursor.current == 0x7b {
                try readObject(&cursor, depth: depth)
            } else {
                try cursor.skipValue()
            }
        }
    }

    /// Sets an attribute that a span has once, or twice with the same value.
    static func set(_ place: inout Int64?, _ value: Int64, _ name: String) throws {
        guard place ?? value == value else {
            throw ScanFailure("a span has two values of its \(name)", expected: "one")
        }
        place = value
    }

    /// Attributes as a list of {key, value: {intValue: ...}} or as a plain object.
    private func readAttributes(_ cursor: inout ByteCursor, _ span: inout Span) throws {
        var isFirst = true
        if cursor.current == 0x7b {
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirst) {
                let key = try cursor.key()
                try SpanAttribute.read(cursor.text(key), &cursor, into: &span, depth: 0)
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
            if let attribute = SpanAttribute(cursor, name) {
                try attribute.read(&cursor, into: &span)
            }
            cursor.at = after
        }
    }

    /// Sorts the spans, leaves out those around others, and links those of a conversation. O(n log
    /// n).
    private mutating func collect() throws -> CollectedRows {
        let order = spans.indices.sorted {
            let (a, b) = (spans[$0].start!, spans[$1].start!)
            return a != b ? a < b : $0 < $1
        }
        if let first = order.first, let last = order.last {
            let years = (spans[last].start! - spans[first].start!) / Self.year
            guard years < 10 else {
                throw ScanFailure(
                    "spans start \(years) years apart", expected: "times of one clock and unit")
            }
        }
        for span in spans where span.isReplayed { tree.cover(span.ids) }
        var outer: [UInt64: UInt64] = [:]
        for span in spans {
            if let id = span.ids.own, let conversation = span.conversation, tree.covers(id) {
                outer[id] = conversation
            }
        }
        var rows = CollectedRows()
        var links = Conversations()
        var seen: Set<[UInt64]> = []
        for index in order {
            var span = spans[index]
            guard let prompt = span.prompt, (0...TraceRow.longest).contains(prompt) else {
                throw ScanFailure(
                    "a span has \(span.prompt ?? 0) input tokens",
                    expected: "0 to \(TraceRow.longest)")
            }
            if span.isAround || span.ids.own.map(tree.covers) ?? false {
                try counters.note(.nestedSpan)
                continue
            }
            if let id = span.ids.own,
                !seen.insert([id, UInt64(bitPattern: span.start!)]).inserted
            {
                try counters.note(.repeatedSpan)
                continue
            }
            span.conversation =
                span.conversation ?? tree.nearest(above: span.ids) { outer[$0] }
            if span.maxTokens >= 0, span.maxTokens < span.output ?? 0 {
                try counters.note(.lowMaxTokens)
                span.maxTokens = -1
            }
            counters.models.begin()
            if span.isReplayed {
                if span.isFailed { failed += 1 }
                if var model = span.model { model.withUTF8 { counters.models.add(.init($0)) } }
            }
            links.append(span, labels, counters.models, to: &rows)
        }
        return rows
    }

    /// What is known of each conversation so far.
    private struct Conversations {
        private var contents: [UInt64: Int64] = [:]
        private var ended: [UInt64: [(id: Int64, end: Int64)]] = [:]

        mutating func append(
            _ span: Span, _ labels: [TraceLabel], _ models: ModelNames,
            to rows: inout CollectedRows
        ) {
            var row = TraceRow()
            row.time = span.start!
            row.prompt = span.prompt!
            row.output = span.output ?? 0
            if span.isFailed { row.loss = .failed }
            row.maxTokens = span.maxTokens
            row.priority = span.priority
            row.predecessor = -1
            row.take(models)
            if let conversation = span.conversation {
                let fresh = Int64(contents.count)
                let content = contents[conversation, default: fresh]
                contents[conversation] = content
                if row.prompt > 0 {
                    rows.segments.append(Segment(content: content, length: Int32(row.prompt)))
                }
                let before = ended[conversation, default: []].filter { $0.end <= row.time }
                if let last = before.max(by: { $0.end < $1.end }) {
                    row.predecessor = last.id
                    row.thinkTime = row.time - last.end
                }
            }
            let id = rows.append(row)
            if let agent = span.agent {
                rows.name(id, labels.map { $0 == .session ? agent : nil })
            }
            if let conversation = span.conversation, span.isReplayed {
                // Few calls run in parallel; older ones never become the latest again.
                let recent = ended[conversation, default: []].suffix(15)
                let end = max(span.end ?? row.time, row.time)
                ended[conversation] = recent + [(id, end)]
            }
        }
    }
}

extension ByteCursor {
    /// A point in time: nanoseconds since 1970 as a number or in quotes, or an ISO 8601 text; at
    /// most `TraceRow.latest` in either direction. `isBare` means that the key names no unit, so a
    /// number must be large enough to be nanoseconds.
    mutating func instant(isBare: Bool = false) throws -> Int64 {
        let start = at
        let time = try anyInstant()
        guard !isBare || time == 0 || abs(time) >= 100_000_000_000_000_000 else {
            throw ScanFailure(
                "a time that names no unit: \(excerpt(from: start))",
                expected: "startTimeUnixNano and endTimeUnixNano, or ISO 8601")
        }
        guard (-TraceRow.latest...TraceRow.latest).contains(time) else {
            throw tooFar("a time", start)
        }
        return time
    }

    /// A whole number, quoted or not, possibly with a fraction of zeros.
    mutating func quotedCount(_ name: StaticString) throws -> Int64 {
        let start = at
        var whole = self
        let count = try whole.quotedDecimal(name, scale: 0)
        var fine = self
        if let thousandths = try? fine.quotedDecimal(name, scale: 3), thousandths % 1_000 != 0 {
            throw ScanFailure(
                "\(name) is not a whole number: \(excerpt(from: start))", expected: "whole tokens")
        }
        self = whole
        return count
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
