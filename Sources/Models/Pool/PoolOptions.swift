/// What decides the block pool's layout besides the layers: the server's flags, and rules of its
/// release.
public struct PoolOptions: Equatable, Sendable {
    /// Tokens of a block where the user names them (`--block-size`); nil: the kernels' choice.
    public var blockSize: Int?
    /// Most tokens of one request.
    public var maxModelLen: Int
    /// Most tokens of a step.
    public var maxNumBatchedTokens = 8192
    /// Steps under way at once: pipeline stages, and one more with asynchronous scheduling.
    public var batchesInFlight = 2
    public var pipelineParallel = 1
    /// GPUs that share a request's positions (`--decode-context-parallel-size`).
    public var decodeContextParallel = 1
    public var enablesPrefixCaching = true
    /// Speculative tokens of a step.
    public var drafts = 0
    /// Whether windows and chunks are allocated like full attention
    /// (`--disable-hybrid-kv-cache-manager`).
    public var disablesHybridManager = false
    /// Bytes of a recurrence's element where the user sets its type (`--mamba-ssm-cache-dtype`).
    public var recurrenceBytes: Int?
    /// Bytes of a convolution's element where the user sets it (`--mamba-cache-dtype`).
    public var convolutionBytes: Int?
    /// Whether prefill kernels hand out states from inside a chunk: on the engine's newest release
    /// with FlashInfer's gated delta (Hopper), not with `--gdn-prefill-backend triton`.
    public var exportsCheckpoints = true
    /// Whether gated delta's prefill is Triton's, which exports nothing; Mamba 2's still does.
    public var usesTritonGatedDelta = false
    /// Whether the printed line counts `blocks // groups x block size`: before 0.21.
    public var printsBlocksOfAGroup = false

    /// A server with its defaults for a context of `maxModelLen` tokens.
    public init(maxModelLen: Int) { self.maxModelLen = maxModelLen }

    /// Tokens of all steps under way, which windows hold beside their own.
    public var tokensInFlight: Int { batchesInFlight * maxNumBatchedTokens }
}
