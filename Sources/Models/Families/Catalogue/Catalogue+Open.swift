/// OLMo, Granite, Command and EXAONE.
extension Catalogue {
    static let olmos: [Entry] = [
        Entry(
            "olmo-2-7b",
            aliases: ["olmo-2-1124-7b"],
            config: """
                {"architectures": ["Olmo2ForCausalLM"], "hidden_size": 4096,
                 "intermediate_size": 11008, "max_position_embeddings": 4096,
                 "model_type": "olmo2", "num_attention_heads": 32, "num_hidden_layers": 32,
                 "num_key_value_heads": 32, "tie_word_embeddings": false, "vocab_size": 100352}
                """),
        Entry(
            "olmo-2-13b",
            aliases: ["olmo-2-1124-13b"],
            config: """
                {"architectures": ["Olmo2ForCausalLM"], "hidden_size": 5120,
                 "intermediate_size": 13824, "max_position_embeddings": 4096,
                 "model_type": "olmo2", "num_attention_heads": 40, "num_hidden_layers": 40,
                 "num_key_value_heads": 40, "tie_word_embeddings": false, "vocab_size": 100352}
                """),
        Entry(
            "olmo-2-32b",
            aliases: ["olmo-2-0325-32b"],
            config: """
                {"architectures": ["Olmo2ForCausalLM"], "hidden_size": 5120,
                 "intermediate_size": 27648, "max_position_embeddings": 4096,
                 "model_type": "olmo2", "num_attention_heads": 40, "num_hidden_layers": 64,
                 "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 100352}
                """),
        Entry(
            "olmo-3-32b",
            aliases: ["olmo-3.1-32b", "olmo-3-32b-think", "olmo-3.1-32b-think", "olmo-3-1125-32b"],
            config: """
                {"architectures": ["Olmo3ForCausalLM"], "attention_bias": false,
                 "hidden_size": 5120, "intermediate_size": 27648, "max_position_embeddings": 65536,
                 "model_type": "olmo3", "num_attention_heads": 40, "num_hidden_layers": 64,
                 "num_key_value_heads": 8, "rope_scaling": {"attention_factor": 1.2079441541679836,
                 "beta_fast": 32, "beta_slow": 1, "factor": 8.0,
                 "original_max_position_embeddings": 8192, "rope_type": "yarn"},
                 "sliding_window": 4096, "tie_word_embeddings": false, "vocab_size": 100278}
                """),
        Entry(
            "olmo-3-7b",
            aliases: ["olmo-3-1025-7b", "olmo-3-7b-think"],
            config: """
                {"architectures": ["Olmo3ForCausalLM"], "attention_bias": false,
                 "hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 65536,
                 "model_type": "olmo3", "num_attention_heads": 32, "num_hidden_layers": 32,
                 "num_key_value_heads": 32,
                 "rope_scaling": {"attention_factor": 1.2079441541679836, "beta_fast": 32,
                 "beta_slow": 1, "factor": 8.0, "original_max_position_embeddings": 8192,
                 "rope_type": "yarn"}, "sliding_window": 4096, "tie_word_embeddings": false,
                 "vocab_size": 100278}
                """),
        Entry(
            "olmoe-1b-7b-0924",
            aliases: ["olmoe-1b-7b"],
            config: """
                {"architectures": ["OlmoeForCausalLM"], "model_type": "olmoe",
                 "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16,
                 "num_key_value_heads": 16, "intermediate_size": 1024, "vocab_size": 50304,
                 "attention_bias": false, "max_position_embeddings": 4096, "num_experts": 64,
                 "num_experts_per_tok": 8, "tie_word_embeddings": false}
                """),
    ]

    static let granites: [Entry] = [
        Entry(
            "granite-3.3-8b",
            aliases: ["granite-3.1-8b", "granite-3.2-8b"],
            config: """
                {"architectures": ["GraniteForCausalLM"], "model_type": "granite",
                 "hidden_size": 4096, "num_hidden_layers": 40, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 12800, "vocab_size": 49159,
                 "max_position_embeddings": 131072, "tie_word_embeddings": true}
                """),
        Entry(
            "granite-3.3-2b",
            aliases: ["granite-3.1-2b", "granite-3.2-2b"],
            config: """
                {"architectures": ["GraniteForCausalLM"], "model_type": "granite",
                 "hidden_size": 2048, "num_hidden_layers": 40, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 49159,
                 "max_position_embeddings": 131072, "tie_word_embeddings": true}
                """),
        Entry(
            "granite-4.0-h-small",
            config: """
                {"architectures": ["GraniteMoeHybridForCausalLM"],
                 "model_type": "granitemoehybrid", "hidden_size": 4096, "num_hidden_layers": 40,
                 "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 768,
                 "vocab_size": 100352, "layer_types": ["mamba", "mamba", "mamba", "mamba", "mamba",
                 "attention", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "attention", "mamba", "mamba", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "mamba", "mamba", "attention", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "attention", "mamba",
                 "mamba", "mamba", "mamba"], "mamba_conv_bias": true, "mamba_d_conv": 4,
                 "mamba_d_head": 64, "mamba_d_state": 128, "mamba_expand": 2, "mamba_n_groups": 1,
                 "mamba_n_heads": 128, "mamba_proj_bias": false, "max_position_embeddings": 131072,
                 "num_experts_per_tok": 10, "num_local_experts": 72,
                 "position_embedding_type": "nope", "shared_intermediate_size": 1536,
                 "tie_word_embeddings": true}
                """),
        Entry(
            "granite-4.0-h-tiny",
            config: """
                {"architectures": ["GraniteMoeHybridForCausalLM"],
                 "model_type": "granitemoehybrid", "hidden_size": 1536, "num_hidden_layers": 40,
                 "num_attention_heads": 12, "num_key_value_heads": 4, "intermediate_size": 512,
                 "vocab_size": 100352, "layer_types": ["mamba", "mamba", "mamba", "mamba", "mamba",
                 "attention", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "attention", "mamba", "mamba", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "mamba", "mamba", "attention", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "attention", "mamba",
                 "mamba", "mamba", "mamba"], "mamba_conv_bias": true, "mamba_d_conv": 4,
                 "mamba_d_head": 64, "mamba_d_state": 128, "mamba_expand": 2, "mamba_n_groups": 1,
                 "mamba_n_heads": 48, "mamba_proj_bias": false, "max_position_embeddings": 131072,
                 "num_experts_per_tok": 6, "num_local_experts": 64,
                 "position_embedding_type": "nope", "shared_intermediate_size": 1024,
                 "tie_word_embeddings": true}
                """),
        Entry(
            "granite-4.0-h-1b",
            config: """
                {"architectures": ["GraniteMoeHybridForCausalLM"],
                 "model_type": "granitemoehybrid", "hidden_size": 1536, "num_hidden_layers": 40,
                 "num_attention_heads": 12, "num_key_value_heads": 4, "intermediate_size": 4096,
                 "vocab_size": 100352, "layer_types": ["mamba", "mamba", "mamba", "mamba", "mamba",
                 "attention", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "attention", "mamba", "mamba", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "mamba", "mamba", "attention", "mamba", "mamba", "mamba",
                 "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "attention", "mamba",
                 "mamba", "mamba", "mamba"], "mamba_conv_bias": true, "mamba_d_conv": 4,
                 "mamba_d_head": 64, "mamba_d_state": 128, "mamba_expand": 2, "mamba_n_groups": 1,
                 "mamba_n_heads": 48, "mamba_proj_bias": false, "max_position_embeddings": 131072,
                 "num_experts_per_tok": 0, "num_local_experts": 0,
                 "position_embedding_type": "nope", "shared_intermediate_size": 4096,
                 "tie_word_embeddings": true}
                """),
    ]

    static let commands: [Entry] = [
        Entry(
            "command-r-35b",
            aliases: ["command-r-v01", "command-r"],
            config: """
                {"architectures": ["CohereForCausalLM"], "model_type": "cohere",
                 "hidden_size": 8192, "num_hidden_layers": 40, "num_attention_heads": 64,
                 "num_key_value_heads": 64, "intermediate_size": 22528, "vocab_size": 256000,
                 "max_position_embeddings": 8192, "model_max_length": 131072}
                """),
        Entry(
            "command-r-08-2024",
            config: """
                {"architectures": ["CohereForCausalLM"], "model_type": "cohere",
                 "hidden_size": 8192, "num_hidden_layers": 40, "num_attention_heads": 64,
                 "num_key_value_heads": 8, "intermediate_size": 24576, "vocab_size": 256000,
                 "max_position_embeddings": 131072, "model_max_length": 131072}
                """),
        Entry(
            "command-r-plus-104b",
            aliases: ["command-r-plus", "command-r-plus-08-2024"],
            config: """
                {"architectures": ["CohereForCausalLM"], "model_type": "cohere",
                 "hidden_size": 12288, "num_hidden_layers": 64, "num_attention_heads": 96,
                 "num_key_value_heads": 8, "intermediate_size": 33792, "vocab_size": 256000,
                 "max_position_embeddings": 8192, "model_max_length": 131072, "use_qk_norm": true}
                """),
        Entry(
            "command-a-111b",
            aliases: ["command-a-03-2025", "command-a"],
            config: """
                {"architectures": ["Cohere2ForCausalLM"], "model_type": "cohere2",
                 "hidden_size": 12288, "num_hidden_layers": 64, "num_attention_heads": 96,
                 "num_key_value_heads": 8, "intermediate_size": 36864, "vocab_size": 256000,
                 "head_dim": 128, "max_position_embeddings": 131072, "sliding_window": 4096,
                 "sliding_window_pattern": 4, "use_embedding_sharing": true}
                """),
        Entry(
            "command-r7b-12-2024",
            aliases: ["command-r7b"],
            config: """
                {"architectures": ["Cohere2ForCausalLM"], "model_type": "cohere2",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 256000,
                 "head_dim": 128, "max_position_embeddings": 132096, "sliding_window": 4096,
                 "sliding_window_pattern": 4, "use_embedding_sharing": true}
                """),
    ]

    static let exaones: [Entry] = [
        Entry(
            "exaone-3.5-7.8b",
            config: """
                {"architectures": ["ExaoneForCausalLM"], "model_type": "exaone", "head_dim": 128,
                 "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768,
                 "num_attention_heads": 32, "num_key_value_heads": 8, "num_layers": 32,
                 "num_hidden_layers": 32, "tie_word_embeddings": false, "vocab_size": 102400}
                """),
        Entry(
            "exaone-3.5-32b",
            config: """
                {"architectures": ["ExaoneForCausalLM"], "model_type": "exaone", "head_dim": 128,
                 "hidden_size": 5120, "intermediate_size": 27392, "max_position_embeddings": 32768,
                 "num_attention_heads": 40, "num_key_value_heads": 8, "num_layers": 64,
                 "num_hidden_layers": 64, "tie_word_embeddings": false, "vocab_size": 102400}
                """),
        Entry(
            "exaone-3.5-2.4b",
            config: """
                {"architectures": ["ExaoneForCausalLM"], "model_type": "exaone", "head_dim": 80,
                 "hidden_size": 2560, "intermediate_size": 7168, "max_position_embeddings": 32768,
                 "num_attention_heads": 32, "num_key_value_heads": 8, "num_layers": 30,
                 "num_hidden_layers": 30, "tie_word_embeddings": true, "vocab_size": 102400}
                """),
        Entry(
            "exaone-4.0-32b",
            config: """
                {"architectures": ["Exaone4ForCausalLM"], "model_type": "exaone4",
                 "hidden_size": 5120, "num_hidden_layers": 64, "num_attention_heads": 40,
                 "num_key_value_heads": 8, "intermediate_size": 27392, "vocab_size": 102400,
                 "head_dim": 128, "max_position_embeddings": 131072, "sliding_window": 4096,
                 "sliding_window_pattern": "LLLG", "tie_word_embeddings": false}
                """),
    ]
}
