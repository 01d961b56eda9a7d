import Basics
import Foundation
import Results
import Scenario
import Simulator
import StepTime

/// A folder that `headway run --out` wrote: summary.json, requests.csv, config.resolved.json and,
/// if enabled, steps.jsonl. Changed files are refused: summary.json has the digest of every file,
/// including itself (`FolderManifest`).
package enum RunFolder {
    /// Reads a run. O(bytes of its files).
    ///
    /// Throws `InputError` for a folder without a complete run, from an older version, or with a
    /// file that changed since the run wrote it.
    package static func read(_ path: String) throws -> ComparedRun {
        try read(path, manifest: manifest(path))
    }

    /// The digests of a folder's files, checked against the files.
    static func manifest(_ path: String) throws -> FolderManifest {
        guard FileSystem.exists(path.appending(pathComponent: RunFiles.summary)) else {
            let names = FileSystem.names(in: path) ?? []
            let isPartial = names.contains { $0.hasPrefix(".headway-partial") }
            throw InputError(
                path, isPartial ? "holds an interrupted run" : "holds no summary.json",
                expected: "a folder that headway run --out has written")
        }
        let manifest = try FolderManifest(folder: path, name: RunFiles.summary)
        for name in [RunFiles.requests, RunFiles.configuration]
        where manifest.digests[name] == nil {
            throw InputError(
                path.appending(pathComponent: RunFiles.summary), "lists no \(name)",
                expected: "a folder that headway run --out has written")
        }
        try manifest.check(path)
        return manifest
    }

    static func read(_ path: String, manifest: FolderManifest) throws -> ComparedRun {
        let values = try? JSONSerialization.jsonObject(with: Data(manifest.bytes))
        guard let values = values as? [String: Any], let digest = values["digest"] as? String
        else {
            throw InputError(
                path.appending(pathComponent: RunFiles.summary), "is not the summary of a run",
                expected: "JSON with a digest")
        }
        let figures = values.compactMapValues { ($0 as? NSNumber)?.doubleValue }
        var requests = try readRequests(path.appending(pathComponent: RunFiles.requests))
        // The same for all requests, so rows do not have it.
        let frontEnd = figures["front_end_ms"].flatMap { Int64(exactly: ($0 * 1000).rounded()) }
        for index in requests.indices { requests[index].frontEnd = frontEnd ?? 0 }
        let count = figures["num_prompts"].flatMap(Int.init(exactly:))
        guard requests.count == count else {
            throw InputError(
                path,
                "requests.csv has \(requests.count) rows and summary.json counts "
                    + (count.map(String.init) ?? "no such number"),
                expected: "the files of one run")
        }
        var run = try ComparedRun(
            name: path,
            configuration: Configuration.read(
                file: path.appending(pathComponent: RunFiles.configuration)),
            requests: requests, figures: figures, digest: digest,
            leftOut: try leftOut(values, path))
        run.clock = values["clock"] as? String ?? ""
        run.rangeWarnings = values["range_warnings"] as? [String] ?? []
        let configuration = run.configuration
        if try configuration.resolved().plan.externalScheduler == nil {
            run.again = { try .run(configuration, name: path, nearby: $0) { _ in } }
        }
        return run
    }

    /// How many requests a run left out of its figures. Throws `InputError` if these are not
    /// numbers.
    private static func leftOut(
        _ values: [String: Any], _ path: String
    ) throws -> (start: Int, end: Int) {
        guard let stretch = values["measured_stretch"] as? [String: Any] else { return (0, 0) }
        guard let start = stretch["left_out_warmup"] as? Int,
            let end = stretch["left_out_cooldown"] as? Int, start >= 0, end >= 0
        else {
            throw InputError(
                path.appending(pathComponent: RunFiles.summary),
                "its measured_stretch does not say what was left out",
                expected: "left_out_warmup and left_out_cooldown")
        }
        return (start, end)
    }

    /// Reads the rows of a requests.csv.
    static func readRequests(_ path: String) throws -> [ComparedRequest] {
        let headers =
            [RequestLine.headerWithoutPriority] + RequestLine.Columns.all.map(RequestLine.header)
        var columns = Columns()
        var requests: [ComparedRequest] = []
        try InputFile.eachLine(path) { row, line in
            if line == 1 {
                guard headers.contains(where: { row.elementsEqual($0.dropLast()) }) else {
                    throw InputError(
                        path + ":1", "the columns are not those of this version",
                        expected: String(decoding: RequestLine.header.dropLast(), as: UTF8.self))
                }
                let names = row.split(separator: 0x2C)
                columns = Columns(
                    count: names.count,
                    attempt: names.firstIndex { $0.elementsEqual("attempt".utf8) },
                    hasClass: names.last?.elementsEqual("class".utf8) ?? false)
                return
            }
            guard let request = parse(row, columns) else {
                throw InputError(
                    "\(path):\(line)", "is not a row of requests.csv",
                    expected: "id, four times in seconds, four counts, replica, outcome, priority")
            }
            requests.append(request)
        }
        return requests
    }

    /// The columns of a row.
    private struct Columns {
        var count = 0
        var attempt: Int?
        var hasClass = false
    }

    private static func parse(
        _ row: UnsafeRawBufferPointer, _ columns: Columns
    ) -> ComparedRequest? {
        // The class comes last, and its name may contain commas.
        let fields = row.split(
            separator: 0x2C, maxSplits: columns.hasClass ? columns.count - 1 : .max,
            omittingEmptySubsequences: false)
        guard fields.count == columns.count, let id = integer(fields[0]) else { return nil }
        let times = fields[1...4].compactMap(microseconds)
        let counts = fields[5...8].compactMap(integer).map { Int($0) }
        guard times.count == 4, counts.count == 4, times[0] >= 0 else { return nil }
        let outcome = String(decoding: fields[10], as: UTF8.self)
        guard Outcome.allCases.contains(where: { $0.name == outcome }) else { return nil }
        let isFinished = outcome == Outcome.finished.name
        guard !isFinished || (times[2] >= 0 && times[3] >= times[2]) else { return nil }
        // Other columns between must hold numbers: seconds or counts.
        let numbers = columns.hasClass ? fields.dropLast() : fields[...]
        guard numbers.dropFirst(13).allSatisfy({ (microseconds($0) ?? integer($0) ?? -1) >= 0 })
        else { return nil }
        // Folders of earlier versions lack this column.
        guard let priority = fields.count > 12 ? integer(fields[12]) : 0 else { return nil }
        let attempt = columns.attempt.map { integer(fields[$0]) } ?? 1
        guard let attempt else { return nil }
        return ComparedRequest(
            id: id, times: times, promptTokens: counts[0], hitTokens: counts[1],
            outputTokens: counts[2], preemptions: counts[3], isFinished: isFinished,
            priority: Int(priority), attempt: Int(attempt))
    }

    private static func integer(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int64? {
        Int64(String(decoding: bytes, as: UTF8.self))
    }

    /// Seconds with six decimals as microseconds; -1 for an empty field, nil for anything else.
    private static func microseconds(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int64? {
        if bytes.isEmpty { return -1 }
        guard bytes.count < 20, bytes.count > 7, bytes[bytes.endIndex - 7] == UInt8(ascii: ".")
        else { return nil }
        var value: Int64 = 0
        for (index, byte) in bytes.enumerated() where index != bytes.count - 7 {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
}
