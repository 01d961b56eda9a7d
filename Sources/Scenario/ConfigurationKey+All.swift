import Simulator
import Traces

extension ConfigurationKey {
    /// Every key, section by section, in the order of the reference.
    package static let all: [ConfigurationKey] =
        model + hardware + cluster + engine + memory + scheduling + host + stepTime
        + trace + sending + clients + slo + output
        + [
            .init(
                "seed", \.seed,
                .optional(
                    .integer(0...Int.max), null: "the recipe's own, and 0 for what else is drawn"),
                "Random seed of recipes, rates, pauses, and the routers that draw.")
        ]

    /// The sections, in order.
    package static let sections = [
        "model", "hardware", "cluster", "engine", "step_time", "trace", "slo", "output",
    ]

    private static let model: [ConfigurationKey] = [
        .init(
            "model.name", \.model.name, .text("a name of the catalogue or a config.json's path"),
            "Catalogue name, or path of a config.json or its folder."),
        .init(
            "model.weights", \.model.weights,
            .optional(.choice, null: "as published"),
            "Number format of the weights."),
        .init(
            "model.routing", \.model.routing, .choice,
            "How tokens spread over a mixture's experts. served: as steps of public servers show.\n"
                + "balanced: evenly. power_law: less evenly, so small steps read fewer experts."),
        .init(
            "model.allow_unserved", \.model.allowUnserved, .flag,
            "Run a model that the engine version does not serve."),
    ]

    private static let hardware: [ConfigurationKey] = [
        .init(
            "hardware.gpu", \.hardware.gpu, .text("a GPU's name"),
            "GPU: h100-sxm, h200-sxm, a100-sxm, b200-sxm, b300-sxm, gb200, l40s, rtx-pro-6000;\n"
                + "by datasheet h100-pcie, mi300x, rtx-4090 and others."),
        .init(
            "hardware.gpu_memory_gib", \.hardware.gpuMemoryGiB,
            .optional(.number(1...1024), null: "the named GPU's"),
            "Memory of a GPU in GiB, as a server's log says it (23.56 of an RTX 3090). Sizes the\n"
                + "KV cache of any GPU; step times stay those of hardware.gpu."),
        .init(
            "hardware.nodes", \.hardware.nodes, .integer(1...100_000),
            "Nodes. A tensor-parallel group stays inside one node; pipeline stages may span\n"
                + "several."),
        .init(
            "hardware.gpus_per_node", \.hardware.gpusPerNode, .integer(1...1024),
            "GPUs per node. Pipeline stages on different nodes exchange over the network."),
    ]

    private static let cluster: [ConfigurationKey] = [
        .init(
            "cluster.replicas", \.cluster.replicas,
            .optional(.integer(1...Configuration.mostReplicas), null: "as many as the GPUs hold"),
            "Copies of the model, each on engine.tensor_parallel_size GPUs."),
        .init(
            "cluster.router", \.cluster.router, .choice,
            "How the router picks a replica for each request."),
        .init(
            "cluster.router_staleness_ms", \.cluster.routerStalenessMilliseconds,
            .number(0...1e9),
            "Milliseconds between the router's reads of the replicas' state. 0: always fresh."),
        .init(
            "cluster.affinity_slack", \.cluster.affinitySlack, .integer(0...1_000_000),
            "prefix_affinity: outstanding requests that the preferred replica may have beyond\n"
                + "the least loaded one."),
    ]

    private static let engine: [ConfigurationKey] = [
        .init(
            "engine.version", \.engine.version, .version,
            "Release of vLLM whose scheduler decides. Keys that are not set take its defaults;\n"
                + "options that it lacks are refused."),
        .init(
            "engine.tensor_parallel_size", \.engine.tensorParallelSize, .integer(1...1024),
            "GPUs per tensor-parallel group; they share each matrix of one copy of the model."),
        .init(
            "engine.pipeline_parallel_size", \.engine.pipelineParallelSize, .integer(1...1024),
            "Pipeline stages, each a tensor-parallel group with a part of the layers."),
        .init(
            "engine.pp_layer_partition", \.engine.ppLayerPartition,
            .optional(.numbers("layers of each stage, 20,12"), null: "equally many"),
            "Layers of each pipeline stage: the server's VLLM_PP_LAYER_PARTITION."),
        .init(
            "engine.expert_parallel_size", \.engine.expertParallelSize, .integer(1...1024),
            "GPUs per expert-parallel group, at most tensor_parallel_size. 1: shard each expert\n"
                + "with tensor parallelism instead."),
        .init(
            "engine.block_size", \.engine.blockSize, .integer(1...65_536),
            "Tokens per KV block. Kernels run multiples of 16. It has no price in the step time."),
        .init(
            "engine.num_gpu_blocks", \.engine.numGPUBlocks,
            .optional(
                .integer(2...RunPlan.largest),
                null: "from the GPU's memory, the weights and gpu_memory_utilization"),
            "KV blocks per replica, the unusable null block included."),
        .init(
            "engine.gpu_memory_utilization", \.engine.gpuMemoryUtilization, .number(0.01...1),
            "Share of the GPU's memory that the engine may use."),
        .init(
            "engine.kv_cache_dtype", \.engine.kvCacheDtype, .choice,
            "Number format of the KV cache. auto: the model's own, bf16."),
        .init(
            "engine.max_model_len", \.engine.maxModelLen,
            .optional(.integer(2...RunPlan.largest), null: "the model's own context"),
            "Most tokens of one request, prompt and output together; at most the model's limit."),
        .init(
            "engine.enable_prefix_caching", \.engine.enablePrefixCaching, .flag,
            "Reuse the KV blocks of equal prompt beginnings."),
        .init(
            "engine.prefix_cache_retention_interval", \.engine.prefixCacheRetentionInterval,
            .optional(.integer(0...RunPlan.largest), null: "every full block"),
            "Blocks of sliding-window layers that stay in the prefix cache. 0: those of the\n"
                + "last window; n: also a window every n tokens."),
        .init(
            "engine.advance", \.engine.advance, .choice,
            "fast_forward skips decode steps in closed form; step executes every one. Results\n"
                + "are equal to the last bit."),
    ]

    private static let scheduling: [ConfigurationKey] = [
        .init(
            "engine.max_num_seqs", \.engine.maxNumSeqs,
            .optional(
                .integer(1...1_000_000),
                null: "by the GPU, 1024 on an H100; max_num_batched_tokens when smaller"),
            "Most requests in the running batch."),
        .init(
            "engine.max_num_active_seqs", \.engine.maxNumActiveSeqs,
            .optional(.integer(1...1_000_000), null: "max_num_seqs"),
            "A tighter limit on the running batch."),
        .init(
            "engine.max_num_batched_tokens", \.engine.maxNumBatchedTokens,
            .optional(
                .integer(1...RunPlan.largest),
                null: "by the GPU, 8192 on an H100; at most max_num_seqs x max_model_len"),
            "Most tokens computed in one step. Without chunked prefill the default is at least\n"
                + "max_model_len."),
        .init(
            "engine.max_num_scheduled_tokens", \.engine.maxNumScheduledTokens,
            .optional(.integer(1...RunPlan.largest), null: "max_num_batched_tokens"),
            "A tighter limit on the tokens scheduled in one step."),
        .init(
            "engine.scheduling_policy", \.engine.schedulingPolicy, .choice,
            "Order of the waiting queue and of preemption."),
        .init(
            "engine.prefill_quota_tokens", \.engine.prefillQuotaTokens,
            .integer(1...Int(Int32.max)),
            "decode_first: most prefill tokens in one step."),
        .init(
            "engine.scheduler", \.engine.scheduler, .text("engine, or exec: and a command"),
            "engine: the built-in scheduler. exec:COMMAND: a program that decides every step\n"
                + "over JSON lines (Sources/Experiments/Experiments.docc/Schedulers.md)."),
        .init(
            "engine.scheduler_timeout_s", \.engine.schedulerTimeoutSeconds, .number(0.001...86400),
            "exec: most seconds of wall time for one step."),
        .init(
            "engine.enable_chunked_prefill", \.engine.enableChunkedPrefill, .flag,
            "Split a prompt over steps when it exceeds the step's budget."),
        .init(
            "engine.long_prefill_token_threshold", \.engine.longPrefillTokenThreshold,
            .integer(0...RunPlan.largest),
            "Most tokens of one request in a step while others wait or run. 0: no limit."),
        .init(
            "engine.long_prefill_token_threshold_adaptive",
            \.engine.longPrefillTokenThresholdAdaptive, .flag,
            "Raise that threshold to budget / requests when that is larger."),
        .init(
            "engine.scheduler_reserve_full_isl", \.engine.schedulerReserveFullISL, .flag,
            "Admit a request only when its whole prompt fits the free blocks."),
        .init(
            "engine.watermark", \.engine.watermark, .number(0...0.999),
            "Share of the blocks to keep free when admitting beside running requests."),
        .init(
            "engine.prefill_schedule_interval", \.engine.prefillScheduleInterval,
            .integer(1...1_000_000),
            "Schedule prefill in every n-th step only."),
        .init(
            "engine.receive_interval", \.engine.receiveInterval, .integer(1...1_000_000),
            "Look for new requests after n decode steps, or one with a prefill. vLLM: 1;\n"
                + "SGLang: --scheduler-recv-interval."),
    ]

    private static let stepTime: [ConfigurationKey] = [
        .init(
            "step_time.kind", \.stepTime.kind, .choice,
            "measured: the GPU's operators; table: step_time.file; linear: the four keys\n"
                + "fixed_us to per_1k_context_us."),
        .init(
            "step_time.file", \.stepTime.file,
            .optional(.text("a CSV's path"), null: "none"),
            "table: CSV of measured steps with tokens, decodes, context, microseconds."),
        .init(
            "step_time.profile", \.stepTime.profile,
            .text("vllm, trtllm, sglang or a profile's path"),
            "measured: engine whose kernels, and unless engine.host is set whose host, give the\n"
                + "times. vllm-0.16, vllm-0.17 and vllm-0.18 are vLLM's of these releases."),
        .init(
            "step_time.attention_kernel", \.stepTime.attentionKernel, .choice,
            "measured: naive writes the scores to memory and reads them back (an ablation)."),
        .init(
            "step_time.kv_cache", \.stepTime.usesCache, .flag,
            "measured: false recomputes the whole context in every step (an ablation)."),
        .init(
            "step_time.scale", \.stepTime.scale, .number(0.001...1000),
            "Factor on every step's time: above 1 simulates a slower engine."),
        .init(
            "step_time.fixed_us", \.stepTime.fixedMicroseconds, .integer(0...1_000_000_000),
            "linear: microseconds per step."),
        .init(
            "step_time.per_token_us", \.stepTime.perTokenMicroseconds,
            .integer(0...1_000_000), "linear: microseconds per token computed."),
        .init(
            "step_time.per_request_us", \.stepTime.perRequestMicroseconds,
            .integer(0...1_000_000), "linear: microseconds per request scheduled."),
        .init(
            "step_time.per_1k_context_us", \.stepTime.perThousandContextMicroseconds,
            .integer(0...1_000_000), "linear: microseconds per 1000 tokens of context."),
    ]

    private static let trace: [ConfigurationKey] = [
        .init(
            "trace.file", \.trace.file,
            .optional(.text("a trace's path"), null: "the built-in chat-like trace"),
            "Trace, or recipe (.json5). A relative path starts at the configuration's folder."),
        .init(
            "trace.format", \.trace.format, .optional(.choice, null: "told by its content"),
            "Format of the trace."),
        .init(
            "trace.time_unit", \.trace.timeUnit,
            .optional(.choice, null: "the format's, else told by its first times"),
            "Unit of the trace's times where they are bare numbers."),
        .init(
            "trace.block_size", \.trace.blockTokens,
            .optional(.integer(1...1 << 20), null: "the file's, else told by its first rows"),
            "Tokens per hash id of the trace."),
        .init(
            "trace.columns", \.trace.columns,
            .optional(.text("TIME,PROMPT,OUTPUT"), null: "names that tools give them"),
            "Names of arrival time, prompt tokens and output tokens: columns of a CSV, keys of\n"
                + "JSON lines. - for TIME: none are recorded."),
        .init(
            "trace.model", \.trace.model,
            .optional(.text("a model's name in the trace"), null: "rows of all"),
            "Replay only the rows that name this model."),
        .init(
            "trace.strict", \.trace.strict, .flag,
            "Refuse rows and keys that would be dropped, repaired or not used."),
        .init(
            "trace.shared_prefix", \.trace.sharedPrefix, .optional(.prefixLaw, null: "nothing"),
            "What prompts of a trace without content share: a number of first tokens (512), a\n"
                + "share of each prompt (0.3), or one of several equally likely beginnings\n"
                + "(\"8x512\")."),
        .init(
            "trace.rate_scale", \.trace.rateScale, .number(1e-6...1e6),
            "Factor on the arrival rate."),
        .init(
            "trace.start_s", \.trace.startSeconds, .number(0...TraceOptions.latestSecond),
            "Start of the window, seconds of the trace."),
        .init(
            "trace.end_s", \.trace.endSeconds,
            .optional(.number(0...TraceOptions.latestSecond), null: "its end"),
            "End of the window, seconds of the trace; later arrivals are left out."),
        .init(
            "trace.limit", \.trace.limit, .optional(.integer(1...Int.max), null: "all"),
            "Number of requests to replay."),
        .init(
            "trace.stop", \.trace.stop, .choice,
            "eos: requests end at a stop token that the scheduler cannot foresee. length: at\n"
                + "their maximum number of tokens, which it knows."),
        .init(
            "trace.concurrency", \.trace.concurrency,
            .optional(.integer(1...10_000_000), null: "requests arrive at the trace's times"),
            "Closed loop: number of requests to keep in flight; the trace's times are ignored.\n"
                + "A session counts as one, also while it thinks."),
        .init(
            "trace.think_s", \.trace.thinkSeconds, .number(0...86_400),
            "Closed loop: seconds between an answer and its user's next request. Turns of a\n"
                + "session keep the trace's pauses."),
        .init(
            "trace.think_law", \.trace.thinkLaw, .choice,
            "Distribution of these pauses."),
        .init(
            "trace.max_concurrency", \.trace.maxConcurrency,
            .optional(.integer(1...10_000_000), null: "no cap"),
            "Cap on requests in flight beside the trace's times: a due request waits at the\n"
                + "client while the cluster holds this many. A session that thinks counts as\n"
                + "none."),
        .init(
            "trace.sessions", \.trace.followsSessions, .flag,
            "A turn of a session waits for the previous answer, where the format knows sessions."),
        .init(
            "trace.session_rate", \.trace.sessionRate, .number(1e-9...1e9),
            "Sessions that start per second, where the format records no starts."),
    ]

    private static let output: [ConfigurationKey] = [
        .init(
            "output.decisions", \.output.decisions, .flag,
            "Write every step's decision to steps.jsonl (with --out). Takes every step by itself,\n"
                + "which takes longer."),
        .init(
            "output.plans", \.output.plans, .flag,
            "Write decisions to plans.jsonl (with --out), a line for steps in a row that decode\n"
                + "for the same requests."),
        .init(
            "output.latency_breakdown", \.output.latencyBreakdown, .flag,
            "Say where requests' time went: a table, and latency.csv with --out."),
        .init(
            "output.timeline", \.output.timeline, .flag,
            "Write timeline.json (with --out): steps, queues and requests for a trace viewer,\n"
                + "Perfetto or chrome://tracing."),
        .init(
            "output.timeline_start_s", \.output.timelineStart,
            .optional(.number(0...1e7), null: "from the start"),
            "timeline.json shows what overlaps the time from here on, seconds of the trace."),
        .init(
            "output.timeline_end_s", \.output.timelineEnd,
            .optional(.number(0...1e7), null: "to the end"),
            "timeline.json shows what overlaps the time before this, seconds of the trace."),
        .init(
            "output.timeline_mb", \.output.timelineMegabytes, .number(1...1e5),
            "The size at which timeline.json is cut, MB. The page says where."),
        .init(
            "output.series", \.output.series, .flag,
            "Write series.csv (with --out): arrivals, queue, batch, tokens, KV blocks, hits,\n"
                + "preemptions and busy time over time, of each replica and in sum."),
        .init(
            "output.series_interval_s", \.output.seriesInterval,
            .optional(.number(1e-4...1e6), null: "120 to 240 windows"),
            "How long a window of series.csv is, seconds; 2,000,000 rows at most. By default\n"
                + "windows double from 1/256 s until there are 120 to 240 of them."),
        .init(
            "output.token_times", \.output.tokenTimes, .flag,
            "Write token_times.csv (with --out): every token's time, to the picosecond."),
        .init(
            "output.warmup", \.output.warmup, .optional(.margin, null: "none"),
            "Warm-up: requests that run first and stay in requests.csv, but in no latency,\n"
                + "goodput or throughput: so many, those of so many seconds, or auto: as many as\n"
                + "trace.concurrency, in an open loop until the queue is steady (MSER-5)."),
        .init(
            "output.cooldown", \.output.cooldown, .optional(.margin, null: "none"),
            "The same for the last requests to arrive, which meet a server that empties."),
        .init(
            "output.by", \.output.by, .optional(.choice, null: "all together"),
            "Figures by class of requests, too: on the page, in summary.json, classes.csv and a\n"
                + "column class of requests.csv. Session (its kind, or the agent's), tenant and\n"
                + "lora are names that the trace gives. Each request is kept by itself, which\n"
                + "takes longer."),
        .init(
            "output.prompt_buckets", \.output.promptBuckets, .promptBuckets,
            "With output.by=prompt: prompt lengths, tokens, at which a new class begins."),
    ]
}
