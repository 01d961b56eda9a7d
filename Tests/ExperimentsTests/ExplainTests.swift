import Basics
import Experiments
import Models
import Scenario
import Simulator
import StepTime
import Testing

@Suite("Explaining more than a step")
struct ExplainTests {
    private func scenario(_ flags: [String: String]) throws -> ExplainScenario {
        var scenario = ExplainScenario()
        for (name, value) in flags { try scenario.set(name, to: value) }
        return scenario
    }

    @Test("a whole request is its chunks and its decode steps, each by the run's own price")
    func request() throws {
        let asked = try scenario(["input": "9000", "output": "5", "batch": "3"])
        let request = try #require(try asked.explained().request)
        let model = try Catalogue.model(named: "llama-3.1-8b")
        let clock = try StepTime.measured(model, Deployment())
        func seconds(_ change: (inout StepLoad) -> Void) -> Double {
            var load = StepLoad()
            change(&load)
            return Double(clock.picoseconds(load)) * 1e-12
        }
        let first =
            seconds { $0.add(8192, past: 0, samples: false, window: 0) }
            + seconds { $0.add(808, past: 8192, samples: true, window: 0) }
        let decodes = (1...4).map { token in
            seconds { load in
                for _ in 0..<3 { load.add(1, past: 9000 + token - 1, samples: true, window: 0) }
            }
        }
        #expect(request.chunks == 2)
        #expect(abs(request.timeToFirstToken - first) < 1e-9)
        #expect(abs(request.timePerOutputToken - decodes.reduce(0, +) / 4) < 1e-9)
        #expect(abs(request.endToEnd - first - decodes.reduce(0, +)) < 1e-9)
        let decoding = try #require(request.decodeTokensPerGPU)
        #expect(abs(decoding - 3 / request.timePerOutputToken) < 1e-6)
        // Three prompts, then 15 tokens.
        let all = 15 / (3 * first + decodes.reduce(0, +))
        #expect(abs(request.outputTokensPerGPU - all) < 1e-6)
    }

    @Test("the host is the one that a run with these kernels has")
    func host() throws {
        let without = try scenario(["profile": "trtllm"]).explained().explanation
        #expect(without.breakdown.hostSeconds == 0 && without.hostName == HostProfile.trtllm.name)
        #expect(try scenario([:]).explained().explanation.breakdown.hostSeconds > 0)
    }

    @Test("a step of a Blackwell is that of a run, beyond 512 tokens too")
    func captures() throws {
        let flags = ["model": "llama-3.1-8b", "gpu": "b200", "tp": "4", "weights": "fp8"]
        let step = ["context": "1024", "tokens": "1024"]
        let found = try scenario(flags.merging(step) { $1 }).explained().explanation
        let run = try Configuration.read(
            file: nil,
            changes: [
                "model.weights=fp8", "hardware.gpu=b200-sxm", "engine.tensor_parallel_size=4",
            ]
        ).resolved()
        var load = StepLoad()
        load.add(1024, past: 0, samples: true, window: 0)
        let seconds = Double(run.plan.stepTime.picoseconds(load)) * 1e-12
        #expect(abs(found.breakdown.seconds / seconds - 1) < 1e-3)
    }

    @Test("a step that the host launches more slowly than it runs takes as long as the launch")
    func launch() throws {
        let step = ["model": "falcon-mamba-7b", "tp": "8", "context": "1500", "tokens": "1500"]
        let breakdown = try scenario(step).explained().explanation.breakdown
        let launch = try #require(breakdown.phases.first { $0.name == "launch" })
        let host = HostProfile.vllmAsync.launchEager.seconds(layers: 64)
        #expect(launch.seconds > 0 && abs(breakdown.seconds - host) < 1e-9)
        let decode = try scenario(["model": "falcon-mamba-7b", "tp": "8"]).explained()
        #expect(!decode.explanation.breakdown.phases.contains { $0.name == "launch" })
    }

    @Test("latents have the blocks that a run has")
    func latents() throws {
        let found = try scenario(["model": "deepseek-v3", "gpu": "b200", "tp": "8"]).explained()
        let run = try Configuration.read(
            file: nil,
            changes: [
                "model.name=deepseek-v3", "hardware.gpu=b200-sxm",
                "engine.tensor_parallel_size=8",
            ]
        ).resolved()
        #expect(found.explanation.blockSize == run.configuration.engine.blockSize)
        #expect(found.explanation.budget?.numGPUBlocks == run.memory.blocks)
        #expect(found.explanation.blockSize == 32)
    }

    @Test("a request's step is one of its own decodes")
    func requestStep() throws {
        let step = try scenario(["input": "4096", "output": "256"]).explained()
            .explanation.breakdown.step
        #expect(step.context == 4224 && step.tokens == 1)
    }

    @Test("a flag that is given twice is refused")
    func twice() throws {
        #expect(throws: InputError.self) { try scenario([:]).changed(by: "--tp 2 --tp 4") }
        #expect(throws: InputError.self) { try scenario([:]).changed(by: "--mha --mha") }
        _ = try scenario([:]).changed(by: "--tp=2 --batch 4")
    }

    @Test("a request of one token decodes nothing and yet brings tokens")
    func oneToken() throws {
        let request = try #require(
            try scenario(["input": "4000", "output": "1", "batch": "8"]).explained().request)
        #expect(request.decodeTokensPerGPU == nil && request.timePerOutputToken == 0)
        #expect(abs(request.outputTokensPerGPU - 1 / request.timeToFirstToken) < 1e-9)
    }

    @Test(
        "flags that change nothing of a model are named",
        arguments: [
            ("deepseek-v3", "--mqa --tp 8", "--mqa has no effect: deepseek-v3 has no layer with"),
            ("falcon-mamba-7b", "--mqa", "--mqa has no effect"),
            ("falcon-mamba-7b", "--mha --kv fp8", "--kv has no effect: falcon-mamba-7b has no att"),
            ("falcon-mamba-7b", "--block-size 32", "--block-size has no effect"),
            (
                "llama-3.1-8b", "--no-window",
                "--no-window has no effect: llama-3.1-8b has no layers"
            ),
            ("llama-3.1-8b", "--routing power_law", "--routing power_law has no effect"),
            ("llama-3.1-8b", "--mha --mqa --kv fp8 --routing served", nil),
            ("gpt-oss-20b", "--no-window --routing power_law --mqa", nil),
            ("deepseek-v3", "--mha --tp 8", nil),
        ] as [(String, String, String?)])
    func idleFlags(_ model: String, _ flags: String, _ note: String?) throws {
        let explained = try scenario(["model": model]).changed(by: flags).explained()
        let notes = explained.explanation.notes.filter { $0.contains("has no effect") }
        #expect(notes.contains { $0.hasPrefix(note ?? "-") } == (note != nil), "\(notes)")
        if note == nil { #expect(notes.isEmpty, "\(notes)") }
    }

    @Test(
        "a whole request that the model or the pool does not hold is noted, one that fits is not",
        arguments: [
            ("llama-3.1-8b", 8192, 4000, 64, "64 requests of 8,192 + 4,000 tokens do not fit:"),
            ("llama-3.1-8b", 8192, 4000, 36, nil),
            ("llama-2-7b", 8192, 256, 1, "a request of 8,192 + 256 tokens is longer than"),
            ("llama-2-7b", 3840, 256, 1, nil),
            ("llama-2-7b", 3841, 256, 1, "a request of 3,841"),
            ("llama-3.1-8b", 200_000, 10, 1, "a request of 200,000 + 10 tokens is longer than"),
            ("falcon-mamba-7b", 4096, 256, 1, "a request of 4,096 + 256 tokens is longer"),
            ("falcon-mamba-7b", 1024, 256, 2000, "2,000 sequences are more than one step"),
        ] as [(String, Int, Int, Int, String?)])
    func requestNotes(
        _ model: String, _ input: Int, _ output: Int, _ batch: Int, _ note: String?
    ) throws {
        let explained = try scenario([
            "model": model, "input": "\(input)", "output": "\(output)", "batch": "\(batch)",
            "context": "1024",
        ]).explained()
        let notes = explained.explanation.notes.filter {
            $0.contains("request of") || $0.contains("requests of") || $0.contains("than one step")
        }
        #expect(notes.contains { $0.hasPrefix(note ?? "-") } == (note != nil), "\(notes)")
        if note == nil { #expect(notes.isEmpty, "\(notes)") }
    }

    @Test("a chunk beside decodes costs more than none and less than two steps")
    func mixed() throws {
        let mixed = try #require(
            try scenario(["chunk": "512", "batch": "16"]).explained().mixed)
        #expect(mixed.together > mixed.decodesAlone && mixed.together > mixed.chunkAlone)
        #expect(mixed.together < mixed.decodesAlone + mixed.chunkAlone)
    }

    @Test("a range doubles from its first value, and says which values do not go")
    func ranges() throws {
        let contexts = try ExplainRange("context=2k..1M", of: ExplainScenario())
        #expect(contexts.rows.map(\.value) == (11...20).map { String(1 << $0) })
        let times = contexts.rows.map { $0.explained!.explanation.breakdown.seconds }
        #expect(zip(times, times.dropFirst()).allSatisfy(<))
        let sizes = try ExplainRange("tp=1,3,8", of: ExplainScenario())
        #expect(sizes.rows.map { $0.problem == nil } == [true, false, true])
    }

    @Test("one group of heads caches what one head has, and none what all have")
    func heads() throws {
        func bytes(_ change: String) throws -> Int64 {
            var scenario = ExplainScenario()
            let isKnown = scenario.turn(change)
            #expect(isKnown)
            return try scenario.explained().explanation.kvBytesPerToken
        }
        let own = try ExplainScenario().explained().explanation.kvBytesPerToken
        // 32 query heads, 8 pairs of keys and values.
        #expect(try bytes("--mqa") * 8 == own)
        #expect(try bytes("--mha") == own * 4)
    }

    @Test(
        "what is no scenario is refused at its flag",
        arguments: [
            (["context": "2kk"], "--context"), (["batch": "0"], "--batch"),
            (["input": "4"], "--input"), (["output": "4"], "--output"),
            (["chunk": "9", "tokens": "2"], "--chunk"), (["gpu": "h1"], "h1"),
            (["input": "4", "output": "8M"], "--output"),
            (["chunk": "1M", "batch": "1M", "context": "1M"], "--context"),
        ])
    func refusals(_ flags: [String: String], _ place: String) {
        let error = #expect(throws: InputError.self) { _ = try scenario(flags).explained() }
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
    }

    @Test(
        "a line of changes is refused where it is none",
        arguments: [
            "", "  ", "kv fp8", "--kv", "--kv fp9", "--nothing 3", "--kv fp8 4",
        ])
    func changes(_ line: String) {
        #expect(throws: InputError.self) { _ = try ExplainScenario().changed(by: line) }
    }

    @Test(
        "a range is refused where it is none",
        arguments: [
            "context", "context=", "=3", "context=9..2", "context=1..", "nothing=1..2", "tp=1,,2",
            "tp=3",
        ])
    func wrongRanges(_ text: String) {
        #expect(throws: InputError.self) { _ = try ExplainRange(text, of: ExplainScenario()) }
    }
}
