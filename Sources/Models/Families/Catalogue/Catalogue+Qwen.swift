/// Qwen2 to Qwen3, dense, and the largest coder.
extension Catalogue {
    static let qwen2s: [Entry] = [
        Entry(
            "qwen2-0.5b",
            contexts: [
                "qwen2-0.5b-instruct": 32_768, "qwen2.5-0.5b": 32_768,
                "qwen2.5-0.5b-instruct": 32_768, "qwen2.5-coder-0.5b": 32_768,
                "qwen2.5-coder-0.5b-instruct": 32_768,
            ],
            config: """
                {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 896,
                 "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
                 "intermediate_size": 4864, "vocab_size": 151936,
                 "max_position_embeddings": 131072, "tie_word_embeddings": true}
                """),
        Entry(
            "qwen2.5-1.5b",
            aliases: ["qwen2-1.5b"],
            contexts: [
                "qwen2-1.5b-instruct": 32_768, "qwen2.5-1.5b-instruct": 32_768,
                "qwen2.5-coder-1.5b": 32_768, "qwen2.5-coder-1.5b-instruct": 32_768,
                "qwen2.5-math-1.5b": 4096, "qwen2.5-math-1.5b-instruct": 4096,
            ],
            config: """
                {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
                 "hidden_size": 1536, "num_hidden_layers": 28, "num_attention_heads": 12,
                 "num_key_value_heads": 2, "intermediate_size": 8960, "vocab_size": 151936,
                 "max_position_embeddings": 131072, "tie_word_embeddings": true}
                """),
        Entry(
            "qwen2.5-3b",
            aliases: ["qwen2.5-coder-3b"],
            config: """
                {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
                 "hidden_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 16,
                 "num_key_value_heads": 2, "intermediate_size": 11008, "vocab_size": 151936,
                 "max_position_embeddings": 32768, "tie_word_embeddings": true}
                """),
        Entry(
            "qwen2.5-14b",
            contexts: [
                "qwen2.5-14b-instruct": 32_768, "qwen2.5-coder-14b": 32_768,
                "qwen2.5-coder-14b-instruct": 32_768, "deepseek-r1-distill-qwen-14b": 131_072,
            ],
            config: """
                {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
                 "hidden_size": 5120, "num_hidden_layers": 48, "num_attention_heads": 40,
                 "num_key_value_heads": 8, "intermediate_size": 13824, "vocab_size": 152064,
                 "max_position_embeddings": 131072}
                """),
        Entry(
            "deepseek-r1-distill-qwen-1.5b",
            config: """
                {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
                 "hidden_size": 1536, "num_hidden_layers": 28, "num_attention_heads": 12,
                 "num_key_value_heads": 2, "intermediate_size": 8960, "vocab_size": 151936,
                 "max_position_embeddings": 131072}
                """),
    ]

    static let qwen3s: [Entry] = [
        Entry(
            "qwen3-0.6b",
            contexts: ["qwen3-0.6b-base": 32_768],
            config: """
                {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3",
                 "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16,
                 "num_key_value_heads": 8, "intermediate_size": 3072, "vocab_size": 151936,
                 "max_position_embeddings": 40960, "head_dim": 128, "tie_word_embeddings": true}
                """),
        Entry(
            "qwen3-1.7b",
            contexts: ["qwen3-1.7b-base": 32_768],
            config: """
                {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3",
                 "hidden_size": 2048, "num_hidden_layers": 28, "num_attention_heads": 16,
                 "num_key_value_heads": 8, "intermediate_size": 6144, "vocab_size": 151936,
                 "max_position_embeddings": 40960, "head_dim": 128, "tie_word_embeddings": true}
                """),
        Entry(
            "qwen3-4b",
            contexts: [
                "qwen3-4b-base": 32_768, "qwen3-4b-2507": 262_144,
                "qwen3-4b-instruct-2507": 262_144, "qwen3-4b-thinking-2507": 262_144,
            ],
            config: """
                {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3",
                 "hidden_size": 2560, "num_hidden_layers": 36, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 9728, "vocab_size": 151936,
                 "max_position_embeddings": 40960, "head_dim": 128, "tie_word_embeddings": true}
                """),
        Entry(
            "qwen3-coder-480b-a35b",
            config: """
                {"architectures": ["Qwen3MoeForCausalLM"], "decoder_sparse_step": 1,
                 "head_dim": 128, "hidden_size": 6144, "intermediate_size": 8192,
                 "max_position_embeddings": 262144, "mlp_only_layers": [],
                 "model_type": "qwen3_moe", "moe_intermediate_size": 2560,
                 "num_attention_heads": 96, "num_experts": 160, "num_experts_per_tok": 8,
                 "num_hidden_layers": 62, "num_key_value_heads": 8, "qkv_bias": false,
                 "shared_expert_intermediate_size": 0, "tie_word_embeddings": false,
                 "use_qk_norm": true, "vocab_size": 151936}
                """),
    ]
}
