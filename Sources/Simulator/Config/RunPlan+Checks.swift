import Basics
import Models
import StepTime
import Traces

extension RunPlan {
    /// The largest count allowed, so that no product of two counts leaves 64 bits.
    package static let largest = 1 << 30

    /// Throws `InputError` for the first invalid value, naming its key path in the configuration.
    @inline(never)
    func check() throws {
        func require(_ holds: Bool, _ key: String, _ problem: String, _ expected: String) throws {
            if !holds { throw InputError(key, problem, expected: expected) }
        }
        func inRange(_ value: Int, _ key: String, from least: Int = 1) throws {
            try require(
                value >= least && value <= Self.largest, key, "is \(value)",
                "\(least) to \(Self.largest)")
        }
        try engine.checkOptions()
        try inRange(replicas, "cluster.replicas")
        // Larger blocks would overflow 32 bits where blocks are converted to tokens, unless one
        // block holds a whole request (models with state layers only).
        let largestBlock = max(65_536, min(engine.maxModelLen, 1 << 29))
        try require(
            (1...largestBlock).contains(engine.blockSize), "engine.block_size",
            "is \(engine.blockSize)", "1 to \(largestBlock)")
        try inRange(engine.numGPUBlocks, "engine.num_gpu_blocks", from: 2)
        try inRange(engine.maxNumSeqs, "engine.max_num_seqs")
        try inRange(engine.maxNumBatchedTokens, "engine.max_num_batched_tokens")
        try inRange(engine.maxModelLen, "engine.max_model_len", from: 2)
        try inRange(engine.prefillScheduleInterval, "engine.prefill_schedule_interval")
        try inRange(engine.receiveInterval, "engine.receive_interval")
        try inRange(
            engine.longPrefillTokenThreshold, "engine.long_prefill_token_threshold", from: 0)
        if let limit = engine.maxNumActiveSeqs {
            try require(
                limit >= 1 && limit <= engine.maxNumSeqs, "engine.max_num_active_seqs",
                "is \(limit)", "1 to max_num_seqs (\(engine.maxNumSeqs))")
        }
        if let limit = engine.maxNumScheduledTokens {
            try inRange(limit, "engine.max_num_scheduled_tokens")
        }
        try require(
            engine.watermark >= 0 && engine.watermark < 1, "engine.watermark",
            "is \(engine.watermark)", "at least 0 and less than 1")
        try require(
            !engine.groups.isEmpty && engine.groups.count <= 64, "engine.groups",
            "has \(engine.groups.count) entries", "1 to 64")
        for case .sliding(let window) in engine.groups {
            try inRange(window, "engine.groups.window")
        }
        if let retention = engine.prefixCacheRetentionInterval {
            try inRange(retention, "engine.prefix_cache_retention_interval", from: 0)
        }
        try require(
            router.staleness >= 0, "cluster.router_staleness_ms", "is negative", "0 or more")
        if let linear = stepTime.linear {
            try require(
                linear.mostMicroseconds(engine) <= 1e9, "step_time",
                "makes steps of up to \(linear.mostMicroseconds(engine)) us",
                "at most 10⁹ at max_num_batched_tokens and max_num_seqs")
        }
        try checkLongestStep()
        try require(
            thinkTime.mean >= 0 && thinkTime.mean <= 86_400_000_000_000_000,
            "trace.think_s", "is out of range", "0 to 86400")
        switch arrivals {
        case .openLoop: break
        case .closedLoop(let concurrency): try inRange(concurrency, "trace.concurrency")
        case .capped(let concurrency): try inRange(concurrency, "trace.max_concurrency")
        case .staged(let load): try load.check()
        }
        try patience?.check()
    }
}

extension LoadStages {
    /// Throws for a wrong number of stages, or for a stage that sends nothing.
    fileprivate func check() throws {
        guard (1...1_000).contains(stages.count) else {
            throw InputError("trace.stages", "are \(stages.count)", expected: "1 to 1000")
        }
        for (index, stage) in stages.enumerated() {
            let place = "trace.stages: stage \(index + 1)"
            var count = stage.requests ?? 1
            if case .concurrency(let most) = stage.load { count = min(count, most) }
            guard count >= 1 else {
                throw InputError(
                    place, "sends no request (\(stage.words))",
                    expected: "a higher rate, or more seconds")
            }
            // Their times are drawn beforehand.
            guard stage.requests ?? 0 <= 10_000_000 else {
                throw InputError(
                    place, "has \(stage.requests ?? 0) requests (\(stage.words))",
                    expected: "at most 10000000")
            }
        }
    }
}

extension ClientPatience {
    /// Throws for values that no client has.
    fileprivate func check() throws {
        guard timeout > 0, firstTokenTimeout > 0, (0...1_000).contains(retries), pause >= 0,
            longestPause >= 0
        else {
            throw InputError(
                "trace.client_timeout_s", "and the keys beside it are out of range",
                expected: "a timeout above 0 and up to 1000 retries")
        }
    }
}

extension RunPlan {
    /// Refuses step times that could, at the engine's limits, overflow 64 bits of picoseconds.
    private func checkLongestStep() throws {
        let longest = stepTime.longest(
            tokens: engine.maxNumBatchedTokens, sequences: engine.maxNumSeqs,
            length: engine.maxModelLen)
        guard longest <= StepTime.longestStep else {
            let text = longest < 1e15 ? String(Int(longest)) : "more than 10^15"
            throw InputError(
                "step_time",
                "makes steps of up to \(text) s "
                    + "at max_num_batched_tokens \(engine.maxNumBatchedTokens), max_num_seqs "
                    + "\(engine.maxNumSeqs) and max_model_len \(engine.maxModelLen)",
                expected: "at most \(Int(StepTime.longestStep)) s: other step times, a smaller "
                    + "step_time.scale or smaller limits")
        }
    }
}

extension LinearStepTime {
    /// The longest step that an engine's limits allow, microseconds.
    fileprivate func mostMicroseconds(_ engine: EngineConfiguration) -> Double {
        let requests = Double(engine.maxNumSeqs)
        let context = requests * Double(engine.maxModelLen) / 1000
        return Double(fixedMicroseconds)
            + Double(perTokenMicroseconds) * Double(engine.maxNumBatchedTokens)
            + Double(perRequestMicroseconds) * requests
            + Double(perThousandContextMicroseconds) * context
    }
}
