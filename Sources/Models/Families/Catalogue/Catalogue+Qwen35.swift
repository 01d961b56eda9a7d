/// Qwen2.5-VL, Qwen3-VL and Qwen3.5, which see.
extension Catalogue {
    static let qwenSeeing: [Entry] = [
        Entry(
            "qwen2.5-vl-3b",
            config: """
                {"architectures": ["Qwen2_5_VLForConditionalGeneration"],
                 "model_type": "qwen2_5_vl", "hidden_size": 2048, "num_hidden_layers": 36,
                 "num_attention_heads": 16, "num_key_value_heads": 2, "intermediate_size": 11008,
                 "vocab_size": 151936, "max_position_embeddings": 128000, "sliding_window": 32768,
                 "tie_word_embeddings": true, "vision_config": {"depth": 32, "hidden_size": 1280,
                 "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 2048,
                 "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14,
                 "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31],
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen2.5-vl-7b",
            config: """
                {"architectures": ["Qwen2_5_VLForConditionalGeneration"],
                 "model_type": "qwen2_5_vl", "hidden_size": 3584, "num_hidden_layers": 28,
                 "num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944,
                 "vocab_size": 152064, "max_position_embeddings": 128000, "sliding_window": 32768,
                 "tie_word_embeddings": false, "vision_config": {"depth": 32, "hidden_size": 1280,
                 "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584,
                 "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14,
                 "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31],
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen2.5-vl-32b",
            config: """
                {"architectures": ["Qwen2_5_VLForConditionalGeneration"],
                 "model_type": "qwen2_5_vl", "hidden_size": 5120, "num_hidden_layers": 64,
                 "num_attention_heads": 40, "num_key_value_heads": 8, "intermediate_size": 27648,
                 "vocab_size": 152064, "max_position_embeddings": 128000, "sliding_window": 32768,
                 "tie_word_embeddings": false, "vision_config": {"depth": 32, "hidden_size": 1280,
                 "intermediate_size": 3456, "num_heads": 16, "out_hidden_size": 5120,
                 "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14,
                 "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31],
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen2.5-vl-72b",
            config: """
                {"architectures": ["Qwen2_5_VLForConditionalGeneration"],
                 "model_type": "qwen2_5_vl", "hidden_size": 8192, "num_hidden_layers": 80,
                 "num_attention_heads": 64, "num_key_value_heads": 8, "intermediate_size": 29568,
                 "vocab_size": 152064, "max_position_embeddings": 128000, "sliding_window": 32768,
                 "tie_word_embeddings": false, "vision_config": {"depth": 32, "hidden_size": 1280,
                 "intermediate_size": 3456, "num_heads": 16, "out_hidden_size": 8192,
                 "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14,
                 "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31],
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3-vl-2b",
            aliases: ["qwen3-vl-2b-thinking"],
            config: """
                {"architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
                 "text_config": {"attention_bias": false, "head_dim": 128, "hidden_size": 2048,
                 "intermediate_size": 6144, "max_position_embeddings": 262144,
                 "model_type": "qwen3_vl_text", "num_attention_heads": 16, "num_hidden_layers": 28,
                 "num_key_value_heads": 8, "tie_word_embeddings": true, "vocab_size": 151936},
                 "tie_word_embeddings": true, "vision_config": {"deepstack_visual_indexes": [5, 11,
                 17], "depth": 24, "hidden_size": 1024, "intermediate_size": 4096,
                 "model_type": "qwen3_vl", "num_heads": 16, "num_position_embeddings": 2304,
                 "out_hidden_size": 2048, "patch_size": 16, "spatial_merge_size": 2,
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3-vl-4b",
            aliases: ["qwen3-vl-4b-thinking"],
            config: """
                {"architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
                 "text_config": {"attention_bias": false, "head_dim": 128, "hidden_size": 2560,
                 "intermediate_size": 9728, "max_position_embeddings": 262144,
                 "model_type": "qwen3_vl_text", "num_attention_heads": 32, "num_hidden_layers": 36,
                 "num_key_value_heads": 8, "tie_word_embeddings": true, "vocab_size": 151936},
                 "tie_word_embeddings": true, "vision_config": {"deepstack_visual_indexes": [5, 11,
                 17], "depth": 24, "hidden_size": 1024, "intermediate_size": 4096,
                 "model_type": "qwen3_vl", "num_heads": 16, "num_position_embeddings": 2304,
                 "out_hidden_size": 2560, "patch_size": 16, "spatial_merge_size": 2,
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3-vl-8b",
            aliases: ["qwen3-vl-8b-thinking"],
            config: """
                {"architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
                 "text_config": {"attention_bias": false, "head_dim": 128, "hidden_size": 4096,
                 "intermediate_size": 12288, "max_position_embeddings": 262144,
                 "model_type": "qwen3_vl_text", "num_attention_heads": 32, "num_hidden_layers": 36,
                 "num_key_value_heads": 8, "vocab_size": 151936}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [8, 16, 24], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_vl",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 4096,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3-vl-32b",
            aliases: ["qwen3-vl-32b-thinking"],
            config: """
                {"architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
                 "text_config": {"attention_bias": false, "head_dim": 128, "hidden_size": 5120,
                 "intermediate_size": 25600, "max_position_embeddings": 262144,
                 "model_type": "qwen3_vl_text", "num_attention_heads": 64, "num_hidden_layers": 64,
                 "num_key_value_heads": 8, "vocab_size": 151936}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [8, 16, 24], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_vl",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 5120,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3-vl-30b-a3b",
            aliases: ["qwen3-vl-30b-a3b-thinking"],
            config: """
                {"architectures": ["Qwen3VLMoeForConditionalGeneration"],
                 "model_type": "qwen3_vl_moe", "text_config": {"attention_bias": false,
                 "decoder_sparse_step": 1, "head_dim": 128, "hidden_size": 2048,
                 "intermediate_size": 6144, "max_position_embeddings": 262144,
                 "mlp_only_layers": [], "model_type": "qwen3_vl_moe_text",
                 "moe_intermediate_size": 768, "num_attention_heads": 32, "num_experts": 128,
                 "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_key_value_heads": 4,
                 "vocab_size": 151936}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [8, 16, 24], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_vl_moe",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 2048,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3-vl-235b-a22b",
            aliases: ["qwen3-vl-235b-a22b-thinking"],
            config: """
                {"architectures": ["Qwen3VLMoeForConditionalGeneration"],
                 "model_type": "qwen3_vl_moe", "text_config": {"attention_bias": false,
                 "decoder_sparse_step": 1, "head_dim": 128, "hidden_size": 4096,
                 "intermediate_size": 12288, "max_position_embeddings": 262144,
                 "mlp_only_layers": [], "model_type": "qwen3_vl_moe_text",
                 "moe_intermediate_size": 1536, "num_attention_heads": 64, "num_experts": 128,
                 "num_experts_per_tok": 8, "num_hidden_layers": 94, "num_key_value_heads": 4,
                 "vocab_size": 151936}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [8, 16, 24], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_vl_moe",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 4096,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
    ]

    static let qwen35s: [Entry] = [
        Entry(
            "qwen3.5-4b",
            config: """
                {"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
                 "text_config": {"attention_bias": false, "attn_output_gate": true,
                 "full_attention_interval": 4, "head_dim": 256, "hidden_size": 2560,
                 "intermediate_size": 9216, "linear_conv_kernel_dim": 4,
                 "linear_key_head_dim": 128, "linear_num_key_heads": 16,
                 "linear_num_value_heads": 32, "linear_value_head_dim": 128,
                 "max_position_embeddings": 262144, "mlp_only_layers": [],
                 "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 16,
                 "num_hidden_layers": 32, "num_key_value_heads": 4, "vocab_size": 248320,
                 "mamba_ssm_dtype": "float32", "tie_word_embeddings": true},
                 "tie_word_embeddings": true, "vision_config": {"deepstack_visual_indexes": [],
                 "depth": 24, "hidden_size": 1024, "intermediate_size": 4096,
                 "model_type": "qwen3_5", "num_heads": 16, "num_position_embeddings": 2304,
                 "out_hidden_size": 2560, "patch_size": 16, "spatial_merge_size": 2,
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-9b",
            config: """
                {"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
                 "text_config": {"attention_bias": false, "attn_output_gate": true,
                 "full_attention_interval": 4, "head_dim": 256, "hidden_size": 4096,
                 "intermediate_size": 12288, "linear_conv_kernel_dim": 4,
                 "linear_key_head_dim": 128, "linear_num_key_heads": 16,
                 "linear_num_value_heads": 32, "linear_value_head_dim": 128,
                 "max_position_embeddings": 262144, "mlp_only_layers": [],
                 "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 16,
                 "num_hidden_layers": 32, "num_key_value_heads": 4, "vocab_size": 248320,
                 "mamba_ssm_dtype": "float32", "tie_word_embeddings": false},
                 "tie_word_embeddings": false, "vision_config": {"deepstack_visual_indexes": [],
                 "depth": 27, "hidden_size": 1152, "intermediate_size": 4304,
                 "model_type": "qwen3_5", "num_heads": 16, "num_position_embeddings": 2304,
                 "out_hidden_size": 4096, "patch_size": 16, "spatial_merge_size": 2,
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-0.8b",
            config: """
                {"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
                 "text_config": {"attention_bias": false, "attn_output_gate": true,
                 "full_attention_interval": 4, "head_dim": 256, "hidden_size": 1024,
                 "intermediate_size": 3584, "linear_conv_kernel_dim": 4,
                 "linear_key_head_dim": 128, "linear_num_key_heads": 16,
                 "linear_num_value_heads": 16, "linear_value_head_dim": 128,
                 "max_position_embeddings": 262144, "mlp_only_layers": [],
                 "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 8,
                 "num_hidden_layers": 24, "num_key_value_heads": 2, "vocab_size": 248320,
                 "mamba_ssm_dtype": "float32", "tie_word_embeddings": true},
                 "tie_word_embeddings": true, "vision_config": {"deepstack_visual_indexes": [],
                 "depth": 12, "hidden_size": 768, "intermediate_size": 3072,
                 "model_type": "qwen3_5", "num_heads": 12, "num_position_embeddings": 2304,
                 "out_hidden_size": 1024, "patch_size": 16, "spatial_merge_size": 2,
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-2b",
            config: """
                {"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
                 "text_config": {"attention_bias": false, "attn_output_gate": true,
                 "full_attention_interval": 4, "head_dim": 256, "hidden_size": 2048,
                 "intermediate_size": 6144, "linear_conv_kernel_dim": 4,
                 "linear_key_head_dim": 128, "linear_num_key_heads": 16,
                 "linear_num_value_heads": 16, "linear_value_head_dim": 128,
                 "max_position_embeddings": 262144, "mlp_only_layers": [],
                 "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 8,
                 "num_hidden_layers": 24, "num_key_value_heads": 2, "vocab_size": 248320,
                 "mamba_ssm_dtype": "float32", "tie_word_embeddings": true},
                 "tie_word_embeddings": true, "vision_config": {"deepstack_visual_indexes": [],
                 "depth": 24, "hidden_size": 1024, "intermediate_size": 4096,
                 "model_type": "qwen3_5", "num_heads": 16, "num_position_embeddings": 2304,
                 "out_hidden_size": 2048, "patch_size": 16, "spatial_merge_size": 2,
                 "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-27b",
            aliases: ["qwen3.6-27b"],
            config: """
                {"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
                 "text_config": {"attention_bias": false, "attn_output_gate": true,
                 "full_attention_interval": 4, "head_dim": 256, "hidden_size": 5120,
                 "intermediate_size": 17408, "linear_conv_kernel_dim": 4,
                 "linear_key_head_dim": 128, "linear_num_key_heads": 16,
                 "linear_num_value_heads": 48, "linear_value_head_dim": 128,
                 "max_position_embeddings": 262144, "mlp_only_layers": [],
                 "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 24,
                 "num_hidden_layers": 64, "num_key_value_heads": 4, "vocab_size": 248320,
                 "mamba_ssm_dtype": "float32"}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_5",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 5120,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-35b-a3b",
            aliases: ["qwen3.6-35b-a3b"],
            config: """
                {"architectures": ["Qwen3_5MoeForConditionalGeneration"],
                 "model_type": "qwen3_5_moe", "text_config": {"attention_bias": false,
                 "attn_output_gate": true, "full_attention_interval": 4, "head_dim": 256,
                 "hidden_size": 2048, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
                 "linear_num_key_heads": 16, "linear_num_value_heads": 32,
                 "linear_value_head_dim": 128, "max_position_embeddings": 262144,
                 "mlp_only_layers": [], "model_type": "qwen3_5_moe_text",
                 "moe_intermediate_size": 512, "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 16,
                 "num_experts": 256, "num_experts_per_tok": 8, "num_hidden_layers": 40,
                 "num_key_value_heads": 2, "shared_expert_intermediate_size": 512,
                 "vocab_size": 248320, "mamba_ssm_dtype": "float32"}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_5_moe",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 2048,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-122b-a10b",
            config: """
                {"architectures": ["Qwen3_5MoeForConditionalGeneration"],
                 "model_type": "qwen3_5_moe", "text_config": {"attention_bias": false,
                 "attn_output_gate": true, "full_attention_interval": 4, "head_dim": 256,
                 "hidden_size": 3072, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
                 "linear_num_key_heads": 16, "linear_num_value_heads": 64,
                 "linear_value_head_dim": 128, "max_position_embeddings": 262144,
                 "mlp_only_layers": [], "model_type": "qwen3_5_moe_text",
                 "moe_intermediate_size": 1024, "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 32,
                 "num_experts": 256, "num_experts_per_tok": 8, "num_hidden_layers": 48,
                 "num_key_value_heads": 2, "shared_expert_intermediate_size": 1024,
                 "vocab_size": 248320, "mamba_ssm_dtype": "float32"}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_5_moe",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 3072,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
        Entry(
            "qwen3.5-397b-a17b",
            config: """
                {"architectures": ["Qwen3_5MoeForConditionalGeneration"],
                 "model_type": "qwen3_5_moe", "text_config": {"attention_bias": false,
                 "attn_output_gate": true, "full_attention_interval": 4, "head_dim": 256,
                 "hidden_size": 4096, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
                 "linear_num_key_heads": 16, "linear_num_value_heads": 64,
                 "linear_value_head_dim": 128, "max_position_embeddings": 262144,
                 "mlp_only_layers": [], "model_type": "qwen3_5_moe_text",
                 "moe_intermediate_size": 1024, "mtp_num_hidden_layers": 1,
                 "mtp_use_dedicated_embeddings": false, "num_attention_heads": 32,
                 "num_experts": 512, "num_experts_per_tok": 10, "num_hidden_layers": 60,
                 "num_key_value_heads": 2, "shared_expert_intermediate_size": 1024,
                 "vocab_size": 248320, "mamba_ssm_dtype": "float32"}, "tie_word_embeddings": false,
                 "vision_config": {"deepstack_visual_indexes": [], "depth": 27,
                 "hidden_size": 1152, "intermediate_size": 4304, "model_type": "qwen3_5_moe",
                 "num_heads": 16, "num_position_embeddings": 2304, "out_hidden_size": 4096,
                 "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
                """),
    ]
}
