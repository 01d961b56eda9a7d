import Basics

/// Opens a trace file, plain or gzip, of any format in `TraceFormat`.
///
/// The source streams: memory follows the batch, not the file. The notes fill while it is read
/// and are complete when it has returned nil.
///
///     var (source, notes) = try openTrace("conversation.jsonl")
///     while let batch = try source.next() { ... }
///     print(notes.rows)
///
/// Throws `InputError` for a missing, empty or unreadable file and for content of no known format;
/// the source throws it for malformed rows, naming file and line.
public func openTrace(
    _ path: String, options: TraceOptions = TraceOptions()
) throws -> (source: any RequestSource, notes: TraceNotes) {
    let reader = try LineReader(path)
    let format = try options.format ?? recognize(reader)
    switch format {
    case .azure:
        return try open(reader, format, AzureCSV.init, options)
    case .mooncake:
        return try open(reader, format, { _ in Mooncake() }, options, blockTokens: 512)
    case .native:
        return try open(reader, format, { _ in NativeLines() }, options)
    }
}

private func open<Format: LineFormat>(
    _ reader: LineReader, _ format: TraceFormat, _ make: (inout LineReader) throws -> Format,
    _ options: TraceOptions, blockTokens: Int? = nil
) throws -> (source: any RequestSource, notes: TraceNotes) {
    var reader = reader
    let lines = try make(&reader)
    let notes = TraceNotes(path: reader.path, format: format, blockTokens: blockTokens)
    return (LineTrace(reader, lines, options: options, notes: notes), notes)
}

/// The format of a file, told by its first non-blank line.
private func recognize(_ reader: LineReader) throws -> TraceFormat {
    let preview = UnsafeRawBufferPointer(rebasing: reader.preview.prefix(1 << 16))
    if let odd = preview.first(where: { $0 < 9 || ($0 > 13 && $0 < 32) }) {
        throw InputError(
            reader.path, "binary data (byte \(odd)), not a trace", expected: knownFormats)
    }
    var cursor = ByteCursor(preview)
    cursor.skipSpaces()
    if cursor.isAtEnd {
        throw InputError(reader.path, "the file holds only blank lines", expected: knownFormats)
    }
    if cursor.current == 0x7b {
        let keys = topLevelKeys(cursor)
        if keys.contains("arrival_us") { return .native }
        if keys.contains("input_length") { return .mooncake }
        throw InputError(
            "\(reader.path):1",
            "JSON of no known trace format (keys \(keys.prefix(6).joined(separator: ", ")))",
            expected: knownFormats)
    }
    let start = cursor.at
    while !cursor.isAtEnd, cursor.current != 10, cursor.current != 13 { cursor.at += 1 }
    let header = cursor.text(start..<cursor.at)
    if AzureCSV.recognizes(header) { return .azure }
    throw InputError(
        "\(reader.path):1", "no known trace format: \(cursor.excerpt(from: start))",
        expected: knownFormats)
}

private var knownFormats: String {
    "one of " + TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
}

/// The keys of the first object, as far as the preview reaches.
private func topLevelKeys(_ start: ByteCursor) -> [String] {
    var cursor = start
    var keys: [String] = []
    var isFirst = true
    do {
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            keys.append(cursor.text(try cursor.key()))
            try cursor.skipValue()
        }
    } catch {
        // The preview may end inside the object; the keys before that suffice.
    }
    return keys
}
