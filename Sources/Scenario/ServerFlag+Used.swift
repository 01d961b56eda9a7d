extension ServerFlag {
    /// Flags that become keys.
    static let used: [ServerFlag] = [
        .used("model_tag", .text, "null", "model.name"),
        .used("config", .text, "null", "the flags of the file"),
        .used("model", .text, "Qwen/Qwen3-0.6B", "model.name"),
        .used(
            "dtype", .text, "auto", "model.weights",
            choices: "auto bfloat16 float float16 float32 half"),
        .used("max-model-len", .length, "null", "engine.max_model_len"),
        .used("quantization", .text, "null", "model.weights", aliases: ["-q"]),
        .used("enforce-eager", .toggle, "false", "engine.enforce_eager"),
        .used(
            "pipeline-parallel-size", .integer, "1", "engine.pipeline_parallel_size",
            aliases: ["-pp"]),
        .used("nnodes", .integer, "1", "hardware.nodes", aliases: ["-n"]),
        .used(
            "tensor-parallel-size", .integer, "1", "engine.tensor_parallel_size",
            aliases: ["-tp"]),
        .used(
            "decode-context-parallel-size", .integer, "1", "engine.decode_context_parallel_size",
            aliases: ["-dcp"]),
        .used("data-parallel-size", .integer, "1", "cluster.replicas", aliases: ["-dp"]),
        .used(
            "enable-expert-parallel", .toggle, "false", "engine.expert_parallel_size",
            aliases: ["-ep"]),
        .used("block-size", .integer, "null", "engine.block_size"),
        .used(
            "gpu-memory-utilization", .number, "0.92", "engine.gpu_memory_utilization",
            aliases: ["--device-memory-utilization"]),
        .used("kv-cache-memory-bytes", .count, "null", "engine.kv_cache_memory_bytes"),
        .used(
            "kv-cache-dtype", .text, "auto", "engine.kv_cache_dtype",
            choices: "auto float16 bfloat16 fp8 fp8_e4m3 fp8_e5m2 fp8_inc fp8_ds_mla "
                + "nvfp4_ds_mla turboquant_k8v4 turboquant_4bit_nc turboquant_k3v4_nc "
                + "turboquant_3bit_nc octave_k3v4 octave_k3v3 octave_k3v3_compact "
                + "ultraquant_4bit int4_per_token_head int8_per_token_head "
                + "fp8_per_token_head nvfp4 nvfp4_4over6"),
        .used("num-gpu-blocks-override", .integer, "null", "engine.num_gpu_blocks_override"),
        .used("enable-prefix-caching", .toggle, "null", "engine.enable_prefix_caching"),
        .used(
            "prefix-cache-retention-interval", .integer, "0",
            "engine.prefix_cache_retention_interval"),
        .used(
            "mamba-cache-dtype", .text, "auto", "engine.mamba_cache_dtype",
            choices: "auto bfloat16 float16 float32"),
        .used(
            "mamba-ssm-cache-dtype", .text, "auto", "engine.mamba_ssm_cache_dtype",
            choices: "auto bfloat16 float16 float32"),
        .used("max-num-batched-tokens", .count, "null", "engine.max_num_batched_tokens"),
        .used("max-num-scheduled-tokens", .count, "null", "engine.max_num_scheduled_tokens"),
        .used("max-num-seqs", .integer, "null", "engine.max_num_seqs"),
        .used("max-num-active-seqs", .integer, "null", "engine.max_num_active_seqs"),
        .used("long-prefill-token-threshold", .integer, "0", "engine.long_prefill_token_threshold"),
        .used(
            "long-prefill-token-threshold-adaptive", .toggle, "false",
            "engine.long_prefill_token_threshold_adaptive"),
        .used(
            "scheduling-policy", .text, "fcfs", "engine.scheduling_policy",
            choices: "fcfs priority"),
        .used("enable-chunked-prefill", .toggle, "null", "engine.enable_chunked_prefill"),
        .used("scheduler-reserve-full-isl", .toggle, "true", "engine.scheduler_reserve_full_isl"),
        .used("watermark", .number, "0.0", "engine.watermark"),
        .used("prefill-schedule-interval", .integer, "1", "engine.prefill_schedule_interval"),
        .used(
            "disable-hybrid-kv-cache-manager", .toggle, "null",
            "engine.disable_hybrid_kv_cache_manager"),
        .used("language-model-only", .toggle, "false", "engine.language_model_only"),
        .used("async-scheduling", .toggle, "null", "engine.async_scheduling"),
        .used("cudagraph-capture-sizes", .integers, "null", "engine.cudagraph_capture_sizes"),
        .used("max-cudagraph-capture-size", .integer, "null", "engine.max_cudagraph_capture_size"),
        .used(
            "compilation-config", .json, "class default", "engine.cudagraph_capture_sizes",
            aliases: ["-cc"]),
        .used("optimization-level", .text, "2", "engine.enforce_eager"),
        .used(
            "gdn-prefill-backend", .text, "null", "engine.gdn_prefill_backend",
            choices: "flashinfer triton cutedsl aiter_flydsl sycl"),
        .used("speculative-config", .json, "null", "engine.spec_method", aliases: ["-sc"]),
        .used(
            "spec-method", .text, "null", "engine.spec_method",
            choices: "bailing_hybrid_mtp bailing_hybrid_v3_mtp custom_class deepseek_mtp "
                + "dflash dots3_note_mtp draft_model dspark eagle eagle3 ernie_mtp "
                + "exaone4_5_mtp exaone_moe_mtp extract_hidden_states gemma4_mtp "
                + "glm4_moe_lite_mtp glm4_moe_mtp glm5_next_mtp glm_ocr_mtp hy_v3_mtp "
                + "hy_v4_mtp inkling_mtp kimi_k3_mtp longcat_flash_mtp mimo_mtp "
                + "mimo_v2_mtp minimax_m3_mtp mtp nemotron_h_mtp ngram ngram_gpu "
                + "pangu_ultra_moe_mtp qwen3_5_mtp qwen3_next_mtp qwen4_exp_mtp "
                + "step3p5_mtp step5_mtp suffix None"),
        .used("spec-model", .text, "null", "engine.spec_model"),
        .used("spec-tokens", .integer, "null", "engine.spec_tokens"),
    ]
}
