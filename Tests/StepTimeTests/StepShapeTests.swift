import Models
import Testing

@testable import StepTime

/// Neighbouring steps have neighbouring prices, and no price is below what its bytes take.
@Suite struct StepShapeTests {
    private static func load(
        decodes: Int = 0, context: Int = 1, chunks: Int = 0, of tokens: Int = 0, past: Int = 0,
        window: Int = 0
    ) -> StepLoad {
        var load = StepLoad()
        for _ in 0..<decodes { load.addDecode(context: context, window: window) }
        for _ in 0..<chunks { load.addChunk(tokens, past: past, window: window) }
        load.sampled = load.requests
        return load
    }

    @Test("one token beyond the captured sizes costs a token, mixing no more than two steps")
    func noCliff() throws {
        let clock = try StepTime.measured(Catalogue.model(named: "llama-3.1-8b"), Deployment())
        let within = Self.load(decodes: 64, context: 4000, chunks: 1, of: 448)
        let beyond = Self.load(decodes: 64, context: 4000, chunks: 1, of: 449)
        let price = Double(clock.picoseconds(beyond))
        #expect(price / Double(clock.picoseconds(within)) < 1.005)
        let apart = [
            Self.load(decodes: 64, context: 4000), Self.load(chunks: 1, of: 449),
        ].reduce(0) { $0 + clock.picoseconds($1) }
        // The attention of one kernel for both was measured slower than that of two.
        #expect(price < 1.02 * Double(apart))
    }

    @Test("rows that pad a graph reach no experts")
    func paddedRows() throws {
        let model = try Catalogue.model(named: "qwen3-30b-a3b")
        let clock = try StepTime.measured(model, Deployment())
        func price(_ decodes: Int) -> Double {
            Double(clock.picoseconds(Self.load(decodes: decodes, context: 1024)))
        }
        // Nine run the graph of sixteen.
        #expect(price(9) / price(8) < 1.1)
        #expect(price(9) / price(16) < 0.85)
        for decodes in 1..<300 { #expect(price(decodes + 1) >= price(decodes)) }
        var options = ClockOptions()
        options.routing = .balanced
        let step = try StepBreakdown.Step(batch: 10, tokens: 1, context: 1024)
        let experts = try #require(
            StepBreakdown(model, Deployment(), options, step).phases.first { $0.name == "experts" })
        let each = 3.0 * 2048 * 768 * 2 * 48
        #expect(abs(experts.weightBytes / each - 60.9) < 0.1)
    }

    @Test("experts of 4 and 8 bits take longer in servers, by their width")
    func expertWidth() {
        let serving = ServingCoefficients.vllm
        // Mixtral's wide experts showed none of it.
        for format in [WeightFormat.fp8, .nvfp4, .int4, .mxfp4] {
            #expect(
                serving.experts(format, width: 2880, tokens: 8192)
                    == serving.experts(.fp8, width: 1536, tokens: 8192))
            #expect(serving.experts(format, width: 14_336, tokens: 8192) == 1)
        }
        #expect(serving.experts(.bf16, width: 768, tokens: 8192) == 1)
    }

    @Test("a chunk passes every pipeline stage whole, whatever runs beside it")
    func pipelines() throws {
        var staged = Deployment(tensorParallel: 2, weights: .fp8)
        staged.pipelineParallel = 4
        let clock = try StepTime.measured(Catalogue.model(named: "llama-3.1-70b"), staged)
        let alone = clock.picoseconds(Self.load(chunks: 1, of: 4000))
        var last = alone
        for decodes in [1, 3, 7, 64] {
            let load = Self.load(decodes: decodes, context: 4000, chunks: 1, of: 4000)
            #expect(clock.picoseconds(load) >= last)
            last = clock.picoseconds(load)
        }
        var two = Self.load(chunks: 1, of: 4000)
        for size in [10, 4000] {
            two.addChunk(size, past: 0, window: 0)
            #expect(clock.picoseconds(two) >= alone)
        }
    }

    @Test(
        "a chunk over a long past takes at least the bytes of the cache",
        arguments: ["llama-2-7b", "llama-3.1-8b", "gemma-3-27b", "deepseek-v2"])
    func cachedPast(name: String) throws {
        let model = try Catalogue.model(named: name)
        let clock = try StepTime.measured(model, Deployment())
        for tokens in [2, 8, 64, 512] {
            let step = try StepBreakdown.Step(batch: 8, tokens: tokens, context: 30_000)
            let parts = try StepBreakdown(model, Deployment(), .init(), step)
            let bytes = parts.phases.reduce(0) { $0 + $1.weightBytes + $1.kvBytes }
            let load = Self.load(
                chunks: 8, of: tokens, past: 30_000 - tokens, window: clock.window)
            let price = Double(clock.picoseconds(load)) * 1e-12
            #expect(price >= bytes / GPU.h100.memoryBandwidth, "\(tokens) tokens")
            #expect(abs(parts.seconds / price - 1) < 2e-4)
        }
    }

    @Test(
        "no step takes longer on a GPU that is in nothing slower, but for experts' fits",
        arguments: [("h100-sxm", "h200-sxm"), ("b200-sxm", "b300-sxm"), ("b200-sxm", "gb200")])
    func siblings(smaller: String, larger: String) throws {
        for (name, deployment) in [
            ("gpt-oss-20b", Deployment(weights: .mxfp4)), ("qwen3-30b-a3b", Deployment()),
            ("qwen3-30b-a3b", Deployment(tensorParallel: 4)),
            ("llama-3.1-70b", Deployment(tensorParallel: 4, weights: .fp8)),
            ("deepseek-v2", Deployment()),
        ] {
            let clocks = try [smaller, larger].map { gpu in
                let options = try ClockOptions(profile: "vllm", gpu: .named(gpu))
                return try StepTime.measured(Catalogue.model(named: name), deployment, options)
            }
            let window = clocks[0].window
            for load in [
                Self.load(decodes: 1, context: 500, window: window),
                Self.load(decodes: 64, context: 2000, window: window),
                Self.load(chunks: 1, of: 512, window: window),
                Self.load(chunks: 2, of: 4096, past: 4096, window: window),
            ] {
                // Experts' tables of two GPUs rank them by up to 6 % of a step.
                let most = name.hasPrefix("llama") ? 1.0 : 1.06
                let prices = clocks.map { Double($0.picoseconds(load)) }
                #expect(prices[1] <= most * prices[0], "\(name)")
            }
        }
    }
}
