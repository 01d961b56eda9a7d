import Foundation
import Simulator
import TestSupport
import Testing

@testable import Experiments

@Suite("Conformance with captures of the real engine")
struct ConformanceTests {
    private static let shipped =
        packageRoot.appendingPathComponent("Tests/ExperimentsTests/Cases").path

    // A few cases in debug builds, which are twenty times slower; all of them run in release
    // through `headway conform`.
    private static let sample = [
        "sync/h13-priority-refund", "sync/m5-swa-exact", "sync/u1-edges", "sync/z-fuzz36",
        "async/v6-finish-preempted-eos-prio", "async/u1-edges-eos-yield1000", "async/z-fuzz48",
    ]

    @Test("a shipped case matches in every step", arguments: sample)
    func matches(name: String) throws {
        for advance in EngineConfiguration.Advance.allCases {
            let result = try Conformance.run(Self.shipped + "/" + name, advance: advance)
            #expect(result.difference == nil)
            #expect(result.steps > 50)
        }
    }

    @Test("every folder with a configuration and a log is a case")
    func findsCases() throws {
        let cases = try Conformance.cases(under: [Self.shipped])
        #expect(cases.count >= 30)
        #expect(cases == cases.sorted())
    }

    @Test("a changed line is found, with its number and both versions")
    func findsDifference() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-conform-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: Self.shipped + "/sync/u1-edges"), to: folder)
        let log = folder.appendingPathComponent("steps.jsonl")
        var lines = try String(contentsOf: log, encoding: .utf8)
            .split(separator: "\n").map(String.init)
        lines[9] = lines[9].replacingOccurrences(of: "\"w\":", with: "\"w\":1")
        try lines.joined(separator: "\n").write(to: log, atomically: true, encoding: .utf8)
        let result = try Conformance.run(folder.path, advance: .step)
        let difference = try #require(result.difference)
        #expect(difference.place.hasSuffix("steps.jsonl:10"))
        #expect(difference.expected == lines[9])
        #expect(difference.before == lines[8])
        #expect(result.steps == 9)
    }

    @Test("a case that cannot be read is a result, and the others run")
    func unreadable() throws {
        let scratch = try Scratch()
        let good = Self.shipped + "/sync/u1-edges"
        let text = try String(contentsOfFile: good + "/config.json", encoding: .utf8)
        let cases = [
            "{", "{}", "{\"block_size\": 0}",
            text.replacing("\"block_size\": 16", with: "\"block_size\": 1000000000"),
            text.replacing("\"num_gpu_blocks\": 257", with: "\"num_gpu_blocks\": 1000000000"),
            text.replacing("\"fixed\": 5000", with: "\"fixed\": -9223372036854775808"),
        ]
        #expect(Set(cases).count == 6 && !cases.contains(text))
        for (number, text) in cases.enumerated() {
            let name = "\(number)"
            try scratch.write(text, name + "/config.json")
            try scratch.write("", name + "/steps.jsonl")
            let result = Conformance.attempt(scratch.path + "/" + name, advance: .step)
            #expect(result.unreadable?.contains("config.json") == true)
            #expect(result.difference == nil && result.steps == 0)
        }
        #expect(Conformance.attempt(good, advance: .step).unreadable == nil)
    }
}
