import Basics
import Models
import Testing

@testable import StepTime

/// What `explain` shows of a step is what a run charges for it, and nothing the GPUs cannot do.
@Suite struct StepPriceTests {
    private struct Case: Sendable {
        var name: String
        var deployment = Deployment()
        var options = ClockOptions()
        var change: @Sendable (TransformerModel) -> TransformerModel = { $0 }
    }

    private static func deployed(
        _ tensorParallel: Int, _ weights: WeightFormat = .bf16, cache: CacheFormat = .bf16,
        stages: Int = 1, gpusPerNode: Int = 8
    ) -> Deployment {
        var deployment = Deployment(
            tensorParallel: tensorParallel, weights: weights, cache: cache)
        deployment.pipelineParallel = stages
        deployment.gpusPerNode = gpusPerNode
        return deployment
    }

    private static func clock(
        _ kernel: AttentionKernel = .flash, usesCache: Bool = true
    ) -> ClockOptions {
        var options = ClockOptions()
        options.attentionKernel = kernel
        options.usesCache = usesCache
        options.maxTokens = 300_000
        return options
    }

    private static let cases: [Case] = [
        Case(name: "llama-3.1-8b"), Case(name: "llama-3.1-8b", options: clock(.naive)),
        Case(name: "llama-3.1-8b", options: clock(usesCache: false)),
        Case(name: "llama-3-70b", deployment: deployed(4, .fp8)),
        Case(name: "llama-3-70b", deployment: deployed(2, stages: 2)),
        // 80 layers do not divide by 3.
        Case(name: "llama-3-70b", deployment: deployed(2, stages: 3)),
        Case(name: "llama-3-70b", deployment: deployed(4, stages: 4, gpusPerNode: 4)),
        Case(name: "deepseek-v3", deployment: deployed(8, .fp8)),
        Case(name: "deepseek-v3", deployment: deployed(8, .fp8, stages: 2)),
        Case(name: "deepseek-v3", deployment: deployed(8, .fp8)) { $0.withoutGrouping },
        Case(name: "gemma-3-27b", deployment: deployed(2, cache: .fp8)),
        Case(name: "gemma-3-27b", deployment: deployed(2), options: clock(.naive)),
        Case(name: "mistral-7b-v0.1", options: clock(.naive, usesCache: false)),
        Case(name: "mistral-7b-v0.1", options: clock(usesCache: false)),
        Case(name: "jamba-1.5-mini", deployment: deployed(2, stages: 2)),
        Case(name: "gpt-oss-120b", deployment: deployed(1, .mxfp4)),
        // Not in the formats of its own checkpoint.
        Case(name: "gpt-oss-20b", deployment: deployed(1, .bf16)),
        Case(name: "qwen3-next-80b-a3b", deployment: deployed(4)),
    ]

    @Test(arguments: 0..<18)
    func phasesSumUpToThePrice(index: Int) throws {
        let one = Self.cases[index]
        let model = one.change(try Catalogue.model(named: one.name))
        let clock = try StepTime.measured(model, one.deployment, one.options)
        for (batch, tokens, context) in [
            (1, 1, 1000), (1, 1, 1), (3, 1, 5000), (64, 1, 3000), (2, 512, 4096), (1, 5000, 5000),
        ] {
            let computed = one.options.usesCache ? tokens : context
            let step = try StepBreakdown.Step(batch: batch, tokens: computed, context: context)
            let parts = try StepBreakdown(model, one.deployment, one.options, step)
            var load = StepLoad()
            for _ in 0..<batch {
                load.add(tokens, past: context - tokens, samples: true, window: clock.window)
            }
            let price = Double(clock.picoseconds(load)) * 1e-12
            #expect(
                abs(parts.seconds / price - 1) < 2e-4, "\(one.name) \(batch) x \(tokens)")
        }
    }

    @Test(arguments: 0..<18, EngineProfile.all.map(\.name))
    func noPhaseIsAboveThePeak(index: Int, profile: String) throws {
        let one = Self.cases[index]
        var options = one.options
        options.profile = try EngineProfile.named(profile)
        let model = one.change(try Catalogue.model(named: one.name))
        let gpus = Double(one.deployment.gpus)
        for (batch, tokens, context) in [
            (1, 1, 2000), (64, 1, 3000), (1, 2, 2), (4, 4096, 4096), (1, 16_384, 32_768),
        ] {
            let step = try StepBreakdown.Step(batch: batch, tokens: tokens, context: context)
            let parts = try StepBreakdown(model, one.deployment, options, step)
            for phase in parts.phases where phase.seconds > 0 {
                let is8Bit =
                    one.deployment.weights == .fp8
                    && !["qk_scores", "attn_v", "kv_expand"].contains(phase.name)
                let peak = is8Bit ? GPU.h100.fp8FLOPS : GPU.h100.bf16FLOPS
                #expect(
                    phase.flops <= 1.001 * peak * phase.seconds * gpus,
                    "\(one.name) \(phase.name), \(batch) x \(tokens)")
            }
            if tokens == 1 {
                for phase in parts.phases where phase.seconds > 0 {
                    #expect(
                        phase.weightBytes + phase.kvBytes
                            <= 1.001 * GPU.h100.memoryBandwidth * phase.seconds * gpus,
                        "\(one.name) \(phase.name), \(batch)")
                }
            }
        }
    }

    @Test(arguments: ["llama-3.1-8b", "deepseek-v3", "gemma-3-27b", "gpt-oss-20b"])
    func launchIsAPhaseOfItsOwnAndSoftmaxIsHidden(name: String) throws {
        for (batch, tokens) in [(1, 1), (64, 1), (1, 4096)] {
            let step = try StepBreakdown.Step(batch: batch, tokens: tokens, context: 4096)
            let parts = try StepBreakdown(
                Catalogue.model(named: name), Deployment(), .init(), step)
            let launch = try #require(parts.phases.first { $0.name == "attn_launch" })
            #expect(launch.seconds > 0 && launch.flops == 0)
            #expect(parts.phases.first { $0.name == "softmax" }?.seconds == 0)
        }
    }

    @Test func hopsToAnotherNodeTakeTheNetwork() throws {
        let model = try Catalogue.model(named: "llama-3-70b")
        func hops(_ tensorParallel: Int, _ stages: Int, _ gpusPerNode: Int, before: Int = 0) -> Int
        {
            var deployment = Self.deployed(
                tensorParallel, stages: stages, gpusPerNode: gpusPerNode)
            deployment.groupsBefore = before
            return deployment.hopsBetweenNodes
        }
        #expect(hops(4, 2, 8) == 0)
        #expect(hops(4, 2, 4) == 1)
        #expect(hops(4, 4, 8) == 1)
        #expect(hops(2, 3, 6) == 0)
        // Three groups a node, of which another replica has two: 1 + 3 + 1 are three nodes.
        #expect(hops(2, 5, 6) == 1)
        #expect(hops(2, 5, 6, before: 2) == 2)
        // Every node boundary more costs more, and within a node GPUs a node do not matter.
        var load = StepLoad()
        load.addDecode(context: 100, window: 0)
        let prices = try [16, 8, 4].map { size in
            try StepTime.measured(
                model, Self.deployed(4, stages: 4, gpusPerNode: size)
            ).picoseconds(load)
        }
        #expect(prices[0] < prices[1] && prices[1] < prices[2])
        let same = try StepTime.measured(model, Self.deployed(2, stages: 2, gpusPerNode: 4))
        let large = try StepTime.measured(model, Self.deployed(2, stages: 2, gpusPerNode: 8))
        #expect(same.picoseconds(load) == large.picoseconds(load))
        let across = try StepTime.measured(model, Self.deployed(4, stages: 2, gpusPerNode: 4))
        #expect(across.provenance.assumptions.contains { $0.contains("1 of 1 hops") })
    }

    @Test func noPriceWithinTheLimitsExceedsTheBound() throws {
        var random = SeededRandom(seed: 3)
        for one in Self.cases {
            var options = one.options
            options.maxTokens = 8192
            let model = one.change(try Catalogue.model(named: one.name))
            let clock = try StepTime.measured(model, one.deployment, options)
            let bound = clock.longest(tokens: 8192, sequences: 256, length: 4096)
            #expect(bound < StepTime.longestStep)
            for _ in 0..<50 {
                var load = StepLoad()
                while load.tokens < 8192, load.requests < 256 {
                    let count = random.below(3) == 0 ? 1 + random.below(8192 - load.tokens) : 1
                    let past = random.below(max(1, 4096 - count))
                    load.add(min(count, 4095), past: past, samples: true, window: clock.window)
                }
                #expect(Double(clock.picoseconds(load)) * 1e-12 <= bound)
            }
        }
    }
}
