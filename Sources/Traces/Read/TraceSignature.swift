import Basics

/// Recognises a file's format by its beginning.
struct TraceSignature {
    let format: TraceFormat

    /// Looks at the first non-blank line, and at the first rows if that line leaves the format
    /// open. Throws `InputError` for content of no known format.
    init(_ reader: LineReader, options: TraceOptions) throws {
        let preview = UnsafeRawBufferPointer(
            rebasing: reader.preview.prefix(FirstRows.preview))
        let head = preview.prefix(1 << 12)
        if let odd = head.first(where: { $0 < 9 || ($0 > 13 && $0 < 32) }) {
            throw InputError(
                reader.path, "binary data (byte \(odd)), not a trace", expected: Self.known)
        }
        var cursor = ByteCursor(preview)
        cursor.skipSpaces()
        if cursor.isAtEnd {
            throw InputError(reader.path, "the file holds only blank lines", expected: Self.known)
        }
        format =
            Self.isJSON(reader)
            ? try Self.format(ofJSON: cursor, reader, options)
            : try Self.format(ofCSV: cursor, reader, options)
    }

    /// Whether a file begins with an object or a list.
    static func isJSON(_ reader: LineReader) -> Bool {
        var cursor = ByteCursor(reader.preview)
        cursor.skipSpaces()
        return cursor.current == 0x7b || cursor.current == 0x5b
    }

    private static var known: String {
        "one of " + TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private static func format(
        ofCSV start: ByteCursor, _ reader: LineReader, _ options: TraceOptions
    ) throws -> TraceFormat {
        if ServerLog.recognizes(reader.preview) { return .vllmLog }
        if options.columns != nil { return .lengths }
        var cursor = start
        while !cursor.isAtEnd, cursor.current != 10, cursor.current != 13 { cursor.at += 1 }
        let header = cursor.text(start.at..<cursor.at)
        if AzureCSV.recognizes(header) {
            // NanoFlow writes Azure's header with XXX for every timestamp.
            cursor.skipSpaces()
            return cursor.current == 0x58 ? .lengths : .azure
        }
        let columns = header.split(separator: ",", omittingEmptySubsequences: false)
        if BLISTrace.recognizes(columns.map(\.trimmedName)) { return .blis }
        if let format = CSVHeader(header).format { return format }
        let what = KnownDialects.named(line: header) ?? "no known trace format"
        throw InputError(
            "\(reader.path):1", "\(what): \(start.excerpt(from: start.at))",
            expected: CSVHeader.wanted)
    }

    private static func format(
        ofJSON start: ByteCursor, _ reader: LineReader, _ options: TraceOptions
    ) throws -> TraceFormat {
        var cursor = start
        let isArray = cursor.skip(0x5b)
        cursor.skipSpaces()
        let object = JSONHead(cursor)
        if let format = object.ownFormat(reader), options.columns == nil { return format }
        if let columns = options.columns {
            return NamedJSON.reads(object, isArray: isArray, columns) ? .lengths : .mooncake
        }
        if let dialect = KnownDialects.named(object) {
            throw InputError("\(reader.path):1", dialect.what, expected: dialect.wayOut)
        }
        guard let found = object.format(reader, options) else {
            throw InputError(
                "\(reader.path):1",
                "JSON of no known trace format (keys "
                    + object.names.prefix(6).joined(separator: ", ") + ")",
                expected:
                    "\(Self.known); or trace.columns (headway trace: --columns TIME,PROMPT,OUTPUT)")
        }
        switch found {
        case .sharegpt, .weka, .otel: break
        default:
            guard !isArray else {
                throw InputError(
                    "\(reader.path):1", "rows of \(found.rawValue) in an array",
                    expected: "one JSON object a line")
            }
        }
        return found
    }
}

/// The keys of the first object of a JSON file.
struct JSONHead {
    private let cursor: ByteCursor
    private var keys: [(name: String, valueAt: Int)] = []
    /// The beginning of the file as text.
    let text: String

    /// Reads the object at the cursor, as far as it is in the preview.
    init(_ start: ByteCursor) {
        cursor = start
        text = start.text(start.at..<min(start.end, start.at + 4_096))
        var cursor = start
        var isFirst = true
        do {
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirst) {
                let name = cursor.printable(try cursor.key())
                keys.append((name, cursor.at))
                try cursor.skipValue()
            }
        } catch {
            // The preview may end inside the object; the keys before that suffice.
        }
    }

    var names: [String] { keys.map(\.name) }

    func has(_ name: String) -> Bool { keys.contains { $0.name == name } }

    /// The first byte of a key's value; 0 without the key.
    func first(of name: String) -> UInt8 {
        guard let key = keys.first(where: { $0.name == name }) else { return 0 }
        var value = cursor
        value.at = key.valueAt
        return value.current
    }

    /// The format with these keys, among those that are read whole.
    func ownFormat(_ reader: LineReader) -> TraceFormat? {
        // Texts are searched only if the keys make it likely that they are there.
        if has("schema"), text.contains("\"\(AgenticMooncake.schema)\"") {
            return .agenticMooncake
        }
        if has("event_type")
            || (has("schema") || has("event"))
                && (text.contains("\"dynamo.") || text.contains("\"event_type\""))
        {
            return .dynamo
        }
        if has("turns"), text.contains("\"llm_calls\"") { return .copilot }
        if has("round_index") || has("input_tokens_total") || has("timing_events") {
            return .traceLab
        }
        if has("assistant_response_length"), has("tool_call_output_length") {
            return .appliedCompute
        }
        if has("input_toks"), has("output_toks") { return .llmServingSim }
        if has("metadata"), has("metrics"), text.contains("\"request_start_ns\"") {
            return .aiperf
        }
        if has("session_id"), isTree { return .aiperfDAG }
        if has("benchmarks"), text.contains("guidellm") || first(of: "benchmarks") == 0x5b {
            return .guidellm
        }
        let isBenchmark = has("request_throughput") && has("total_input_tokens")
        if isBenchmark || (has("input_lens") && has("ttfts")) { return .vllmBench }
        return isGraph(reader) ? .agenticMooncake : nil
    }

    /// Whether this is a span, or an object around spans.
    private var isSpans: Bool {
        let isStamped = has("startTimeUnixNano") || has("start_time_unix_nano") || has("start_time")
        let isFlat = names.contains { $0.hasPrefix("gen_ai.") }
        let isExport = ["spans", "batches", "traces", "data"].contains { first(of: $0) == 0x5b }
        return has("resourceSpans") || has("scopeSpans") || has("startTimeUnixNano")
            || (isStamped && (has("attributes") || isFlat))
            || (isExport && (text.contains("nixNano") || text.contains("gen_ai.")))
            || (isExport && text.contains("\"operationName\""))
            || (has("operationName") && has("startTime"))
    }

    /// Whether this is a session of AIPerf's trees.
    private var isTree: Bool {
        has("orchestrator") || has("pre_session_spawns")
            || (first(of: "turns") == 0x5b && text.contains("\"messages\""))
    }

    /// Whether the rows at hand name requests that they wait for.
    private func isGraph(_ reader: LineReader) -> Bool {
        guard has("request_id"), has("input_length") || has("input_tokens") else { return false }
        let preview = UnsafeRawBufferPointer(rebasing: reader.preview.prefix(FirstRows.preview))
        return ["\"wait_for\"", "\"tool_wait_ms\"", "\"branches\"", "\"dependencies\""]
            .contains { preview.contains(word: $0) }
    }

    /// The format with these keys.
    func format(_ reader: LineReader, _ options: TraceOptions) -> TraceFormat? {
        if has("conversations") || has("messages") || has("conversation") { return .sharegpt }
        if has("arrival_us") { return .native }
        if first(of: "requests") == 0x5b { return .weka }
        if isSpans { return .otel }
        if has("chat_id"), has("input_length") { return .bailian }
        guard has("input_length") || has("input_tokens") else {
            return has("hash_id_scope") ? .weka : nil
        }
        if first(of: "hash_ids") == 0x7b { return .ragpulse }
        if has("session_id") || has("block_size") || has("delay") || has("delay_ms") {
            return .mooncake
        }
        let tokens = options.blockTokens ?? FirstRows(reader).blockTokens
        return tokens == 16 ? .timedTrace : .mooncake
    }
}
