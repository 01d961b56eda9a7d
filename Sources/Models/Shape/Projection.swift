/// A weight matrix that every token is multiplied by.
package struct Projection: Equatable, Hashable, Sendable {
    /// How tensor parallelism shards the matrix.
    package enum Split: Equatable, Hashable, Sendable {
        /// By outputs, in `units` of whole heads (or columns). A unit is replicated once there are
        /// more GPUs than units.
        case columns(units: Int)
        /// By inputs; an all-reduce adds the partial sums.
        case rows
        /// Every GPU holds all of it.
        case replicated
    }

    /// Phase name in `headway explain`.
    package var name: String
    /// The module's name within its layer in checkpoints: "self_attn.q_proj".
    package var path: String
    package var inputs: Int
    package var outputs: Int
    package var split: Split
    package var hasBias: Bool
    /// Whether quantised formats apply to it. Routers and heads stay bf16.
    package var isQuantized: Bool
    /// Whether it belongs to the feed-forward part, the only one that mxfp4 quantises.
    package var isFeedForward: Bool
    /// Whether it is float32 whatever the model's type: routers of MiniMax-M2, GLM-4.5, LongCat.
    package var isWide = false
    /// Number of separately scaled matrices that this one combines: 2 for `gate_up_proj`, 4 for a
    /// gated delta network's `in_proj_qkvz`.
    package var parts = 1
    /// Outputs that one token is multiplied by; nil: all (K2-Horizon's routed values).
    package var usedOutputs: Int?
    /// How a quantised checkpoint stores it; nil: in the deployment's format.
    package var stored: StoredFormat?

    package init(
        _ name: String, _ inputs: Int, _ outputs: Int, _ split: Split, hasBias: Bool = false,
        isQuantized: Bool = true, isFeedForward: Bool = false
    ) {
        self.name = name
        path = name
        self.inputs = inputs
        self.outputs = outputs
        self.split = split
        self.hasBias = hasBias
        self.isQuantized = isQuantized
        self.isFeedForward = isFeedForward
    }

    /// Whether its input is the token mixer's output, so that it is the output projection.
    package var readsMixer: Bool { split == .rows && !isFeedForward }

    /// Elements of the matrix and its bias over all GPUs, without replicas.
    package var parameters: Int64 {
        Int64(inputs) * Int64(outputs) + (hasBias ? Int64(outputs) : 0)
    }

    /// The shape of the shard on one of `tensorParallel` GPUs.
    package func shard(tensorParallel: Int) -> (inputs: Int, outputs: Int) {
        switch split {
        case .replicated: (inputs, outputs)
        case .rows: (inputs / tensorParallel, outputs)
        case .columns(let units): (inputs, outputs / units * max(1, units / tensorParallel))
        }
    }

    /// Elements that one of `tensorParallel` GPUs holds.
    package func shardParameters(tensorParallel: Int) -> Int64 {
        let shape = shard(tensorParallel: tensorParallel)
        return Int64(shape.inputs) * Int64(shape.outputs) + (hasBias ? Int64(shape.outputs) : 0)
    }

    /// The format of its elements if the deployment's weights are `format`.
    package func format(_ format: WeightFormat) -> WeightFormat {
        if let stored { return stored.priced }
        guard isQuantized else { return .bf16 }
        return format == .mxfp4 && !isFeedForward ? .bf16 : format
    }

    /// Bytes per element that a step reads if the deployment's weights are `format`.
    package func bytesPerWeight(_ format: WeightFormat) -> Double {
        stored?.bytesPerWeight ?? self.format(format).bytesPerWeight
    }
}

/// Weights outside matrices: norms, sinks, decay rates, a router's correction bias.
package struct WeightVector: Equatable, Hashable, Sendable {
    /// The parameter's name within its layer.
    package var name: String
    package var count: Int
    /// Units that tensor parallelism shards; nil: every GPU holds all of it.
    package var units: Int?
    /// Whether it is float32 whatever the model's type.
    package var isWide: Bool

    package init(_ name: String, _ count: Int, units: Int? = nil, isWide: Bool = false) {
        self.name = name
        self.count = count
        self.units = units
        self.isWide = isWide
    }

    /// Elements on one of `tensorParallel` GPUs.
    package func shard(tensorParallel: Int) -> Int {
        guard let units else { return count }
        return count / units * max(1, units / tensorParallel)
    }
}

extension Array where Element == WeightVector {
    /// Elements of all.
    package var elements: Int { reduce(0) { $0 + $1.count } }
}

extension Attention {
    /// The mixer's projections for a hidden size, in order. Each inner list reads the same input
    /// and runs as one GEMM.
    package func projections(hidden: Int) -> [[Projection]] {
        switch self {
        case .none: return []
        case .recurrent(let mixer): return mixer.projections
        case .heads(let heads): return heads.ownProjections ?? heads.projections(hidden: hidden)
        case .latent(let latent): return latent.projections(hidden: hidden)
        }
    }

    /// Weights of the mixer outside projections.
    package var otherWeights: Int {
        switch self {
        case .none: 0
        case .heads(let heads):
            heads.normElements + heads.vectors.elements
        case .latent(let latent):
            latent.latentRank + (latent.queryRank ?? 0) + latent.vectors.elements
        case .recurrent(let mixer):
            mixer.otherWeights
        }
    }
}

extension HeadAttention {
    /// Elements of the norms over each head: q's and k's, or only q's if it has no keys.
    var normElements: Int {
        normalizesHeads ? (readsEarlierCache ? 1 : 2) * headDim : 0
    }

    fileprivate func projections(hidden: Int) -> [[Projection]] {
        func matrix(
            _ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split,
            hasBias: Bool
        ) -> Projection {
            var matrix = Projection(name, inputs, outputs, split, hasBias: hasBias)
            matrix.path = path + "." + name
            return matrix
        }
        let queries = queryHeads * headDim
        var inward = [
            matrix(
                "q_proj", hidden, gatesOutput ? 2 * queries : queries,
                .columns(units: queryHeads), hasBias: inputBias)
        ]
        if !readsEarlierCache {
            inward.append(
                matrix(
                    "k_proj", hidden, keyValueHeads * headDim, .columns(units: keyValueHeads),
                    hasBias: inputBias))
        }
        if !sharesValues, !readsEarlierCache {
            inward.append(
                matrix(
                    "v_proj", hidden, keyValueHeads * valueDim, .columns(units: keyValueHeads),
                    hasBias: inputBias))
        }
        let output = matrix("o_proj", queryHeads * valueDim, hidden, .rows, hasBias: outputBias)
        return [inward, [output]]
    }
}

extension LatentAttention {
    fileprivate func projections(hidden: Int) -> [[Projection]] {
        func matrix(
            _ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split,
            hasBias: Bool = false
        ) -> Projection {
            var matrix = Projection(
                name, inputs, outputs, split, hasBias: hasBias, isQuantized: isQuantized)
            matrix.path = path + "." + name
            return matrix
        }
        let queries = queryHeads * wholeKeyDim
        let heads = Projection.Split.columns(units: queryHeads)
        let down = matrix("kv_a_proj", hidden, cachedElements, .replicated, hasBias: hasBias)
        let up = matrix("kv_b_proj", latentRank, queryHeads * (keyDim + valueDim), heads)
        let output = matrix("o_proj", queryHeads * valueDim, hidden, .rows, hasBias: hasBias)
        guard let rank = queryRank else {
            let direct = matrix("q_proj", hidden, queries, heads)
            return [[direct, down], [up]] + otherProjections + [[output]]
        }
        let queryDown = matrix("q_a_proj", hidden, rank, .replicated, hasBias: hasBias)
        let queryUp = matrix("q_b_proj", rank, queries, heads)
        return [[queryDown, down], [queryUp], [up]] + otherProjections + [[output]]
    }
}
