/// Server flags and release rules that decide the block pool's layout, in addition to the layers.
package struct PoolOptions: Equatable, Sendable {
    /// Tokens per block, if set (`--block-size`); nil: the kernels' choice.
    package var blockSize: Int?
    /// Tokens per block of the kernel that reads latents, where release and GPU decide it; nil: as
    /// the layers have it, which is vLLM 0.33.0's on a Hopper GPU.
    package var latentBlock: Int?
    /// Most tokens per request.
    package var maxModelLen: Int
    /// Most tokens per step.
    package var maxNumBatchedTokens = 8192
    /// Steps in flight at once: pipeline stages, plus one with asynchronous scheduling.
    package var batchesInFlight = 2
    package var pipelineParallel = 1
    /// Layers of each stage, if given; nil: split equally.
    package var stageLayers: [Int]?
    /// GPUs that share a request's positions (`--decode-context-parallel-size`).
    package var decodeContextParallel = 1
    package var enablesPrefixCaching = true
    /// Speculative tokens per step.
    package var drafts = 0
    /// Whether the engine marks groups with the draft's layers: EAGLE's and prediction layers'.
    package var marksDrafts = false
    /// Whether windows and chunks are allocated like full attention
    /// (`--disable-hybrid-kv-cache-manager`).
    package var disablesHybridManager = false
    /// Bytes per element of a recurrence, if set (`--mamba-ssm-cache-dtype`).
    package var recurrenceBytes: Int?
    /// Bytes per element of a convolution, if set (`--mamba-cache-dtype`).
    package var convolutionBytes: Int?
    /// Whether prefill kernels export states from inside a chunk: on the engine's newest release
    /// with FlashInfer's gated delta (Hopper), not with `--gdn-prefill-backend triton`.
    package var exportsCheckpoints = true
    /// Whether gated delta uses Triton's prefill, which exports nothing. Mamba 2's still does.
    package var usesTritonGatedDelta = false
    /// Whether the printed line counts `blocks // groups x block size`: before 0.21.
    package var printsBlocksOfAGroup = false

    /// The options of a server with default flags and a context of `maxModelLen` tokens.
    package init(maxModelLen: Int) { self.maxModelLen = maxModelLen }

    /// Tokens of all steps in flight, which windows hold in addition to their own.
    package var tokensInFlight: Int { batchesInFlight * maxNumBatchedTokens }
}
