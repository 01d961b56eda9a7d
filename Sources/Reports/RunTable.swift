import Basics
import Experiments
import Foundation
import Results
import Scenario

/// Runs as a table for scripts, one row each: the keys in which their configurations differ, and
/// every figure of summary.json.
///
/// Nested values are named with dots, list elements by index: `steady_state.verdict`,
/// `by_stage.0.mean_ttft_ms`. Series, distributions and digests of files are left out, and warnings
/// are only counted, because these are not figures.
package struct RunTable: Encodable, Sendable {
    private struct Run: Sendable {
        var name: String
        var figures: [String: ConfigurationValue]
        var keys: [String: ConfigurationValue]
    }

    /// The names of the columns.
    package let columns: [String]
    private let rows: [[ConfigurationValue?]]
    /// Remarks beside the table: which runs have empty cells.
    package let remarks: [String]

    private static let leftOut: Set = [FolderManifest.key, "time_series", "ttft_distribution"]

    /// Reads run folders. `wanted`: the columns to show, in this order; nil for all.
    ///
    /// Throws `InputError` for a folder without a complete run, for a summary or configuration that
    /// differs from what the run wrote, and for a column that no run has.
    package init(_ folders: [String], columns wanted: [String]? = nil) throws {
        let runs = try folders.map(Self.read)
        let differing = Self.differing(runs.map(\.keys))
        let figures = Set(runs.flatMap(\.figures.keys)).sorted()
        // A configuration key with the name of a figure gets a prefix.
        let names = differing.map { figures.contains($0) || $0 == "run" ? "config." + $0 : $0 }
        let all = ["run"] + names + figures
        let table = runs.map { run in
            [.text(run.name)] + differing.map { run.keys[$0] } + figures.map { run.figures[$0] }
        }
        let shown = figures.filter { wanted?.contains($0) ?? true }
        remarks = runs.compactMap { Self.remark($0, shown) }
        guard let wanted else {
            columns = all
            rows = table
            return
        }
        let places = try wanted.map { name in
            guard let place = all.firstIndex(of: name) else {
                throw InputError(
                    "--columns", "unknown column \(name.echoed(atMost: 40))", word: name,
                    among: all)
            }
            return place
        }
        columns = wanted
        rows = table.map { row in places.map { row[$0] } }
    }

    private static func read(_ folder: String) throws -> Run {
        guard FileSystem.isFolder(folder) else {
            throw InputError(
                folder, FileSystem.exists(folder) ? "is no folder" : "does not exist",
                expected: "a folder that headway run --out has written")
        }
        let manifest = try FolderManifest(folder: folder, name: RunFiles.summary)
        let name = RunFiles.configuration
        guard manifest.digests[name] != nil else {
            throw InputError(
                folder.appending(pathComponent: RunFiles.summary), "lists no \(name)",
                expected: "a folder that headway run --out has written")
        }
        try manifest.check(name, in: folder)
        func flat(_ bytes: [UInt8], _ name: String) throws -> [String: ConfigurationValue] {
            let value = try JSON5.decode(
                ConfigurationValue.self, from: Data(bytes),
                place: folder.appending(pathComponent: name))
            var cells: [String: ConfigurationValue] = [:]
            flatten(value, "", into: &cells)
            return cells
        }
        let path = folder.appending(pathComponent: name)
        var bytes: [UInt8] = []
        try InputFile.eachPiece(path) { bytes += $0 }
        return Run(
            name: folder, figures: try flat(manifest.bytes, RunFiles.summary),
            keys: try flat(bytes, name))
    }

    private static func flatten(
        _ value: ConfigurationValue, _ name: String, into cells: inout [String: ConfigurationValue]
    ) {
        switch value {
        case .object(let object):
            for (key, value) in object where !(name.isEmpty && leftOut.contains(key)) {
                flatten(value, name.isEmpty ? key : name + "." + key, into: &cells)
            }
        case .list(let list) where ["warnings", "range_warnings"].contains(name):
            cells[name] = .integer(list.count)
        case .list(let list):
            for (place, value) in list.enumerated() {
                flatten(value, "\(name).\(place)", into: &cells)
            }
        default: cells[name] = value
        }
    }

    /// Names whose values differ between runs; null counts as missing.
    private static func differing(_ keys: [[String: ConfigurationValue]]) -> [String] {
        guard let first = keys.first else { return [] }
        return Set(keys.flatMap(\.keys)).sorted().filter { name in
            keys.contains { ($0[name] ?? .null) != (first[name] ?? .null) }
        }
    }

    private static func remark(_ run: Run, _ figures: [String]) -> String? {
        let missing = figures.filter { run.figures[$0] == nil }
        guard !missing.isEmpty else { return nil }
        let some = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? ", ..." : "")
        return "\(run.name): \(missing.count) of \(figures.count) figures are empty (\(some)): the "
            + "run has none of them, or another version wrote it"
    }

    /// The table as CSV (RFC 4180, lines end with a newline), with a header.
    package var csv: String {
        let lines = [columns] + rows.map { $0.map(Self.text) }
        return lines.map { $0.map(RequestLine.quoted).joined(separator: ",") + "\n" }.joined()
    }

    /// The table as Markdown.
    package var markdown: String {
        let lines = [columns, columns.map { _ in "---" }] + rows.map { $0.map(Self.text) }
        return lines.map { cells in
            let shown = cells.map {
                $0.echoed(atMost: 400).replacing("\\", with: "\\\\").replacing("|", with: "\\|")
            }
            return "| " + shown.joined(separator: " | ") + " |\n"
        }.joined()
    }

    private static func text(_ value: ConfigurationValue?) -> String {
        switch value {
        case nil, .null?: ""
        case .text(let text)?: CSVRecords.harmless(text)
        case .number(let number)?: "\(number)"
        case .integer(let integer)?: "\(integer)"
        case .boolean(let flag)?: "\(flag)"
        case .list?, .object?: ""
        }
    }

    /// Writes a list with one object per run; an empty cell is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            rows.map { row in
                Dictionary(zip(columns, row.map { $0 ?? .null })) { first, _ in first }
            })
    }
}
