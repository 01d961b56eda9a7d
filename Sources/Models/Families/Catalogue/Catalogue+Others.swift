/// Nemotron, and publishers with few models each.
extension Catalogue {
    static let nemotrons: [Entry] = [
        Entry(
            "nemotron-3-nano-30b-a3b",
            config: """
                {"architectures": ["NemotronHForCausalLM"], "attention_bias": false,
                 "chunk_size": 128, "conv_kernel": 4, "expand": 2, "head_dim": 128,
                 "hidden_size": 2688,
                 "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEME\
                MEME", "intermediate_size": 1856, "mamba_head_dim": 64, "mamba_num_heads": 64,
                 "mamba_proj_bias": false, "mamba_ssm_cache_dtype": "float32",
                 "max_position_embeddings": 262144, "mlp_bias": false, "mlp_hidden_act": "relu2",
                 "model_type": "nemotron_h", "moe_intermediate_size": 1856,
                 "moe_shared_expert_intermediate_size": 3712, "n_group": 1, "n_groups": 8,
                 "n_routed_experts": 128, "n_shared_experts": 1, "num_attention_heads": 32,
                 "num_experts_per_tok": 6, "num_hidden_layers": 52, "num_key_value_heads": 2,
                 "partial_rotary_factor": 1.0, "ssm_state_size": 128, "tie_word_embeddings": false,
                 "topk_group": 1, "use_bias": false, "use_conv_bias": true, "vocab_size": 131072}
                """),
        Entry(
            "nemotron-nano-9b-v2",
            config: """
                {"architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h",
                 "hidden_size": 4480, "num_hidden_layers": 56, "intermediate_size": 15680,
                 "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
                 "vocab_size": 131072,
                 "hybrid_override_pattern": "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-\
                M-M-M-M-", "ssm_state_size": 128, "conv_kernel": 4, "n_groups": 8,
                 "mamba_num_heads": 128, "mamba_head_dim": 80, "max_position_embeddings": 131072,
                 "mamba_ssm_cache_dtype": "float32", "tie_word_embeddings": false,
                 "use_bias": false, "use_conv_bias": true, "mlp_hidden_act": "relu2"}
                """),
        Entry(
            "nemotron-3-super-120b-a12b",
            config: """
                {"architectures": ["NemotronHForCausalLM"], "attention_bias": false,
                 "chunk_size": 128, "conv_kernel": 4, "expand": 2, "head_dim": 128,
                 "hidden_size": 4096,
                 "hybrid_override_pattern": "MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*\
                EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME", "intermediate_size": 2688,
                 "mamba_head_dim": 64, "mamba_num_heads": 128, "mamba_proj_bias": false,
                 "mamba_ssm_cache_dtype": "float32", "max_position_embeddings": 262144,
                 "mlp_bias": false, "mlp_hidden_act": "relu2", "model_type": "nemotron_h",
                 "moe_intermediate_size": 2688, "moe_latent_size": 1024,
                 "moe_shared_expert_intermediate_size": 5376, "moe_shared_expert_overlap": false,
                 "mtp_hybrid_override_pattern": "*E", "n_group": 1, "n_groups": 8,
                 "n_routed_experts": 512, "n_shared_experts": 1, "num_attention_heads": 32,
                 "num_experts_per_tok": 22, "num_hidden_layers": 88, "num_key_value_heads": 2,
                 "num_nextn_predict_layers": 1, "partial_rotary_factor": 1.0,
                 "ssm_state_size": 128, "tie_word_embeddings": false, "topk_group": 1,
                 "use_bias": false, "use_conv_bias": true, "vocab_size": 131072}
                """),
        Entry(
            "nemotron-h-56b-8k",
            config: """
                {"architectures": ["NemotronHForCausalLM"], "attention_bias": false,
                 "attention_head_dim": 128, "chunk_size": 128, "conv_kernel": 4, "expand": 2,
                 "hidden_size": 8192,
                 "hybrid_override_pattern": "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-\
                M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-",
                 "intermediate_size": 32768, "mamba_head_dim": 64, "mamba_num_heads": 256,
                 "mamba_proj_bias": false, "max_position_embeddings": 8192, "mlp_bias": false,
                 "mlp_hidden_act": "relu2", "model_type": "nemotron_h", "n_groups": 8,
                 "num_attention_heads": 64, "num_hidden_layers": 118, "num_key_value_heads": 8,
                 "ssm_state_size": 256, "tie_word_embeddings": false, "time_step_rank": 512,
                 "use_bias": false, "use_conv_bias": true, "vocab_size": 131072}
                """),
        Entry(
            "minitron-8b",
            config: """
                {"architectures": ["NemotronForCausalLM"], "model_type": "nemotron",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 48,
                 "num_key_value_heads": 8, "intermediate_size": 16384, "vocab_size": 256000,
                 "head_dim": 128, "max_position_embeddings": 4096, "partial_rotary_factor": 0.5,
                 "tie_word_embeddings": false}
                """),
    ]

    static let further: [Entry] = [
        Entry(
            "seed-oss-36b",
            aliases: ["seed-oss-36b-wosyn"],
            config: """
                {"architectures": ["SeedOssForCausalLM"], "model_type": "seed_oss",
                 "hidden_size": 5120, "num_hidden_layers": 64, "num_attention_heads": 80,
                 "num_key_value_heads": 8, "intermediate_size": 27648, "vocab_size": 155136,
                 "head_dim": 128, "attention_bias": true, "attention_out_bias": false,
                 "max_position_embeddings": 524288, "mlp_bias": false,
                 "tie_word_embeddings": false}
                """),
        Entry(
            "ernie-4.5-0.3b",
            aliases: ["ernie-4.5-0.3b-pt"],
            config: """
                {"architectures": ["Ernie4_5ForCausalLM"], "model_type": "ernie4_5",
                 "hidden_size": 1024, "num_hidden_layers": 18, "num_attention_heads": 16,
                 "num_key_value_heads": 2, "intermediate_size": 3072, "vocab_size": 103424,
                 "head_dim": 128, "max_position_embeddings": 131072, "tie_word_embeddings": true,
                 "use_bias": false}
                """),
        Entry(
            "ernie-4.5-21b-a3b",
            aliases: ["ernie-4.5-21b-a3b-pt", "ernie-4.5-21b-a3b-thinking"],
            config: """
                {"architectures": ["Ernie4_5_MoeForCausalLM"], "model_type": "ernie4_5_moe",
                 "hidden_size": 2560, "num_hidden_layers": 28, "num_attention_heads": 20,
                 "num_key_value_heads": 4, "intermediate_size": 12288, "vocab_size": 103424,
                 "max_position_embeddings": 131072, "moe_capacity": [64, 64, 64],
                 "moe_gate": "topk", "moe_intermediate_size": 1536, "moe_k": 6,
                 "moe_layer_interval": 1, "moe_layer_start_index": 1, "moe_layer_end_index": 27,
                 "moe_num_experts": 64, "moe_num_shared_experts": 2, "moe_use_aux_free": true,
                 "tie_word_embeddings": true, "use_bias": false, "num_nextn_predict_layers": 1}
                """),
        Entry(
            "hunyuan-a13b",
            config: """
                {"architectures": ["HunYuanMoEV1ForCausalLM"], "model_type": "hunyuan_v1_moe",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 3072, "vocab_size": 128167,
                 "attention_head_dim": 128, "head_dim": 128, "attention_bias": false,
                 "mlp_bias": false, "max_position_embeddings": 32768, "moe_topk": [8, 8, 8, 8, 8,
                 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8],
                 "num_experts": 64, "num_shared_expert": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "moe_layer_num_skipped": 0,
                 "use_mixed_mlp_moe": true, "use_qk_norm": true, "use_cla": false,
                 "norm_type": "rms", "rope_scaling": {"alpha": 1000.0, "beta_fast": 32,
                 "beta_slow": 1, "factor": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0,
                 "type": "dynamic"}, "tie_word_embeddings": true}
                """),
        Entry(
            "hunyuan-7b",
            config: """
                {"architectures": ["HunYuanDenseV1ForCausalLM"], "model_type": "hunyuan_v1_dense",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128167,
                 "max_position_embeddings": 262144, "head_dim": 128, "use_qk_norm": true,
                 "tie_word_embeddings": true, "rope_scaling": {"alpha": 1000.0, "beta_fast": 32,
                 "beta_slow": 1, "factor": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0,
                 "type": "dynamic"}}
                """),
        Entry(
            "mimo-7b",
            aliases: ["mimo-7b-sft", "mimo-7b-rl", "mimo-7b-rl-zero"],
            config: """
                {"architectures": ["MiMoForCausalLM"], "model_type": "mimo",
                 "num_hidden_layers": 36, "hidden_size": 4096, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 11008,
                 "vocab_size": 151680, "max_position_embeddings": 32768, "attention_bias": true,
                 "sliding_window": 32768, "use_mrope": false, "num_nextn_predict_layers": 1,
                 "tie_word_embeddings": false}
                """),
        Entry(
            "mimo-v2-flash",
            config: """
                {"architectures": ["MiMoV2FlashForCausalLM"], "model_type": "mimo_v2_flash",
                 "num_hidden_layers": 48, "hidden_size": 4096, "num_attention_heads": 64,
                 "num_key_value_heads": 4, "head_dim": 192, "v_head_dim": 128,
                 "intermediate_size": 16384, "vocab_size": 152576,
                 "max_position_embeddings": 262144, "swa_rope_theta": 10000,
                 "partial_rotary_factor": 0.334, "sliding_window": 128,
                 "attention_chunk_size": 128, "swa_num_attention_heads": 64,
                 "swa_num_key_value_heads": 8, "swa_head_dim": 192, "swa_v_head_dim": 128,
                 "moe_layer_freq": [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
                 "moe_intermediate_size": 2048, "n_routed_experts": 256, "num_experts_per_tok": 8,
                 "scoring_func": "sigmoid", "n_group": 1, "topk_group": 1,
                 "topk_method": "noaux_tc", "layernorm_epsilon": 1e-05, "attention_bias": false,
                 "attention_value_scale": 0.707, "add_swa_attention_sink_bias": true,
                 "add_full_attention_sink_bias": false, "tie_word_embeddings": false,
                 "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3",
                 "quant_method": "fp8", "weight_block_size": [128, 128]}}
                """),
        Entry(
            "ling-lite-1.5",
            aliases: ["ling-lite-1.5-2507"],
            config: """
                {"architectures": ["BailingMoeForCausalLM"], "model_type": "bailing_moe",
                 "hidden_size": 2048, "num_hidden_layers": 28, "num_attention_heads": 16,
                 "num_key_value_heads": 4, "intermediate_size": 5632, "vocab_size": 126464,
                 "head_dim": 128, "first_k_dense_replace": 0, "max_position_embeddings": 131072,
                 "moe_intermediate_size": 1408, "norm_head": false, "num_experts": 64,
                 "num_experts_per_tok": 6, "num_shared_experts": 2, "tie_word_embeddings": false,
                 "use_bias": false, "use_qkv_bias": false, "norm_softmax": false}
                """),
        Entry(
            "lfm2-1.2b",
            config: """
                {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2",
                 "block_auto_adjust_ff_dim": true, "block_dim": 2048, "block_ff_dim": 12288,
                 "block_ffn_dim_multiplier": 1.0, "block_multiple_of": 256,
                 "block_norm_eps": 1e-05, "conv_L_cache": 3, "conv_bias": false, "conv_dim": 2048,
                 "full_attn_idxs": [2, 5, 8, 10, 12, 14], "hidden_size": 2048,
                 "max_position_embeddings": 128000, "num_attention_heads": 32, "num_heads": 32,
                 "num_hidden_layers": 16, "num_key_value_heads": 8, "vocab_size": 65536}
                """),
        Entry(
            "lfm2-8b-a1b",
            config: """
                {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe",
                 "conv_L_cache": 3, "conv_bias": false, "hidden_size": 2048,
                 "intermediate_size": 7168, "moe_intermediate_size": 1792, "num_dense_layers": 2,
                 "num_experts": 32, "num_experts_per_tok": 4, "use_expert_bias": true,
                 "layer_types": ["conv", "conv", "full_attention", "conv", "conv", "conv",
                 "full_attention", "conv", "conv", "conv", "full_attention", "conv", "conv",
                 "conv", "full_attention", "conv", "conv", "conv", "full_attention", "conv",
                 "conv", "full_attention", "conv", "conv"], "max_position_embeddings": 128000,
                 "num_attention_heads": 32, "num_hidden_layers": 24, "num_key_value_heads": 8,
                 "vocab_size": 65536}
                """),
        Entry(
            "apertus-8b-2509",
            aliases: ["apertus-8b"],
            config: """
                {"architectures": ["ApertusForCausalLM"], "model_type": "apertus",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 21504, "vocab_size": 131072,
                 "attention_bias": false, "max_position_embeddings": 65536, "mlp_bias": false,
                 "post_norm": false, "qk_norm": true, "tie_word_embeddings": false}
                """),
        Entry(
            "dots.llm1",
            aliases: ["dots.llm1.inst"],
            config: """
                {"architectures": ["Dots1ForCausalLM"], "model_type": "dots1",
                 "hidden_size": 4096, "num_hidden_layers": 62, "num_attention_heads": 32,
                 "num_key_value_heads": 32, "intermediate_size": 10944, "vocab_size": 152064,
                 "head_dim": 128, "first_k_dense_replace": 1, "max_position_embeddings": 32768,
                 "moe_intermediate_size": 1408, "n_group": 1, "n_routed_experts": 128,
                 "n_shared_experts": 2, "num_experts_per_tok": 6, "scoring_func": "noaux_tc",
                 "tie_word_embeddings": false, "topk_group": 1}
                """),
        Entry(
            "minicpm3-4b",
            config: """
                {"architectures": ["MiniCPM3ForCausalLM"], "model_type": "minicpm3",
                 "hidden_size": 2560, "num_hidden_layers": 62, "num_attention_heads": 40,
                 "num_key_value_heads": 40, "intermediate_size": 6400, "vocab_size": 73448,
                 "q_lora_rank": 768, "kv_lora_rank": 256, "qk_nope_head_dim": 64,
                 "qk_rope_head_dim": 32, "v_head_dim": 64, "scale_emb": 12, "dim_model_base": 256,
                 "scale_depth": 1.4, "max_position_embeddings": 32768, "tie_word_embeddings": true}
                """),
        Entry(
            "pythia-6.9b",
            aliases: ["pythia-6.9b-deduped"],
            config: """
                {"architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox",
                 "hidden_size": 4096, "intermediate_size": 16384, "max_position_embeddings": 2048,
                 "num_attention_heads": 32, "num_hidden_layers": 32, "tie_word_embeddings": false,
                 "use_parallel_residual": true, "vocab_size": 50432}
                """),
        Entry(
            "bloom-7b1",
            config: """
                {"architectures": ["BloomForCausalLM"], "model_type": "bloom",
                 "apply_residual_connection_post_layernorm": false, "hidden_size": 4096,
                 "n_embed": 4096, "n_head": 32, "n_layer": 30, "num_attention_heads": 32,
                 "vocab_size": 250880}
                """),
        Entry(
            "dbrx",
            config: """
                {"architectures": ["DbrxForCausalLM"], "model_type": "dbrx",
                 "attn_config": {"clip_qkv": 8, "kv_n_heads": 8}, "d_model": 6144,
                 "ffn_config": {"ffn_hidden_size": 10752, "moe_jitter_eps": 0,
                 "moe_loss_weight": 0.05, "moe_num_experts": 16, "moe_top_k": 4},
                 "max_seq_len": 32768, "n_heads": 48, "n_layers": 40, "tie_word_embeddings": false,
                 "vocab_size": 100352}
                """),
        Entry(
            "longcat-flash",
            config: """
                {"architectures": ["LongcatFlashForCausalLM"], "model_type": "longcat_flash",
                 "attention_bias": false, "attention_method": "MLA", "hidden_size": 6144,
                 "num_layers": 28, "num_attention_heads": 64, "ffn_hidden_size": 12288,
                 "expert_ffn_hidden_size": 2048, "n_routed_experts": 512, "zero_expert_num": 256,
                 "zero_expert_type": "identity", "moe_topk": 12, "q_lora_rank": 1536,
                 "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
                 "v_head_dim": 128, "mla_scale_q_lora": true, "mla_scale_kv_lora": true,
                 "router_bias": false, "vocab_size": 131072, "max_position_embeddings": 131072}
                """),
    ]
}
