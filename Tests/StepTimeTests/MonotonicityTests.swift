import Basics
import Models
import Testing

@testable import StepTime

/// No step may become cheaper by more tokens, more context or more sequences.
@Suite struct MonotonicityTests {
    private static let deployments: [(String, Deployment)] = [
        ("llama-3.1-8b", Deployment()),
        ("llama-3.1-70b", Deployment(tensorParallel: 4, weights: .fp8)),
        ("qwen3-235b-a22b", Deployment(tensorParallel: 8, weights: .fp8, cache: .fp8)),
        ("gpt-oss-20b", Deployment(weights: .mxfp4)),
        ("deepseek-v3", Deployment(tensorParallel: 8, weights: .fp8)),
        ("gemma-3-27b", Deployment(tensorParallel: 2, weights: .int4, cache: .int4)),
        ("falcon-mamba-7b", Deployment()), ("qwen3-next-80b-a3b", Deployment(tensorParallel: 2)),
    ]

    @Test(arguments: 0..<8, EngineProfile.all.map(\.name))
    func moreIsNeverCheaper(index: Int, profile: String) throws {
        var options = ClockOptions()
        options.profile = try EngineProfile.named(profile)
        options.maxTokens = 16_384
        let (name, deployment) = Self.deployments[index]
        let clock = try StepTime.measured(Catalogue.model(named: name), deployment, options)
        var random = SeededRandom(seed: UInt64(index))
        for trial in 0..<300 {
            var load = StepLoad()
            let decodes = random.below(trial % 2 == 0 ? 300 : 2)
            for _ in 0..<decodes {
                load.addDecode(context: 1 + random.below(20_000), window: clock.window)
            }
            for _ in 0..<random.below(4) {
                load.addChunk(
                    1 + random.below(3000), past: random.below(30_000), window: clock.window)
            }
            guard load.requests > 0 else { continue }
            load.sampled = load.requests
            let price = clock.picoseconds(load)
            #expect(price > 0)
            var decode = load
            decode.addDecode(context: 1 + random.below(20_000), window: clock.window)
            decode.sampled += 1
            var context = load
            context.context += 1
            context.decodeContext += decodes > 0 ? 1 : 0
            var chunk = load
            chunk.addChunk(
                1 + random.below(500), past: random.below(500), window: clock.window)
            for more in [decode, context, chunk] {
                #expect(clock.picoseconds(more) >= price, "seed \(index), trial \(trial)")
            }
        }
    }

    @Test(arguments: 0..<8)
    func aLongerChunkOverMorePastIsNeverCheaper(index: Int) throws {
        let (name, deployment) = Self.deployments[index]
        var options = ClockOptions()
        options.maxTokens = 16_384
        let clock = try StepTime.measured(Catalogue.model(named: name), deployment, options)
        func price(_ count: Int, past: Int) -> Int64 {
            var load = StepLoad()
            load.addChunk(count, past: past, window: clock.window)
            return clock.picoseconds(load)
        }
        var last: Int64 = 0
        for count in stride(from: 1, through: 20_000, by: 97) {
            let now = price(count, past: 1000)
            #expect(now >= last)
            last = now
        }
        last = 0
        for past in stride(from: 0, through: 200_000, by: 997) {
            let now = price(512, past: past)
            #expect(now >= last)
            last = now
        }
    }

    @Test func tensorParallelismShortensAndItsLinksCost() throws {
        let model = try Catalogue.model(named: "llama-3-70b")
        var load = StepLoad()
        load.addChunk(4096, past: 0, window: 0)
        var last = Int64.max
        for size in [1, 2, 4, 8] {
            let clock = try StepTime.measured(model, Deployment(tensorParallel: size))
            let price = clock.picoseconds(load)
            #expect(price < last)
            // Never the perfect share: links and launches stay.
            if last != .max { #expect(price > last / 2) }
            last = price
        }
    }

    @Test(arguments: [8, 16, 32, 64])
    func spreadingExpertsCostsExchangeAndSavesWeights(expertParallel: Int) throws {
        let model = try Catalogue.model(named: "deepseek-v3")
        var spread = Deployment(tensorParallel: 1, weights: .fp8)
        spread.expertParallel = expertParallel
        let step = try StepBreakdown.Step(batch: 32, tokens: 1, context: 1000)
        let parts = try StepBreakdown(model, spread, .init(), step)
        let exchange = try #require(parts.phases.first { $0.name == "all_to_all" })
        #expect(exchange.bound == .link && exchange.seconds > 0)
        var less = spread
        less.expertParallel = expertParallel / 2
        #expect(model.weightBytesPerGPU(spread) < model.weightBytesPerGPU(less))
    }

    @Test func pipelineStagesAddHopsAndOverlapBatches() throws {
        let model = try Catalogue.model(named: "llama-3-70b")
        var staged = Deployment(tensorParallel: 2)
        staged.pipelineParallel = 4
        let clock = try StepTime.measured(model, staged)
        let whole = try StepTime.measured(model, Deployment(tensorParallel: 2))
        var one = StepLoad()
        one.addDecode(context: 1000, window: 0)
        // One sequence passes every stage, and the hops on top.
        #expect(clock.picoseconds(one) > whole.picoseconds(one))
        var many = StepLoad()
        for _ in 0..<4096 { many.addDecode(context: 1000, window: 0) }
        // Four micro-batches in flight take much less than one after another.
        #expect(clock.picoseconds(many) < whole.picoseconds(many) / 2)
    }
}
