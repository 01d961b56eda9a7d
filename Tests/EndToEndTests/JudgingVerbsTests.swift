import Foundation
import TestSupport
import Testing

/// The verbs that end in a judgement, called as a script calls them.
@Suite("Verbs that judge say what they judged")
struct JudgingVerbsTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func write(_ name: String, _ text: String) throws -> String {
        try scratch.write(name, Array(text.utf8))
    }

    private func call(_ words: String...) throws -> Executable.Outcome {
        try Executable.run(words, in: scratch.path, seconds: 200)
    }

    private func json(_ outcome: Executable.Outcome) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require(object as? [String: Any])
    }

    private static let suite = """
        { seeds: 4, config: { step_time: { kind: "linear" }, hardware: { gpus_per_node: 1 },
            trace: { limit: 60, rate_scale: 0.05 } },
          cases: [{ name: "\\n::error::a", metrics: { mean_tpot_ms: { relative: 0.015 } } }] }
        """

    @Test("bless prints JSON when asked, and more seeds than it had are compared in pairs")
    func blessAndMoreSeeds() throws {
        _ = try write("S.json5", Self.suite)
        let blessed = try call("gate", "S.json5", "--bless", "--json")
        #expect(blessed.status == 0)
        #expect(try json(blessed)["seeds"] as? [Int] == [1, 2, 3, 4])
        let more = try call("gate", "S.json5", "--seeds", "5", "--json")
        #expect(more.status == 0)
        let result = try json(more)
        #expect(result["seeds"] as? Int == 4)
        #expect((result["notes"] as? [String])?.first?.contains("--bless --seeds 5") == true)
        let slow = try call("gate", "S.json5", "--github", "--set", "step_time.scale=1.1")
        #expect(slow.status == 1)
        let commands = slow.output.split(separator: "\n").filter { $0.hasPrefix("::") }
        #expect(commands.count == 1 && commands[0].hasPrefix("::error title=S%3A \\n%3A%3Aerror"))
    }

    @Test("a margin that the gate would refuse is not blessed")
    func refusedMargins() throws {
        let zero = Self.suite.replacing("mean_tpot_ms", with: "request_goodput")
            .replacing("config: {", with: "config: { slo: { ttft_ms: 0.001 },")
        _ = try write("S.json5", zero)
        let blessed = try call("gate", "S.json5", "--bless")
        #expect(blessed.status == 2)
        #expect(blessed.errors.contains("is 0 in some runs"))
        #expect(!scratch.names.contains("baselines"))
        _ = try write("S.json5", Self.suite)
        let one = try call("gate", "S.json5", "--bless", "--seeds", "1")
        #expect(one.status == 2 && one.errors.contains("one seed shows no spread"))
        for words in [["--bless", "--exact"], ["--bless", "--junit", "j"], ["--trials", "3"]] {
            #expect(
                try Executable.run(["gate", "S.json5"] + words, in: scratch.path).status == 2)
        }
    }

    @Test("run ends with 1 where an SLO that is required is missed, and writes all the same")
    func requiredSLO() throws {
        let small = ["run", "--quiet", "--limit", "40", "--require-slo"]
        func run(_ words: String...) throws -> Executable.Outcome {
            try Executable.run(small + words, in: scratch.path, seconds: 100)
        }
        let met = try run("--slo", "ttft_p99_ms=100000")
        #expect(met.status == 0 && met.errors.isEmpty)
        // 99 % of requests within the limits of each are taken as promised.
        #expect(try run().status == 0)
        let missed = try run("--slo", "ttft_p99_ms=1,tpot_p99_ms=10000", "--out", "d")
        #expect(missed.status == 1 && missed.output.contains("SLO MISSED"))
        #expect(missed.errors.hasPrefix("headway: the run misses its SLO: ttft_p99_ms is "))
        #expect(scratch.names.contains("d"))
        let json = try run("--slo", "ttft_ms=0.001", "--json")
        #expect(json.status == 1)
        #expect(try self.json(json)["completed"] as? Int == 40)
        let unserved = try run("--slo", "ttft_p50_ms=1e9", "--set", "engine.max_model_len=16")
        #expect(unserved.status == 1 && unserved.errors.contains("endless"))
        let none = try run("--set", "slo.ttft_ms=null", "slo.tpot_ms=null", "--out", "e")
        #expect(none.status == 2 && none.errors.contains("nothing is limited"))
        let several = try run("--compare-gpus", "H100,H200")
        #expect(several.status == 2 && several.errors.contains("--compare-gpus"))
        #expect(!scratch.names.contains("e"))
    }

    @Test("conform reports a case that it cannot read, runs the others and ends with status 2")
    func unreadableCase() throws {
        let cases = packageRoot.appendingPathComponent("Tests/FidelityTests/Cases/sync").path
        for (name, isWhole) in [("a", true), ("b", false), ("c", true)] {
            let folder = scratch.path + "/cases/" + name
            try FileManager.default.createDirectory(
                atPath: scratch.path + "/cases", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: cases + "/u1-edges", toPath: folder)
            if !isWhole { _ = try write("cases/b/config.json", "{") }
        }
        let outcome = try call("conform", "cases", "--advance", "fast_forward")
        #expect(outcome.status == 2)
        #expect(outcome.output.components(separatedBy: "steps match").count == 3)
        #expect(outcome.output.contains("b (fast_forward): cannot be read: "))
        #expect(outcome.errors.hasPrefix("headway: conform: 1 of 3 cases cannot be read"))
        #expect(outcome.errors.filter(\.isNewline).count == 1)
        let random = try call("conform", "--random", "3", "--json")
        #expect(random.status == 0)
        #expect((try json(random)["random"] as? [String: Any])?["seeds"] as? Int == 3)
    }

    @Test("absurd counts are refused, or begin at once")
    func absurdCounts() throws {
        let bench = try call("bench", "step-32", "--repeat", "99999999999")
        #expect(bench.status == 2 && bench.errors.contains("99999999999 is above 100000"))
        let random = try Executable.run(
            ["conform", "--random", "9223372036854775807"], in: scratch.path, seconds: 2)
        #expect(random.status == -1 && random.errors.isEmpty)
    }

    @Test("validate of nothing is refused with the reason")
    func validateNothing() throws {
        let header =
            "id,engine,model,gpu,tp,ep,weight_dtype,kv_cache_dtype,input_tokens,output_tokens,"
            + "length_jitter,load_kind,load,num_requests,max_num_batched_tokens,max_num_seqs,"
            + "metric,value,unit\n"
        _ = try write("v.csv", header)
        #expect(try call("validate", "v.csv").errors.contains("has no rows"))
        let row = "a,vllm,Qwen/Qwen3-32B,h100-sxm,3,1,bf16,,1024,128,0,concurrency,8,80,8192,8,"
        _ = try write("v.csv", header + row + "tpot_mean,18,ms\n")
        let outcome = try call("validate", "v.csv")
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("v.csv:2: none of 1 rows can be predicted"))
    }

    @Test("validate replays a trace with measured latencies, and run shows them, too")
    func validateTrace() throws {
        let result = """
            {"request_throughput":1.0,"total_input_tokens":300,"input_lens":[100,200],\
            "output_lens":[3,2],"ttfts":[0.05,0.06],"itls":[[0.01,0.02],[0.03]],\
            "start_times":[1000.0,1000.5],"errors":["",""]}
            """
        _ = try write("b.json", result)
        let one = ["--set", "cluster.replicas=1", "--set", "step_time.kind=linear"]
        let outcome = try Executable.run(
            ["validate", "b.json", "--json"] + one, in: scratch.path, seconds: 200)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let comparison = try #require(try json(outcome)["comparison"] as? [String: Any])
        let latencies = try #require(comparison["latencies"] as? [[String: Any]])
        #expect(latencies.map { $0["name"] as? String } == ["ttft", "tpot", "e2el"])
        let measured = try #require(latencies[0]["measured"] as? [String: Any])
        #expect(measured["mean_ms"] as? Double == 55)
        let simulated = try #require(latencies[0]["simulated"] as? [String: Any])
        let run = try Executable.run(
            ["run", "--trace", "b.json", "--json", "--quiet"] + one, in: scratch.path,
            seconds: 200)
        let summary = try json(run)
        #expect(summary["mean_ttft_ms"] as? Double == simulated["mean_ms"] as? Double)
        #expect(summary["measured"] != nil)
        let page = try Executable.run(
            ["validate", "b.json"] + one, in: scratch.path, seconds: 200)
        #expect(page.output.contains("TTFT measured") && page.output.contains("TTFT simulated"))
        #expect(try call("validate", "b.json", "--rows").status == 2)
        let reference = try call("validate", "v.csv", "--set", "seed=1")
        #expect(reference.status == 2 && reference.errors.contains("--set: applies to a trace"))
    }

    @Test("validate says what a JSON lacks, and counts each request once")
    func validateWords() throws {
        func result(_ ttfts: String, _ outputs: String = "[3,2]") -> String {
            """
            {"request_throughput":1.0,"total_input_tokens":300,"input_lens":[100,200],\
            "output_lens":\(outputs),\(ttfts)"itls":[[0.01,0.02],[0.03]],\
            "start_times":[1000.0,1000.5],"errors":["",""]}
            """
        }
        _ = try write("bare.json", #"{"request_throughput": 1.0, "mean_ttft_ms": 20.0}"#)
        let bare = try call("validate", "bare.json")
        #expect(bare.status == 2 && bare.errors.contains("save-detailed"))
        #expect(!bare.errors.contains("weight_dtype"))
        _ = try write("negative.json", result("\"ttfts\":[0.05,-0.06],"))
        let negative = try call("validate", "negative.json")
        #expect(negative.status == 2 && negative.errors.contains("first token is negative"))
        _ = try write("dropped.json", result("\"ttfts\":[0.05,0.06],", "[3,0]"))
        let one = ["--set", "cluster.replicas=1", "--set", "step_time.kind=linear"]
        let dropped = try Executable.run(
            ["validate", "dropped.json"] + one, in: scratch.path, seconds: 200)
        #expect(dropped.status == 0 && dropped.output.contains("1 row of the trace dropped"))
        #expect(!dropped.output.contains("did not finish"))
        let margin = try Executable.run(
            ["validate", "dropped.json", "--set", "trace.limit=1", "--set", "output.warmup=1"]
                + one, in: scratch.path, seconds: 200)
        #expect(margin.status == 2)
    }

    @Test("folders with classes are written and compared, however their names are spelled")
    func classFolders() throws {
        var lines = ""
        for row in 0..<30 {
            let name = [#"a, \"b\""#, "", "other"][row % 3]
            lines +=
                #"{"arrival_us":\#(row * 9_000),"prompt_tokens":90,"output_tokens":5,"#
                + #""tenant":"\#(name)"}"# + "\n"
        }
        _ = try write("t.jsonl", lines)
        for name in ["A", "B"] {
            let run = try Executable.run(
                [
                    "run", "--trace", "t.jsonl", "--set", "output.by=tenant", "--set",
                    "trace.max_concurrency=3", "--quiet", "--out", name,
                ], in: scratch.path, seconds: 200)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("(none)") && run.output.contains("other"))
        }
        #expect(try call("compare", "A", "B").output.hasPrefix("B is identical: every request"))
        let typo = try call(
            "run", "--trace", "t.jsonl", "--set", "output.by=tenant",
            "slo.classes={\"othr\": {ttft_ms: {p99: 500}}}", "--quiet", "--out", "C")
        #expect(typo.status == 2 && typo.output.isEmpty)
        #expect(typo.errors.contains("slo.classes.othr: no request is of this class"))
        #expect(typo.errors.contains("other"), "\(typo.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/C/summary.json"))
        let classes = try String(
            contentsOfFile: scratch.path + "/A/classes.csv", encoding: .utf8)
        #expect(classes.split(separator: "\n").count == 4)
        let none = try Executable.run(
            ["run", "--trace", "t.jsonl", "--set", "output.by=lora", "--json", "--quiet"],
            in: scratch.path, seconds: 200)
        let summary = try json(none)
        #expect(summary["by_lora"] == nil)
        let warnings = try #require(summary["warnings"] as? [String])
        #expect(warnings.contains { $0.contains("the trace names no LoRA adapter") })
    }

    @Test("priorities without effect are noted, and adapters share no blocks")
    func prioritiesAndAdapters() throws {
        _ = try write(
            "p.jsonl",
            """
            {"arrival_us":0,"segments":[[1,1600]],"output_tokens":20,"lora_name":"a","priority":3}
            {"arrival_us":3000000,"segments":[[1,1600]],"output_tokens":20,"lora_name":"b"}
            {"arrival_us":6000000,"segments":[[1,1600]],"output_tokens":20,"lora_name":"b"}

            """)
        // Copies get ids and contents of their own, in which adapters stay apart.
        let scale = try Executable.run(
            ["trace", "scale", "p.jsonl", "--factor", "2", "--out", "two.jsonl"],
            in: scratch.path)
        #expect(scale.output.contains("Lost") && scale.output.contains("LoRA adapters"))
        let copies = try json(
            Executable.run(["trace", "info", "two.jsonl", "--json"], in: scratch.path))
        let share = try #require(copies["token_hit_ratio"] as? Double)
        #expect(abs(share - 1_600.0 / 4_800) < 0.01, "\(share)")
        for (policy, isNoted) in [("fcfs", true), ("decode_first", true), ("priority", false)] {
            let set = "engine.scheduling_policy=\(policy)"
            let summary = try json(
                Executable.run(
                    ["run", "--trace", "p.jsonl", "--set", "cluster.replicas=1", set]
                        + ["--json", "--quiet"], in: scratch.path, seconds: 200))
            let warnings = try #require(summary["warnings"] as? [String])
            let idle = warnings.filter { $0.contains("priorities have no effect") }
            #expect(idle.count == (isNoted ? 1 : 0), "\(warnings)")
            #expect(idle.allSatisfy { $0.contains("is \(policy).") })
            #expect(warnings.contains { $0.contains("different adapters share no KV blocks") })
            // The third request hits the second's blocks, all but the last of its prompt.
            let hits = try #require(summary["prefix_hit_rate"] as? Double)
            #expect(abs(hits - 1_584.0 / 4_800) < 1e-6)
        }
    }

    @Test("steps.jsonl beside them changes no order in plans.jsonl and timeline.json")
    func orderOfFiles() throws {
        for decisions in ["false", "true"] {
            let run = try Executable.run(
                [
                    "run", "--limit", "150", "--set", "cluster.replicas=3", "--set",
                    "output.plans=true", "--set", "output.timeline=true", "--set",
                    "output.decisions=\(decisions)", "--quiet", "--out", "order-\(decisions)",
                ], in: scratch.path, seconds: 300)
            #expect(run.status == 0, "\(run.errors)")
        }
        for file in ["plans.jsonl", "timeline.json"] {
            let texts = try ["false", "true"].map {
                try String(contentsOfFile: scratch.path + "/order-\($0)/" + file, encoding: .utf8)
            }
            #expect(texts[0] == texts[1] && texts[0].utf8.count > 10_000, "\(file)")
        }
    }

    @Test("two releases are compared, and what makes no such pair is refused in one line")
    func versions() throws {
        let changes = [
            "--set", "model.name=gpt-oss-20b", "--set", "trace.limit=60", "--set",
            "cluster.replicas=1",
        ]
        func compare(_ words: String...) throws -> Executable.Outcome {
            try Executable.run(["compare"] + words + changes, in: scratch.path, seconds: 200)
        }
        let empty = try call("compare", "--versions", "")
        #expect(empty.status == 2 && empty.errors.contains("--versions: is empty"))
        let folder = try call("compare", "--versions", "0.28.0,0.29.0", scratch.path)
        #expect(folder.status == 2 && folder.errors.contains("makes both runs itself"))
        let page = try compare("--versions", "0.28.0,0.29.0")
        #expect(page.status == 0 && page.output.contains("S4, which blocks a sliding window"))
        // The verdict is the first line.
        #expect(page.output.hasPrefix("vLLM 0.29.0 "), "\(page.output.prefix(200))")
        let object = try json(compare("--versions", "0.28.0,0.29.0", "--json"))
        #expect(object["versions"] as? [String] == ["0.28.0", "0.29.0"])
        #expect((object["causes"] as? [[String: Any]])?.count == 1)
        for (words, part) in [
            (["--versions", "0.28.0"], "--versions: names 1 version; expected two releases"),
            (["--versions", "0.28.0,0.99.0"], "\"0.99.0\" is not a simulated release of vLLM"),
            (["--versions", "0.28.0,0.28.0"], "0.28.0 is there twice"),
            (
                ["--versions", "0.19.0,0.29.0", "--set", "engine.watermark=0.1"],
                "engine.watermark: vLLM 0.19.0 has no such option; expected version 0.24.0"
            ),
            (["--versions", "0.28.0,0.29.0", "a", "b"], "compare: 2 operands given (a b)"),
            (["--pin-defaults", "a", "b"], "--pin-defaults: is for --versions only"),
            (["a"], "compare: 1 operand given (a); expected headway compare BASELINE"),
        ] {
            let outcome = try Executable.run(
                ["compare"] + words, in: scratch.path, seconds: 200)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(outcome.errors.contains(part), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }

    @Test("a suite with versions takes neither --bless nor --self-check")
    func suiteOfVersions() throws {
        _ = try write(
            "V.json5",
            Self.suite.replacing(
                "{ seeds: 4,",
                with: """
                    { seeds: 2, versions: ["0.32.0", "0.33.0"],
                    """))
        let passed = try call("gate", "V.json5", "--exact")
        #expect(passed.status == 0 && passed.output.contains("the baseline is vLLM 0.32.0"))
        for flag in ["--bless", "--self-check"] {
            let refused = try call("gate", "V.json5", flag)
            #expect(refused.status == 2 && refused.errors.contains("compares two versions"))
        }
        #expect(!scratch.names.contains("baselines"))
    }

    @Test("compare's queue time is that of summary.json, without the way to the scheduler")
    func queueTime() throws {
        let scratch = try ScratchFolder()
        for (name, change) in [("a", "seed=0"), ("b", "engine.block_size=32")] {
            _ = try Executable.run(
                ["run", "--limit", "40", "--quiet", "--set", change, "--out", name],
                in: scratch.path)
        }
        let outcome = try Executable.run(["compare", "a", "b", "--json"], in: scratch.path)
        func object(_ text: String) throws -> [String: Any] {
            try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }
        let candidates = try #require(try object(outcome.output)["candidates"] as? [[String: Any]])
        let metrics = try #require(candidates[0]["metrics"] as? [[String: Any]])
        let queue = try #require(metrics.first { $0["metric"] as? String == "mean_queue_ms" })
        let summary = try object(try scratch.text("a/summary.json"))
        let wanted = try #require(summary["mean_queue_ms"] as? Double)
        #expect(abs(try #require(queue["before"] as? Double) - wanted) < 0.002)
        #expect(wanted > 0)
    }
}
