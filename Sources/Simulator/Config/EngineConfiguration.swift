import Models

/// The engine arguments that decide schedules, with the meaning and names of vLLM's.
///
/// Everything here is resolved: the number of blocks is a number, not "derive it". Defaults are
/// those of vLLM 0.33.0's API server on a GPU of 70 GiB or more.
package struct EngineConfiguration: Sendable, Equatable {
    /// Order of the waiting queue and choice of preemption victims.
    ///
    /// The first two are vLLM's and the engine's own; the others are `SchedulingPolicy` values.
    package enum Policy: String, Sendable, CaseIterable, Codable {
        case fcfs
        case priority
        case shortestPromptFirst = "shortest_prompt_first"
        case leastAttainedService = "least_attained_service"
        case decodeFirst = "decode_first"
        case prefillFirst = "prefill_first"
    }

    /// Whether the engine decides every step, or takes steps in which nothing is decided at once.
    package enum Advance: String, Sendable, CaseIterable, Codable {
        case step
        case fastForward = "fast_forward"
    }

    /// The release of vLLM whose rules apply.
    package var release = EngineRelease.newest
    /// Tokens per KV block.
    package var blockSize = 16
    /// KV blocks in the pool, the unusable null block 0 included.
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
    /// Raise that threshold to budget / requests when that is larger.
    package var longPrefillTokenThresholdAdaptive = false
    /// Admit only what fits whole (all known tokens) at admission.
    package var schedulerReserveFullISL = true
    /// Share of the pool kept free when admitting next to running requests.
    package var watermark = 0.0
    /// Let prefill into every n-th step only.
    package var prefillScheduleInterval = 1
    /// KV groups that share the pool; layers of one group have one block table.
    package var groups: [CacheGroup] = [.full]
    /// Which blocks a sliding window group registers: nil all, 0 the last window, n every n tokens.
    package var prefixCacheRetentionInterval: Int? = 0
    /// Schedule step k+1 while step k runs.
    package var asyncScheduling = true
    /// Whether requests stop at a token the scheduler cannot foresee.
    package var stopsAtUnforeseenToken = false
    /// Sleep after an iteration that scheduled nothing, microseconds.
    package var emptyYieldMicroseconds: Int64 = 0
    /// The host's part in the times of steps and requests.
    package var host = HostTimes()
    package var advance = Advance.fastForward

    package init() {}
}

extension EngineConfiguration {
    /// Batches that are dispatched and not yet committed, at most (vLLM's batch queue).
    var batchesInFlight: Int { asyncScheduling ? 2 : 1 }

    /// Tokens that a request which decodes steadily has in flight when a step is decided.
    var tokensInFlight: Int { asyncScheduling ? 1 : 0 }
}
