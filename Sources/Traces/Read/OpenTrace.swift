import Basics
import Foundation

/// Opens a trace, plain or gzip, of any format in `TraceFormat`: a file, or a folder of coding
/// sessions or of RAGPulse's tables.
///
/// If the format is in order of arrival, the source streams: memory grows with the batch, not the
/// file. The notes fill during reading and are complete when the source has returned nil.
///
///     var (source, notes) = try openTrace("conversation.jsonl")
///     while let batch = try source.next() { ... }
///     print(notes.rows)
///
/// Throws `InputError` for a missing, empty or unreadable file and for content of no known format.
/// The source throws it for malformed rows, naming file and line.
package func openTrace(
    _ path: String, options: TraceOptions = TraceOptions()
) throws -> (source: any RequestSource, notes: TraceNotes) {
    guard options.separatesAdapters else { return try openContent(path, options: options) }
    var options = options
    if !options.labels.contains(.lora) { options.labels.append(.lora) }
    let (source, notes) = try openContent(path, options: options)
    guard let adapters = notes.labels(.lora) else { return (source, notes) }
    return (AdapterSource(source, adapters, notes: notes), notes)
}

/// The same with the trace's own content ids.
private func openContent(
    _ path: String, options: TraceOptions
) throws -> (source: any RequestSource, notes: TraceNotes) {
    if FileSystem.isFolder(path) { return try openFolder(path, options: options) }
    let reader = try LineReader(path)
    try TraceSignature.checkText(reader)
    let format = try options.format ?? TraceSignature(reader, options: options).format
    let trace = try open(reader, as: format, options: options)
    let drawsSessions = [.weka, .sharegpt, .appliedCompute, .aiperfDAG].contains(format)
    if options.sessionRate != TraceOptions().sessionRate, !drawsSessions {
        trace.notes.add(
            remark: "no session rate is used: \(format.rawValue) draws no session starts")
    }
    return trace
}

private func openFolder(
    _ path: String, options: TraceOptions
) throws -> (source: any RequestSource, notes: TraceNotes) {
    guard let names = FileSystem.names(in: path) else {
        throw InputError(path, "the folder cannot be read", expected: "a readable folder")
    }
    for trace in ["0_trace.jsonl", "0_trace.jsonl.gz"] where names.contains(trace) {
        return try openContent(path + "/" + trace, options: options)
    }
    let sessions = names.filter { $0.hasSuffix(".json") || $0.hasSuffix(".json.gz") }
    guard let first = sessions.first else {
        throw InputError(
            path, "it is a folder without traces",
            expected: "a trace file, or a folder of coding sessions (*.json)")
    }
    let reader = try LineReader(path + "/" + first)
    try TraceSignature.checkText(reader)
    let format = try options.format ?? TraceSignature(reader, options: options).format
    guard format == .weka else {
        throw InputError(
            path, "it is a folder of \(format.rawValue) files", expected: "one file of it")
    }
    try options.check(format, path: path)
    let trace = try WEKASessions.open(
        sessions.map { name in { try LineReader(path + "/" + name) } }, path: path,
        options: options)
    let endings = [".jsonl", ".jsonl.gz", ".csv", ".csv.gz"]
    let others = names.filter { name in endings.contains { name.hasSuffix($0) } }
    if !others.isEmpty {
        trace.notes.add(
            remark: "files of the folder that are not read: \(CSVHeader.list(others))"
                + " (only *.json and *.json.gz are)")
    }
    return trace
}

private func open(
    _ reader: LineReader, as format: TraceFormat, options: TraceOptions
) throws -> (source: any RequestSource, notes: TraceNotes) {
    let opened = reader
    var reader = reader
    try options.check(format, path: reader.path)
    switch format {
    case .azure where AzureCSV.isNext(in: reader):
        return try lines(&reader, format, try AzureCSV(&reader), options)
    case .mooncake, .timedTrace:
        let usual: TimeUnit = format == .mooncake ? .milliseconds : .seconds
        let rows = Mooncake(reader, usual: usual, options: options)
        return try lines(&reader, format, rows, options, blockTokens: rows.blockTokens)
    case .bailian:
        let rows = Bailian(reader, options: options)
        return try lines(&reader, format, rows, options, blockTokens: rows.blockTokens)
    case .lengths where TraceSignature.isJSON(reader):
        guard let columns = options.columns else {
            throw InputError(
                reader.path, "JSON has no header that names its lengths",
                expected: "their keys in trace.columns (--columns TIME,PROMPT,OUTPUT)")
        }
        return try NamedJSON.open(reader, options: options, columns: columns)
    case .vllmLog: return try ServerLog.open(reader, options: options)
    case .azure, .burstgpt, .lengths:
        let rows = try NamedCSV(&reader, format: format, options: options)
        return try lines(&reader, format, rows, options)
    case .ragpulse:
        return try lines(&reader, format, try RAGPulse(beside: reader.path), options)
    case .native:
        return try lines(&reader, format, NativeLines(), options)
    case .weka:
        return try WEKASessions.open([{ opened }], path: reader.path, options: options)
    case .sharegpt:
        return try Conversations.open(reader, options: options)
    case .otel:
        return try OpenTelemetrySpans.open(reader, options: options)
    case .agenticMooncake, .mooncakeDelta, .appliedCompute, .dynamo, .copilot, .traceLab, .blis,
        .llmServingSim, .vllmBench, .aiperf, .aiperfDAG, .guidellm:
        return try openWhole(reader, as: format, options: options)
    }
}

/// Opens formats that are read whole before the first request is returned.
private func openWhole(
    _ reader: LineReader, as format: TraceFormat, options: TraceOptions
) throws -> (source: any RequestSource, notes: TraceNotes) {
    switch format {
    case .agenticMooncake: try AgenticMooncake.open(reader, options: options)
    case .mooncakeDelta: try SessionDeltas.open(reader, options: options)
    case .appliedCompute: try SessionDeltas.openSessions(reader, options: options)
    case .dynamo: try DynamoTrace.open(reader, options: options)
    case .copilot: try CopilotSessions.open(reader, options: options)
    case .traceLab: try TraceLabRounds.open(reader, options: options)
    case .aiperfDAG: try AIPerfTrees.open(reader, options: options)
    case .blis: try BLISTrace.open(reader, options: options)
    default: try RecordedRuns.open(reader, as: format, options: options)
    }
}

private func lines(
    _ reader: inout LineReader, _ format: TraceFormat, _ rows: some LineFormat,
    _ options: TraceOptions, blockTokens: Int? = nil
) throws -> (source: any RequestSource, notes: TraceNotes) {
    let notes = TraceNotes(
        path: reader.path, format: format, blockTokens: blockTokens,
        assumptions: rows.assumptions, drawsArrivals: rows.drawsArrivals)
    if options.requestRate != nil, !rows.drawsArrivals {
        notes.add(remark: "no request rate is used: times are recorded")
    }
    var rows = rows
    if !options.labels.isEmpty, rows.look(for: options.labels) {
        notes.labels = options.labels.map(RequestLabels.init)
    }
    let sorted = options.sortsRows ? try reader.sorted(rows, isStrict: options.isStrict) : reader
    return (LineTrace(sorted, rows, options: options, notes: notes), notes)
}
