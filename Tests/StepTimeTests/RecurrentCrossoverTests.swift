import Models
import Testing

@testable import StepTime

/// Where a state pays: reckoned by hand from the models' shapes.
@Suite struct RecurrentCrossoverTests {
    private func crossovers(_ name: String) throws -> [RecurrentCrossover] {
        try Explanation(
            Catalogue.model(named: name), Deployment(),
            step: StepBreakdown.Step(batch: 1, tokens: 1, context: 2048)
        ).recurrentCrossovers
    }

    @Test func aDeltaNetworkOvertakesItsModelsOwnAttention() throws {
        let one = try #require(try crossovers("qwen3-next-80b-a3b").first)
        #expect(one.kind == "gated_delta_net" && one.layers == 36)
        #expect(one.stateBytes == 1_097_728)
        // 2 x 1,097,728 bytes of state over 2 heads x (256 + 256) x 2 bytes a token.
        #expect(one.bytesContext == 1072)
        // 7 x 32 x 128 x 128 and 2 x 8,192 x 4 FLOPs over 4 x 16 x 256 a key.
        #expect(one.flopsContext == 228)
        #expect(one.timeContext > 0)
    }

    @Test func mambaIsComparedWithHeadsOfItsHiddenSize() throws {
        let one = try #require(try crossovers("falcon-mamba-7b").first)
        #expect(one.attention == "MHA" && one.layers == 64)
        #expect(one.bytesContext == 38)
        #expect(one.flopsContext == 52)
    }

    @Test func modelsWithoutStatesHaveNone() throws {
        #expect(try crossovers("llama-3.1-8b").isEmpty)
    }

    @Test func thePageSaysThatNothingWasMeasured() throws {
        let all = try Explanation(
            Catalogue.model(named: "jamba-1.5-mini"), Deployment(tensorParallel: 2),
            step: StepBreakdown.Step(batch: 1, tokens: 1, context: 2048))
        #expect(all.notes.contains { $0.contains("no H100 measurement stands behind it") })
    }
}
