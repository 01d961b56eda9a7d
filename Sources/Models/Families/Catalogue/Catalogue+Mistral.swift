/// Mistral's models.
extension Catalogue {
    static let mistrals: [Entry] = [
        Entry(
            "mistral-7b-v0.2",
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 32000,
                 "max_position_embeddings": 32768}
                """),
        Entry(
            "mistral-nemo-12b",
            aliases: ["mistral-nemo-2407", "mistral-nemo"],
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 5120, "num_hidden_layers": 40, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 131072,
                 "max_position_embeddings": 131072, "head_dim": 128}
                """),
        Entry(
            "ministral-8b-2410",
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 4096, "num_hidden_layers": 36, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 12288, "vocab_size": 131072,
                 "max_position_embeddings": 32768, "head_dim": 128, "sliding_window": 32768}
                """),
        Entry(
            "codestral-22b-v0.1",
            aliases: ["codestral-22b"],
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 6144, "num_hidden_layers": 56, "num_attention_heads": 48,
                 "num_key_value_heads": 8, "intermediate_size": 16384, "vocab_size": 32768,
                 "max_position_embeddings": 32768, "head_dim": 128}
                """),
        Entry(
            "mistral-small-22b-2409",
            aliases: ["mistral-small-2409"],
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 6144, "num_hidden_layers": 56, "num_attention_heads": 48,
                 "num_key_value_heads": 8, "intermediate_size": 16384, "vocab_size": 32768,
                 "max_position_embeddings": 32768, "head_dim": 128}
                """),
        Entry(
            "mistral-small-24b-2501",
            aliases: ["mistral-small-24b"],
            contexts: [
                "magistral-small-2506": 40_960, "devstral-small-2505": 131_072,
                "devstral-small-2507": 131_072,
            ],
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 5120, "num_hidden_layers": 40, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 32768, "vocab_size": 131072,
                 "max_position_embeddings": 32768, "head_dim": 128}
                """),
        Entry(
            "mistral-small-3.1-24b-2503",
            aliases: [
                "mistral-small-3.1-24b", "mistral-small-3.2-24b", "mistral-small-3.2-24b-2506",
            ],
            config: """
                {"architectures": ["Mistral3ForConditionalGeneration"], "model_type": "mistral3",
                 "tie_word_embeddings": false, "multimodal_projector_bias": false,
                 "spatial_merge_size": 2, "text_config": {"model_type": "mistral", "head_dim": 128,
                 "hidden_size": 5120, "intermediate_size": 32768,
                 "max_position_embeddings": 131072, "num_attention_heads": 32,
                 "num_hidden_layers": 40, "num_key_value_heads": 8, "rope_theta": 1000000000.0,
                 "sliding_window": null, "vocab_size": 131072},
                 "vision_config": {"model_type": "pixtral", "head_dim": 64, "hidden_size": 1024,
                 "image_size": 1540, "intermediate_size": 4096, "num_attention_heads": 16,
                 "num_hidden_layers": 24, "patch_size": 14, "rope_theta": 10000.0},
                 "vision_feature_layer": -1}
                """),
        Entry(
            "mistral-large-2407",
            aliases: ["mistral-large-2411", "mistral-large-123b"],
            config: """
                {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
                 "hidden_size": 12288, "num_hidden_layers": 88, "num_attention_heads": 96,
                 "num_key_value_heads": 8, "intermediate_size": 28672, "vocab_size": 32768,
                 "max_position_embeddings": 131072, "head_dim": 128}
                """),
        Entry(
            "ministral-3-8b",
            aliases: ["ministral-3-8b-reasoning-2512"],
            contexts: ["ministral-3-8b-base-2512": 262_144],
            config: """
                {"architectures": ["Mistral3ForConditionalGeneration"], "model_type": "mistral3",
                 "tie_word_embeddings": false, "multimodal_projector_bias": false,
                 "spatial_merge_size": 2, "text_config": {"model_type": "ministral3",
                 "head_dim": 128, "hidden_size": 4096, "intermediate_size": 14336,
                 "max_position_embeddings": 262144, "num_attention_heads": 32,
                 "num_hidden_layers": 34, "num_key_value_heads": 8,
                 "rope_parameters": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 16.0,
                 "llama_4_scaling_beta": 0.1, "mscale": 1.0, "mscale_all_dim": 1.0,
                 "original_max_position_embeddings": 16384, "rope_type": "yarn", "type": "yarn"},
                 "tie_word_embeddings": false, "vocab_size": 131072},
                 "vision_config": {"model_type": "pixtral", "head_dim": 64, "hidden_size": 1024,
                 "image_size": 1540, "intermediate_size": 4096, "num_attention_heads": 16,
                 "num_hidden_layers": 24, "patch_size": 14}, "vision_feature_layer": -1}
                """),
        Entry(
            "devstral-2-123b-2512",
            aliases: ["devstral-2-123b"],
            config: """
                {"architectures": ["Ministral3ForCausalLM"], "head_dim": 128,
                 "hidden_size": 12288, "intermediate_size": 28672,
                 "max_position_embeddings": 262144, "model_type": "ministral3",
                 "num_attention_heads": 96, "num_hidden_layers": 88, "num_key_value_heads": 8,
                 "quantization_config": {"activation_scheme": "static", "dequantize": false,
                 "quant_method": "fp8"}, "rope_parameters": {"beta_fast": 4.0, "beta_slow": 1.0,
                 "factor": 64.0, "mscale": 1.0, "mscale_all_dim": 0.0,
                 "original_max_position_embeddings": 4096, "llama_4_scaling_beta": 0.0,
                 "rope_type": "yarn", "type": "yarn"}, "tie_word_embeddings": false,
                 "vocab_size": 131072}
                """),
        Entry(
            "pixtral-12b-2409",
            aliases: ["pixtral-12b"],
            config: """
                {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
                 "text_config": {"hidden_size": 5120, "head_dim": 128, "intermediate_size": 14336,
                 "is_composition": true, "max_position_embeddings": 1024000,
                 "model_type": "mistral", "num_hidden_layers": 40, "num_key_value_heads": 8,
                 "rope_theta": 1000000000.0, "sliding_window": null, "vocab_size": 131072},
                 "vision_config": {"head_dim": 64, "image_size": 1024, "is_composition": true,
                 "model_type": "pixtral", "patch_size": 16, "rope_theta": 10000.0,
                 "tie_word_embeddings": false}, "vision_feature_layer": -1,
                 "vision_feature_select_strategy": "full"}
                """),
        Entry(
            "mamba-codestral-7b-v0.1",
            aliases: ["mamba-codestral-7b"],
            config: """
                {"architectures": ["Mamba2ForCausalLM"], "model_type": "mamba2",
                 "chunk_size": 256, "conv_kernel": 4, "expand": 2, "head_dim": 64,
                 "hidden_size": 4096, "intermediate_size": 8192, "n_groups": 8,
                 "norm_before_gate": true, "num_heads": 128, "num_hidden_layers": 64,
                 "rms_norm": true, "state_size": 128, "tie_word_embeddings": false,
                 "use_bias": false, "use_conv_bias": true, "vocab_size": 32768}
                """),
    ]
}
