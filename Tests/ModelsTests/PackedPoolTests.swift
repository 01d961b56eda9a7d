import Basics
import Foundation
import Testing

@testable import Models

/// Pools whose layers lie side by side in a block (vLLM 0.33.0, block-outermost layouts), reckoned
/// by hand from the engine's `_get_packed_kv_cache_groups`.
@Suite struct PackedPoolTests {
    private func layout(_ json: String, tensorParallel: Int) throws -> PoolLayout {
        let model = try HuggingFaceConfig.model(Data(json.utf8), place: "config.json")
        let deployment = Deployment(tensorParallel: tensorParallel)
        return try PoolLayout(
            model.poolCaches(deployment), PoolOptions(maxModelLen: model.maxContext))
    }

    /// GLM-5.3-Flash with its class's sizes over eight GPUs: 34 delta states, 11 latents with the
    /// indexer's entries, and 11 rings. A state of 8 heads has 8 x 128 x 128 float32 and three
    /// inputs of 3 x 1,024; a block is a multiple of 512 tokens, the least that 32 entries of 16
    /// tokens fill, so a latent's page has 512 x 1,024 bytes.
    @Test func statesBesideLatents() throws {
        let layout = try layout(
            """
            {"architectures": ["Glm5NextForConditionalGeneration"], "model_type": "glm5_next",
             "text_config": {"model_type": "glm5_next_text", "num_key_value_heads": 64},
             "vision_config": {}}
            """, tensorParallel: 8)
        #expect(layout.blockSize % 512 == 0)
        let latents = try #require(layout.groups.first { $0.kind == .mla })
        let page = Int64(layout.blockSize) * 1024
        let entries = Int64(layout.blockSize / 16) * 132
        #expect(latents.layers == 22 && latents.isMixed)
        #expect(latents.pageBytes == 11 * (page + entries))
        let states = layout.groups.filter {
            if case .state(let state) = $0.kind { !state.isRing } else { false }
        }
        #expect(states.map(\.layers).reduce(0, +) == 34)
        #expect(states.allSatisfy { $0.pageBytes == page })
        // 34 layers in groups of at most 11 states fit the block of the latents.
        #expect(states.map(\.layers) == [9, 9, 8, 8])
        #expect(layout.bytesPerBlock == [latents.pageBytes])
        let rings = layout.groups.filter {
            if case .state(let state) = $0.kind { state.isRing } else { false }
        }
        #expect(rings.map(\.layers) == [11] && rings[0].pageBytes == 16 * 2 * 128 * 2)
    }
}
