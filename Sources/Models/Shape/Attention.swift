/// Which earlier tokens a token attends to.
public enum Reach: Equatable, Hashable, Sendable {
    /// All of them.
    case full
    /// The last `window` tokens, itself included (Mistral 7B v0.1, Gemma, gpt-oss).
    case sliding(window: Int)
    /// A window, some tokens that all attend to, and random blocks: Longformer (arXiv 2004.05150)
    /// and BigBird (arXiv 2007.14062).
    case sparse(window: Int, globalTokens: Int, randomTokens: Int)

    /// Most keys a token attends to; nil: no limit.
    public var limit: Int? {
        switch self {
        case .full: nil
        case .sliding(let window): window
        case .sparse(let window, let globalTokens, let randomTokens):
            window + globalTokens + randomTokens
        }
    }

    /// Keys that a token at the end of a context of `context` tokens attends to.
    public func keys(context: Int) -> Int { min(context, limit ?? context) }
}

/// Attention with a key and a value per cached token: MHA, MQA and GQA are its special cases.
public struct HeadAttention: Equatable, Hashable, Sendable {
    public var queryHeads: Int
    public var keyValueHeads: Int
    /// Elements of a query, key or value of one head.
    public var headDim: Int
    public var reach: Reach
    /// Biases on q, k and v (Qwen2), and on the output projection (GPT-3, gpt-oss).
    public var inputBias = false
    public var outputBias = false
    /// A norm over each head's q and k (Qwen3, Gemma 3).
    public var normalizesHeads = false
    /// An output gate of the queries' size, computed with them (Qwen3-Next).
    public var gatesOutput = false

    public init(
        queryHeads: Int, keyValueHeads: Int, headDim: Int, reach: Reach = .full
    ) {
        self.queryHeads = queryHeads
        self.keyValueHeads = keyValueHeads
        self.headDim = headDim
        self.reach = reach
    }
}

/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): one latent vector per token is
/// cached and shared by all heads.
public struct LatentAttention: Equatable, Hashable, Sendable {
    public var queryHeads: Int
    /// Rank of the query's down-projection; nil: queries are projected directly.
    public var queryRank: Int?
    /// Elements of the cached latent (kv_lora_rank).
    public var latentRank: Int
    /// Rotary elements of a key, cached once for all heads (qk_rope_head_dim).
    public var ropeDim: Int
    /// Elements of a key without position, per head (qk_nope_head_dim).
    public var keyDim: Int
    /// Elements of a value, per head (v_head_dim).
    public var valueDim: Int
    /// Whether every head's keys and values are cached in place of the latent: the MHA ablation.
    public var cachesHeads = false

    public init(
        queryHeads: Int, queryRank: Int?, latentRank: Int, ropeDim: Int, keyDim: Int, valueDim: Int
    ) {
        self.queryHeads = queryHeads
        self.queryRank = queryRank
        self.latentRank = latentRank
        self.ropeDim = ropeDim
        self.keyDim = keyDim
        self.valueDim = valueDim
    }

    /// Elements of a token's latent and its shared rotary key, which are what is cached.
    public var cachedElements: Int { latentRank + ropeDim }
    /// Elements of one head's key, its rotary part included.
    public var wholeKeyDim: Int { keyDim + ropeDim }
}

/// A mixer that keeps a state of constant size per sequence instead of keys and values: linear
/// attention, RetNet, RWKV, Mamba, gated delta networks.
public struct RecurrentMixer: Equatable, Hashable, Sendable {
    /// The family's name, for people: "mamba", "gated_delta_net", "retnet", "rwkv", "linear".
    public var kind: String
    /// Its projections; those of one inner list read the same input and run as one GEMM.
    public var projections: [[Projection]]
    /// Weights outside the projections: convolutions, decay rates, norms.
    public var otherWeights: Int
    /// State elements per sequence that are kept in 32 bits: the recurrence itself.
    public var wideStateElements: Int
    /// State elements per sequence that are kept in 16 bits: the convolution's last inputs.
    public var narrowStateElements: Int
    /// FLOPs per token of the recurrence and the convolution.
    public var scanFLOPsPerToken: Int

    public init(
        kind: String, projections: [[Projection]], otherWeights: Int, wideStateElements: Int,
        narrowStateElements: Int, scanFLOPsPerToken: Int
    ) {
        self.kind = kind
        self.projections = projections
        self.otherWeights = otherWeights
        self.wideStateElements = wideStateElements
        self.narrowStateElements = narrowStateElements
        self.scanFLOPsPerToken = scanFLOPsPerToken
    }

    /// Bytes of state per sequence.
    public var stateBytes: Int64 { Int64(4 * wideStateElements + 2 * narrowStateElements) }
}

/// How a layer mixes tokens.
public enum Attention: Equatable, Hashable, Sendable {
    case heads(HeadAttention)
    case latent(LatentAttention)
    case recurrent(RecurrentMixer)

    /// The field's short name of the kind.
    public var kindName: String {
        switch self {
        case .latent(let latent): return latent.cachesHeads ? "MHA (expanded MLA)" : "MLA"
        case .recurrent(let mixer): return mixer.kind
        case .heads(let heads):
            let grouping =
                heads.keyValueHeads == heads.queryHeads
                ? "MHA" : (heads.keyValueHeads == 1 ? "MQA" : "GQA")
            switch heads.reach {
            case .full: return grouping
            case .sliding(let window): return "\(grouping), window \(window)"
            case .sparse(let window, let globals, let randoms):
                return "\(grouping), window \(window) + \(globals) global + \(randoms) random"
            }
        }
    }

    /// The limit on attended keys, where there is one.
    public var window: Int? {
        if case .heads(let heads) = self { return heads.reach.limit }
        return nil
    }
}
