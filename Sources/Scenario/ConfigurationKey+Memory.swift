import Simulator

extension ConfigurationKey {
    /// Keys of a server's memory, in addition to the engine's.
    static let memory: [ConfigurationKey] = [
        .init(
            "engine.num_gpu_blocks_override", \.engine.numGPUBlocksOverride,
            .optional(.integer(2...RunPlan.largest), null: "none"),
            "The server's flag: KV blocks in place of those from the memory. A server that\n"
                + "could not start with them is refused; engine.num_gpu_blocks is not checked."),
        .init(
            "engine.kv_cache_memory_bytes", \.engine.kvCacheMemoryBytes,
            .optional(.integer(1...1 << 50), null: "from gpu_memory_utilization"),
            "Bytes of the KV cache per GPU, in place of those from the memory."),
        .init(
            "engine.fit_max_model_len", \.engine.fitsMaxModelLen, .flag,
            "Cut max_model_len to what the pool holds: the server's --max-model-len auto. Else a\n"
                + "pool that is too small for one request is refused."),
        .init(
            "engine.allow_long_max_model_len", \.engine.allowsLongMaxModelLen, .flag,
            "Take a max_model_len beyond the model's own, as a server does with\n"
                + "VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 or with --hf-overrides of its positions."),
        .init(
            "engine.enforce_eager", \.engine.enforceEager, .flag,
            "Capture no CUDA graphs: more memory for the cache, but every step launches kernel\n"
                + "by kernel."),
        .init(
            "engine.cudagraph_capture_sizes", \.engine.cudagraphCaptureSizes,
            .optional(
                .numbers("batch sizes, 1,2,4"), null: "the engine's, up to 512 (gpt-oss: 1024)"),
            "Batch sizes with a CUDA graph; they take memory where the release counts them."),
        .init(
            "engine.max_cudagraph_capture_size", \.engine.maxCUDAGraphCaptureSize,
            .optional(.integer(1...65_536), null: "2 x max_num_seqs, 512 (gpt-oss: 1024) at most"),
            "Largest batch with a CUDA graph."),
        .init(
            "engine.decode_context_parallel_size", \.engine.decodeContextParallelSize,
            .integer(1...1024),
            "GPUs of a tensor-parallel group that share a request's positions. Each block holds\n"
                + "this many times the tokens. Step times do not change."),
        .init(
            "engine.disable_hybrid_kv_cache_manager", \.engine.disableHybridKVCacheManager, .flag,
            "Allocate windowed and chunked layers like full attention."),
        .init(
            "engine.language_model_only", \.engine.languageModelOnly, .flag,
            "Build no towers: the server takes neither images nor sound, and has the memory of\n"
                + "their weights and of their profiled inputs for its cache."),
        .init(
            "engine.mamba_cache_dtype", \.engine.mambaCacheDtype, .choice,
            "Number format of recurrent states."),
        .init(
            "engine.mamba_ssm_cache_dtype", \.engine.mambaSSMCacheDtype, .choice,
            "Number format of the recurrence alone, without the convolution's inputs. auto: the\n"
                + "model's, else engine.mamba_cache_dtype."),
        .init(
            "engine.gdn_prefill_backend", \.engine.gdnPrefillBackend, .choice,
            "Kernel that prefills gated-delta layers. flashinfer, the default on an H100, keeps\n"
                + "a third state per request and rounds blocks to 64 tokens."),
        .init(
            "engine.spec_method", \.engine.specMethod,
            .optional(.choice, null: "nothing drafts, or by engine.spec_model"),
            "Who drafts tokens: mtp, the checkpoint's prediction layers; eagle or eagle3, a head;\n"
                + "draft_model, a smaller model; ngram, the request's text. Only weights and KV\n"
                + "cache have the drafts: a step decodes one token a request."),
        .init(
            "engine.spec_model", \.engine.specModel,
            .optional(.text("a config.json's path, or its folder"), null: "none"),
            "The draft head's config.json or its folder; a catalogue name for draft_model."),
        .init(
            "engine.spec_tokens", \.engine.specTokens,
            .optional(.integer(1...1024), null: "none"),
            "Tokens drafted for a request in a step: the server's num_speculative_tokens."),
        .init(
            "engine.draft_sample_method", \.engine.draftSampleMethod, .choice,
            "How drafts are chosen. probabilistic keeps their logits, which takes memory."),
    ]
}
