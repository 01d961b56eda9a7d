/// Google's Gemma.
extension Catalogue {
    static let gemmas: [Entry] = [
        Entry(
            "gemma-2b",
            aliases: ["gemma-1.1-2b", "codegemma-2b"],
            config: """
                {"architectures": ["GemmaForCausalLM"], "attention_bias": false, "head_dim": 256,
                 "hidden_size": 2048, "intermediate_size": 16384, "max_position_embeddings": 8192,
                 "model_type": "gemma", "num_attention_heads": 8, "num_hidden_layers": 18,
                 "num_key_value_heads": 1, "vocab_size": 256000}
                """),
        Entry(
            "gemma-7b",
            aliases: ["gemma-1.1-7b", "codegemma-7b"],
            config: """
                {"architectures": ["GemmaForCausalLM"], "model_type": "gemma",
                 "hidden_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16,
                 "num_key_value_heads": 16, "intermediate_size": 24576, "vocab_size": 256000,
                 "max_position_embeddings": 8192, "head_dim": 256}
                """),
        Entry(
            "gemma-2-2b",
            config: """
                {"architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "head_dim": 256,
                 "hidden_size": 2304, "intermediate_size": 9216, "max_position_embeddings": 8192,
                 "model_type": "gemma2", "num_attention_heads": 8, "num_hidden_layers": 26,
                 "num_key_value_heads": 4, "query_pre_attn_scalar": 256, "sliding_window": 4096,
                 "vocab_size": 256000}
                """),
        Entry(
            "gemma-2-9b",
            config: """
                {"architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "head_dim": 256,
                 "hidden_size": 3584, "intermediate_size": 14336, "max_position_embeddings": 8192,
                 "model_type": "gemma2", "num_attention_heads": 16, "num_hidden_layers": 42,
                 "num_key_value_heads": 8, "query_pre_attn_scalar": 256, "sliding_window": 4096,
                 "vocab_size": 256000}
                """),
        Entry(
            "gemma-3-1b",
            config: """
                {"architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "head_dim": 256,
                 "hidden_size": 1152, "intermediate_size": 6912, "max_position_embeddings": 32768,
                 "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 26,
                 "num_key_value_heads": 1, "query_pre_attn_scalar": 256, "sliding_window": 512,
                 "sliding_window_pattern": 6, "vocab_size": 262144}
                """),
        Entry(
            "gemma-3-4b",
            aliases: ["medgemma-4b"],
            config: """
                {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
                 "mm_tokens_per_image": 256, "text_config": {"head_dim": 256, "hidden_size": 2560,
                 "intermediate_size": 10240, "model_type": "gemma3_text", "num_attention_heads": 8,
                 "num_hidden_layers": 34, "num_key_value_heads": 4, "query_pre_attn_scalar": 256,
                 "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024},
                 "vision_config": {"hidden_size": 1152, "image_size": 896,
                 "intermediate_size": 4304, "model_type": "siglip_vision_model",
                 "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14,
                 "vision_use_head": false}}
                """),
        Entry(
            "gemma-3-12b",
            config: """
                {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
                 "mm_tokens_per_image": 256, "text_config": {"head_dim": 256, "hidden_size": 3840,
                 "intermediate_size": 15360, "model_type": "gemma3_text",
                 "num_attention_heads": 16, "num_hidden_layers": 48, "num_key_value_heads": 8,
                 "query_pre_attn_scalar": 256, "rope_scaling": {"factor": 8.0,
                 "rope_type": "linear"}, "sliding_window": 1024},
                 "vision_config": {"hidden_size": 1152, "image_size": 896,
                 "intermediate_size": 4304, "model_type": "siglip_vision_model",
                 "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14,
                 "vision_use_head": false}}
                """),
        Entry(
            "gemma-3n-e4b",
            config: """
                {"architectures": ["Gemma3nForConditionalGeneration"], "model_type": "gemma3n",
                 "text_config": {"model_type": "gemma3n_text", "hidden_size": 2048,
                 "hidden_size_per_layer_input": 256, "vocab_size": 262400,
                 "vocab_size_per_layer_input": 262144, "intermediate_size": [16384, 16384, 16384,
                 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384,
                 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384,
                 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384],
                 "num_hidden_layers": 35, "num_attention_heads": 8, "num_key_value_heads": 2,
                 "head_dim": 256, "num_kv_shared_layers": 15, "sliding_window": 512,
                 "altup_num_inputs": 4, "altup_active_idx": 0, "altup_correct_scale": true,
                 "laurel_rank": 64, "max_position_embeddings": 32768},
                 "vision_config": {"model_type": "gemma3n_vision",
                 "architecture": "mobilenetv5_300m_enc", "hidden_size": 2048,
                 "vocab_offset": 262144, "vocab_size": 128},
                 "audio_config": {"model_type": "gemma3n_audio", "hidden_size": 1536,
                 "conf_num_hidden_layers": 12, "vocab_offset": 262272, "vocab_size": 128}}
                """),
        Entry(
            "gemma-4-26b-a4b",
            config: """
                {"architectures": ["Gemma4ForConditionalGeneration"], "model_type": "gemma4",
                 "text_config": {"attention_bias": false, "attention_k_eq_v": true,
                 "enable_moe_block": true, "global_head_dim": 512, "head_dim": 256,
                 "hidden_size": 2816, "hidden_size_per_layer_input": 0, "intermediate_size": 2112,
                 "max_position_embeddings": 262144, "model_type": "gemma4_text",
                 "moe_intermediate_size": 704, "num_attention_heads": 16, "num_experts": 128,
                 "num_global_key_value_heads": 2, "num_hidden_layers": 30,
                 "num_key_value_heads": 8, "num_kv_shared_layers": 0,
                 "rope_parameters": {"full_attention": {"partial_rotary_factor": 0.25,
                 "rope_type": "proportional"}, "sliding_attention": {"rope_type": "default"}},
                 "sliding_window": 1024, "tie_word_embeddings": true, "top_k_experts": 8,
                 "use_double_wide_mlp": false, "vocab_size": 262144,
                 "vocab_size_per_layer_input": 262144}, "tie_word_embeddings": true,
                 "vision_config": {"attention_bias": false, "global_head_dim": 72, "head_dim": 72,
                 "hidden_size": 1152, "intermediate_size": 4304, "max_position_embeddings": 131072,
                 "model_type": "gemma4_vision", "num_attention_heads": 16, "num_hidden_layers": 27,
                 "num_key_value_heads": 16, "patch_size": 16, "pooling_kernel_size": 3,
                 "position_embedding_size": 10240, "standardize": true,
                 "use_clipped_linears": false}}
                """),
        Entry(
            "gemma-4-31b",
            config: """
                {"architectures": ["Gemma4ForConditionalGeneration"], "model_type": "gemma4",
                 "text_config": {"attention_bias": false, "attention_k_eq_v": true,
                 "enable_moe_block": false, "global_head_dim": 512, "head_dim": 256,
                 "hidden_size": 5376, "hidden_size_per_layer_input": 0, "intermediate_size": 21504,
                 "max_position_embeddings": 262144, "model_type": "gemma4_text",
                 "num_attention_heads": 32, "num_global_key_value_heads": 4,
                 "num_hidden_layers": 60, "num_key_value_heads": 16, "num_kv_shared_layers": 0,
                 "rope_parameters": {"full_attention": {"partial_rotary_factor": 0.25,
                 "rope_type": "proportional"}, "sliding_attention": {"rope_type": "default"}},
                 "sliding_window": 1024, "tie_word_embeddings": true, "use_double_wide_mlp": false,
                 "vocab_size": 262144, "vocab_size_per_layer_input": 262144},
                 "tie_word_embeddings": true, "vision_config": {"attention_bias": false,
                 "global_head_dim": 72, "head_dim": 72, "hidden_size": 1152,
                 "intermediate_size": 4304, "max_position_embeddings": 131072,
                 "model_type": "gemma4_vision", "num_attention_heads": 16, "num_hidden_layers": 27,
                 "num_key_value_heads": 16, "patch_size": 16, "pooling_kernel_size": 3,
                 "position_embedding_size": 10240, "standardize": true,
                 "use_clipped_linears": false}}
                """),
    ]
}
