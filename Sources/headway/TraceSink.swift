import Basics
import Foundation
import Reports
import Scenario
import Simulator
import Traces

/// The output of `headway trace`: a file that appears completely or not at all.
struct TraceSink {
    static let flags = [
        Flag("--out", "FILE", "Output file; a name that ends in .gz is compressed."),
        Flag(
            "--to", "FORMAT",
            "Format to write: \(TraceWriter.formats.map(\.rawValue).joined(separator: ", "));\n"
                + "default: native."),
    ]

    private struct Report: Encodable {
        let file: String
        let format: String
        let requests: Int
        let lost: [String]
        let remarks: [String]
    }

    private let path: String
    private let format: TraceFormat
    private let isJSON: Bool
    /// Whether requests go to standard output; the report then goes to standard error.
    private let isStandardOutput: Bool

    /// Throws `InputError` without --out.
    init(_ arguments: Arguments) throws {
        guard let path = arguments.value("--out") else {
            throw InputError("--out", "no file to write", expected: "--out FILE")
        }
        guard !["", "-"].contains(path) else {
            throw InputError(
                "--out", path.isEmpty ? "is empty" : "- is no file",
                expected: "a file, /dev/stdout, or ./- for that name")
        }
        self.path = path
        isStandardOutput = Console.isStandardOutput(path)
        let asked: TraceFormat? = try arguments.choice("--to")
        guard asked != nil || !path.hasSuffix(".csv") && !path.hasSuffix(".csv.gz") else {
            throw InputError(
                "--out", "\(path) would hold JSON lines, the native format",
                expected: "a name such as trace.jsonl, or --to azure (CSV)")
        }
        format = asked ?? .native
        isJSON = arguments.has("--json")
    }

    /// How to read a trace that is written again. Adapters that are not written with the requests
    /// keep their contents apart.
    static func options(_ arguments: Arguments, keepsIDs: Bool = true) throws -> TraceOptions {
        var options = try TraceFlags.options(arguments)
        options.labels = TraceLabel.allCases
        let format: TraceFormat = try arguments.choice("--to") ?? .native
        options.separatesAdapters = format != .native || !keepsIDs
        return options
    }

    /// Writes everything a source has, and reports what was written and what was lost. `read`: the
    /// notes of the source's readers; their remarks come after `remarks`. `found`: remarks known
    /// only once everything is written. `total`: the number of requests, if known beforehand.
    /// `labels`: names of the requests, unless they are those of the only trace read. `keepsIDs`:
    /// whether requests keep their ids; nil: if one trace is read. `keepsDistances`: whether times
    /// count from the first request of all traces, rather than each trace's from its own.
    func write(
        _ source: any RequestSource, remarks: [String] = [], read: [TraceNotes] = [],
        total: Int? = nil, labels: [RequestLabels]? = nil, keepsIDs: Bool? = nil,
        keepsDistances: Bool = false, found: () -> [String] = { [] }
    ) throws {
        var writer = try TraceWriter(format)
        // With several traces, requests get new ids.
        let keepsIDs = keepsIDs ?? (read.count == 1)
        writer.labels = labels ?? (keepsIDs ? read.first?.labels ?? [] : [])
        let file = try WholeFile(path)
        var source = source
        var requests = 0
        while let batch = try source.next() {
            try file.write(writer.write(batch))
            requests += batch.count
            if let total { Progress.report(requests, of: total, "requests") }
        }
        guard requests > 0 else {
            throw InputError(path, "there is no request to write", expected: "at least one")
        }
        try file.commit()
        // With several traces, each remark names its trace.
        let remarks =
            remarks + found()
            + read.flatMap { notes in
                OpenedTrace.remarks(of: notes).map {
                    read.count > 1 ? "\(notes.path.echoed()): \($0)" : $0
                }
            }
        let first = read.map(\.origin).min()
        let origins = read.filter { !keepsDistances || $0.origin == first }
        let losses =
            writer.losses + Set(origins.compactMap(Self.lostOrigin)).sorted()
            + (read.contains { $0.measured != nil } ? ["measured latencies"] : [])
            + (keepsIDs ? [] : TraceLabel.allCases.filter { Self.hasNames(read, $0) }.map(\.plural))
        if isJSON {
            try Console.writeJSON(
                Report(
                    file: path, format: format.rawValue, requests: requests, lost: losses,
                    remarks: remarks), toError: isStandardOutput)
            return
        }
        var lines = [
            "\(path.echoed()): \(Quantity.counted(requests, "request")), format \(format.rawValue)"
        ]
        lines += remarks
        if !losses.isEmpty { lines.append("Lost: " + losses.joined(separator: "; ")) }
        try Console.write(
            PageWidth.page(lines.joined(separator: "\n")), toError: isStandardOutput)
    }

    /// Whether a trace that was read has names of a kind.
    private static func hasNames(_ read: [TraceNotes], _ label: TraceLabel) -> Bool {
        read.contains { $0.labels.contains { $0.label == label && $0.hasNames } }
    }

    /// What reading loses of a trace's clock.
    private static func lostOrigin(_ notes: TraceNotes) -> String? {
        guard notes.origin != 0 else { return nil }
        let dated: [TraceFormat] = [.azure, .otel, .dynamo, .copilot, .traceLab, .llmServingSim]
        return dated.contains(notes.format)
            ? "date (times count from the first request)" : notes.lostOrigin
    }
}
