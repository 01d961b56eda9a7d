import Basics

/// How the beginning of a file tells its format.
struct TraceSignature {
    let format: TraceFormat

    /// Looks at the first non-blank line. Throws `InputError` for content of no known format.
    init(_ reader: LineReader) throws {
        let preview = UnsafeRawBufferPointer(rebasing: reader.preview.prefix(1 << 20))
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
        let found: TraceFormat?
        let what: String
        if cursor.current == 0x7b || cursor.current == 0x5b {
            let isArray = cursor.skip(0x5b)
            cursor.skipSpaces()
            let keys = Self.keys(cursor)
            found = Self.format(of: keys, isArray: isArray, cursor)
            what =
                "JSON of no known trace format (keys "
                + keys.map(\.name).prefix(6).joined(separator: ", ") + ")"
        } else {
            let start = cursor.at
            while !cursor.isAtEnd, cursor.current != 10, cursor.current != 13 { cursor.at += 1 }
            let header = cursor.text(start..<cursor.at)
            found = Self.format(ofCSV: header, nextLineAt: cursor)
            what = "no known trace format: \(cursor.excerpt(from: start))"
        }
        guard let found else {
            throw InputError("\(reader.path):1", what, expected: Self.known)
        }
        format = found
    }

    private static var known: String {
        "one of " + TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private static func format(ofCSV header: String, nextLineAt end: ByteCursor) -> TraceFormat? {
        guard AzureCSV.recognizes(header) else { return NamedCSV.recognizes(header) }
        // NanoFlow writes Azure's header with XXX for every timestamp.
        var cursor = end
        cursor.skipSpaces()
        return cursor.current == 0x58 ? .lengths : .azure
    }

    private typealias Keys = [(name: String, valueAt: Int)]

    private static func format(
        of keys: Keys, isArray: Bool, _ cursor: ByteCursor
    ) -> TraceFormat? {
        func has(_ name: String) -> Bool { keys.contains { $0.name == name } }
        if has("conversations") || has("messages") || has("conversation") { return .sharegpt }
        if isArray { return nil }
        if has("arrival_us") { return .native }
        if has("requests") { return .weka }
        if has("resourceSpans") || has("startTimeUnixNano")
            || (has("attributes") && has("start_time"))
        {
            return .otel
        }
        if has("chat_id"), has("input_length") { return .bailian }
        guard has("input_length") || has("input_tokens") else {
            return has("hash_id_scope") ? .weka : nil
        }
        if let ids = keys.first(where: { $0.name == "hash_ids" }) {
            var value = cursor
            value.at = ids.valueAt
            if value.current == 0x7b { return .ragpulse }
        }
        if has("session_id") || has("block_size") || has("delay") || has("delay_ms") {
            return .mooncake
        }
        return Self.blockTokens(keys, cursor) == 16 ? .timedTrace : .mooncake
    }

    /// Tokens per block, from the first row's own figures: `block_size`, else the first candidate
    /// whose count of blocks fits its ids. nil without ids.
    static func blockTokens(_ reader: LineReader) -> Int? {
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: reader.preview.prefix(1 << 20)))
        cursor.skipSpaces()
        return blockTokens(keys(cursor), cursor)
    }

    private static func blockTokens(_ keys: Keys, _ cursor: ByteCursor) -> Int? {
        func number(_ name: String) -> Int? {
            guard let key = keys.first(where: { $0.name == name }) else { return nil }
            var value = cursor
            value.at = key.valueAt
            return (try? value.integer("a number")).map(Int.init)
        }
        if let size = number("block_size"), (1...1 << 20).contains(size) { return size }
        guard let prompt = number("input_length") ?? number("input_tokens"), prompt > 0,
            let ids = keys.first(where: { $0.name == "hash_ids" })
        else { return nil }
        var value = cursor
        value.at = ids.valueAt
        var count = 0
        var isFirst = true
        do {
            try value.openArray("hash_ids")
            while try value.nextElement(0x5d, &isFirst) {
                _ = try value.integer("an id")
                count += 1
            }
        } catch { return nil }
        // 512 first: a prompt of less than 17 tokens fits every size.
        let sizes = [512, 16, 64, 128, 256, 32, 1024]
        return sizes.first { (prompt + $0 - 1) / $0 == count }
            ?? sizes.first { prompt / $0 == count }
    }

    /// The keys of the first object, as far as the preview reaches.
    private static func keys(_ start: ByteCursor) -> Keys {
        var cursor = start
        var keys: Keys = []
        var isFirst = true
        do {
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirst) {
                let name = cursor.text(try cursor.key())
                keys.append((name, cursor.at))
                try cursor.skipValue()
            }
        } catch {
            // The preview may end inside the object; the keys before that suffice.
        }
        return keys
    }
}
