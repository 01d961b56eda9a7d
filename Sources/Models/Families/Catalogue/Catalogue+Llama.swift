/// Llama 3.2 and 4, and decoders of Llama's shape: Yi, SmolLM, TinyLlama.
extension Catalogue {
    static let llamas: [Entry] = [
        Entry(
            "llama-3.2-1b",
            aliases: ["llama-guard-3-1b"],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128256,
                 "max_position_embeddings": 131072, "head_dim": 64, "tie_word_embeddings": true}
                """),
        Entry(
            "llama-3.2-3b",
            aliases: ["hermes-3-llama-3.2-3b"],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 24,
                 "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128256,
                 "max_position_embeddings": 131072, "head_dim": 128, "tie_word_embeddings": true}
                """),
        Entry(
            "llama-4-scout-17b-16e",
            aliases: ["llama-4-scout"],
            config: """
                {"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4",
                 "text_config": {"attention_bias": false, "attention_chunk_size": 8192,
                 "head_dim": 128, "hidden_size": 5120, "interleave_moe_layer_step": 1,
                 "intermediate_size": 8192, "intermediate_size_mlp": 16384,
                 "max_position_embeddings": 10485760, "model_type": "llama4_text",
                 "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48,
                 "num_key_value_heads": 8, "num_local_experts": 16, "use_qk_norm": true,
                 "vocab_size": 202048}}
                """),
        Entry(
            "llama-4-maverick-17b-128e",
            aliases: ["llama-4-maverick"],
            config: """
                {"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4",
                 "text_config": {"attention_bias": false, "attention_chunk_size": 8192,
                 "head_dim": 128, "hidden_size": 5120, "interleave_moe_layer_step": 2,
                 "intermediate_size": 8192, "intermediate_size_mlp": 16384,
                 "max_position_embeddings": 1048576, "model_type": "llama4_text",
                 "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48,
                 "num_key_value_heads": 8, "num_local_experts": 128, "use_qk_norm": false,
                 "vocab_size": 202048}}
                """),
        Entry(
            "codellama-7b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 32, "intermediate_size": 11008, "vocab_size": 32016,
                 "max_position_embeddings": 16384}
                """),
        Entry(
            "codellama-13b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 5120, "num_hidden_layers": 40, "num_attention_heads": 40,
                 "num_key_value_heads": 40, "intermediate_size": 13824, "vocab_size": 32016,
                 "max_position_embeddings": 16384}
                """),
        Entry(
            "tinyllama-1.1b",
            aliases: ["tinyllama-1.1b-v1.0", "tinyllama-1.1b-intermediate-step-1431k-3t"],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 2048, "num_hidden_layers": 22, "num_attention_heads": 32,
                 "num_key_value_heads": 4, "intermediate_size": 5632, "vocab_size": 32000,
                 "max_position_embeddings": 2048}
                """),
        Entry(
            "yi-6b",
            aliases: ["yi-1.5-6b"],
            contexts: ["yi-6b-200k": 200_000],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 4, "intermediate_size": 11008, "vocab_size": 64000,
                 "max_position_embeddings": 4096}
                """),
        Entry(
            "yi-1.5-9b",
            aliases: ["yi-9b"],
            contexts: ["yi-1.5-9b-32k": 32_768, "yi-1.5-9b-chat-16k": 16_384],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 4096, "num_hidden_layers": 48, "num_attention_heads": 32,
                 "num_key_value_heads": 4, "intermediate_size": 11008, "vocab_size": 64000,
                 "max_position_embeddings": 4096}
                """),
        Entry(
            "yi-34b",
            aliases: ["yi-1.5-34b"],
            contexts: [
                "yi-34b-200k": 200_000, "yi-1.5-34b-32k": 32_768, "yi-1.5-34b-chat-16k": 16_384,
            ],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 7168, "num_hidden_layers": 60, "num_attention_heads": 56,
                 "num_key_value_heads": 8, "intermediate_size": 20480, "vocab_size": 64000,
                 "max_position_embeddings": 4096}
                """),
        Entry(
            "smollm2-135m",
            contexts: ["smollm-135m": 2048, "smollm-135m-instruct": 2048],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 576,
                 "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
                 "intermediate_size": 1536, "vocab_size": 49152, "max_position_embeddings": 8192,
                 "tie_word_embeddings": true}
                """),
        Entry(
            "smollm2-360m",
            contexts: ["smollm-360m": 2048, "smollm-360m-instruct": 2048],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 960,
                 "num_hidden_layers": 32, "num_attention_heads": 15, "num_key_value_heads": 5,
                 "intermediate_size": 2560, "vocab_size": 49152, "max_position_embeddings": 8192,
                 "tie_word_embeddings": true}
                """),
        Entry(
            "smollm2-1.7b",
            contexts: ["smollm-1.7b": 2048, "smollm-1.7b-instruct": 2048],
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 32,
                 "num_key_value_heads": 32, "intermediate_size": 8192, "vocab_size": 49152,
                 "max_position_embeddings": 8192, "tie_word_embeddings": true}
                """),
        Entry(
            "smollm3-3b",
            config: """
                {"architectures": ["SmolLM3ForCausalLM"], "model_type": "smollm3",
                 "hidden_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 16,
                 "num_key_value_heads": 4, "intermediate_size": 11008, "vocab_size": 128256,
                 "attention_bias": false, "max_position_embeddings": 65536,
                 "no_rope_layer_interval": 4, "no_rope_layers": [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1,
                 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0],
                 "tie_word_embeddings": true}
                """),
    ]
}
