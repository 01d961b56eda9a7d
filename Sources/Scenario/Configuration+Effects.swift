import Models

extension Configuration {
    /// One note for each changed key that has no effect, because of other keys or of this model.
    func keysWithoutEffect(_ model: TransformerModel, _ memory: ResolvedMemory) -> [String] {
        let isRecipe = (try? recipe()) != nil
        let isRandom = self.trace.randomInputTokens != nil
        let reason = isRandom ? "the trace is drawn" : "the trace is a recipe"
        let trace = isRecipe || isRandom ? Self.traceOnly.map { ($0, reason) } : []
        let keys = clockKeys + choiceKeys + memoryKeys(memory) + modelKeys(model) + trace
        return keys.compactMap { path, reason in
            guard let key = ConfigurationKey.all.first(where: { $0.path == path }) else {
                return nil
            }
            let value = key.value(self)
            guard value != key.value(Configuration()) else { return nil }
            let shown =
                if case .text(let text) = value { text } else { value.described }
            return "\(path)=\(shown) has no effect: \(reason)"
        }
    }

    /// Keys without effect on this model, its caches or its graphs, each with the reason.
    private func modelKeys(_ model: TransformerModel) -> [(String, String)] {
        var keys: [(String, String)] = []
        let isDense = !model.layers.contains {
            if case .experts = $0.feedForward { true } else { false }
        }
        if isDense { keys.append(("model.routing", "the model has no experts")) }
        let isRecurrent = model.layers.contains {
            if case .recurrent = $0.attention { true } else { false }
        }
        if !isRecurrent {
            let reason = "the model has no recurrent layers"
            keys += ["mamba_cache_dtype", "mamba_ssm_cache_dtype"].map { ("engine." + $0, reason) }
        }
        let hasGatedDelta = model.layers.contains {
            if case .recurrent(let mixer) = $0.attention {
                mixer.kind == "gated_delta_net"
            } else {
                false
            }
        }
        if !hasGatedDelta {
            keys.append(("engine.gdn_prefill_backend", "the model has no gated-delta layers"))
        }
        let retention = "engine.prefix_cache_retention_interval"
        // The default differs between releases, so only a given key counts.
        if gives(retention), !engine.enablePrefixCaching {
            keys.append((retention, "engine.enable_prefix_caching is false"))
        } else if gives(retention), !isRecurrent,
            !model.layers.contains(where: { $0.attention.isWindowed })
        {
            keys.append((retention, "the model has no layers with windows"))
        }
        if engine.disableHybridKVCacheManager, !isRecurrent,
            !model.layers.contains(where: { $0.attention.isWindowed })
        {
            keys.append(
                (
                    "engine.disable_hybrid_kv_cache_manager",
                    "the model has no layers with windows"
                ))
        }
        if engine.languageModelOnly, !model.leavesOutTower {
            keys.append(("engine.language_model_only", "no tower of the model is weighed"))
        }
        if readsNoGraphs {
            let reason =
                "step_time.kind is \(stepTime.kind.rawValue), and the pool's size is given"
            keys += ["enforce_eager", "cudagraph_capture_sizes", "max_cudagraph_capture_size"].map {
                ("engine." + $0, reason)
            }
        } else if engine.enforceEager {
            keys += ["cudagraph_capture_sizes", "max_cudagraph_capture_size"].map {
                ("engine." + $0, "engine.enforce_eager captures no graphs")
            }
        }
        return keys
    }

    /// Whether nothing depends on CUDA graphs: neither the clock, nor the memory, nor the host.
    private var readsNoGraphs: Bool {
        guard stepTime.kind != .measured, engine.numGPUBlocks != nil,
            let host = try? hostProfile(.named(kernelsName))
        else { return false }
        return [host.launchGraph, host.launchPiecewise, host.launchEager].allSatisfy {
            $0.seconds(layers: 1) == 0
        }
    }

    /// Keys for reading a trace file. They have no effect on recipes and drawn traces.
    private static let traceOnly = [
        "trace.format", "trace.time_unit", "trace.block_size", "trace.columns",
        "trace.model", "trace.session_rate", "trace.strict",
    ]

    private var clockKeys: [(String, String)] {
        let keys: [(StepTimeSection.Kind, [String])] = [
            (.measured, ["profile", "attention_kernel", "kv_cache"]),
            (.table, ["file"]),
            (.linear, ["fixed_us", "per_token_us", "per_request_us", "per_1k_context_us"]),
        ]
        let reason = "step_time.kind is \(stepTime.kind.rawValue)"
        let waits = [
            "engine.host.gpu_wait_us", "engine.host.gpu_wait_per_request_us",
            "engine.host.gpu_wait_per_first_us",
        ]
        return keys.filter { $0.0 != stepTime.kind }
            .flatMap(\.1).map { ("step_time." + $0, reason) }
            + (stepTime.kind == .measured ? [] : waits.map { ($0, reason) })
    }

    /// Keys that apply to another router, policy or scheduler than the chosen one.
    private var choiceKeys: [(String, String)] {
        var keys: [(String, String)] = []
        keys += routerKeys
        if engine.specMethod == nil, engine.specModel == nil {
            keys.append(("engine.draft_sample_method", "nothing drafts: no engine.spec_method"))
        }
        if engine.longPrefillTokenThreshold == 0 {
            keys.append(
                (
                    "engine.long_prefill_token_threshold_adaptive",
                    "engine.long_prefill_token_threshold is 0"
                ))
        }
        if engine.scheduler != "engine" {
            let reason = "the program of engine.scheduler decides"
            keys.append(("engine.scheduling_policy", reason))
            keys.append(("engine.prefill_quota_tokens", reason))
        } else {
            keys.append(("engine.scheduler_timeout_s", "engine.scheduler is not a program"))
            if engine.schedulingPolicy != .decodeFirst {
                keys.append(
                    (
                        "engine.prefill_quota_tokens",
                        "engine.scheduling_policy is \(engine.schedulingPolicy.rawValue)"
                    ))
            }
        }
        if trace.randomInputTokens == nil {
            let lengths = [
                "random_output_len", "random_range_ratio", "random_output_range_ratio",
                "random_prefix_len", "random_num_prefixes",
            ]
            keys += lengths.map { ("trace." + $0, "there is no trace.random_input_len") }
        }
        if trace.randomInputTokens != nil, trace.randomPrefixTokens == 0 {
            keys.append(("trace.random_num_prefixes", "trace.random_prefix_len is 0"))
        }
        keys += outputKeys
        keys += loadKeys
        if engine.version.release.rules.prefillPacing == .coordinated {
            let reason =
                "vLLM \(engine.version) paces prefill only under a data-parallel coordinator"
            keys.append(("engine.prefill_schedule_interval", reason))
        }
        return keys
    }

    /// Keys that size a pool whose blocks or bytes are given. Older releases have another default
    /// share, which counts as not set.
    private func memoryKeys(_ memory: ResolvedMemory) -> [(String, String)] {
        let share = "engine.gpu_memory_utilization"
        let shares = gives(share) ? [share] : []
        guard let blocks = engine.numGPUBlocks, engine.numGPUBlocksOverride == nil else {
            guard engine.kvCacheMemoryBytes != nil else { return [] }
            return shares.map { ($0, "engine.kv_cache_memory_bytes sizes the cache") }
        }
        let reason = "engine.num_gpu_blocks is taken as it is"
        var keys = [("engine.fit_max_model_len", reason)]
        // A file that repeats a run has both, and they agree.
        if let fit = memory.budget?.numGPUBlocks, blocks < fit {
            keys += (shares + ["engine.kv_cache_memory_bytes"]).map { ($0, reason) }
        }
        return keys
    }

    /// Keys that apply to one router only.
    private var routerKeys: [(String, String)] {
        guard cluster.replicas != 1 else {
            return ["router", "affinity_slack", "router_staleness_ms"].map {
                ("cluster." + $0, "there is one replica")
            }
        }
        var keys: [(String, String)] = []
        if cluster.router != .prefixAffinity {
            keys.append(("cluster.affinity_slack", "the router is \(cluster.router.rawValue)"))
        }
        if [.roundRobin, .random].contains(cluster.router) {
            keys.append(
                ("cluster.router_staleness_ms", "\(cluster.router.rawValue) reads no state"))
        }
        return keys
    }

    /// Keys that apply to one kind of output only.
    private var outputKeys: [(String, String)] {
        var keys: [(String, String)] = []
        if output.by != .prompt {
            keys.append(("output.prompt_buckets", "output.by is not prompt"))
        }
        if !output.timeline {
            keys += ["timeline_start_s", "timeline_end_s", "timeline_mb"].map {
                ("output." + $0, "output.timeline is false")
            }
        }
        if !output.series {
            keys.append(("output.series_interval_s", "output.series is false"))
        }
        return keys
    }

    /// Keys that apply to one kind of load only.
    private var loadKeys: [(String, String)] {
        var keys: [(String, String)] = []
        if trace.requestRate == nil, trace.rampUp == nil, trace.stages == nil {
            keys.append(("trace.burstiness", "there is no trace.request_rate to spread"))
        } else if trace.rampUp == nil, trace.gapLaw != .gamma {
            keys.append(("trace.burstiness", "trace.gap_law is \(trace.gapLaw.rawValue)"))
        }
        if trace.requestRate == nil, trace.stages == nil {
            keys.append(("trace.gap_law", "there is no steady rate to spread"))
        }
        if trace.randomInputTokens != nil {
            keys.append(("trace.sessions", "a drawn trace has no sessions"))
        }
        if trace.stages == nil {
            keys.append(("trace.stage_pause_s", "there are no trace.stages"))
        }
        if trace.stages != nil {
            keys.append(
                ("trace.think_s", "a stage with so many in flight sends again without a pause"))
        } else if trace.concurrency == nil {
            keys.append(("trace.think_s", "there is no closed loop, trace.concurrency"))
        }
        if trace.concurrency == nil || trace.thinkSeconds == 0 {
            keys.append(("trace.think_law", "users do not think: trace.think_s is 0 or unread"))
        }
        if !trace.hasImpatientClients {
            let why = "there is no trace.client_timeout_s or trace.client_first_token_timeout_s"
            keys.append(("trace.client_retries", why))
        }
        if !trace.hasImpatientClients || trace.clientRetries == 0 {
            let backoff = ["client_backoff", "client_backoff_s", "client_backoff_max_s"]
            keys += backoff.map { ("trace." + $0, "clients do not try again") }
        }
        return keys
    }
}

extension Configuration.TraceSection {
    /// The note on a closed loop whose requests are all alike: they move in step, and which of them
    /// are admitted together depends on ties. Nil for other loads.
    var exactLoopNote: String? {
        let isLoop =
            concurrency != nil
            || maxConcurrency != nil && requestRate == nil && rampUp == nil && stages == nil
        let pauses = concurrency != nil && thinkSeconds > 0 && thinkLaw != .fixed
        guard isLoop, !pauses, randomInputTokens != nil, randomRangeRatio == 0,
            randomOutputRangeRatio ?? 0 == 0
        else { return nil }
        return "a closed loop of exact lengths: its requests move in step, so TTFT depends on ties "
            + "that a server breaks by chance; the errors given for the clock do not cover it "
            + "(trace.random_range_ratio=0.02 shows how much hangs on it)"
    }
}
