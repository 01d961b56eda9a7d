/// Microsoft's Phi.
extension Catalogue {
    static let phis: [Entry] = [
        Entry(
            "phi-2",
            config: """
                {"architectures": ["PhiForCausalLM"], "model_type": "phi", "hidden_size": 2560,
                 "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
                 "intermediate_size": 10240, "vocab_size": 51200, "max_position_embeddings": 2048,
                 "partial_rotary_factor": 0.4, "tie_word_embeddings": false}
                """),
        Entry(
            "phi-3-mini-4k",
            config: """
                {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_size": 3072,
                 "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
                 "intermediate_size": 8192, "vocab_size": 32064, "max_position_embeddings": 4096,
                 "sliding_window": 2047, "original_max_position_embeddings": 4096}
                """),
        Entry(
            "phi-3-mini-128k",
            aliases: ["phi-3.5-mini"],
            config: """
                {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_size": 3072,
                 "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
                 "intermediate_size": 8192, "vocab_size": 32064, "max_position_embeddings": 131072,
                 "sliding_window": 262144, "original_max_position_embeddings": 4096,
                 "rope_scaling": {"type": "longrope"}}
                """),
        Entry(
            "phi-3-medium-4k",
            config: """
                {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_size": 5120,
                 "num_hidden_layers": 40, "num_attention_heads": 40, "num_key_value_heads": 10,
                 "intermediate_size": 17920, "vocab_size": 32064, "max_position_embeddings": 4096,
                 "sliding_window": 2047, "original_max_position_embeddings": 4096}
                """),
        Entry(
            "phi-3-medium-128k",
            config: """
                {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_size": 5120,
                 "num_hidden_layers": 40, "num_attention_heads": 40, "num_key_value_heads": 10,
                 "intermediate_size": 17920, "vocab_size": 32064,
                 "max_position_embeddings": 131072, "sliding_window": 131072,
                 "original_max_position_embeddings": 4096, "rope_scaling": {"type": "longrope"}}
                """),
        Entry(
            "phi-3.5-moe",
            config: """
                {"architectures": ["PhiMoEForCausalLM"], "model_type": "phimoe",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 6400, "vocab_size": 32064,
                 "attention_bias": true, "lm_head_bias": true, "max_position_embeddings": 131072,
                 "num_experts_per_tok": 2, "num_local_experts": 16,
                 "original_max_position_embeddings": 4096, "sliding_window": 131072,
                 "tie_word_embeddings": false}
                """),
        Entry(
            "phi-4-mini",
            aliases: ["phi-4-mini-reasoning"],
            config: """
                {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_size": 3072,
                 "num_hidden_layers": 32, "num_attention_heads": 24, "num_key_value_heads": 8,
                 "intermediate_size": 8192, "vocab_size": 200064,
                 "max_position_embeddings": 131072, "sliding_window": 262144,
                 "original_max_position_embeddings": 4096, "partial_rotary_factor": 0.75,
                 "rope_scaling": {"type": "longrope"}, "tie_word_embeddings": true}
                """),
    ]
}
