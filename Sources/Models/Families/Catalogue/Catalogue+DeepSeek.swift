/// DeepSeek, Kimi, GLM and MiniMax.
extension Catalogue {
    static let deepSeeks: [Entry] = [
        Entry(
            "deepseek-llm-7b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 4096, "num_hidden_layers": 30, "num_attention_heads": 32,
                 "num_key_value_heads": 32, "intermediate_size": 11008, "vocab_size": 102400,
                 "max_position_embeddings": 4096}
                """),
        Entry(
            "deepseek-llm-67b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 8192, "num_hidden_layers": 95, "num_attention_heads": 64,
                 "num_key_value_heads": 8, "intermediate_size": 22016, "vocab_size": 102400,
                 "max_position_embeddings": 4096}
                """),
        Entry(
            "deepseek-coder-1.3b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 16,
                 "num_key_value_heads": 16, "intermediate_size": 5504, "vocab_size": 32256,
                 "max_position_embeddings": 16384, "rope_scaling": {"type": "linear",
                 "factor": 4.0}}
                """),
        Entry(
            "deepseek-coder-6.7b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 32, "intermediate_size": 11008, "vocab_size": 32256,
                 "max_position_embeddings": 16384, "rope_scaling": {"type": "linear",
                 "factor": 4.0}}
                """),
        Entry(
            "deepseek-coder-33b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 7168, "num_hidden_layers": 62, "num_attention_heads": 56,
                 "num_key_value_heads": 8, "intermediate_size": 19200, "vocab_size": 32256,
                 "max_position_embeddings": 16384, "rope_scaling": {"type": "linear",
                 "factor": 4.0}}
                """),
        Entry(
            "deepseek-moe-16b",
            config: """
                {"architectures": ["DeepseekForCausalLM"], "attention_bias": false,
                 "first_k_dense_replace": 1, "hidden_size": 2048, "intermediate_size": 10944,
                 "max_position_embeddings": 4096, "model_type": "deepseek",
                 "moe_intermediate_size": 1408, "moe_layer_freq": 1, "n_routed_experts": 64,
                 "n_shared_experts": 2, "num_attention_heads": 16, "num_experts_per_tok": 6,
                 "num_hidden_layers": 28, "num_key_value_heads": 16, "scoring_func": "softmax",
                 "tie_word_embeddings": false, "vocab_size": 102400}
                """),
        Entry(
            "deepseek-v2-lite",
            aliases: ["deepseek-coder-v2-lite"],
            config: """
                {"architectures": ["DeepseekV2ForCausalLM"], "attention_bias": false,
                 "first_k_dense_replace": 1, "hidden_size": 2048, "intermediate_size": 10944,
                 "kv_lora_rank": 512, "max_position_embeddings": 163840,
                 "model_type": "deepseek_v2", "moe_intermediate_size": 1408, "moe_layer_freq": 1,
                 "n_group": 1, "n_routed_experts": 64, "n_shared_experts": 2,
                 "num_attention_heads": 16, "num_experts_per_tok": 6, "num_hidden_layers": 27,
                 "num_key_value_heads": 16, "q_lora_rank": null, "qk_nope_head_dim": 128,
                 "qk_rope_head_dim": 64, "rope_scaling": {"beta_fast": 32, "beta_slow": 1,
                 "factor": 40, "mscale": 0.707, "mscale_all_dim": 0.707,
                 "original_max_position_embeddings": 4096, "type": "yarn"},
                 "scoring_func": "softmax", "tie_word_embeddings": false, "topk_group": 1,
                 "topk_method": "greedy", "v_head_dim": 128, "vocab_size": 102400}
                """),
        Entry(
            "deepseek-v3.2",
            aliases: ["deepseek-v3.2-exp", "deepseek-v3.2-speciale"],
            config: """
                {"architectures": ["DeepseekV32ForCausalLM"], "attention_bias": false,
                 "first_k_dense_replace": 3, "hidden_size": 7168, "index_head_dim": 128,
                 "index_n_heads": 64, "index_topk": 2048, "intermediate_size": 18432,
                 "kv_lora_rank": 512, "max_position_embeddings": 163840,
                 "model_type": "deepseek_v32", "moe_intermediate_size": 2048, "moe_layer_freq": 1,
                 "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1,
                 "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61,
                 "num_key_value_heads": 128, "num_nextn_predict_layers": 1, "q_lora_rank": 1536,
                 "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
                 "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3",
                 "quant_method": "fp8", "weight_block_size": [128, 128]},
                 "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0,
                 "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096, "type": "yarn"},
                 "scoring_func": "sigmoid", "tie_word_embeddings": false, "topk_group": 4,
                 "topk_method": "noaux_tc", "v_head_dim": 128, "vocab_size": 129280}
                """),
        Entry(
            "deepseek-v4-flash",
            config: """
                {"architectures": ["DeepseekV4ForCausalLM"], "attention_bias": false,
                 "expert_dtype": "fp4", "hc_eps": 1e-06, "hc_mult": 4, "hc_sinkhorn_iters": 20,
                 "head_dim": 512, "hidden_size": 4096, "index_head_dim": 128, "index_n_heads": 64,
                 "index_topk": 512, "max_position_embeddings": 1048576,
                 "model_type": "deepseek_v4", "moe_intermediate_size": 2048,
                 "n_routed_experts": 256, "n_shared_experts": 1, "num_attention_heads": 64,
                 "num_experts_per_tok": 6, "num_hidden_layers": 43, "num_hash_layers": 3,
                 "num_key_value_heads": 1, "num_nextn_predict_layers": 1, "o_groups": 8,
                 "o_lora_rank": 1024, "q_lora_rank": 1024, "qk_rope_head_dim": 64,
                 "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3",
                 "quant_method": "fp8", "weight_block_size": [128, 128]},
                 "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 16,
                 "original_max_position_embeddings": 65536, "type": "yarn"},
                 "scoring_func": "sqrtsoftplus", "sliding_window": 128,
                 "tie_word_embeddings": false, "topk_method": "noaux_tc", "vocab_size": 129280,
                 "compress_rope_theta": 160000, "compress_ratios": [0, 0, 4, 128, 4, 128, 4, 128,
                 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4,
                 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 128, 4, 0]}
                """),
    ]

    static let kimis: [Entry] = [
        Entry(
            "kimi-k2.5",
            aliases: ["kimi-k2.6", "kimi-k2.7-code"],
            config: #"""
                {"architectures": ["KimiK25ForConditionalGeneration"], "model_type": "kimi_k25",
                 "text_config": {"architectures": ["DeepseekV3ForCausalLM"],
                 "attention_bias": false, "first_k_dense_replace": 1, "hidden_size": 7168,
                 "intermediate_size": 18432, "kv_lora_rank": 512,
                 "max_position_embeddings": 262144, "model_type": "kimi_k2",
                 "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 1,
                 "n_routed_experts": 384, "n_shared_experts": 1, "num_attention_heads": 64,
                 "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 64,
                 "num_nextn_predict_layers": 0, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
                 "qk_rope_head_dim": 64,
                 "quantization_config": {"config_groups": {"group_0": {"targets": ["Linear"],
                 "weights": {"dynamic": false, "group_size": 32, "num_bits": 4,
                 "strategy": "group", "symmetric": true, "type": "int"}}},
                 "format": "pack-quantized", "ignore": ["lm_head", "re:.*self_attn.*",
                 "re:.*shared_experts.*", "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"],
                 "quant_method": "compressed-tensors"}, "rope_scaling": {"beta_fast": 32.0,
                 "beta_slow": 1.0, "factor": 64.0, "mscale": 1.0, "mscale_all_dim": 1.0,
                 "original_max_position_embeddings": 4096, "type": "yarn"},
                 "scoring_func": "sigmoid", "tie_word_embeddings": false, "topk_group": 1,
                 "topk_method": "noaux_tc", "v_head_dim": 128, "vocab_size": 163840},
                 "tie_word_embeddings": false, "vision_config": {"init_pos_emb_height": 64,
                 "init_pos_emb_time": 4, "init_pos_emb_width": 64, "merge_kernel_size": [2, 2],
                 "merge_type": "sd2_tpool", "mm_hidden_size": 1152,
                 "mm_projector_type": "patchmerger", "patch_size": 14,
                 "pos_emb_type": "divided_fixed", "text_hidden_size": 7168,
                 "video_attn_type": "spatial_temporal", "vt_hidden_size": 1152,
                 "vt_intermediate_size": 4304, "vt_num_attention_heads": 16,
                 "vt_num_hidden_layers": 27}}
                """#),
        Entry(
            "kimi-linear-48b-a3b",
            config: """
                {"architectures": ["KimiLinearForCausalLM"], "model_type": "kimi_linear",
                 "first_k_dense_replace": 1, "head_dim": 72, "hidden_size": 2304,
                 "intermediate_size": 9216, "kv_lora_rank": 512,
                 "linear_attn_config": {"full_attn_layers": [4, 8, 12, 16, 20, 24, 27],
                 "head_dim": 128, "kda_layers": [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18,
                 19, 21, 22, 23, 25, 26], "num_heads": 32, "short_conv_kernel_size": 4},
                 "mla_use_nope": true, "model_max_length": 1048576, "moe_intermediate_size": 1024,
                 "moe_layer_freq": 1, "moe_renormalize": true,
                 "moe_router_activation_func": "sigmoid", "num_attention_heads": 32,
                 "num_expert_group": 1, "num_experts": 256, "num_experts_per_token": 8,
                 "num_hidden_layers": 27, "num_key_value_heads": 32, "num_nextn_predict_layers": 0,
                 "num_shared_experts": 1, "q_lora_rank": null, "qk_nope_head_dim": 128,
                 "qk_rope_head_dim": 64, "tie_word_embeddings": false, "topk_group": 1,
                 "use_grouped_topk": true, "v_head_dim": 128, "vocab_size": 163840}
                """),
    ]

    static let glms: [Entry] = [
        Entry(
            "glm-4-9b",
            config: """
                {"architectures": ["ChatGLMModel"], "model_type": "chatglm",
                 "add_bias_linear": false, "add_qkv_bias": true,
                 "apply_query_key_layer_scaling": true, "ffn_hidden_size": 13696,
                 "fp32_residual_connection": false, "hidden_size": 4096, "kv_channels": 128,
                 "layernorm_epsilon": 1.5625e-07, "multi_query_attention": true,
                 "multi_query_group_num": 2, "num_attention_heads": 32, "num_hidden_layers": 40,
                 "num_layers": 40, "original_rope": true, "padded_vocab_size": 151552,
                 "post_layer_norm": true, "rmsnorm": true, "rope_ratio": 500, "seq_length": 131072,
                 "tie_word_embeddings": false, "vocab_size": 151552}
                """),
        Entry(
            "glm-4-9b-0414",
            aliases: ["glm-z1-9b-0414"],
            config: """
                {"architectures": ["Glm4ForCausalLM"], "model_type": "glm4", "hidden_size": 4096,
                 "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 2,
                 "intermediate_size": 13696, "vocab_size": 151552,
                 "max_position_embeddings": 32768, "head_dim": 128, "attention_bias": true,
                 "partial_rotary_factor": 0.5}
                """),
        Entry(
            "glm-4-32b-0414",
            aliases: ["glm-z1-32b-0414"],
            config: """
                {"architectures": ["Glm4ForCausalLM"], "model_type": "glm4", "hidden_size": 6144,
                 "num_hidden_layers": 61, "num_attention_heads": 48, "num_key_value_heads": 2,
                 "intermediate_size": 23040, "vocab_size": 151552,
                 "max_position_embeddings": 32768, "head_dim": 128, "attention_bias": false,
                 "partial_rotary_factor": 0.5}
                """),
        Entry(
            "glm-4.5-air",
            config: """
                {"architectures": ["Glm4MoeForCausalLM"], "model_type": "glm4_moe",
                 "hidden_size": 4096, "num_hidden_layers": 46, "num_attention_heads": 96,
                 "num_key_value_heads": 8, "intermediate_size": 10944, "vocab_size": 151552,
                 "attention_bias": true, "head_dim": 128, "partial_rotary_factor": 0.5,
                 "moe_intermediate_size": 1408, "max_position_embeddings": 131072, "n_group": 1,
                 "topk_group": 1, "n_routed_experts": 128, "n_shared_experts": 1,
                 "num_experts_per_tok": 8, "first_k_dense_replace": 1, "use_qk_norm": false,
                 "num_nextn_predict_layers": 1, "tie_word_embeddings": false}
                """),
        Entry(
            "glm-4.5",
            contexts: ["glm-4.6": 202_752, "glm-4.7": 202_752],
            config: """
                {"architectures": ["Glm4MoeForCausalLM"], "model_type": "glm4_moe",
                 "hidden_size": 5120, "num_hidden_layers": 92, "num_attention_heads": 96,
                 "num_key_value_heads": 8, "intermediate_size": 12288, "vocab_size": 151552,
                 "attention_bias": true, "head_dim": 128, "partial_rotary_factor": 0.5,
                 "moe_intermediate_size": 1536, "max_position_embeddings": 131072, "n_group": 1,
                 "topk_group": 1, "n_routed_experts": 160, "n_shared_experts": 1,
                 "num_experts_per_tok": 8, "first_k_dense_replace": 3, "use_qk_norm": true,
                 "num_nextn_predict_layers": 1, "tie_word_embeddings": false}
                """),
        Entry(
            "glm-4.7-flash",
            config: """
                {"architectures": ["Glm4MoeLiteForCausalLM"], "model_type": "glm4_moe_lite",
                 "hidden_size": 2048, "num_hidden_layers": 47, "num_attention_heads": 20,
                 "num_key_value_heads": 20, "intermediate_size": 10240, "vocab_size": 154880,
                 "max_position_embeddings": 202752, "moe_intermediate_size": 1536,
                 "q_lora_rank": 768, "kv_lora_rank": 512, "qk_nope_head_dim": 192,
                 "qk_rope_head_dim": 64, "v_head_dim": 256, "n_routed_experts": 64,
                 "n_shared_experts": 1, "num_experts_per_tok": 4, "first_k_dense_replace": 1,
                 "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc",
                 "num_nextn_predict_layers": 1, "attention_bias": false,
                 "tie_word_embeddings": false}
                """),
        Entry(
            "glm-5",
            aliases: ["glm-5.1"],
            config: """
                {"architectures": ["GlmMoeDsaForCausalLM"], "attention_bias": false,
                 "first_k_dense_replace": 3, "head_dim": 64, "hidden_size": 6144,
                 "index_head_dim": 128, "index_n_heads": 32, "index_topk": 2048,
                 "indexer_rope_interleave": true, "intermediate_size": 12288, "kv_lora_rank": 512,
                 "max_position_embeddings": 202752, "moe_intermediate_size": 2048,
                 "moe_layer_freq": 1, "model_type": "glm_moe_dsa", "n_group": 1,
                 "n_routed_experts": 256, "n_shared_experts": 1, "num_attention_heads": 64,
                 "num_experts_per_tok": 8, "num_hidden_layers": 78, "num_key_value_heads": 64,
                 "num_nextn_predict_layers": 1, "q_lora_rank": 2048, "qk_head_dim": 256,
                 "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "scoring_func": "sigmoid",
                 "tie_word_embeddings": false, "topk_group": 1, "topk_method": "noaux_tc",
                 "v_head_dim": 256, "vocab_size": 154880}
                """),
        Entry(
            "glm-5.2",
            config: """
                {"architectures": ["GlmMoeDsaForCausalLM"], "attention_bias": false,
                 "first_k_dense_replace": 3, "head_dim": 192, "hidden_size": 6144,
                 "index_head_dim": 128, "index_n_heads": 32, "index_share_for_mtp_iteration": true,
                 "index_skip_topk_offset": 3, "index_topk": 2048, "index_topk_freq": 4,
                 "indexer_rope_interleave": true, "intermediate_size": 12288, "kv_lora_rank": 512,
                 "max_position_embeddings": 1048576, "model_type": "glm_moe_dsa",
                 "moe_intermediate_size": 2048, "moe_layer_freq": 1, "moe_router_dtype": "float32",
                 "n_group": 1, "n_routed_experts": 256, "n_shared_experts": 1,
                 "num_attention_heads": 64, "num_experts_per_tok": 8, "num_hidden_layers": 78,
                 "num_key_value_heads": 64, "num_nextn_predict_layers": 1, "q_lora_rank": 2048,
                 "qk_head_dim": 256, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64,
                 "scoring_func": "sigmoid", "tie_word_embeddings": false, "topk_group": 1,
                 "topk_method": "noaux_tc", "v_head_dim": 256, "vocab_size": 154880}
                """),
    ]

    static let miniMaxes: [Entry] = [
        Entry(
            "minimax-m3",
            config: """
                {"architectures": ["MiniMaxM3SparseForConditionalGeneration"],
                 "model_type": "minimax_m3_vl", "text_config": {"hidden_size": 6144,
                 "intermediate_size": 3072, "num_hidden_layers": 60, "num_attention_heads": 64,
                 "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 200064,
                 "max_position_embeddings": 1048576, "use_gemma_norm": true,
                 "attention_output_gate": false, "rotary_dim": 64, "partial_rotary_factor": 0.5,
                 "use_qk_norm": true, "tie_word_embeddings": false,
                 "dense_intermediate_size": 12288, "shared_intermediate_size": 3072,
                 "num_local_experts": 128, "num_experts_per_tok": 4, "n_shared_experts": 1,
                 "scoring_func": "sigmoid", "use_routing_bias": true, "moe_layer_freq": [0, 0, 0,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1], "qk_norm_type": "per_head", "num_mtp_modules": 1,
                 "sparse_attention_config": {"use_sparse_attention": true, "sparse_index_dim": 128,
                 "sparse_num_index_heads": 4, "sparse_topk_blocks": 16, "sparse_block_size": 128,
                 "sparse_score_type": "max", "sparse_init_block": 0, "sparse_local_block": 1,
                 "sparse_attention_freq": [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]},
                 "architectures": ["MiniMaxM3SparseForCausalLM"]},
                 "vision_config": {"hidden_size": 1280, "num_attention_heads": 16,
                 "num_hidden_layers": 32, "intermediate_size": 5120, "patch_size": 14,
                 "image_size": 2016, "projection_dim": 6144, "position_embedding_type": "rope",
                 "rope_mode": "3d", "model_type": "clip_vision_model", "num_channels": 3,
                 "vocab_size": 32000,
                 "img_token_compression_config": {"image_token_compression_method": "patch_me\
                rge", "spatial_merge_size": 2, "temporal_patch_size": 2}},
                 "img_token_compression_config": {"image_token_compression_method": "patch_me\
                rge", "spatial_merge_size": 2, "temporal_patch_size": 2},
                 "multimodal_projector_bias": true, "vision_feature_layer": -1,
                 "vision_feature_select_strategy": "full", "projector_hidden_size": 6144}
                """)
    ]
}
