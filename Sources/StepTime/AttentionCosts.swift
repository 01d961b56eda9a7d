import Basics
import Models

/// Decode attention of one layer in one step, in seconds: fixed (once, if there are decodes), per
/// sequence, and per token of context (clipped context for a windowed layer).
struct DecodeCost: Sendable {
    var fixed = 0.0
    var perSequence = 0.0
    var perContext = 0.0
    /// The part of `perContext` that writes scores to memory and reads them back.
    var perContextScores = 0.0

    /// The lesser of each part.
    func least(_ other: Self) -> Self {
        DecodeCost(
            fixed: min(fixed, other.fixed), perSequence: min(perSequence, other.perSequence),
            perContext: min(perContext, other.perContext),
            perContextScores: min(perContextScores, other.perContextScores))
    }

    mutating func addScores(_ seconds: Double) {
        perContextScores += seconds
        perContext += seconds
    }
}

/// Prefill attention of one layer in one step, in seconds.
struct PrefillCost: Sendable {
    var fixed = 0.0
    /// Per unit of Σ c·(2·past + c): twice the causal pairs.
    var perPair = 0.0
    /// Per chunk token.
    var perToken = 0.0
    /// Per token of past context: MLA expands the cached latents again.
    var perPast = 0.0
    /// Per token of past context (clipped to the window): the least, reading it from the cache.
    var perRead = 0.0
    /// Per element of the c × (past + c) score matrices, if they are written to memory.
    var perScore = 0.0

    /// The lesser of each part.
    func least(_ other: Self) -> Self {
        PrefillCost(
            fixed: min(fixed, other.fixed), perPair: min(perPair, other.perPair),
            perToken: min(perToken, other.perToken), perPast: min(perPast, other.perPast),
            perRead: min(perRead, other.perRead), perScore: min(perScore, other.perScore))
    }
}

extension OperatorCosts {
    /// The format whose coefficients are used. int4 uses those of fp8 kernels (not measured).
    private var measuredCache: CacheFormat { deployment.cache == .int4 ? .fp8 : deployment.cache }

    /// FLOP per second of a scan: assumed to be half of the rate without tensor cores.
    private var scanRate: Double { options.gpu.vectorFLOPS / 2 }

    /// Score bytes moved per query-key pair by naive attention: written, read for the softmax,
    /// written, read for the values, two bytes each.
    static let naiveBytesPerScore = 8.0

    /// Query and key heads per GPU.
    func shard(_ heads: HeadAttention) -> (queries: Double, keys: Double) {
        let tensorParallel = deployment.tensorParallel
        return (
            Double(heads.queryHeads / tensorParallel),
            Double(max(1, heads.keyValueHeads / tensorParallel))
        )
    }

    /// Decode attention of a layer.
    func decode(_ attention: Attention) -> DecodeCost {
        smaller.reduce(ownDecode(attention)) { $0.least($1.decode(attention)) }
    }

    private func ownDecode(_ attention: Attention) -> DecodeCost {
        switch attention {
        case .heads(let heads):
            let (queries, keys) = shard(heads)
            let c = profile.decodeForm(measuredCache, headDim: heads.headDim, keyHeads: keys)!
            let bytes = Double(attention.cacheBytesPerToken(deployment))
            var cost = DecodeCost(
                fixed: c.fixed, perSequence: c.perHead * keys, perContext: bytes / c.bandwidth)
            if options.attentionKernel == .naive {
                cost.addScores(queries * Self.naiveBytesPerScore / c.bandwidth)
            }
            return cost
        case .latent(let latent) where latent.cachesHeads:
            let heads = Double(latent.queryHeads / deployment.tensorParallel)
            let c = profile.decodeForm(
                measuredCache, headDim: latent.wholeKeyDim, keyHeads: heads)!
            var cost = DecodeCost(
                fixed: c.fixed, perSequence: c.perHead * heads,
                perContext: Double(attention.cacheBytesPerToken(deployment)) / c.bandwidth)
            if options.attentionKernel == .naive {
                cost.addScores(heads * Self.naiveBytesPerScore / c.bandwidth)
            }
            return cost
        case .latent(let latent):
            let c = profile.latentDecode[measuredCache]!
            let heads = Double(latent.queryHeads / deployment.tensorParallel)
            let bytes = Double(attention.cacheBytesPerToken(deployment))
            var cost = DecodeCost(
                fixed: c.fixed, perSequence: c.perSequence,
                perContext: c.secondsPerToken(
                    heads: heads, rank: Double(latent.latentRank), rope: Double(latent.ropeDim),
                    bytesPerToken: bytes))
            if options.attentionKernel == .naive {
                cost.addScores(heads * Self.naiveBytesPerScore / c.bandwidth)
            }
            return cost
        case .none: return DecodeCost()
        case .recurrent(let mixer):
            let c = profile.decode[.bf16]!
            // Each token reads and writes the state once.
            let state = mixer.state(tensorParallel: deployment.tensorParallel)
            let bytes = 2 * Double(state.bytes())
            return DecodeCost(fixed: c.fixed, perSequence: bytes / c.bandwidth)
        }
    }

    /// Prefill attention of a layer.
    func prefill(_ attention: Attention) -> PrefillCost {
        smaller.reduce(ownPrefill(attention)) { $0.least($1.prefill(attention)) }
    }

    private func ownPrefill(_ attention: Attention) -> PrefillCost {
        // At the rate at which decodes read the cache.
        let read = decode(attention).perContext - decode(attention).perContextScores
        switch attention {
        case .heads(let heads):
            let c = profile.prefillForm(measuredCache, headDim: heads.headDim)!
            let (queries, keys) = shard(heads)
            return PrefillCost(
                fixed: c.fixed, perPair: queries * Double(heads.headDim + heads.valueDim) / c.rate,
                perToken: c.perQueryHead * queries + c.perKeyHead * keys,
                perRead: read, perScore: scoreCost(queries: queries))
        case .latent(let latent):
            let c = profile.prefill[measuredCache]!
            let heads = Double(latent.queryHeads / deployment.tensorParallel)
            let width = Double(latent.keyDim + latent.ropeDim + latent.valueDim)
            let expanded = Double(latent.latentRank * (latent.keyDim + latent.valueDim))
            let rate = profile.gemm[.bf16]!.rate
            return PrefillCost(
                fixed: c.fixed, perPair: heads * width / c.rate,
                perToken: (c.perQueryHead + c.perKeyHead) * heads,
                perPast: latent.cachesHeads ? 0 : 2 * heads * expanded / rate,
                perRead: read, perScore: scoreCost(queries: heads))
        case .none: return PrefillCost()
        case .recurrent(let mixer):
            let flops = Double(mixer.scanFLOPsPerToken) / Double(deployment.tensorParallel)
            return PrefillCost(
                fixed: profile.prefill[.bf16]!.fixed, perToken: flops / scanRate)
        }
    }

    private func scoreCost(queries: Double) -> Double {
        guard options.attentionKernel == .naive else { return 0 }
        return queries * Self.naiveBytesPerScore / profile.decode[.bf16]!.bandwidth
    }
}
