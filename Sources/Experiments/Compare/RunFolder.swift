import Basics
import Foundation
import Reports
import Simulator

/// A folder that `headway run --out` wrote: summary.json, requests.csv, config.resolved.json and,
/// when asked for, steps.jsonl.
public enum RunFolder {
    /// Whether the path is a folder.
    public static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists && isFolder.boolValue
    }

    /// Reads a run. O(requests).
    ///
    /// Throws `InputError` for a folder without a complete run, and for one of another version.
    public static func read(_ path: String) throws -> ComparedRun {
        let summary = path + "/summary.json"
        guard let data = FileManager.default.contents(atPath: summary) else {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            let isPartial = files.contains { $0.hasPrefix(".headway-partial") }
            throw InputError(
                path, isPartial ? "holds an interrupted run" : "holds no summary.json",
                expected: "a folder that headway run --out has written")
        }
        guard let values = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let digest = values["digest"] as? String
        else {
            throw InputError(summary, "is not the summary of a run", expected: "JSON with a digest")
        }
        let figures = values.compactMapValues { ($0 as? NSNumber)?.doubleValue }
        let requests = try readRequests(path + "/requests.csv")
        let count = figures["num_prompts"].flatMap(Int.init(exactly:))
        guard requests.count == count else {
            throw InputError(
                path,
                "requests.csv has \(requests.count) rows and summary.json counts "
                    + (count.map(String.init) ?? "no such number"),
                expected: "the files of one run")
        }
        return try ComparedRun(
            name: path,
            configuration: Configuration.read(file: path + "/config.resolved.json"),
            requests: requests, figures: figures, digest: digest)
    }

    /// Reads the rows of a requests.csv.
    static func readRequests(_ path: String) throws -> [ComparedRequest] {
        let file = try MappedFile(path)
        let bytes = file.bytes
        let header = RequestLine.header
        guard bytes.count >= header.count, bytes.prefix(header.count).elementsEqual(header) else {
            throw InputError(
                path + ":1", "the columns are not those of this version",
                expected: String(decoding: header.dropLast(), as: UTF8.self))
        }
        var requests: [ComparedRequest] = []
        var start = header.count
        var line = 2
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: 0x0A) else {
                throw InputError("\(path):\(line)", "is cut off", expected: "a complete row")
            }
            let row = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            guard let request = parse(row) else {
                throw InputError(
                    "\(path):\(line)", "is not a row of requests.csv",
                    expected: "id, four times in seconds, four counts, replica and outcome")
            }
            requests.append(request)
            start = end + 1
            line += 1
        }
        return requests
    }

    private static func parse(_ row: UnsafeRawBufferPointer) -> ComparedRequest? {
        let fields = row.split(separator: 0x2C, omittingEmptySubsequences: false)
        guard fields.count == 12, let id = integer(fields[0]) else { return nil }
        let times = fields[1...4].compactMap(microseconds)
        let counts = fields[5...8].compactMap(integer).map { Int($0) }
        guard times.count == 4, counts.count == 4, times[0] >= 0 else { return nil }
        let outcome = String(decoding: fields[10], as: UTF8.self)
        guard Outcome.allCases.contains(where: { $0.name == outcome }) else { return nil }
        let isFinished = outcome == Outcome.finished.name
        guard !isFinished || (times[2] >= 0 && times[3] >= times[2]) else { return nil }
        return ComparedRequest(
            id: id, times: times, promptTokens: counts[0], hitTokens: counts[1],
            outputTokens: counts[2], preemptions: counts[3], isFinished: isFinished)
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
