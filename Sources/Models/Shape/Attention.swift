/// Which earlier tokens a token attends to.
package enum Reach: Equatable, Hashable, Sendable {
    /// All of them.
    case full
    /// The last `window` tokens, itself included (Mistral 7B v0.1, Gemma, gpt-oss).
    case sliding(window: Int)
    /// Those of its own chunk of `chunk` tokens (Llama 4).
    case chunked(chunk: Int)
    /// The last `window` tokens, and one entry per `ratio` tokens before them, of which an indexer
    /// chooses `chosen` if there is one (DeepSeek-V4). The layer lists what is cached.
    case compressed(window: Int, ratio: Int, chosen: Int?, positions: Int)
    /// A window, some tokens that all others attend to, and random blocks: Longformer (arXiv
    /// 2004.05150) and BigBird (arXiv 2007.14062).
    case sparse(window: Int, globalTokens: Int, randomTokens: Int)

    /// Most keys that a token attends to; nil: no limit.
    package var limit: Int? {
        switch self {
        case .full: nil
        case .sliding(let window): window
        case .chunked(let chunk): chunk
        case .compressed(let window, let ratio, let chosen, let positions):
            window + (ratio > 1 ? chosen ?? positions / ratio : 0)
        case .sparse(let window, let globalTokens, let randomTokens):
            window + globalTokens + randomTokens
        }
    }

    /// Whether entries stand for several tokens.
    package var isCompressed: Bool {
        if case .compressed = self { return true }
        return false
    }

    /// Keys that a token at the end of a context of `context` tokens attends to.
    package func keys(context: Int) -> Int { min(context, limit ?? context) }
}

/// Attention with a key and a value per cached token. Covers MHA, MQA and GQA.
package struct HeadAttention: Equatable, Hashable, Sendable {
    package var queryHeads: Int
    package var keyValueHeads: Int
    /// Elements of a query or key of one head.
    package var headDim: Int
    /// Elements of a value of one head; usually `headDim` (MiMo-V2: 128 beside keys of 192).
    package var valueDim: Int
    package var reach: Reach
    /// Biases on q, k and v (Qwen2), and on the output projection (GPT-3, gpt-oss).
    package var inputBias = false
    package var outputBias = false
    /// Whether each head's q and k have a norm (Qwen3, Gemma 3).
    package var normalizesHeads = false
    /// Whether norms over whole q and k sum their squares over the GPUs that share the heads
    /// (MiniMax-M2).
    package var sumsNorms = false
    /// Whether the output has a gate of the queries' size, computed with them (Qwen3-Next).
    package var gatesOutput = false
    /// Whether the keys are also the values: no v projection (Gemma 4's full layers).
    package var sharesValues = false
    /// Whether it reads an earlier layer's cache and writes none (Gemma 3n, Gemma 4).
    package var readsEarlierCache = false
    /// Whether the engine creates its cache before those of earlier layers (Zamba2's shared
    /// blocks).
    package var isCreatedFirst = false
    /// Bytes of a stored row, if no element format determines them (DeepSeek-V4's 584). Keys and
    /// values together, replicated on every GPU.
    package var rowBytes: Int64?
    /// Weights other than the projections and `normalizesHeads`: norms over whole q and k, sinks.
    package var vectors: [WeightVector] = []
    /// Its projections, if they are not q, k, v and o (Step-3's shared query, MiniCPM3's latents).
    package var ownProjections: [[Projection]]?
    /// The module's name within its layer in checkpoints.
    package var path = "self_attn"

    package init(
        queryHeads: Int, keyValueHeads: Int, headDim: Int, reach: Reach = .full
    ) {
        self.queryHeads = queryHeads
        self.keyValueHeads = keyValueHeads
        self.headDim = headDim
        valueDim = headDim
        self.reach = reach
    }
}

/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): one latent vector per token is
/// cached and shared by all heads.
package struct LatentAttention: Equatable, Hashable, Sendable {
    package var queryHeads: Int
    /// Rank of the query's down-projection; nil: queries are projected directly.
    package var queryRank: Int?
    /// Elements of the cached latent (kv_lora_rank).
    package var latentRank: Int
    /// Rotary elements of a key, cached once for all heads (qk_rope_head_dim).
    package var ropeDim: Int
    /// Elements of a key without position, per head (qk_nope_head_dim).
    package var keyDim: Int
    /// Elements of a value, per head (v_head_dim).
    package var valueDim: Int
    /// Whether every head's keys and values are cached instead of the latent: the MHA ablation.
    package var cachesHeads = false
    /// Whether an indexer, of this layer or an earlier one, chooses the keys (DeepSeek-V3.2).
    package var isSparse = false
    /// Biases on the down-projections and the output projection (attention_bias).
    package var hasBias = false
    /// Whether its projections take the checkpoint's format (not GLM-5.3-Flash's).
    package var isQuantized = true
    /// Further matrices and weights: an indexer's (DeepSeek-V3.2), in the order of the phases.
    package var otherProjections: [[Projection]] = []
    package var vectors: [WeightVector] = []
    /// The module's name within its layer in checkpoints.
    package var path = "self_attn"

    package init(
        queryHeads: Int, queryRank: Int?, latentRank: Int, ropeDim: Int, keyDim: Int, valueDim: Int
    ) {
        self.queryHeads = queryHeads
        self.queryRank = queryRank
        self.latentRank = latentRank
        self.ropeDim = ropeDim
        self.keyDim = keyDim
        self.valueDim = valueDim
    }

    /// Cached elements per token: its latent and its shared rotary key.
    package var cachedElements: Int { latentRank + ropeDim }
    /// Bytes of these when packed: the latent in fp8, one float32 scale per 128 of its elements,
    /// the rotary key in 16 bits. DeepSeek-V3.2: 512 + 16 + 128 = 656 (vLLM 0.33.0's fp8_ds_mla).
    package var packedBytes: Int { latentRank + 4 * latentRank.dividedUp(by: 128) + 2 * ropeDim }
    /// Elements of one head's key, its rotary part included.
    package var wholeKeyDim: Int { keyDim + ropeDim }
}

/// How a layer mixes tokens.
package enum Attention: Equatable, Hashable, Sendable {
    case heads(HeadAttention)
    case latent(LatentAttention)
    case recurrent(RecurrentMixer)
    /// No mixer: the layer is only a feed-forward part (Nemotron-H).
    case none

    /// The kind's short name in the field.
    package var kindName: String {
        switch self {
        case .latent(let latent): return latent.cachesHeads ? "MHA (expanded MLA)" : "MLA"
        case .recurrent(let mixer): return mixer.kind
        case .none: return "none"
        case .heads(let heads):
            let grouping =
                heads.keyValueHeads == heads.queryHeads
                ? "MHA" : (heads.keyValueHeads == 1 ? "MQA" : "GQA")
            switch heads.reach {
            case .full: return grouping
            case .sliding(let window): return "\(grouping), window \(window)"
            case .chunked(let chunk): return "\(grouping), chunks of \(chunk)"
            case .compressed(let window, let ratio, let chosen, _):
                let part = chosen.map { ", \($0) of them chosen" } ?? ""
                return ratio > 1
                    ? "\(grouping), window \(window) + entries of \(ratio)\(part)"
                    : "\(grouping), window \(window)"
            case .sparse(let window, let globals, let randoms):
                return "\(grouping), window \(window) + \(globals) global + \(randoms) random"
            }
        }
    }

    /// Whether it adds keys and values to the cache.
    package var writesCache: Bool {
        switch self {
        case .heads(let heads): !heads.readsEarlierCache && !heads.reach.isCompressed
        case .latent: true
        case .recurrent, .none: false
        }
    }

    /// Whether its norms sum squares over the GPUs that share the heads.
    package var sumsNorms: Bool {
        if case .heads(let heads) = self { return heads.sumsNorms }
        return false
    }

    /// Whether keys leave its reach, so that a cache may drop them.
    package var isWindowed: Bool {
        guard case .heads(let heads) = self else { return false }
        return heads.reach != .full
    }

    /// The limit on attended keys, if there is one.
    package var window: Int? {
        if case .heads(let heads) = self { return heads.reach.limit }
        return nil
    }
}
