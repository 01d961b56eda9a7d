import Basics
import Models
import Testing

@testable import StepTime

private func explain(
    _ name: String, batch: Int = 1, tokens: Int = 1, context: Int,
    deployment: Deployment = Deployment(), _ options: ClockOptions = .init(),
    _ change: (TransformerModel) -> TransformerModel = { $0 }
) throws -> Explanation {
    try Explanation(
        change(Catalogue.model(named: name)), deployment, options,
        step: StepBreakdown.Step(batch: batch, tokens: tokens, context: context))
}

/// What the techniques of a model save, and what a page must warn of.
@Suite struct TechniqueTests {
    @Test(arguments: [
        ("llama-3.1-8b", 1, 21_504), ("deepseek-v3", 1, 2859), ("deepseek-v3", 4096, 9720),
        ("gemma-3-27b", 1, 257_160), ("gemma-2-27b", 1, 120_320),
    ])
    func attentionOvertakesTheFFN(name: String, tokens: Int, context: Int) throws {
        let crossover = try #require(
            try explain(name, tokens: tokens, context: 4096).crossoverContext)
        #expect(abs(crossover - context) <= 1)
    }

    @Test func attentionOvertakesTheFFNWhereItsFLOPsDo() throws {
        for name in ["gemma-3-27b", "gpt-oss-20b", "llama-3-8b", "qwen3-next-80b-a3b"] {
            let model = try Catalogue.model(named: name)
            let crossover = try #require(model.crossoverContext(isDecode: true))
            func attention(_ context: Int) -> Double {
                model.layers.reduce(0) { sum, layer in
                    let keys = layer.attention.window.map { min(context, $0) } ?? context
                    return sum + 2 * layer.attention.pairWidth(isDecode: true) * Double(keys)
                }
            }
            var network = 0.0
            for layer in model.layers {
                for matrix in layer.feedForward.projections(hidden: model.hiddenSize).joined() {
                    network += 2 * Double(matrix.parameters)
                }
                if case .experts(let experts) = layer.feedForward {
                    network +=
                        2 * Double(experts.chosen)
                        * Double(experts.weightsPerExpert(hidden: model.hiddenSize))
                }
            }
            #expect(attention(crossover) >= network, "\(name)")
            #expect(attention(crossover - 1) < network, "\(name)")
        }
    }

    @Test func aWindowEverywhereKeepsAttentionBelow() throws {
        #expect(try explain("mistral-7b-v0.1", context: 4096).crossoverContext == nil)
        let whole = try explain("mistral-7b-v0.1", context: 4096) { $0.withoutWindows }
        #expect(whole.crossoverContext == 21_504)
    }

    @Test func multiHeadKeysOfALatentModel() throws {
        let all = try explain("deepseek-v3", context: 1000) { $0.withoutGrouping }
        // 61 layers of 128 heads of 192 + 128 elements of two bytes.
        #expect(all.kvBytesPerToken == 4_997_120)
        #expect(all.crossoverContext == 9720)
        var cut = Deployment(tensorParallel: 8, weights: .fp8)
        #expect(
            try explain("deepseek-v3", context: 1, deployment: cut) { $0.withoutGrouping }
                .kvBytesPerTokenPerGPU == 4_997_120 / 8)
        cut.tensorParallel = 1
        let latent = try explain("deepseek-v3", context: 1000)
        #expect(latent.model.totalParameters == all.model.totalParameters)
        #expect(latent.breakdown.seconds < all.breakdown.seconds)
    }

    @Test func naiveAttentionKnowsWindows() throws {
        let gemma = try explain("gemma-3-27b", context: 65_536)
        #expect(gemma.naiveBytes == Double(8 * 32 * (10 * 65_536 + 52 * 1024)))
        let prefill = try explain("mistral-7b-v0.1", tokens: 8192, context: 8192)
        #expect(prefill.naiveBytes == Double(8 * 32 * 32 * 8192 * 4096))
        var naive = ClockOptions()
        naive.attentionKernel = .naive
        for (tokens, context) in [(1, 9000), (8192, 8192), (512, 20_000), (100, 4100)] {
            let flash = try explain("mistral-7b-v0.1", tokens: tokens, context: context)
            let slow = try explain("mistral-7b-v0.1", tokens: tokens, context: context, naive)
            let added = slow.breakdown.seconds - flash.breakdown.seconds
            let seconds = try #require(flash.naiveSeconds)
            #expect(abs(added / seconds - 1) < 1e-6)
        }
    }

    @Test func recomputingKnowsWindows() throws {
        func pairs(_ length: Int, _ window: Int) -> Double {
            (1...length).reduce(0) { $0 + Double(min($1, window)) }
        }
        let mistral = try explain("mistral-7b-v0.1", context: 9000)
        var again = 0.0
        var sum = 0.0
        for length in 1...9000 {
            sum += Double(min(length, 4096))
            again += sum
        }
        let ratio = try #require(mistral.attentionWithoutCache)
        #expect(abs(ratio / (again / pairs(9000, 4096)) - 1) < 1e-9)
    }

    @Test func aModelWithoutAttentionSavesNothingByIt() throws {
        let mamba = try explain("falcon-mamba-7b", tokens: 4096, context: 4096)
        #expect(mamba.naiveBytes == nil && mamba.naiveSeconds == nil)
        #expect(mamba.attentionWithoutCache == nil && mamba.projectionsWithoutCache == nil)
        #expect(mamba.scoreMatrixBytes == nil && mamba.crossoverContext == nil)
        #expect(mamba.notes.contains { $0.contains("no H100 measurement") })
        // Longer than its limit of 2,048 tokens.
        #expect(mamba.notes.count == 2 && mamba.notes.contains { $0.contains("2,048") })
    }

    @Test func aPlainStepNeedsNoNote() throws {
        #expect(try explain("llama-3.1-8b", context: 2048).notes.isEmpty)
        #expect(try explain("llama-3.1-8b", tokens: 4096, context: 4096).notes.isEmpty)
    }

    @Test func whatTheHostWasNotHeldToIsNotedWithItsRange() throws {
        let long = try explain("gemma-3-27b", context: 100_000).notes
        #expect(long.count == 1 && long[0].contains("held to servers with up to 4,143 tokens"))
        let crowd = try explain("llama-3.1-8b", batch: 257, context: 100).notes
        #expect(crowd.contains { $0.contains("requests in a step reached 257") })
        let chunks = try explain("llama-3.1-8b", batch: 4, tokens: 4096, context: 4096).notes
        #expect(chunks.contains { $0.contains("tokens in a step reached 16,384") })
    }

    @Test func whatTheModelTheMemoryOrTheMeasurementsDoNotCoverIsNoted() throws {
        func note(_ word: String, _ explanation: Explanation) -> Bool {
            explanation.notes.contains { $0.contains(word) }
        }
        let long = try explain("llama-3.1-8b", context: 1_000_000)
        #expect(note("limit of llama-3.1-8b, 131,072", long))
        #expect(note("measured up to 131,072", long))
        #expect(note("limit of gemma-2-27b, 8,192", try explain("gemma-2-27b", context: 100_000)))
        #expect(
            note(
                "do not fit: the KV cache", try explain("llama-3.1-8b", batch: 64, context: 120_000)
            ))
        #expect(note("does not fit", try explain("llama-3-70b", context: 100)))
        var naive = ClockOptions()
        naive.attentionKernel = .naive
        #expect(
            note(
                "scores do not fit",
                try explain(
                    "llama-3.1-8b", tokens: 100_000, context: 100_000, naive)))
        #expect(
            try !explain("llama-3.1-8b", tokens: 4096, context: 4096).notes.contains {
                $0.contains("scores")
            })
        #expect(
            note(
                "max_num_batched_tokens",
                try explain(
                    "llama-3.1-8b", tokens: 16_384, context: 16_384)))
        // 16 tokens take at least what reading 100 k of cache takes.
        #expect(
            try !note(
                "above the roofline", explain("llama-3.1-8b", tokens: 16, context: 100_000)))
    }

    @Test func aProfileThatMakesAStepTakeAgesIsRefused() {
        var options = ClockOptions()
        options.profile.elementwise.fixed = 1e300
        #expect(throws: InputError.self) {
            try explain("llama-3.1-8b", context: 100, options)
        }
    }
}
