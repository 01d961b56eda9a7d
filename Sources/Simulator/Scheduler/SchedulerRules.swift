/// The engine arguments that a schedule call obeys, as plain numbers: nothing to copy in hot code.
struct SchedulerRules {
    /// What the release of the engine decides otherwise than another.
    let version: VersionRules
    /// Requests that may run at once.
    let activeLimit: Int
    /// Tokens of a step.
    let tokenBudget: Int
    let maxNumBatchedTokens: Int
    let maxModelLen: Int
    /// Blocks that an admission next to running requests leaves free.
    let watermarkBlocks: Int
    let longPrefillTokenThreshold: Int
    let isThresholdAdaptive: Bool
    let enableChunkedPrefill: Bool
    /// Admit only what fits whole (scheduler_reserve_full_isl).
    let reservesFullPrompt: Bool
    /// Tokens that a request which decodes steadily has in flight when a step is decided: 0
    /// without a pipeline, 1 with one of two batches.
    let inFlight: Int
    /// Whether a decision that stands is taken in closed form; else step by step.
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
