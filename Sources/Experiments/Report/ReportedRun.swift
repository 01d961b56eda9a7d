import Basics
import Foundation
import Results
import Scenario

/// A run folder's data for a report: figures, configuration, and chart data. Does not read its
/// requests.
package struct ReportedRun: Sendable {
    /// A promised limit and its outcome, from summary.json.
    package struct Promise: Sendable {
        /// "ttft_p99_ms", "goodput", "gold.ttft_p99_ms".
        package let name: String
        /// Milliseconds, or a share.
        package let limit: Double
        /// Nil if some requests were never served, or none has such a figure.
        package let value: Double?
        /// Whether some requests were never served, which makes the figure infinite.
        package let isNeverServed: Bool
        package let isMet: Bool
    }

    /// The folder's path as the user gave it.
    package let folder: String
    package let digest: String
    package let configuration: Configuration
    /// The numbers of summary.json by their keys.
    package let figures: [String: Double]
    /// Where the step times come from, for people.
    package let clock: String
    package let engineVersion: String?
    /// The engine's own line about its pool, as a server logs it.
    package let poolLine: String?
    package let warnings: [String]
    package let isOverloaded: Bool
    /// "steady", "growing" and so on; nil if not determined.
    package let steadiness: String?
    /// The promises; empty: none.
    package let promises: [Promise]
    /// Whether the share of good requests was not promised but comes from MLPerf.
    package let isGoodputAssumed: Bool
    package let data: RunReportData

    /// Whether all promises were met; nil without any.
    package var isMet: Bool? { promises.isEmpty ? nil : promises.allSatisfy(\.isMet) }

    /// Reads a folder and checks its files' digests. O(bytes of its files).
    ///
    /// Throws `InputError` for a folder that `RunFolder.read` refuses, and for one without a
    /// report.json, from an earlier version.
    package init(_ folder: String) throws {
        let manifest = try RunFolder.manifest(folder)
        let place = folder.appending(pathComponent: RunFiles.summary)
        let object = try? JSONSerialization.jsonObject(with: Data(manifest.bytes))
        guard let values = object as? [String: Any], let digest = values["digest"] as? String,
            let clock = values["clock"] as? String, let warnings = values["warnings"] as? [String]
        else {
            throw InputError(
                place, "is not the summary of a run", expected: "JSON with a digest and a clock")
        }
        self.folder = folder
        self.digest = digest
        self.clock = clock
        self.warnings = warnings
        figures = Self.figures(values)
        engineVersion = values["engine_version"] as? String
        poolLine = values["engine_pool_line"] as? String
        isOverloaded = values["overloaded"] as? Bool ?? false
        steadiness = (values["steady_state"] as? [String: Any])?["verdict"] as? String
        let objective = values["slo"] as? [String: Any]
        promises = try Self.promises(objective?["requirements"], place)
        isGoodputAssumed = objective?["goodput_assumed"] as? Bool ?? false
        configuration = try Configuration.read(
            file: folder.appending(pathComponent: RunFiles.configuration))
        guard manifest.digests[RunFiles.report] != nil else {
            throw InputError(
                folder, "has no \(RunFiles.report), so an earlier version made it",
                expected: "the run made again: headway run "
                    + ShellWord.path(folder.appending(pathComponent: RunFiles.configuration))
                    + " --out DIR")
        }
        data = try Self.data(folder)
        guard data.digest == digest else {
            throw InputError(
                folder,
                "\(RunFiles.report) is of the run \(data.digest), and summary.json of \(digest)",
                expected: "the files of one run")
        }
    }

    /// The numbers of an object, those of the period that latencies cover, as
    /// "measured_stretch.num_prompts", and those of the load's trend.
    private static func figures(_ values: [String: Any]) -> [String: Double] {
        var figures = values.compactMapValues { ($0 as? NSNumber)?.doubleValue }
        for section in ["measured_stretch", "steady_state"] {
            for (key, value) in values[section] as? [String: Any] ?? [:] {
                figures["\(section).\(key)"] = (value as? NSNumber)?.doubleValue
            }
        }
        return figures
    }

    private static func data(_ folder: String) throws -> RunReportData {
        let path = folder.appending(pathComponent: RunFiles.report)
        let expected = "a file that this version wrote: make the run again"
        let bytes = try InputFile.contents(path, atMost: 50_000_000, expected: expected)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? decoder.decode(RunReportData.self, from: Data(bytes)) else {
            throw InputError(path, "is not what a report draws", expected: expected)
        }
        if let problem = data.problem { throw InputError(path, problem, expected: expected) }
        return data
    }

    private static func promises(_ list: Any?, _ place: String) throws -> [Promise] {
        guard let list else { return [] }
        guard let list = list as? [[String: Any]] else { throw unreadable(place) }
        return try list.map { entry in
            guard let name = entry["name"] as? String, let limit = entry["limit"] as? Double,
                let isMet = entry["met"] as? Bool
            else { throw unreadable(place) }
            return Promise(
                name: name, limit: limit, value: entry["value"] as? Double,
                isNeverServed: entry["never_served"] as? Bool ?? false, isMet: isMet)
        }
    }

    private static func unreadable(_ place: String) -> InputError {
        InputError(
            place, "its slo is not a list of promises", expected: "a file that headway wrote")
    }
}
