/// A span attribute that defines a request.
enum SpanAttribute: String, CaseIterable {
    case input = "gen_ai.usage.input_tokens"
    case prompt = "gen_ai.usage.prompt_tokens"
    case output = "gen_ai.usage.output_tokens"
    case completion = "gen_ai.usage.completion_tokens"
    case maxTokens = "gen_ai.request.max_tokens"
    case priority = "gen_ai.request.priority"
    case conversation = "gen_ai.conversation.id"
    case agent = "gen_ai.agent.name"
    case model = "gen_ai.request.model"
    case error = "error.type"

    private static let names = allCases.map { Array($0.rawValue.utf8) }

    /// The attribute with a name in the buffer; nil for any other name.
    init?(_ cursor: ByteCursor, _ name: Range<Int>) {
        guard let index = Self.names.firstIndex(where: { cursor.matches(name, $0) }) else {
            return nil
        }
        self = Self.allCases[index]
    }

    /// Deepest nesting of attribute objects.
    private static let deepest = 8

    /// Reads a member of an object of attributes: one under its full name, or an object whose
    /// members continue the name (`gen_ai: {usage: {input_tokens: 5}}`).
    static func read(
        _ name: String, _ cursor: inout ByteCursor, into span: inout OpenTelemetrySpans.Span,
        depth: Int
    ) throws {
        if let attribute = SpanAttribute(rawValue: name) {
            return try attribute.read(&cursor, into: &span)
        }
        let isPart = name == "gen_ai" || name.hasPrefix("gen_ai.")
        guard isPart, cursor.current == 0x7b, depth < deepest else {
            return try cursor.skipValue()
        }
        var isFirst = true
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let key = try cursor.key()
            try read(name + "." + cursor.text(key), &cursor, into: &span, depth: depth + 1)
        }
    }

    /// Reads the value. Throws `ScanFailure` if the span already has a different one.
    func read(_ cursor: inout ByteCursor, into span: inout OpenTelemetrySpans.Span) throws {
        switch self {
        case .input, .prompt:
            let tokens = try cursor.quotedCount("input_tokens")
            guard span.prompt ?? tokens == tokens else {
                throw ScanFailure(
                    "a span has \(span.prompt!) and \(tokens) input tokens", expected: "one count")
            }
            span.prompt = tokens
        case .output, .completion:
            let tokens = try cursor.quotedCount("output_tokens")
            guard span.output ?? tokens == tokens else {
                throw ScanFailure(
                    "a span has \(span.output!) and \(tokens) output tokens", expected: "one count")
            }
            span.output = tokens
        case .maxTokens:
            var limit = span.maxTokens >= 0 ? span.maxTokens : nil
            try OpenTelemetrySpans.set(&limit, cursor.quotedCount("max_tokens"), "max_tokens")
            span.maxTokens = limit ?? -1
        case .priority:
            let value = try cursor.quotedDecimal("the priority", scale: 0)
            guard let priority = Int32(exactly: value) else {
                throw ScanFailure("the priority does not fit 32 bits", expected: "a smaller one")
            }
            span.priority = priority
        case .agent:
            var value = cursor
            try cursor.skipValue()
            if value.current == 0x22 { span.agent = value.label(json: try value.stringRange()) }
        case .model:
            var value = cursor
            try cursor.skipValue()
            if value.current == 0x22 { span.model = value.label(json: try value.stringRange()) }
        case .error:
            span.isFailed = !cursor.skipNull()
            if span.isFailed { try cursor.skipValue() }
        case .conversation:
            let id = try cursor.identity("the conversation id")
            span.conversation = id == cursor.hash(0..<0) ? nil : id
        }
    }
}

extension ByteCursor {
    /// Jaeger's time of a start: microseconds since 1970, or ISO 8601.
    mutating func jaegerTime() throws -> Int64 {
        if current == 0x22 { return try instant() }
        let start = at
        let time = try time("startTime", scale: 3)
        // 1e14 µs after 1970 are 1973, and milliseconds of our days are less.
        guard time == 0 || abs(time) >= 100_000_000_000_000_000 else {
            throw ScanFailure(
                "startTime is not in microseconds since 1970: \(excerpt(from: start))",
                expected: "Jaeger's JSON, or startTimeUnixNano")
        }
        return time
    }
}
