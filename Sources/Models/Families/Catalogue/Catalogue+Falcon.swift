/// Falcon, OPT, GPT-2, StarCoder and InternLM.
extension Catalogue {
    static let falcons: [Entry] = [
        Entry(
            "falcon-7b",
            config: """
                {"architectures": ["FalconForCausalLM"], "model_type": "falcon", "alibi": false,
                 "bias": false, "hidden_size": 4544, "multi_query": true,
                 "new_decoder_architecture": false, "num_attention_heads": 71,
                 "num_hidden_layers": 32, "parallel_attn": true, "vocab_size": 65024}
                """),
        Entry(
            "falcon-40b",
            config: """
                {"architectures": ["FalconForCausalLM"], "model_type": "falcon",
                 "hidden_size": 8192, "num_attention_heads": 128, "num_hidden_layers": 60,
                 "num_kv_heads": 8, "new_decoder_architecture": true, "alibi": false,
                 "bias": false, "parallel_attn": true, "vocab_size": 65024}
                """),
        Entry(
            "falcon-180b",
            config: """
                {"architectures": ["FalconForCausalLM"], "model_type": "falcon",
                 "hidden_size": 14848, "num_attention_heads": 232, "num_hidden_layers": 80,
                 "num_kv_heads": 8, "new_decoder_architecture": true, "alibi": false,
                 "bias": false, "parallel_attn": true, "vocab_size": 65024}
                """),
        Entry(
            "falcon3-1b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 2048, "num_hidden_layers": 18, "num_attention_heads": 8,
                 "num_key_value_heads": 4, "intermediate_size": 8192, "vocab_size": 131072,
                 "max_position_embeddings": 4096, "head_dim": 256}
                """),
        Entry(
            "falcon3-3b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 3072, "num_hidden_layers": 22, "num_attention_heads": 12,
                 "num_key_value_heads": 4, "intermediate_size": 9216, "vocab_size": 131072,
                 "max_position_embeddings": 32768, "head_dim": 256}
                """),
        Entry(
            "falcon3-7b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 12,
                 "num_key_value_heads": 4, "intermediate_size": 23040, "vocab_size": 131072,
                 "max_position_embeddings": 32768, "head_dim": 256}
                """),
        Entry(
            "falcon3-10b",
            config: """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
                 "hidden_size": 3072, "num_hidden_layers": 40, "num_attention_heads": 12,
                 "num_key_value_heads": 4, "intermediate_size": 23040, "vocab_size": 131072,
                 "max_position_embeddings": 32768, "head_dim": 256}
                """),
    ]

    static let opts: [Entry] = [
        Entry(
            "opt-125m",
            config: """
                {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 768,
                 "num_hidden_layers": 12, "num_attention_heads": 12, "ffn_dim": 3072,
                 "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 768,
                 "do_layer_norm_before": true}
                """),
        Entry(
            "opt-1.3b",
            config: """
                {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 2048,
                 "num_hidden_layers": 24, "num_attention_heads": 32, "ffn_dim": 8192,
                 "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 2048,
                 "do_layer_norm_before": true}
                """),
        Entry(
            "opt-6.7b",
            config: """
                {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 4096,
                 "num_hidden_layers": 32, "num_attention_heads": 32, "ffn_dim": 16384,
                 "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 4096,
                 "do_layer_norm_before": true}
                """),
        Entry(
            "opt-13b",
            config: """
                {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 5120,
                 "num_hidden_layers": 40, "num_attention_heads": 40, "ffn_dim": 20480,
                 "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 5120,
                 "do_layer_norm_before": true}
                """),
        Entry(
            "opt-30b",
            config: """
                {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 7168,
                 "num_hidden_layers": 48, "num_attention_heads": 56, "ffn_dim": 28672,
                 "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 7168,
                 "do_layer_norm_before": true}
                """),
        Entry(
            "opt-66b",
            config: """
                {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 9216,
                 "num_hidden_layers": 64, "num_attention_heads": 72, "ffn_dim": 36864,
                 "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 9216,
                 "do_layer_norm_before": true}
                """),
    ]

    static let gpts: [Entry] = [
        Entry(
            "gpt2",
            aliases: ["gpt-2"],
            config: """
                {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 768,
                 "n_layer": 12, "n_head": 12, "n_positions": 1024, "n_ctx": 1024,
                 "vocab_size": 50257}
                """),
        Entry(
            "gpt2-medium",
            aliases: ["gpt-2-medium"],
            config: """
                {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 1024,
                 "n_layer": 24, "n_head": 16, "n_positions": 1024, "n_ctx": 1024,
                 "vocab_size": 50257}
                """),
        Entry(
            "gpt2-large",
            aliases: ["gpt-2-large"],
            config: """
                {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 1280,
                 "n_layer": 36, "n_head": 20, "n_positions": 1024, "n_ctx": 1024,
                 "vocab_size": 50257}
                """),
        Entry(
            "gpt2-xl",
            aliases: ["gpt-2-xl"],
            config: """
                {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 1600,
                 "n_layer": 48, "n_head": 25, "n_positions": 1024, "n_ctx": 1024,
                 "vocab_size": 50257}
                """),
    ]

    static let starCoders: [Entry] = [
        Entry(
            "starcoder2-3b",
            config: """
                {"architectures": ["Starcoder2ForCausalLM"], "model_type": "starcoder2",
                 "hidden_size": 3072, "num_hidden_layers": 30, "num_attention_heads": 24,
                 "num_key_value_heads": 2, "intermediate_size": 12288, "vocab_size": 49152,
                 "max_position_embeddings": 16384, "mlp_type": "default",
                 "norm_type": "layer_norm", "sliding_window": 4096, "use_bias": true}
                """),
        Entry(
            "starcoder2-7b",
            config: """
                {"architectures": ["Starcoder2ForCausalLM"], "model_type": "starcoder2",
                 "hidden_size": 4608, "num_hidden_layers": 32, "num_attention_heads": 36,
                 "num_key_value_heads": 4, "intermediate_size": 18432, "vocab_size": 49152,
                 "max_position_embeddings": 16384, "mlp_type": "default",
                 "norm_type": "layer_norm", "sliding_window": 4096, "use_bias": true}
                """),
        Entry(
            "starcoder-15b",
            aliases: ["starcoder"],
            config: """
                {"architectures": ["GPTBigCodeForCausalLM"], "model_type": "gpt_bigcode",
                 "multi_query": true, "n_embd": 6144, "n_head": 48, "n_inner": 24576,
                 "n_layer": 40, "n_positions": 8192, "vocab_size": 49152}
                """),
    ]

    static let internLMs: [Entry] = [
        Entry(
            "internlm2.5-7b",
            aliases: ["internlm2-5-7b"],
            config: """
                {"architectures": ["InternLM2ForCausalLM"], "model_type": "internlm2",
                 "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                 "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 92544,
                 "bias": false, "max_position_embeddings": 32768, "rope_scaling": {"factor": 2.0,
                 "type": "dynamic"}, "tie_word_embeddings": false}
                """),
        Entry(
            "internlm2.5-20b",
            aliases: ["internlm2-5-20b"],
            config: """
                {"architectures": ["InternLM2ForCausalLM"], "model_type": "internlm2",
                 "hidden_size": 6144, "num_hidden_layers": 48, "num_attention_heads": 48,
                 "num_key_value_heads": 8, "intermediate_size": 16384, "vocab_size": 92544,
                 "bias": false, "max_position_embeddings": 32768, "rope_scaling": {"factor": 2.0,
                 "type": "dynamic"}, "tie_word_embeddings": false}
                """),
        Entry(
            "internlm3-8b",
            config: """
                {"architectures": ["InternLM3ForCausalLM"], "model_type": "internlm3",
                 "hidden_size": 4096, "num_hidden_layers": 48, "num_attention_heads": 32,
                 "num_key_value_heads": 2, "intermediate_size": 10240, "vocab_size": 128512,
                 "max_position_embeddings": 32768, "head_dim": 128, "qkv_bias": false,
                 "bias": false, "rope_scaling": {"factor": 6.0, "rope_type": "dynamic"}}
                """),
    ]
}
