/// The engine arguments that a schedule call obeys, as plain values: nothing to copy in hot code.
struct SchedulerRules {
    /// What this engine release does differently from others.
    let version: VersionRules
    /// Most requests that may run at once.
    let activeLimit: Int
    /// Most tokens per step.
    let tokenBudget: Int
    let maxNumBatchedTokens: Int
    let maxModelLen: Int
    /// Blocks that an admission leaves free if requests are running.
    let watermarkBlocks: Int
    let longPrefillTokenThreshold: Int
    let isThresholdAdaptive: Bool
    let enableChunkedPrefill: Bool
    /// Admit a request only if all of it fits (scheduler_reserve_full_isl).
    let reservesFullPrompt: Bool
    /// Tokens that a steadily decoding request has in flight when a step is scheduled: 0 without a
    /// pipeline, 1 with two batches in flight.
    let inFlight: Int
    /// Whether decisions that hold for many steps are fast-forwarded; otherwise every step is
    /// executed.
    let fastForwards: Bool

    init(_ engine: EngineConfiguration) {
        version = engine.release.rules
        activeLimit = engine.maxNumActiveSeqs ?? engine.maxNumSeqs
        tokenBudget = engine.tokenBudget
        maxNumBatchedTokens = engine.maxNumBatchedTokens
        maxModelLen = engine.maxModelLen
        watermarkBlocks = Int(engine.watermark * Double(engine.numGPUBlocks))
        longPrefillTokenThreshold = engine.longPrefillTokenThreshold
        isThresholdAdaptive = engine.longPrefillTokenThresholdAdaptive
        enableChunkedPrefill = engine.enableChunkedPrefill
        reservesFullPrompt = engine.schedulerReserveFullISL
        inFlight = engine.tokensInFlight
        fastForwards = engine.advance == .fastForward
    }
}
