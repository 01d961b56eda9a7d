/// What a request needs to hold after the step. Counts are in tokens.
struct BlockDemand {
    var slot: Int
    /// Computed before the step, without the hit.
    var computed: Int
    /// To compute in the step.
    var tokens: Int
    /// Prompt and delivered outputs.
    var known: Int
    /// Scheduled before, in batches not yet processed.
    var inFlight: Int
    /// Refuse unless all known tokens fit (vLLM's scheduler_reserve_full_isl).
    var reservesFullPrompt = false
    /// Blocks to leave free (vLLM's watermark).
    var watermark = 0
}

extension BlockDemand {
    /// What a request needs if `tokens` of its tokens are to be computed in a step.
    @inline(__always)
    init(_ request: borrowing LiveRequest, slot: Int, tokens: Int) {
        self.init(
            slot: slot, computed: Int(request.computed), tokens: tokens,
            known: Int(request.known), inFlight: Int(request.inFlight))
    }
}
