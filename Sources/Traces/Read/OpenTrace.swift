import Basics
import Foundation

/// Opens a trace, plain or gzip, of any format in `TraceFormat`: a file, or a folder of coding
/// sessions or of RAGPulse's tables.
///
/// The source streams where the format is in order of arrival: memory then follows the batch, not
/// the file. The notes fill while it is read and are complete when it has returned nil.
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
    if FileSystem.isFolder(path) { return try openFolder(path, options: options) }
    let reader = try LineReader(path)
    let format = try options.format ?? TraceSignature(reader).format
    return try open(reader, as: format, options: options)
}

private func openFolder(
    _ path: String, options: TraceOptions
) throws -> (source: any RequestSource, notes: TraceNotes) {
    guard let names = FileSystem.names(in: path) else {
        throw InputError(path, "the folder cannot be read", expected: "a readable folder")
    }
    for trace in ["0_trace.jsonl", "0_trace.jsonl.gz"] where names.contains(trace) {
        return try openTrace(path + "/" + trace, options: options)
    }
    let sessions = names.filter { $0.hasSuffix(".json") || $0.hasSuffix(".json.gz") }
    guard let first = sessions.first else {
        throw InputError(
            path, "it is a folder without traces",
            expected: "a trace file, or a folder of coding sessions (*.json)")
    }
    let format =
        try options.format ?? TraceSignature(LineReader(path + "/" + first)).format
    guard format == .weka else {
        throw InputError(
            path, "it is a folder of \(format.rawValue) files", expected: "one file of it")
    }
    return try WEKASessions.open(
        sessions.map { path + "/" + $0 }, path: path, options: options)
}

private func open(
    _ reader: LineReader, as format: TraceFormat, options: TraceOptions
) throws -> (source: any RequestSource, notes: TraceNotes) {
    var reader = reader
    switch format {
    case .azure:
        return lines(&reader, format, try AzureCSV(&reader), options)
    case .mooncake:
        let size = TraceSignature.blockTokens(reader) ?? 512
        let rows = Mooncake(blockTokens: size, timeDigits: 6)
        return lines(&reader, format, rows, options, blockTokens: size)
    case .timedTrace:
        let size = TraceSignature.blockTokens(reader) ?? 16
        let rows = Mooncake(blockTokens: size, timeDigits: 9)
        return lines(&reader, format, rows, options, blockTokens: size)
    case .bailian:
        return lines(&reader, format, Bailian(), options, blockTokens: 16)
    case .burstgpt, .lengths:
        return lines(&reader, format, try NamedCSV(&reader, options: options), options)
    case .ragpulse:
        return lines(&reader, format, try RAGPulse(beside: reader.path), options)
    case .native:
        return lines(&reader, format, NativeLines(), options)
    case .weka:
        return try WEKASessions.open([reader.path], path: reader.path, options: options)
    case .sharegpt:
        return try Conversations.open(reader, options: options)
    case .otel:
        return try OpenTelemetrySpans.open(reader, options: options)
    }
}

private func lines(
    _ reader: inout LineReader, _ format: TraceFormat, _ rows: some LineFormat,
    _ options: TraceOptions, blockTokens: Int? = nil
) -> (source: any RequestSource, notes: TraceNotes) {
    let notes = TraceNotes(
        path: reader.path, format: format, blockTokens: blockTokens,
        assumptions: rows.assumptions)
    return (LineTrace(reader, rows, options: options, notes: notes), notes)
}
