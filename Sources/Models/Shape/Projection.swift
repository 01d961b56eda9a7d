/// A weight matrix that every token is multiplied by.
public struct Projection: Equatable, Hashable, Sendable {
    /// How tensor parallelism cuts the matrix.
    public enum Split: Equatable, Hashable, Sendable {
        /// By outputs, in `units` of whole heads (or columns); a unit is replicated once there
        /// are more GPUs than units.
        case columns(units: Int)
        /// By inputs; partial sums are added by an all-reduce.
        case rows
        /// Every GPU holds all of it.
        case replicated
    }

    /// Phase name, as `headway explain` prints it.
    public var name: String
    public var inputs: Int
    public var outputs: Int
    public var split: Split
    public var hasBias: Bool
    /// Whether quantised formats apply to it: routers and heads stay bf16.
    public var isQuantized: Bool
    /// Whether it belongs to the feed-forward part, which is all that mxfp4 quantises.
    public var isFeedForward: Bool

    public init(
        _ name: String, _ inputs: Int, _ outputs: Int, _ split: Split, hasBias: Bool = false,
        isQuantized: Bool = true, isFeedForward: Bool = false
    ) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.split = split
        self.hasBias = hasBias
        self.isQuantized = isQuantized
        self.isFeedForward = isFeedForward
    }

    /// Whether its input is what the mixer of tokens puts out: the output projection.
    public var readsMixer: Bool { split == .rows && !isFeedForward }

    /// Elements of the matrix and its bias, on all GPUs together, replicas not counted.
    public var parameters: Int64 {
        Int64(inputs) * Int64(outputs) + (hasBias ? Int64(outputs) : 0)
    }

    /// The shape that one of `tensorParallel` GPUs multiplies by.
    public func shard(tensorParallel: Int) -> (inputs: Int, outputs: Int) {
        switch split {
        case .replicated: (inputs, outputs)
        case .rows: (inputs / tensorParallel, outputs)
        case .columns(let units): (inputs, outputs / units * max(1, units / tensorParallel))
        }
    }

    /// Elements that one of `tensorParallel` GPUs holds.
    public func shardParameters(tensorParallel: Int) -> Int64 {
        let shape = shard(tensorParallel: tensorParallel)
        return Int64(shape.inputs) * Int64(shape.outputs) + (hasBias ? Int64(shape.outputs) : 0)
    }

    /// The format its elements are stored in when the deployment's weights are `format`.
    public func format(_ format: WeightFormat) -> WeightFormat {
        guard isQuantized else { return .bf16 }
        return format == .mxfp4 && !isFeedForward ? .bf16 : format
    }
}

extension Attention {
    /// The mixer's projections for a hidden size, in order; those of one inner list read the same
    /// input and run as one GEMM.
    public func projections(hidden: Int) -> [[Projection]] {
        switch self {
        case .recurrent(let mixer): return mixer.projections
        case .heads(let heads):
            let queries = heads.queryHeads * heads.headDim
            let keys = heads.keyValueHeads * heads.headDim
            return [
                [
                    Projection(
                        "q_proj", hidden, heads.gatesOutput ? 2 * queries : queries,
                        .columns(units: heads.queryHeads), hasBias: heads.inputBias),
                    Projection(
                        "k_proj", hidden, keys, .columns(units: heads.keyValueHeads),
                        hasBias: heads.inputBias),
                    Projection(
                        "v_proj", hidden, keys, .columns(units: heads.keyValueHeads),
                        hasBias: heads.inputBias),
                ], [Projection("o_proj", queries, hidden, .rows, hasBias: heads.outputBias)],
            ]
        case .latent(let latent):
            let heads = latent.queryHeads
            let queries = heads * (latent.keyDim + latent.ropeDim)
            let down = Projection("kv_a_proj", hidden, latent.cachedElements, .replicated)
            let up = Projection(
                "kv_b_proj", latent.latentRank, heads * (latent.keyDim + latent.valueDim),
                .columns(units: heads))
            let output = Projection("o_proj", heads * latent.valueDim, hidden, .rows)
            guard let rank = latent.queryRank else {
                let direct = Projection("q_proj", hidden, queries, .columns(units: heads))
                return [[direct, down], [up], [output]]
            }
            let queryDown = Projection("q_a_proj", hidden, rank, .replicated)
            let queryUp = Projection("q_b_proj", rank, queries, .columns(units: heads))
            return [[queryDown, down], [queryUp], [up], [output]]
        }
    }

    /// Weights of the mixer that are not projections.
    public var otherWeights: Int {
        switch self {
        case .heads(let heads): heads.normalizesHeads ? 2 * heads.headDim : 0
        case .latent(let latent): latent.latentRank + (latent.queryRank ?? 0)
        case .recurrent(let mixer): mixer.otherWeights
        }
    }
}
