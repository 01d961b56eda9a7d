import Foundation
import TestSupport
import Testing

/// `headway run --compare-gpus` and `headway explain --gpu`, called as a script calls them.
@Suite("One trace on several GPUs")
struct GPUComparisonTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func call(_ words: String...) throws -> Executable.Outcome {
        try Executable.run(words, in: scratch.path, seconds: 200)
    }

    @Test("a table tells what each GPU does, what does not fit, and what was not measured")
    func table() throws {
        let outcome = try call(
            "run", "--limit", "200", "--quiet", "--model", "llama-3.1-8b", "--set",
            "model.weights=bf16", "--compare-gpus", "h100,b200,mi300x")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("h100-sxm"))
        #expect(outcome.output.contains("mi300x *"))
        #expect(outcome.output.contains("* not measured"))
        let tight = try call(
            "run", "--limit", "50", "--model", "llama-3.1-70b", "--compare-gpus", "h100,b300")
        #expect(tight.status == 0, "\(tight.errors)")
        #expect(tight.output.contains("h100-sxm does not run: llama-3.1-70b does not fit"))
    }

    @Test("JSON has the same figures, and a run alone gives the same digest")
    func json() throws {
        let outcome = try call(
            "run", "--limit", "200", "--compare-gpus", "h200,h100", "--seed", "3", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let gpus = try #require((object as? [String: Any])?["gpus"] as? [[String: Any]])
        #expect(gpus.map { $0["gpu"] as? String } == ["h200-sxm", "h100-sxm"])
        let tpot = gpus.compactMap { $0["mean_tpot_ms"] as? Double }
        #expect(tpot.count == 2 && tpot[0] < tpot[1])
        // A digit in a key does not part it.
        #expect(gpus.allSatisfy { $0["mean_e2el_ms"] is Double }, "\(outcome.output)")
        let tokens = gpus.compactMap { $0["kv_tokens_per_replica"] as? Int }
        #expect(tokens.count == 2 && tokens[0] > tokens[1])
        let alone = try call(
            "run", "--limit", "200", "--seed", "3", "--json", "--set", "hardware.gpu=h200")
        let run = try JSONSerialization.jsonObject(with: Data(alone.output.utf8))
        let digest = (run as? [String: Any])?["digest"] as? String
        #expect(digest != nil && gpus[0]["digest"] as? String == digest)
    }

    @Test(
        "bad words are refused in one line",
        arguments: [
            (["run", "--compare-gpus", "h100,abacus"], "abacus"),
            (["run", "--compare-gpus", ""], "hardware.gpu"),
            (["run", "--compare-gpus", "h100,,b200"], "hardware.gpu"),
            (["run", "--compare-gpus", "h100,H100_SXM"], "h100-sxm twice"),
            (["run", "--compare-gpus", "h100", "--out", "x"], "--out"),
            (["run", "--compare-gpus", "l4,a10", "--model", "llama-3.1-70b"], "none of 2 GPUs"),
            (["run", "--compare-gpus", "h100", "--trace", "/nowhere"], "/nowhere"),
            (["explain", "--gpu", "h1"], "hardware.gpu"),
            (["explain", "--routing", "random"], "--routing"),
            (["explain", "--gpu", "gb200", "--model", "llama-3.1-70b", "--tp", "8"], "gb200"),
            (["fit-steptime", "/nowhere", "--gpu", "b200"], "/nowhere"),
            (["validate", "x.csv", "--gpu", "b200"], "--gpu"),
        ])
    func refusals(words: [String], part: String) throws {
        let outcome = try Executable.run(words, in: scratch.path, seconds: 100)
        #expect(outcome.status == 2, "\(words): \(outcome.output)")
        #expect(outcome.errors.contains(part), "\(words): \(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count <= 2, "\(outcome.errors)")
        #expect(!scratch.names.contains("x"))
    }

    @Test("explain names the GPU, its errors, and what was not measured")
    func explain() throws {
        let page = try call("explain", "--gpu", "b200", "--weights", "nvfp4")
        #expect(page.status == 0, "\(page.errors)")
        #expect(page.output.contains("1 x b200-sxm"))
        #expect(page.output.contains("off by (median)"))
        let other = try call("explain", "--gpu", "h100-nvl")
        #expect(other.output.contains("h100-nvl: not measured"))
        let old = try call("explain", "--gpu", "a100", "--weights", "fp8")
        #expect(old.output.contains("no such tensor cores in a a100-sxm"))
    }

    @Test("the clock's former name is still read")
    func formerKind() throws {
        let run = try call("run", "--limit", "5", "--quiet", "--set", "step_time.kind=h100")
        #expect(run.status == 0, "\(run.errors)")
    }
}
