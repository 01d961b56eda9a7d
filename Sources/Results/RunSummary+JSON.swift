import Simulator

extension RunSummary: Encodable {
    /// A key with a given name.
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// Writes flat keys, those of vLLM's serving benchmark and more of the same kind; then the TTFT
    /// distribution, the series over time and the parts of the slowest 1 %. Leaves out figures of
    /// no requests, such as a latency if no request finished.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for (name, value) in counts { try container.encode(value, forKey: Key(name)) }
        for (name, value) in [
            ("flops_utilization", utilization.flops),
            ("memory_bandwidth_utilization", utilization.memoryBandwidth),
        ] {
            try container.encodeIfPresent(value, forKey: Key(name))
        }
        if counters.requests > 0 {
            // A prefix law is not content of the trace.
            try container.encode(
                holdsContent && !assumesContent, forKey: Key("trace_holds_content"))
            if assumesContent {
                try container.encode(true, forKey: Key("trace_content_assumed"))
            }
        }
        try container.encode(
            isExact ? "exact" : "histogram", forKey: Key("percentiles"))
        try encodeOverload(into: &container)
        try container.encodeIfPresent(mostConcurrent, forKey: Key("max_concurrent_requests"))
        try container.encodeIfPresent(
            concurrency ?? client?.cap, forKey: Key("max_concurrency"))
        if thinkTime.mean > 0 {
            try container.encode(Double(thinkTime.mean) / 1e12, forKey: Key("think_time_s"))
            try container.encode(thinkTime.law.rawValue, forKey: Key("think_time_law"))
        }
        try encodeClients(into: &container)
        for case (let name, let value?) in rates + host.rates(timeToFirstToken) {
            try container.encode(value, forKey: Key(name))
        }
        try encodeSharing(into: &container)
        try encodeStretch(into: &container)
        try encode(latencies + (client?.latencies ?? []), into: &container)
        // The benchmark reports these without values, too: 0, by NumPy.
        for (name, latency) in latencies where latency.count == 0 && name != "queue" {
            try container.encode(0.0, forKey: Key("std_\(name)_ms"))
        }
        try encodeStages(into: &container)
        for table in classes { try encode(table, into: &container) }
        try encodeSteadiness(into: &container)
        for part in parts {
            try container.encode(part.milliseconds, forKey: Key(part.key))
        }
        if !slowestParts.isEmpty {
            var slowest = container.nestedContainer(
                keyedBy: Key.self, forKey: Key("slowest_1_percent"))
            for part in slowestParts {
                try slowest.encode(part.milliseconds, forKey: Key(part.key))
            }
        }
        if !distribution.isEmpty {
            try container.encode(distribution, forKey: Key("ttft_distribution"))
        }
        try container.encodeIfPresent(verdict, forKey: Key("slo"))
        try container.encodeIfPresent(measured, forKey: Key("measured"))
        try container.encodeIfPresent(series, forKey: Key("time_series"))
        try container.encode(digest, forKey: Key("digest"))
        try container.encodeIfPresent(engineVersion, forKey: Key("engine_version"))
        try container.encodeIfPresent(poolLine, forKey: Key("engine_pool_line"))
        try container.encode(clock, forKey: Key("clock"))
        try container.encode(warnings, forKey: Key("warnings"))
        try container.encode(rangeWarnings, forKey: Key("range_warnings"))
    }

    private func encodeOverload(into container: inout KeyedEncodingContainer<Key>) throws {
        try container.encode(overload != nil, forKey: Key("overloaded"))
        guard let overload else { return }
        try container.encode(overload.arrivalRate, forKey: Key("overload_arrival_rate"))
        try container.encode(overload.admissionRate, forKey: Key("overload_admission_rate"))
        try container.encode(overload.queueAtFirst, forKey: Key("overload_queue_at_first"))
        try container.encode(overload.queuePeak, forKey: Key("overload_queue_peak"))
        try container.encode(overload.queueAtLast, forKey: Key("overload_queue_at_last"))
    }

    private func encodeClients(into container: inout KeyedEncodingContainer<Key>) throws {
        guard let client else { return }
        if client.cap != nil {
            try container.encode(client.held, forKey: Key("client_held_requests"))
        }
        for (name, value) in client.attemptCounts {
            try container.encode(value, forKey: Key(name))
        }
    }

    private func encodeStages(into container: inout KeyedEncodingContainer<Key>) throws {
        guard !stages.isEmpty else { return }
        var list = container.nestedUnkeyedContainer(forKey: Key("by_stage"))
        for stage in stages {
            var figures = list.nestedContainer(keyedBy: Key.self)
            for (name, value) in stage.counts { try figures.encode(value, forKey: Key(name)) }
            for (name, value) in stage.rates {
                try figures.encodeIfPresent(value, forKey: Key(name))
            }
            try encode(stage.requests.latencies, into: &figures)
        }
    }

    private func encode(
        _ table: ClassTable, into container: inout KeyedEncodingContainer<Key>
    ) throws {
        var list = container.nestedUnkeyedContainer(forKey: Key(table.key))
        for members in table.classes {
            var figures = list.nestedContainer(keyedBy: Key.self)
            if table.dimension == .priority {
                try figures.encode(members.key, forKey: Key(table.dimension.rawValue))
            } else {
                try figures.encode(members.name, forKey: Key(table.dimension.rawValue))
            }
            for (name, value) in members.counts { try figures.encode(value, forKey: Key(name)) }
            for (name, value) in members.rates { try figures.encode(value, forKey: Key(name)) }
            try encode(members.latencies, into: &figures)
        }
    }

    private func encodeSteadiness(into container: inout KeyedEncodingContainer<Key>) throws {
        if let steadiness {
            var figures = container.nestedContainer(
                keyedBy: Key.self, forKey: Key("steady_state"))
            try figures.encode(steadiness.verdict.rawValue, forKey: Key("verdict"))
            for (name, value) in [
                ("mean_in_cluster", steadiness.meanInCluster),
                ("change_in_cluster", steadiness.change),
                ("change_in_cluster_low", steadiness.change - steadiness.halfWidth),
                ("change_in_cluster_high", steadiness.change + steadiness.halfWidth),
                ("from_s", steadiness.from), ("duration", steadiness.seconds),
            ] {
                try figures.encode(value, forKey: Key(name))
            }
        }
        guard !intervals.isEmpty else { return }
        var means = container.nestedContainer(keyedBy: Key.self, forKey: Key("batch_means"))
        for (key, interval) in intervals {
            var figures = means.nestedContainer(keyedBy: Key.self, forKey: Key(key))
            try figures.encode(interval.mean, forKey: Key("mean"))
            try figures.encode(interval.low, forKey: Key("low"))
            try figures.encode(interval.high, forKey: Key("high"))
            try figures.encode(interval.batches, forKey: Key("batches"))
        }
    }

    private func encodeSharing(into container: inout KeyedEncodingContainer<Key>) throws {
        if tellsSharing {
            try container.encode(counters.sharedTokens, forKey: Key("shared_tokens"))
            for (name, tokens) in lostReuse {
                try container.encode(tokens, forKey: Key("shared_tokens_lost_\(name)"))
            }
        }
    }

    private func encodeStretch(into container: inout KeyedEncodingContainer<Key>) throws {
        if let stretch {
            var figures = container.nestedContainer(
                keyedBy: Key.self, forKey: Key("measured_stretch"))
            for (name, value) in Self.counts(stretch) {
                try figures.encode(value, forKey: Key(name))
            }
            if let isSteady = stretch.isSteady {
                try figures.encode(isSteady, forKey: Key("steady_stretch_found"))
            }
            if stretch.isGivenUp {
                try figures.encode(true, forKey: Key("margins_given_up"))
            }
            try figures.encode(Double(stretch.start) * 1e-12, forKey: Key("start_s"))
            try figures.encode(stretch.duration, forKey: Key("duration"))
        }
    }

    private func encode(
        _ latencies: [(name: String, value: LatencySummary)],
        into container: inout KeyedEncodingContainer<Key>
    ) throws {
        for (name, latency) in latencies where latency.count > 0 {
            try container.encode(latency.count, forKey: Key("\(name)_count"))
            try container.encode(latency.mean, forKey: Key("mean_\(name)_ms"))
            try container.encode(latency.deviation, forKey: Key("std_\(name)_ms"))
            try container.encode(latency.median, forKey: Key("median_\(name)_ms"))
            try container.encode(latency.p90, forKey: Key("p90_\(name)_ms"))
            try container.encode(latency.p95, forKey: Key("p95_\(name)_ms"))
            try container.encode(latency.p99, forKey: Key("p99_\(name)_ms"))
            try container.encode(latency.maximum, forKey: Key("max_\(name)_ms"))
            try container.encode(
                latency.isExact ? "exact" : "histogram", forKey: Key("\(name)_percentiles"))
        }
    }

    /// The latencies by the benchmark's names; "queue" is our own.
    package var latencies: [(name: String, value: LatencySummary)] {
        [
            ("ttft", timeToFirstToken), ("tpot", timePerOutputToken), ("itl", interTokenLatency),
            ("e2el", endToEnd), ("queue", queueTime),
        ]
    }

    private var counts: [(String, Int)] {
        [
            ("num_prompts", counters.requests), ("completed", counters.finished),
            ("failed", counters.requests - counters.finished),
            ("rejected", counters.rejected), ("aborted", counters.aborted),
            ("unfinished", counters.unfinished), ("good_requests", goodRequests),
            ("total_input_tokens", counters.finishedPromptTokens),
            ("total_output_tokens", counters.finishedOutputTokens),
            ("prompt_tokens", counters.promptTokens), ("delivered_tokens", counters.outputTokens),
            ("cut_answers", counters.cutAnswers), ("cut_tokens", counters.cutTokens),
            ("max_output_tokens_per_s", mostTokensInSecond),
            ("steps", counters.steps), ("empty_steps", counters.emptySteps),
            ("scheduled_tokens", counters.scheduledTokens),
            ("preemptions", counters.preemptions),
            ("preempted_requests", counters.preemptedRequests),
            ("max_preemptions", mostPreemptions),
            ("recomputed_tokens", counters.recomputedTokens), ("evictions", counters.evictions),
            ("hit_tokens", counters.hitTokens), ("wasted_entries", counters.wastedEntries),
            ("peak_tokens_per_step", peaks.tokensPerStep),
            ("peak_requests_per_step", peaks.requestsPerStep),
            ("peak_decodes_per_step", peaks.decodesPerStep), ("peak_context", peaks.context),
            ("replicas", replicas), ("num_gpu_blocks", blocksPerReplica + 1),
        ]
    }

    private static func counts(_ stretch: MeasuredStretch) -> [(String, Int)] {
        let counters = stretch.counters
        return [
            ("left_out_warmup", stretch.leftAtStart), ("left_out_cooldown", stretch.leftAtEnd),
            ("num_prompts", counters.requests), ("completed", counters.finished),
            ("failed", counters.requests - counters.finished),
            ("total_input_tokens", counters.finishedPromptTokens),
            ("total_output_tokens", counters.finishedOutputTokens),
        ]
    }

    /// Quotients; nil if the denominator is 0.
    private var rates: [(String, Double?)] {
        let hasSteps = counters.steps > 0
        return [
            ("duration", duration), ("request_throughput", requestThroughput),
            ("request_goodput", goodput), ("input_throughput", inputThroughput),
            ("output_throughput", outputThroughput),
            ("total_token_throughput", inputThroughput + outputThroughput),
            ("prefix_hit_rate", counters.queriedTokens > 0 ? prefixHitRate : nil),
            ("mean_kv_use", meanKVUse), ("peak_kv_use", peakKVUse),
            ("mean_batch_size", hasSteps ? meanBatchSize : nil),
            ("mean_tokens_per_step", hasSteps ? meanTokensPerStep : nil),
            ("gpu_busy_share", busyShare),
            ("gpu_host_wait_share", hostWaitShare),
            ("token_budget_utilization", utilization.tokenBudget),
            ("max_num_seqs_utilization", utilization.runningLimit),
            ("token_budget_limited_share", limits.tokenBudget),
            ("max_num_seqs_limited_share", limits.runningRequests),
            ("kv_blocks_limited_share", limits.blocks),
            ("otherwise_limited_share", limits.other),
        ]
    }
}
