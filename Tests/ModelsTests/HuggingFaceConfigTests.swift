import Basics
import Foundation
import Testing

@testable import Models

private func model(_ json: String) throws -> TransformerModel {
    try HuggingFaceConfig.model(Data(json.utf8), place: "config.json")
}

/// A catalogue name and a config.json of the same model, reduced to what sizes it.
private let equals: [(String, String)] = [
    (
        "llama-3.1-8b",
        #"""
        {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 128256,
         "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
         "max_position_embeddings": 131072, "tie_word_embeddings": false}
        """#
    ),
    (
        "mistral-7b-v0.1",
        #"""
        {"model_type": "mistral", "hidden_size": 4096, "num_hidden_layers": 32,
         "vocab_size": 32000, "num_attention_heads": 32, "num_key_value_heads": 8,
         "intermediate_size": 14336, "max_position_embeddings": 32768, "sliding_window": 4096}
        """#
    ),
    (
        "phi-4",
        #"""
        {"model_type": "phi3", "hidden_size": 5120, "num_hidden_layers": 40, "vocab_size": 100352,
         "num_attention_heads": 40, "num_key_value_heads": 10, "intermediate_size": 17920,
         "max_position_embeddings": 16384, "sliding_window": null}
        """#
    ),
    (
        "qwen2.5-7b",
        #"""
        {"model_type": "qwen2", "hidden_size": 3584, "num_hidden_layers": 28,
         "vocab_size": 152064, "num_attention_heads": 28, "num_key_value_heads": 4,
         "intermediate_size": 18944, "max_position_embeddings": 131072,
         "use_sliding_window": false, "sliding_window": 131072}
        """#
    ),
    (
        "qwen3-30b-a3b",
        #"""
        {"model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48,
         "vocab_size": 151936, "num_attention_heads": 32, "num_key_value_heads": 4,
         "head_dim": 128, "intermediate_size": 6144, "moe_intermediate_size": 768,
         "num_experts": 128, "num_experts_per_tok": 8, "max_position_embeddings": 40960,
         "mlp_only_layers": [], "decoder_sparse_step": 1}
        """#
    ),
    (
        "mixtral-8x7b",
        #"""
        {"model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32,
         "vocab_size": 32000, "num_attention_heads": 32, "num_key_value_heads": 8,
         "intermediate_size": 14336, "num_local_experts": 8, "num_experts_per_tok": 2,
         "max_position_embeddings": 32768, "sliding_window": null}
        """#
    ),
    (
        "gemma-3-27b",
        #"""
        {"model_type": "gemma3", "text_config": {"hidden_size": 5376, "num_hidden_layers": 62,
         "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 128,
         "intermediate_size": 21504, "sliding_window": 1024, "model_type": "gemma3_text"}}
        """#
    ),
    (
        "gpt-oss-20b",
        #"""
        {"model_type": "gpt_oss", "hidden_size": 2880, "num_hidden_layers": 24,
         "vocab_size": 201088, "num_attention_heads": 64, "num_key_value_heads": 8,
         "head_dim": 64, "intermediate_size": 2880, "num_local_experts": 32,
         "num_experts_per_tok": 4, "sliding_window": 128, "max_position_embeddings": 131072,
         "attention_bias": true, "quantization_config": {"quant_method": "mxfp4"}}
        """#
    ),
    (
        "deepseek-v3",
        #"""
        {"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61,
         "vocab_size": 129280, "num_attention_heads": 128, "num_key_value_heads": 128,
         "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_rope_head_dim": 64,
         "qk_nope_head_dim": 128, "v_head_dim": 128, "intermediate_size": 18432,
         "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": 1,
         "num_experts_per_tok": 8, "first_k_dense_replace": 3, "tie_word_embeddings": false,
         "max_position_embeddings": 163840, "quantization_config": {"quant_method": "fp8",
         "weight_block_size": [128, 128]}}
        """#
    ),
    (
        "qwen3-next-80b-a3b",
        #"""
        {"model_type": "qwen3_next", "hidden_size": 2048, "num_hidden_layers": 48,
         "vocab_size": 151936, "num_attention_heads": 16, "num_key_value_heads": 2,
         "head_dim": 256, "intermediate_size": 5120, "moe_intermediate_size": 512,
         "shared_expert_intermediate_size": 512, "num_experts": 512, "num_experts_per_tok": 10,
         "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_key_head_dim": 128,
         "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4,
         "full_attention_interval": 4, "max_position_embeddings": 262144}
        """#
    ),
    (
        "falcon-mamba-7b",
        #"""
        {"model_type": "falcon_mamba", "hidden_size": 4096, "num_hidden_layers": 64,
         "vocab_size": 65024, "intermediate_size": 8192, "state_size": 16, "conv_kernel": 4,
         "time_step_rank": 256, "tie_word_embeddings": false}
        """#
    ),
    (
        "jamba-1.5-mini",
        #"""
        {"model_type": "jamba", "hidden_size": 4096, "num_hidden_layers": 32,
         "vocab_size": 65536, "num_attention_heads": 32, "num_key_value_heads": 8,
         "intermediate_size": 14336, "num_experts": 16, "num_experts_per_tok": 2,
         "attn_layer_period": 8, "attn_layer_offset": 4, "expert_layer_period": 2,
         "expert_layer_offset": 1, "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2,
         "mamba_dt_rank": 256, "max_position_embeddings": 262144}
        """#
    ),
]

@Suite struct HuggingFaceConfigTests {
    @Test(arguments: equals)
    func aConfigGivesTheCataloguesModel(name: String, json: String) throws {
        let read = try model(json)
        let known = try Catalogue.model(named: name)
        #expect(read.hiddenSize == known.hiddenSize)
        #expect(read.vocabularySize == known.vocabularySize)
        #expect(read.tiesEmbeddings == known.tiesEmbeddings)
        #expect(read.maxContext == known.maxContext)
        #expect(read.layers.map(\.attention.kindName) == known.layers.map(\.attention.kindName))
        #expect(KVCacheLayout(read, Deployment()) == KVCacheLayout(known, Deployment()))
        // The catalogue leaves out sinks.
        let decoder = read.totalParameters - (read.tower?.parameters ?? 0)
        let ratio =
            Double(decoder) / Double(known.totalParameters - (known.tower?.parameters ?? 0))
        #expect(abs(ratio - 1) < 1e-4)
        #expect(try read.weights(nil) == known.weights(nil))
    }

    @Test func aConfigWithoutASizeThatNoClassHasSaysSo() {
        let json = #"""
            {"model_type": "internlm2", "architectures": ["InternLM2ForCausalLM"],
             "hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 128256,
             "intermediate_size": 14336}
            """#
        let error = #expect(throws: InputError.self) { try model(json) }
        #expect(error?.problem == "num_attention_heads is missing")
        #expect(error?.place == "config.json")
    }

    @Test func anUnknownFamilySaysWhatIsMissing() {
        let json = #"{"model_type": "fancyformer", "hidden_size": 64, "vocab_size": 10}"#
        let error = #expect(throws: InputError.self) { try model(json) }
        #expect(error?.problem.contains("fancyformer") == true)
        #expect(error?.problem.contains("num_hidden_layers, num_attention_heads") == true)
        #expect(error?.problem.contains("hidden_size,") == false)
    }

    @Test(arguments: [
        "", "[]", "{", "\u{0}\u{1}", "{}", #"{"model_type": 3}"#,
        #"{"model_type": "llama", "hidden_size": -1}"#,
        #"{"model_type": "llama", "hidden_size": 1e30, "num_hidden_layers": 1}"#,
        #"{"model_type": "llama", "hidden_size": 64.5, "num_hidden_layers": 1}"#,
        #"{"model_type": "llama", "hidden_size": "64", "num_hidden_layers": 1}"#,
        #"""
        {"model_type": "llama", "hidden_size": 100, "num_hidden_layers": 1, "vocab_size": 10,
         "num_attention_heads": 7, "intermediate_size": 10}
        """#,
        #"""
        {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 10,
         "num_attention_heads": 8, "num_key_value_heads": 3, "intermediate_size": 10}
        """#,
        #"""
        {"model_type": "gpt_oss", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 10,
         "num_attention_heads": 8, "intermediate_size": 10, "sliding_window": 8,
         "num_local_experts": 4, "num_experts_per_tok": 2, "layer_types": ["full_attention"]}
        """#,
    ])
    func junkIsOneClearError(json: String) {
        #expect(throws: InputError.self) { try model(json) }
    }

    @Test func aMissingFileIsOneClearError() {
        #expect(throws: InputError.self) { try HuggingFaceConfig.model(file: "/nowhere/c.json") }
        #expect(throws: InputError.self) { try HuggingFaceConfig.model(file: "/") }
    }
}
