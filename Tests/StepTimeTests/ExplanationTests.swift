import Basics
import Models
import Testing

@testable import StepTime

private func explain(
    _ name: String, weights: WeightFormat = .bf16, cache: CacheFormat = .bf16,
    tensorParallel: Int = 1,
    batch: Int = 1, tokens: Int = 1, context: Int, _ options: ClockOptions = .init()
) throws -> Explanation {
    try Explanation(
        Catalogue.model(named: name),
        Deployment(tensorParallel: tensorParallel, weights: weights, cache: cache), options,
        step: StepBreakdown.Step(batch: batch, tokens: tokens, context: context))
}

extension Explanation {
    fileprivate func phase(_ name: String) throws -> StepBreakdown.Phase {
        try #require(breakdown.phases.first { $0.name == name })
    }
}

@Suite struct ExplanationTests {
    @Test func oneTokenOfLlama3At750CostsWhatItsShapeSays() throws {
        let all = try explain("llama-3-70b", weights: .fp8, cache: .fp8, context: 750)
        #expect(try all.phase("q_proj").weightBytes == 5_368_709_120)
        #expect(try all.phase("k_proj").weightBytes == 671_088_640)
        #expect(try all.phase("v_proj").weightBytes == 671_088_640)
        for name in ["qk_scores", "attn_v"] {
            #expect(try all.phase(name).flops == 983_040_000)
            #expect(try all.phase(name).kvBytes == 61_440_000)
        }
        #expect(try all.phase("o_proj").parameters == 5_368_709_120)
        #expect(try all.phase("o_proj").flops == 10_737_418_240)
        #expect(try all.phase("softmax").parameters == 0)
    }

    @Test(arguments: [
        ("llama-3-70b", 327_680), ("llama-3.1-405b", 516_096), ("deepseek-v3", 70_272),
        ("llama-2-7b", 524_288),
    ])
    func cachedBytesPerToken(name: String, bytes: Int64) throws {
        #expect(try explain(name, context: 1).kvBytesPerToken == bytes)
        if name != "deepseek-v3" {
            #expect(try explain(name, tensorParallel: 8, context: 1).kvBytesPerToken == bytes)
        }
    }

    @Test(arguments: ["llama-3.1-8b", "gpt-oss-20b", "deepseek-v3"])
    func phasesHoldEveryParameter(name: String) throws {
        let all = try explain(name, tensorParallel: 8, context: 100)
        let parameters = all.breakdown.phases.reduce(Int64(0)) { $0 + $1.parameters }
        #expect(parameters == all.model.totalParameters)
    }

    @Test func theCacheOfLlama2FillsAGPU() throws {
        // 100,000 tokens: 52.4 GB. 4,096 tokens: 67.1 MB a layer, 2.15 GB in all.
        #expect(try explain("llama-2-7b", context: 100_000).cacheBytes == 52_428_800_000)
        let short = try explain("llama-2-7b", context: 4096)
        #expect(short.kvBytesPerTokenPerLayer * 4096 == 67_108_864)
        #expect(short.cacheBytes == 2_147_483_648)
    }

    @Test func scoreWorkIsThatOfTheCausalHalf() throws {
        // 32 heads of 128 at 4,096 tokens: half of 137.4 GFLOP a layer, and the diagonal.
        let layers = 32.0
        let prefill = try explain("llama-2-7b", tokens: 4096, context: 4096)
        #expect(
            try prefill.phase("qk_scores").flops / layers == 2 * 32 * 128 * 4096 * 4097 / 2)
        let short = try explain("llama-2-7b", tokens: 2048, context: 2048)
        let long = try explain("llama-2-7b", tokens: 32_768, context: 32_768)
        let growth = try long.phase("qk_scores").flops / short.phase("qk_scores").flops
        #expect(abs(growth / 256 - 1) < 1e-3)
    }

    @Test func aScoreMatrixOutgrowsTheGPU() throws {
        #expect(try explain("llama-2-7b", context: 32_000).scoreMatrixBytes == 2.048e9)
        #expect(try explain("llama-2-7b", context: 1_000_000).scoreMatrixBytes == 2e12)
    }

    @Test func generatingWithoutACacheRepeatsTheWork() throws {
        let all = try explain("llama-2-7b", context: 1024)
        // Σ i(i+1)/2 over Σ i, for i = 1 ... 1,024.
        #expect(all.attentionWithoutCache == 342)
        #expect(all.projectionsWithoutCache == 512.5)
    }

    @Test func naiveAttentionCostsTheBytesOfItsScores() throws {
        var naive = ClockOptions()
        naive.attentionKernel = .naive
        let step = try explain("llama-2-7b", tokens: 8192, context: 8192, naive)
        let flash = try explain("llama-2-7b", tokens: 8192, context: 8192)
        let added = step.breakdown.seconds - flash.breakdown.seconds
        let seconds = try #require(flash.naiveSeconds)
        #expect(abs(added / seconds - 1) < 1e-9)
        // 32 layers of 32 heads of 8192 x 8192 scores, four passes of two bytes.
        let scores = Double(32 * 32 * 8192 * 8192)
        #expect(flash.naiveBytes == 8 * scores)
        #expect(try flash.phase("softmax").seconds == 0)
        #expect(try abs(step.phase("softmax").seconds / added - 0.5) < 1e-9)
    }

    @Test func withoutACacheAStepRecomputesItsContext() throws {
        var options = ClockOptions()
        options.usesCache = false
        let without = try explain("llama-3-8b", context: 4096, options)
        let with = try explain("llama-3-8b", context: 4096)
        #expect(without.breakdown.step.tokens == 4096)
        #expect(try without.phase("q_proj").flops == 4096 * with.phase("q_proj").flops)
        #expect(without.breakdown.seconds > 10 * with.breakdown.seconds)
    }

    @Test func aModelThatDoesNotFitIsExplainedAllTheSame() throws {
        let all = try explain("llama-3.1-405b", context: 10)
        #expect(all.budget == nil && all.sequencesThatFit == nil)
        #expect(all.doesNotFit?.contains("811.") == true)
    }

    @Test(arguments: [(0, 1, 1), (1, 0, 1), (1, 5, 4), (1 << 30, 2, 2), (2, 1, 1 + 1 << 29)])
    func impossibleStepsAreRefused(batch: Int, tokens: Int, context: Int) {
        #expect(throws: InputError.self) {
            try StepBreakdown.Step(batch: batch, tokens: tokens, context: context)
        }
    }
}
