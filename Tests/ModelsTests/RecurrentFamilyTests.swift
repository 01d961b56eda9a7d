import Basics
import Foundation
import Testing

@testable import Models

/// Rules of families with recurrent layers, on files small enough to reckon by hand.
@Suite struct RecurrentFamilyTests {
    private func model(_ text: String) throws -> TransformerModel {
        try HuggingFaceConfig.model(Data(text.utf8), place: "models/test/config.json")
    }

    private func problem(_ text: String) -> String {
        do {
            _ = try model(text)
            return "read"
        } catch {
            return "\(error)"
        }
    }

    /// The published file's fields (README of cases/models, facts to hold).
    @Test func qwen35KeepsAFloat32State() throws {
        let qwen = try model(
            """
            {"architectures": ["Qwen3_5ForCausalLM"], "model_type": "qwen3_5_text",
             "hidden_size": 5120, "intermediate_size": 17408, "num_hidden_layers": 64,
             "num_attention_heads": 24, "num_key_value_heads": 4, "head_dim": 256,
             "vocab_size": 248320, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
             "linear_key_head_dim": 128, "linear_value_head_dim": 128,
             "linear_num_key_heads": 16, "linear_num_value_heads": 48,
             "max_position_embeddings": 262144, "mamba_ssm_dtype": "float32"}
            """)
        let layout = KVCacheLayout(qwen, Deployment())
        #expect(layout.bytesPerToken == 65_536)
        #expect(layout.stateBytesPerSequence == 153_944_064)
        #expect(qwen.totalParameters == 26_895_998_464)
        #expect(KVCacheLayout(qwen, Deployment(tensorParallel: 8)).bytesPerToken == 16_384)
    }

    private func nemotron(_ pattern: String, layers: String = "") -> String {
        """
        {"architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h",
         "hidden_size": 2688, \(pattern)\(layers) "intermediate_size": 1856,
         "mamba_head_dim": 64, "mamba_num_heads": 64, "n_groups": 8, "ssm_state_size": 128,
         "conv_kernel": 4, "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
         "n_routed_experts": 128, "n_shared_experts": 1, "num_experts_per_tok": 6,
         "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712,
         "vocab_size": 131072, "max_position_embeddings": 262144}
        """
    }

    @Test func nemotronLayersAreMixersOrNetworks() throws {
        let pattern = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME"
        let nano = try model(nemotron("\"hybrid_override_pattern\": \"\(pattern)\","))
        #expect(nano.totalParameters == 31_577_940_288)
        let layout = KVCacheLayout(nano, Deployment())
        #expect(layout.bytesPerToken == 6144)
        // 4 bytes an element of the state, though the file is silent.
        #expect(layout.stateBytesPerSequence == 49_082_368)
        #expect(nano.layers.count { $0.attention == .none } == 23)
        let words = try model(
            nemotron("\"layers_block_type\": [\"mamba\", \"moe\", \"attention\", \"mlp\"],"))
        #expect(words.layers.count == 4)
        #expect(
            problem(
                nemotron(
                    "\"hybrid_override_pattern\": \"M*\",", layers: "\"num_hidden_layers\": 3,")
            )
            .contains("num_hidden_layers is 3"))
        #expect(
            problem(nemotron("\"hybrid_override_pattern\": \"MX\",")).contains("has \"X\""))
    }

    private let plain = """
        "hidden_size": 1024, "intermediate_size": 2048, "num_hidden_layers": 4,
        "num_attention_heads": 8, "vocab_size": 1000, "max_position_embeddings": 4096
        """

    @Test func kindsMixByLayer() throws {
        let mixed = try model(
            """
            {"model_type": "linear_attention", \(plain), "layer_types": ["retnet", "rwkv6",
             "full_attention", "gated_delta"]}
            """)
        #expect(
            mixed.layers.map(\.attention.kindName) == ["retnet", "rwkv6", "MHA", "gated_delta_net"])
        let listed = try model(
            """
            {"model_type": "retnet", \(plain), "attn": {"layers": [1], "num_heads": 8,
             "num_kv_heads": 2, "window_size": 512}}
            """)
        #expect(
            listed.layers.map(\.attention.kindName)
                == ["retnet", "GQA, window 512", "retnet", "retnet"])
        #expect(
            problem("{\"model_type\": \"retnet\", \(plain), \"layer_types\": [\"x\"]}")
                .contains("layer_types has 1 entries"))
    }

    @Test(arguments: [
        ("rwkv", 4 * 1024 * 3 + 2 * 2 * 1024), ("rwkv5", 2 * (16 * 64 * 64 + 2 * 1024)),
        ("rwkv6", 2 * (16 * 64 * 64 + 2 * 1024)), ("rwkv7", 2 * (16 * 64 * 64 + 2 * 1024)),
    ])
    func rwkvKeepsMatricesAndTheLastInputs(type: String, bytes: Int) throws {
        let rwkv = try model("{\"model_type\": \"\(type)\", \(plain)}")
        #expect(KVCacheLayout(rwkv, Deployment()).stateBytesPerSequence == Int64(4 * bytes))
    }

    @Test func aFalconH1LayerAttendsAndKeepsAState() throws {
        let falcon = try model(
            """
            {"architectures": ["FalconH1ForCausalLM"], "model_type": "falcon_h1", \(plain),
             "num_key_value_heads": 2, "head_dim": 64, "mamba_d_ssm": 1536, "mamba_n_heads": 24,
             "mamba_d_state": 128, "mamba_n_groups": 1, "mamba_d_conv": 4}
            """)
        #expect(falcon.layers.count == 8)
        #expect(falcon.caches(Deployment()).map(\.count) == [2, 2, 2, 2])
        // One group of heads' inputs is on both GPUs.
        let state = KVCacheLayout(falcon, Deployment()).stateBytesPerSequence
        let half = KVCacheLayout(falcon, Deployment(tensorParallel: 2)).stateBytesPerSequence
        #expect(2 * half - state == 4 * 2 * 3 * 256)
    }

    @Test func sharedBlocksOfZambaWeighOnce() throws {
        let zamba = try model(
            """
            {"architectures": ["Zamba2ForCausalLM"], "model_type": "zamba2", \(plain),
             "num_mem_blocks": 1, "mamba_expand": 2, "n_mamba_heads": 32, "mamba_d_state": 64,
             "mamba_ngroups": 1, "attention_hidden_size": 2048, "attention_head_dim": 256,
             "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"]}
            """)
        #expect(zamba.layers.map(\.sharesWeights) == [false, false, false, false, true, false])
        #expect(zamba.caches(Deployment()).map(\.count) == [1, 2, 1, 2])
        #expect(KVCacheLayout(zamba, Deployment()).bytesPerToken == 2 * 2 * 2048 * 2)
        #expect(
            problem(
                """
                {"model_type": "zamba2", \(plain), "mamba_expand": 2, "n_mamba_heads": 32,
                 "mamba_d_state": 64, "hybrid_layer_ids": [0],
                 "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"]}
                """
            ).contains("hybrid_layer_ids"))
    }

    @Test func contradictionsAreOneError() {
        let mamba = """
            {"model_type": "mamba2", "hidden_size": 1024, "num_hidden_layers": 2, "num_heads": 10,
             "head_dim": 64, "state_size": 64, "vocab_size": 1000, "expand": 2}
            """
        #expect(problem(mamba).contains("num_heads 10 x head_dim 64"))
        let kimi = """
            {"model_type": "kimi_linear", \(plain), "kv_lora_rank": 64, "qk_rope_head_dim": 16,
             "qk_nope_head_dim": 32, "v_head_dim": 32, "num_experts": 4,
             "num_experts_per_token": 2, "moe_intermediate_size": 64,
             "linear_attn_config": {"kda_layers": [1, 2], "full_attn_layers": [2, 3],
              "num_heads": 8, "head_dim": 128, "short_conv_kernel_size": 4}}
            """
        #expect(problem(kimi).contains("do not split the 4 layers"))
        let delta = """
            {"model_type": "qwen3_5_text", \(plain), "linear_num_key_heads": 3,
             "linear_num_value_heads": 8}
            """
        #expect(problem(delta).contains("linear_num_key_heads 3"))
    }
}
