import Foundation
import TestSupport
import Testing

/// `headway capacity`, called as a script calls it.
@Suite("Capacity from the command line")
struct CapacityVerbTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func call(_ words: [String]) throws -> Executable.Outcome {
        try Executable.run(["capacity"] + words, in: scratch.path, seconds: 200)
    }

    /// A linear clock, one replica, and promises that short traces can judge.
    private let small = [
        "--quiet", "--slo", "ttft_p95_ms=600,tpot_mean_ms=60", "--set", "step_time.kind=linear",
        "step_time.per_token_us=40", "hardware.gpus_per_node=1", "cluster.replicas=1",
        "engine.num_gpu_blocks=2000", "engine.max_model_len=20000", "trace.limit=300",
        "trace.rate_scale=0.06",
    ]

    @Test("JSON has what scripts count on, and the point repeats as a run")
    func json() throws {
        let outcome = try call(small + ["--seeds", "2", "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let found = try #require(object as? [String: Any])
        let value = try #require(found["value"] as? Double)
        let low = try #require(found["low"] as? Double)
        let high = try #require(found["high"] as? Double)
        #expect(low <= value && value <= high)
        #expect(found["status"] as? String == "found" && found["unit"] as? String == "requests/s")
        #expect((found["saturates_first"] as? String)?.isEmpty == false)
        let points = try #require(found["points"] as? [[String: Any]])
        let safe = try #require(points.first { $0["x"] as? Double == low })
        #expect(safe["meets"] as? Bool == true && safe["steady"] as? Bool == true)
        #expect(safe["p99_ttft_ms"] as? Double != nil)
        let replications = try #require(safe["replications"] as? [[String: Any]])
        let promised = replications.first?["slo"] as? [String: Any]
        #expect((promised?["requirements"] as? [Any])?.count == 2)
        let change = try #require(safe["set"] as? String)
        let run = try Executable.run(
            ["run"] + small + [change, "--seed", "0", "--json"], in: scratch.path, seconds: 200)
        let summary = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let digest = (summary as? [String: Any])?["digest"] as? String
        #expect(digest != nil && replications.first?["digest"] as? String == digest)
    }

    @Test("the page names the answer, the limit and the next step; statuses are those promised")
    func page() throws {
        let outcome = try call(small + ["--seeds", "2", "--over", "replicas"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        for words in ["fewest", "nearest limit", "held steps back", "Next: headway run"] {
            #expect(outcome.output.contains(words), "\(words)")
        }
        let none = try call(small + ["--seeds", "1", "--set", "engine.max_model_len=16"])
        #expect(none.status == 1)
        #expect(none.output.contains("none: even") && none.output.contains("Nearest miss"))
        let short = try call(small + ["--seeds", "1", "trace.limit=4"])
        #expect(short.status == 3)
        #expect(short.output.contains("too short"))
    }

    @Test("a pipe is refused, since a study reads its trace many times")
    func pipe() throws {
        let outcome = try Executable.shell(
            "echo | \"$HEADWAY\" capacity --quiet --trace -", in: scratch.path, seconds: 60)
        #expect(outcome.status == 2 && outcome.errors.contains("is a pipe"), "\(outcome.errors)")
    }

    @Test(
        "bad input is refused in one line",
        arguments: [
            (["--over", "nonsense"], "--over"),
            (["--seeds", "0"], "--seeds"),
            (["--seeds", "1,1"], "--seeds"),
            (["--set", "trace.request_rate=0"], "trace.request_rate"),
            (["--set", "trace.rate_scale=0"], "trace.rate_scale"),
            (["--set", "trace.concurrency=8"], "open loop"),
            (["--slo", "ttft=5"], "--slo"),
            (["--trace", ""], "--trace"),
            (["--trace", "/nowhere"], "/nowhere"),
            (["--trace", "one.csv"], "one request"),
            (["--trace", "once.csv"], "all at once"),
            (["--trace", "empty.csv"], "empty.csv"),
            (["--trace", "many.csv", "--seeds", "3"], "--seeds"),
            (["nowhere.json5"], "nowhere.json5"),
            (["--over", "gpus", "--set", "model.name=llama-3.1-405b"], "does not fit"),
        ])
    func refused(words: [String], message: String) throws {
        let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
        for (name, rows) in [
            ("one.csv", "0,10,10\n"), ("once.csv", "1,10,10\n1,10,10\n"), ("empty.csv", ""),
            ("many.csv", (0..<20).map { "\($0),10,10\n" }.joined()),
        ] {
            try Data((header + rows).utf8).write(
                to: URL(fileURLWithPath: scratch.path).appendingPathComponent(name))
        }
        let outcome = try call(["--quiet"] + words)
        #expect(outcome.status == 2, "\(outcome.output)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }
}
