import Basics
import Foundation
import Scenario
import TestSupport
import Testing

@testable import Experiments

/// `headway tune`, called as a script calls it, and its article.
@Suite("headway tune")
struct TuneVerbTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func call(_ words: String...) throws -> Executable.Outcome {
        try Executable.run(["tune"] + words, in: scratch.path)
    }

    private func space(_ name: String = "space.json5", _ more: String = "") throws -> String {
        try scratch.write(
            """
            {
                base: {
                    trace: { file: "\(packageRoot.path)/traces/chat.jsonl.gz", limit: 100 },
                },
                keys: { "cluster.replicas": [1, 2], "engine.tensor_parallel_size": [1, 2, 3] },
                slo: { ttft_ms: {p95: 2000}, tpot_ms: {p95: 30} },\(more)
            }
            """, name)
    }

    @Test("JSON has the interface's keys, and the file that is written holds the promises")
    func json() throws {
        let outcome = try call(space(), "--json", "--out", "best.json5")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let object = try #require(found as? [String: Any])
        let best = try #require(object["best"] as? [String: Int])
        #expect(best == ["cluster.replicas": 1, "engine.tensor_parallel_size": 1])
        #expect(object["gpus"] as? Int == 1 && object["candidates"] as? Int == 6)
        #expect(object["evaluated"] as? Int == 1)
        let near = try #require(object["within_one_percent"] as? [[String: Any]])
        #expect(near.count == 1 && near[0]["values"] as? [String: Int] == best)
        let figures = try #require(object["figures"] as? [String: Any])
        #expect(
            figures.keys.sorted() == [
                "gpu_seconds_per_output_token", "mean_e2el_ms", "output_throughput",
            ])
        let command = try #require(object["command"] as? String)
        #expect(command.hasPrefix("vllm serve llama-3.1-8b") && !command.contains("\n"))
        let confidence = try #require(object["confidence"] as? [String: Any])
        #expect(confidence["sure"] as? Bool == true && confidence["exhaustive"] as? Bool == true)
        let failed = try #require(object["failed"] as? [[String: Any]])
        #expect(failed.count == 2)
        #expect((failed[0]["problem"] as? String)?.contains("does not divide") == true)

        let written = try Configuration.read(file: scratch.path + "/best.json5")
        let resolved = try written.resolved()
        #expect(resolved.plan.replicas == 1)
        let trial = try Trial(written, traces: TraceStore())
        #expect(trial.verdict?.isMet == true)
        let text = try String(contentsOfFile: scratch.path + "/best.json5", encoding: .utf8)
        #expect(text.contains("// vllm serve llama-3.1-8b"))
        #expect(text.contains("// vLLM 0.33.0") && !text.contains("// #"))
    }

    @Test("one interval for a figure, and no certainty of 100 %")
    func certainty() throws {
        let file = try space("seeds.json5", " seeds: [0, 1],")
        let text = try String(contentsOfFile: file, encoding: .utf8)
            .replacing("file: \"\(packageRoot.path)/traces/chat.jsonl.gz\", ", with: "")
        try scratch.write(text, "seeds.json5")
        let page = try call(file).output.split(separator: "\n").joined(separator: " ")
        #expect(page.contains("(mean of 2 seeds, which give "), "\(page)")
        #expect(page.components(separatedBy: "(95 %, blocks of the trace)").count == 2)
        #expect(!page.contains("seeds, 95 %") && !page.contains("100.0 % that"))
    }

    @Test("a promised share keeps the base's limits, and says so")
    func keptLimits() throws {
        let page = try call(space(), "--slo", "goodput=0.5").output
            .split(separator: "\n").joined(separator: " ")
        #expect(page.contains("Note: good requests are those of the configuration"), "\(page)")
        #expect(page.contains("TTFT at most 450 ms and TPOT at most 40 ms"))
        let none = try call(
            space(), "--slo", "goodput=0.5", "--set", "slo.ttft_ms=null", "--set",
            "slo.tpot_ms=null")
        #expect(none.status == 2 && none.errors.contains("slo.goodput: promises a share"))
    }

    @Test("nothing that holds: status 1, the nearest miss, and no file")
    func nothing() throws {
        let outcome = try call(
            space(), "--slo", "ttft_p95_ms=1,tpot_p95_ms=30", "--out", "none.json5")
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.output.contains("NOTHING in the space holds the promises, up to 4 GPUs"))
        #expect(outcome.output.contains("at most 1.00 ms: missed"))
        #expect(outcome.output.contains("times what is allowed"))
        #expect(outcome.errors.contains("no file is written"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["space.json5"])
    }

    @Test("bad input is refused in one line, before the search where it can be")
    func refusals() throws {
        let space = try space()
        for (words, part) in [
            ([space, "--for", "speed"], "--for: is speed"),
            ([space, "--for", "gpu"], "did you mean gpus"),
            ([space, "--out", scratch.path], "is a folder"),
            ([space, "--out", "missing/best.json5"], "missing/best.json5"),
            ([space, "--out", space], "is an input of this command"),
            ([space, "--out", ""], "has no name"),
            ([space, "--slo", "ttft_p95=3"], "--slo"),
            ([space, "--slo", "goodput=0"], "every run holds"),
            ([space, "--set", "trace.file=nowhere.csv"], "nowhere.csv"),
            ([space, "--set", "trace.file=\(scratch.path)"], "folder"),
            ([space, "--set", "engine.nonsense=1"], "engine.nonsense"),
            (["missing.json5"], "missing.json5"), ([], "no operand"),
            ([try self.space("a.json5", "keys: {}, x: 1")], "x"),
            ([try self.space("b.json5", "objective: \"fun\"")], "objective"),
            ([try self.space("c.json5", "seeds: []")], "seeds"),
            ([try self.space("d.json5", "traces: [\"no.csv\"]")], "no.csv"),
            ([try self.space("e.json5", "linked: [{\"cluster.replicas\": 2}]")], "or twice"),
        ] {
            let outcome = try Executable.run(["tune"] + words, in: scratch.path, seconds: 120)
            #expect(outcome.status == 2, "\(words): \(outcome.output)")
            #expect(outcome.errors.contains(part), "\(words): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test("the article's example is what the program prints")
    func article() throws {
        let article = try String(
            contentsOf: packageRoot.appendingPathComponent(
                "Sources/Experiments/Experiments.docc/Tuning.md"), encoding: .utf8)
        let start = try #require(article.range(of: "$ headway tune configs/sweeps/tune.json5\n"))
        let block = try #require(article[start.upperBound...].range(of: "\n```"))
        let outcome = try Executable.run(
            ["tune", "configs/sweeps/tune.json5"], in: packageRoot.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == article[start.upperBound..<block.lowerBound] + "\n")
    }

    @Test("on Mooncake's conversations it is the brute force's", .enabled(if: evidence != nil))
    func mooncake() throws {
        let trace = try #require(evidence).path + "/traces/mooncake_fast25/conversation_trace.jsonl"
        #if DEBUG
            let (limit, replicas) = (100, "[1, 2, 3]")
        #else
            let (limit, replicas) = (12_031, "{from: 1, to: 32}")
        #endif
        let file = try scratch.write(
            """
            {
                base: {
                    model: { name: "llama-3.1-8b" }, hardware: { nodes: 16 },
                    trace: { file: "\(trace)", limit: \(limit) },
                },
                keys: {
                    "cluster.replicas": \(replicas), "engine.tensor_parallel_size": [1, 2, 4],
                    "engine.max_num_batched_tokens": [512, 2048, 8192, 16384],
                },
                slo: { ttft_ms: {p95: 2000}, tpot_ms: {p95: 30} },
            }
            """, "mooncake.json5")
        let space = try ConfigurationSpace(file: file)
        let tuning = try Tuning(space, file: file)
        #if DEBUG
            let all = try BruteForce(space).choice(.gpus)
            #expect(tuning.best?.point == all.best?.point)
            #expect(tuning.best?.digests == all.best?.digests)
            #expect(tuning.near.map(\.point) == all.near.map(\.point))
        #else
            // 384 calls of `headway run` on 2026-11-28: 8 GPUs, E2E 2185.393 ms, then 2191.050 ms.
            #expect(tuning.best?.point.values == [.integer(2), .integer(8192), .integer(4)])
            #expect(tuning.best?.digests == ["89036234bc1665dc"])
            #expect(tuning.near.count == 2 && tuning.work.requests < 400_000)
        #endif
        #expect(tuning.outcome == .found && tuning.evaluated < space.points)
    }
}
