import Basics
import Foundation
import TestSupport
import Testing

@testable import Models

/// A config.json reduced to what sizes it, with published parameters in millions.
struct FamilySample: Sendable, CustomTestStringConvertible {
    var name: String
    var kind: String
    var millions: Double
    var json: String
    var testDescription: String { name }
}

private let samples = [
    FamilySample(
        name: "gpt2", kind: "MHA", millions: 124.44,
        json: #"""
            {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12,
             "vocab_size": 50257, "n_positions": 1024}
            """#),
    FamilySample(
        name: "phi-2", kind: "MHA", millions: 2780,
        json: #"""
            {"model_type": "phi", "hidden_size": 2560, "num_hidden_layers": 32,
             "num_attention_heads": 32, "intermediate_size": 10240, "vocab_size": 51200,
             "max_position_embeddings": 2048}
            """#),
    FamilySample(
        name: "gemma-2b", kind: "MQA", millions: 2506,
        json: #"""
            {"model_type": "gemma", "hidden_size": 2048, "num_hidden_layers": 18,
             "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 256,
             "intermediate_size": 16384, "vocab_size": 256000, "max_position_embeddings": 8192}
            """#),
    FamilySample(
        name: "gemma-2-9b", kind: "GQA, window 4096", millions: 9242,
        json: #"""
            {"model_type": "gemma2", "hidden_size": 3584, "num_hidden_layers": 42,
             "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256,
             "intermediate_size": 14336, "vocab_size": 256000, "sliding_window": 4096,
             "max_position_embeddings": 8192}
            """#),
    FamilySample(
        name: "qwen3-8b", kind: "GQA", millions: 8191,
        json: #"""
            {"model_type": "qwen3", "hidden_size": 4096, "num_hidden_layers": 36,
             "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
             "intermediate_size": 12288, "vocab_size": 151936, "use_sliding_window": false,
             "tie_word_embeddings": false, "max_position_embeddings": 40960}
            """#),
    FamilySample(
        name: "qwen2-57b-a14b", kind: "GQA", millions: 57_400,
        json: #"""
            {"model_type": "qwen2_moe", "hidden_size": 3584, "num_hidden_layers": 28,
             "num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944,
             "moe_intermediate_size": 2560, "shared_expert_intermediate_size": 20480,
             "num_experts": 64, "num_experts_per_tok": 8, "vocab_size": 151936,
             "max_position_embeddings": 32768}
            """#),
    FamilySample(
        name: "minimax-m2", kind: "GQA", millions: 228_700,
        json: #"""
            {"model_type": "minimax_m2", "hidden_size": 3072, "num_hidden_layers": 62,
             "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128,
             "intermediate_size": 1536, "num_local_experts": 256, "num_experts_per_tok": 8,
             "vocab_size": 200064, "max_position_embeddings": 196608,
             "quantization_config": {"quant_method": "fp8"}}
            """#),
    FamilySample(
        name: "kimi-k2", kind: "MLA", millions: 1_026_400,
        json: #"""
            {"model_type": "kimi_k2", "hidden_size": 7168, "num_hidden_layers": 61,
             "num_attention_heads": 64, "q_lora_rank": 1536, "kv_lora_rank": 512,
             "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
             "intermediate_size": 18432, "moe_intermediate_size": 2048,
             "n_routed_experts": 384, "n_shared_experts": 1, "num_experts_per_tok": 8,
             "first_k_dense_replace": 1, "vocab_size": 163840,
             "max_position_embeddings": 131072}
            """#),
    FamilySample(
        name: "mamba-2.8b", kind: "mamba", millions: 2768,
        json: #"""
            {"model_type": "mamba", "hidden_size": 2560, "num_hidden_layers": 64,
             "state_size": 16, "conv_kernel": 4, "expand": 2, "time_step_rank": 160,
             "vocab_size": 50280}
            """#),
    FamilySample(
        name: "mamba2-2.7b", kind: "mamba2", millions: 2703,
        json: #"""
            {"model_type": "mamba2", "hidden_size": 2560, "num_hidden_layers": 64,
             "num_heads": 80, "head_dim": 64, "state_size": 128, "n_groups": 1,
             "conv_kernel": 4, "vocab_size": 50288, "tie_word_embeddings": true}
            """#),
    FamilySample(
        name: "rwkv-4-169m", kind: "rwkv", millions: 169.3,
        json: #"""
            {"model_type": "rwkv", "hidden_size": 768, "num_hidden_layers": 12,
             "attention_hidden_size": 768, "intermediate_size": 3072, "vocab_size": 50277,
             "context_length": 1024}
            """#),
    FamilySample(
        name: "bigbird-base", kind: "MHA, window 192 + 128 global + 192 random", millions: 127.5,
        json: #"""
            {"model_type": "big_bird", "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50358,
             "block_size": 64, "num_random_blocks": 3, "max_position_embeddings": 4096}
            """#),
    FamilySample(
        // Without its second set of projections for global tokens, which generation never runs.
        name: "longformer-base", kind: "MHA, window 512 + 1 global + 0 random", millions: 127.4,
        json: #"""
            {"model_type": "longformer", "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265,
             "attention_window": [512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512],
             "max_position_embeddings": 4098}
            """#),
]

@Suite struct FamilyTests {
    @Test(arguments: samples)
    func everyFamilyIsReadWithItsPublishedSize(sample: FamilySample) throws {
        let model = try HuggingFaceConfig.model(
            Data(sample.json.utf8), place: "models/\(sample.name)/config.json")
        #expect(model.name == sample.name)
        #expect(model.layers[0].attention.kindName == sample.kind)
        let millions = Double(model.totalParameters) * 1e-6
        #expect(abs(millions / sample.millions - 1) < 0.01, "\(millions)")
        let layout = KVCacheLayout(model, Deployment())
        #expect(layout.bytes(context: 1000) > 0)
    }

    @Test func everySampleIsOfAFamilyOfItsOwn() {
        let covered = Set(
            samples.compactMap { sample in
                sample.json.split(separator: "\"").dropFirst(3).first.map(String.init)
            })
        #expect(covered.count == samples.count)
        #expect(covered.allSatisfy { Architectures.rule(ofType: $0) != nil })
    }

    @Test func quantizedCheckpointsSayTheirFormat() throws {
        let minimax = samples.first { $0.name == "minimax-m2" }!
        let model = try HuggingFaceConfig.model(Data(minimax.json.utf8), place: "config.json")
        #expect(model.nativeWeights == .fp8)
    }
}

/// HY 4, of which no file is published: a made-up one, reckoned apart from its fields.
@Suite struct HunyuanV4Tests {
    private func model(_ change: (inout String) -> Void = { _ in }) throws -> TransformerModel {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/HYV4ForCausalLM.json")
        var text = try String(contentsOf: file, encoding: .utf8)
        change(&text)
        return try HuggingFaceConfig.model(Data(text.utf8), place: "config.json")
    }

    @Test func sizesAreThoseOfTheFields() throws {
        let model = try model()
        #expect(model.totalParameters == 25_678_211)
        #expect(model.createdWeightBytesPerGPU(Deployment()) == 51_476_476)
        // Four latents of 144 elements and two indexers' entries of 132 bytes.
        #expect(KVCacheLayout(model, Deployment()).bytesPerToken == 4 * 288 + 2 * 132)
        var packed = Deployment(cache: .fp8)
        #expect(KVCacheLayout(model, packed).bytesPerToken == 4 * 144 + 2 * 132)
        packed.packsLatents = true
        // The last layer is not sparse.
        #expect(KVCacheLayout(model, packed).bytesPerToken == 3 * 164 + 144 + 2 * 132)
    }

    @Test func partsThatNoFlagAsksForAreLeftOut() throws {
        let plain = try model {
            for flag in ["gated_mla", "learnable_sink", "enable_ihc"] {
                $0 = $0.split(separator: "\"\(flag)\":true").joined(separator: "\"\(flag)\":false")
            }
        }
        let parts = 4 * (512 * 8 + 8 + 8204) + 2051
        #expect(plain.totalParameters == 25_678_211 - Int64(parts))
        #expect(throws: InputError.self) {
            try model { $0 = $0.split(separator: "headwise").joined(separator: "sideways") }
        }
    }
}
