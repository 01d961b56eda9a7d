import Basics
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Run folders are held to their digests")
struct RunFolderTests {
    private let scratch: Scratch
    private let manager = FileManager.default

    init() throws { scratch = try Scratch() }

    /// What is said of a copy of the folder in which one file has other bytes.
    private func altered(_ folder: String, _ file: String, _ bytes: [UInt8]) throws -> String {
        let copy = scratch.path + "/copy"
        if !manager.fileExists(atPath: copy) { try manager.copyItem(atPath: folder, toPath: copy) }
        let path = copy + "/" + file
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let original = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file))
        defer { try? original.write(to: URL(fileURLWithPath: path)) }
        return refusal { _ = try ComparedRun.open(copy) }
    }

    @Test("any byte of any file changed, cut or doubled is refused by compare and by diff")
    func everyByte() throws {
        let folder = try scratch.run("a", ["trace.limit=20"])
        #expect(refusal { _ = try ComparedRun.open(folder) } == "no error")
        for (file, step) in [
            ("summary.json", 1), ("requests.csv", 5), ("config.resolved.json", 11),
            ("steps.jsonl", 97),
        ] {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
            for index in stride(from: 0, to: bytes.count, by: step) {
                var changed = bytes
                // A digit becomes another digit; anything else its neighbour.
                changed[index] = bytes[index] == 0x39 ? 0x30 : bytes[index] ^ 1
                let words = try altered(folder, file, changed)
                #expect(words.contains(file), "\(file), byte \(index): \(words)")
            }
            for changed in [
                Array(bytes.dropLast(9)), bytes + bytes, [], Array(bytes.reversed()),
                bytes + [0x0A],
            ] { #expect(try altered(folder, file, changed).contains(file)) }
        }
        try Data("\n".utf8).write(to: URL(fileURLWithPath: scratch.path + "/copy/steps.jsonl"))
        let copy = scratch.path + "/copy"
        #expect(refusal { _ = try ScheduleDifference(folder, copy) }.contains("steps.jsonl"))
        #expect(refusal { _ = try ScheduleDifference(copy, folder) }.contains("steps.jsonl"))
    }

    @Test("files of another run of the same length are refused")
    func mixed() throws {
        let a = try scratch.run("a")
        let b = try scratch.run("b", ["engine.max_num_batched_tokens=3000"])
        for file in ["summary.json", "requests.csv", "config.resolved.json", "steps.jsonl"] {
            let other = Array(try Data(contentsOf: URL(fileURLWithPath: b + "/" + file)))
            #expect(try altered(a, file, other).contains("digest"), "\(file)")
        }
    }

    @Test("a folder without a whole run of this version is refused, saying why")
    func broken() throws {
        let good = try scratch.run("good")
        func broken(_ name: String, _ change: (String) throws -> Void) throws -> String {
            let folder = scratch.path + "/" + name
            try manager.copyItem(atPath: good, toPath: folder)
            try change(folder)
            return refusal { _ = try ComparedRun.open(folder) }
        }
        #expect(
            try broken("none") { try manager.removeItem(atPath: $0 + "/summary.json") }
                .contains("holds no summary.json"))
        #expect(
            try broken("partial") {
                try manager.removeItem(atPath: $0 + "/summary.json")
                try manager.createDirectory(
                    atPath: $0 + "/.headway-partial-1", withIntermediateDirectories: false)
            }.contains("interrupted"))
        #expect(
            try broken("missing") { try manager.removeItem(atPath: $0 + "/steps.jsonl") }
                .contains("steps.jsonl: is missing"))
        #expect(
            try broken("old") { _ in
                try scratch.write("{\"digest\":\"0\",\"num_prompts\":1}", "old/summary.json")
            }.contains("older versions"))
        #expect(
            try broken("summary") { _ in try scratch.write("{", "summary/summary.json") }
                .contains("summary.json"))
        #expect(refusal { _ = try ComparedRun.open(scratch.path + "/absent") } != "no error")
    }

    @Test("rows and counts that no run could have are refused though the digests agree")
    func forged() throws {
        let good = try scratch.run("good")
        let rows = try String(contentsOfFile: good + "/requests.csv", encoding: .utf8)
        func forged(_ rows: String, summary: String = "\"digest\":\"0\",\"num_prompts\":120")
            throws -> String
        {
            let path = scratch.path + "/forged"
            let folder = try OutputFolder(
                path, writing: ["summary.json", "requests.csv", "config.resolved.json"],
                manifest: "summary.json")
            try folder.file("requests.csv").write(Array(rows.utf8))
            let configuration = try Data(
                contentsOf: URL(fileURLWithPath: good + "/config.resolved.json"))
            try folder.file("config.resolved.json").write(Array(configuration))
            try folder.commit { digests in
                let files = digests.map { "\"\($0.key)\" : \"\($0.value)\"" }
                return "{\(summary),\"files_xxh64\":{\(files.joined(separator: ","))}}"
            }
            return refusal { _ = try ComparedRun.open(path) }
        }
        #expect(try forged(rows) == "no error")
        // Versions that wrote no priorities, which stand last.
        let older = rows.split(separator: "\n").map { row -> String in
            let cells = row.split(separator: ",", omittingEmptySubsequences: false)
            return cells.dropLast().joined(separator: ",") + "\n"
        }.joined()
        #expect(older.hasPrefix("id,arrival,") && older.contains(",reason\n"))
        #expect(try forged(older) == "no error")
        let mixed = older.split(separator: "\n").map { $0 + ",0\n" }.joined()
        #expect(try forged(mixed.replacing("reason,0", with: "reason")).contains("requests.csv:2"))
        #expect(try forged(String(rows.dropLast(9))).contains("is cut off"))
        let short = rows.split(separator: "\n").dropLast().map { $0 + "\n" }.joined()
        #expect(try forged(short).contains("119 rows"))
        let columns = rows.replacing("hit_tokens,", with: "")
        #expect(try forged(columns).contains("this version"))
        #expect(try forged(rows.replacing("\n0,", with: "\nx,")).contains("requests.csv:2"))
        let huge = "\"digest\":\"0\",\"num_prompts\":1e300"
        #expect(try forged(rows, summary: huge).contains("no such number"))
        #expect(try forged(rows, summary: "\"num_prompts\":120").contains("a digest"))
    }
}
