import Models

/// The engine arguments that decide schedules, with vLLM's names and meanings.
///
/// Everything is resolved: the number of blocks is a number, not "derive it". Defaults are those of
/// vLLM 0.33.0's API server on a GPU with at least 70 GiB.
package struct EngineConfiguration: Sendable, Equatable {
    /// Order of the waiting queue and choice of preemption victims.
    ///
    /// The engine implements the first two itself, as vLLM does; the others are `SchedulingPolicy`
    /// values.
    package enum Policy: String, Sendable, CaseIterable, Codable {
        case fcfs
        case priority
        case shortestPromptFirst = "shortest_prompt_first"
        case leastAttainedService = "least_attained_service"
        case decodeFirst = "decode_first"
        case prefillFirst = "prefill_first"
    }

    /// Whether the engine executes every step, or fast-forwards steps in which nothing is decided.
    package enum Advance: String, Sendable, CaseIterable, Codable {
        case step
        case fastForward = "fast_forward"
    }

    /// The release of vLLM whose rules apply.
    package var release = EngineRelease.newest
    /// Tokens per KV block.
    package var blockSize = 16
    /// KV blocks in the pool, including null block 0, which is unusable.
    package var numGPUBlocks = 1
    /// Most requests in the running list.
    package var maxNumSeqs = 1024
    /// Tighter limit on the running list; nil: `maxNumSeqs`.
    package var maxNumActiveSeqs: Int?
    /// Most tokens in one step.
    package var maxNumBatchedTokens = 8192
    /// Tighter limit on scheduled tokens; nil: `maxNumBatchedTokens`.
    package var maxNumScheduledTokens: Int?
    /// Most tokens (prompt and output) of one request.
    package var maxModelLen = 131_072
    package var policy = Policy.fcfs
    /// `decode_first`: most prefill tokens in one step.
    package var prefillQuota = 512
    package var enablePrefixCaching = true
    package var enableChunkedPrefill = true
    /// Most tokens of one request in one step while others exist; 0: no limit.
    package var longPrefillTokenThreshold = 0
    /// Raise that threshold to budget / requests where that is larger.
    package var longPrefillTokenThresholdAdaptive = false
    /// Admit a request only if all its known tokens fit at admission.
    package var schedulerReserveFullISL = true
    /// Share of the pool kept free when a request is admitted beside running ones.
    package var watermark = 0.0
    /// Schedule prefill in every n-th step only.
    package var prefillScheduleInterval = 1
    /// Look for new requests once this many decode steps have run since the last look, and after
    /// every step with a prefill. vLLM looks before every step.
    package var receiveInterval = 1
    /// KV cache groups that share the pool. Layers of one group share one block table.
    package var groups: [CacheGroup] = [.full]
    /// Which blocks a sliding-window group registers. nil: all; 0: the last window; n: every n
    /// tokens.
    package var prefixCacheRetentionInterval: Int? = 0
    /// Schedule step k+1 while step k runs.
    package var asyncScheduling = true
    /// Whether requests stop at a token the scheduler cannot foresee.
    package var stopsAtUnforeseenToken = false
    /// Sleep after an iteration that scheduled nothing, in microseconds.
    package var emptyYieldMicroseconds: Int64 = 0
    /// The host's part in the times of steps and requests.
    package var host = HostTimes()
    package var advance = Advance.fastForward

    package init() {}
}

extension EngineConfiguration {
    /// Most batches dispatched and not yet committed (vLLM's batch queue).
    var batchesInFlight: Int { asyncScheduling ? 2 : 1 }

    /// Tokens that a steadily decoding request has in flight when a step is scheduled.
    var tokensInFlight: Int { asyncScheduling ? 1 : 0 }
}
