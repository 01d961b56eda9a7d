/// What decides the block pool's layout besides the layers: the server's flags, and rules of its
/// release.
package struct PoolOptions: Equatable, Sendable {
    /// Tokens of a block where the user names them (`--block-size`); nil: the kernels' choice.
    package var blockSize: Int?
    /// Most tokens of one request.
    package var maxModelLen: Int
    /// Most tokens of a step.
    package var maxNumBatchedTokens = 8192
    /// Steps under way at once: pipeline stages, and one more with asynchronous scheduling.
    package var batchesInFlight = 2
    package var pipelineParallel = 1
    /// Layers of each stage where they are given; nil: equally many.
    package var stageLayers: [Int]?
    /// GPUs that share a request's positions (`--decode-context-parallel-size`).
    package var decodeContextParallel = 1
    package var enablesPrefixCaching = true
    /// Speculative tokens of a step.
    package var drafts = 0
    /// Whether the engine marks groups with the draft's layers: EAGLE's and prediction layers'.
    package var marksDrafts = false
    /// Whether windows and chunks are allocated like full attention
    /// (`--disable-hybrid-kv-cache-manager`).
    package var disablesHybridManager = false
    /// Bytes of a recurrence's element where the user sets its type (`--mamba-ssm-cache-dtype`).
    package var recurrenceBytes: Int?
    /// Bytes of a convolution's element where the user sets it (`--mamba-cache-dtype`).
    package var convolutionBytes: Int?
    /// Whether prefill kernels hand out states from inside a chunk: on the engine's newest release
    /// with FlashInfer's gated delta (Hopper), not with `--gdn-prefill-backend triton`.
    package var exportsCheckpoints = true
    /// Whether gated delta's prefill is Triton's, which exports nothing; Mamba 2's still does.
    package var usesTritonGatedDelta = false
    /// Whether the printed line counts `blocks // groups x block size`: before 0.21.
    package var printsBlocksOfAGroup = false

    /// A server with its defaults for a context of `maxModelLen` tokens.
    package init(maxModelLen: Int) { self.maxModelLen = maxModelLen }

    /// Tokens of all steps under way, which windows hold beside their own.
    package var tokensInFlight: Int { batchesInFlight * maxNumBatchedTokens }
}
