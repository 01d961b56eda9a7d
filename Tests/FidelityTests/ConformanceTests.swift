import Foundation
import Simulator
import TestSupport
import Testing

@testable import Fidelity

@Suite("Conformance with captures of the real engine")
struct ConformanceTests {
    private static let shipped =
        packageRoot.appendingPathComponent("Tests/FidelityTests/Cases").path

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

    /// The capture's four slots for adapters never hold a request back.
    @Test("adapters share no blocks, as in the engine's capture", .enabled(if: evidence != nil))
    func adapters() throws {
        let capture = evidence!.appendingPathComponent("oracle/vllm-0.33.0-features/lora/keys")
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("headway-adapters-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(at: capture, to: folder)
        let file = folder.appendingPathComponent("config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains("\"max_loras\": 4,"))
        try text.replacing("\"max_loras\": 4,", with: "")
            .write(to: file, atomically: true, encoding: .utf8)
        for advance in EngineConfiguration.Advance.allCases {
            let result = try Conformance.run(folder.path, advance: advance)
            #expect(result.difference == nil)
            #expect(result.steps == 93)
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
        let scratch = try ScratchFolder()
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
            try scratch.write(name + "/config.json", Data(text.utf8))
            try scratch.write(name + "/steps.jsonl", Data())
            let result = Conformance.attempt(scratch.path + "/" + name, advance: .step)
            #expect(result.unreadable?.contains("config.json") == true)
            #expect(result.difference == nil && result.steps == 0)
        }
        #expect(Conformance.attempt(good, advance: .step).unreadable == nil)
    }

    /// A copy of a shipped case, changed.
    private func changed(
        _ scratch: ScratchFolder, _ change: (inout String) -> Void, log: String? = nil
    ) throws -> ConformanceResult {
        let good = Self.shipped + "/sync/u1-edges"
        var text = try String(contentsOfFile: good + "/config.json", encoding: .utf8)
        change(&text)
        let name = "case"
        try scratch.write(name + "/config.json", Data(text.utf8))
        for file in ["trace.jsonl", "steps.jsonl"] {
            let lines = try String(contentsOfFile: good + "/" + file, encoding: .utf8)
            let text = file == "steps.jsonl" ? log ?? lines : lines
            try scratch.write(name + "/" + file, Data(text.utf8))
        }
        return Conformance.attempt(scratch.path + "/" + name, advance: .fastForward)
    }

    @Test(
        "a key that is not known is refused, and a word that none has",
        arguments: [
            ("\"block_size\"", "\"speculative_config\": {}, \"block_size\"", "speculative_config"),
            ("\"totals\": {", "\"totals\": {\"foo\": 1,", "totals.foo"),
            ("\"requests\":", "\"requests\": -1, \"calls\":", "totals.requests"),
            ("\"fixed\"", "\"slow\": 1, \"fixed\"", "step_time_us.slow"),
            ("\"type\"", "\"kind\": 1, \"type\"", "groups.kind"),
            (
                "\"name\"", "\"options_absent_in_this_version\": [\"x\"], \"name\"",
                "options_absent"
            ),
            ("\"detail\": \"full\"", "\"detail\": \"most\"", "detail is \"most\""),
        ])
    func unknownKeys(from: String, to: String, said: String) throws {
        let result = try changed(
            ScratchFolder(), { $0.replace(from, with: to, maxReplacements: 1) })
        #expect(result.unreadable?.contains(said) == true, "\(result)")
    }

    @Test("a configuration that is no object says so")
    func noObject() throws {
        let result = try changed(ScratchFolder(), { $0 = "[]" })
        #expect(result.unreadable?.contains("config.json: holds a list") == true)
    }

    @Test("a line that is no JSON object makes a case unreadable, not different")
    func noLine() throws {
        let result = try changed(ScratchFolder(), { _ in }, log: "hello\n")
        #expect(result.unreadable?.contains("steps.jsonl:1: is not a JSON object") == true)
        #expect(result.difference == nil)
    }

    @Test("totals that the run counts otherwise are a difference")
    func totals() throws {
        let result = try changed(
            ScratchFolder(), { $0.replace("\"evictions\": ", with: "\"evictions\": 9") })
        #expect(result.difference?.place == "config.json, totals.evictions")
        let steps = try changed(
            ScratchFolder(), { $0.replace("\"steps\": 113", with: "\"steps\": 114") })
        #expect(steps.difference?.place == "config.json, totals.steps")
    }

    @Test(
        "a configuration that cannot run makes a case unreadable, by its own key",
        arguments: [
            ("\"watermark\": 0.0", "\"watermark\": 5", "watermark is 5"),
            ("\"name\"", "\"empty_yield_us\": 4611686018427387904, \"name\"", "empty_yield_us is"),
            ("\"type\": \"full\"", "\"type\": \"sliding\", \"window\": 0", "groups.window is 0"),
            ("\"max_model_len\": ", "\"max_model_len\": -", "max_model_len is -"),
        ])
    func cannotRun(from: String, to: String, said: String) throws {
        let result = try changed(
            ScratchFolder(), { $0.replace(from, with: to, maxReplacements: 1) })
        let problem = result.unreadable ?? "\(result)"
        #expect(problem.contains("config.json: \(said)"), "\(problem)")
        #expect(result.difference == nil)
    }

    @Test("groups without an entry are no difference")
    func emptyGroups() throws {
        let result = try changed(
            ScratchFolder(),
            { text in
                let start = text.range(of: "\"groups\": [")!.upperBound
                let end = text[start...].range(of: "]")!.lowerBound
                text.removeSubrange(start..<end)
            })
        #expect(result.unreadable?.contains("config.json: groups has 0 entries") == true)
    }

    @Test("a patch level without rules of its own is said")
    func patchLevel() throws {
        let result = try changed(
            ScratchFolder(),
            {
                $0.replace(
                    "\"vllm_version\": \"0.33.0\"", with: "\"vllm_version\": \"0.33.1\"")
            })
        #expect(result.note?.contains("0.33.1") == true && result.difference == nil)
        #expect(try changed(ScratchFolder(), { _ in }).note == nil)
    }
}
