/// A layer's feed-forward part.
package enum FeedForward: Equatable, Hashable, Sendable {
    case dense(DenseFeedForward)
    case experts(ExpertFeedForward)
    /// No network: the mixer is the whole layer (Mamba).
    case none

    /// The projections that every token passes, without those of the experts.
    package func projections(hidden: Int) -> [[Projection]] {
        switch self {
        case .none: return []
        case .dense(let dense): return dense.projections(hidden: hidden)
        case .experts(let experts):
            return experts.projections(hidden: hidden)
        }
    }

    /// Weights of the part outside projections.
    package var vectors: [WeightVector] {
        if case .experts(let experts) = self { return experts.vectors }
        return []
    }
}

/// One feed-forward network for all tokens.
package struct DenseFeedForward: Equatable, Hashable, Sendable {
    package var intermediate: Int
    /// Whether a gate multiplies the up-projection (SwiGLU, GeGLU): three matrices instead of two.
    package var isGated: Bool
    package var hasBias: Bool
    /// The module's name within its layer in checkpoints.
    package var path = "mlp"
    /// Whether every GPU holds all of it (Step-3's shared expert).
    package var isReplicated = false

    package init(intermediate: Int, isGated: Bool = true, hasBias: Bool = false) {
        self.intermediate = intermediate
        self.isGated = isGated
        self.hasBias = hasBias
    }

    func projections(hidden: Int, _ prefix: String = "") -> [[Projection]] {
        func matrix(
            _ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split
        ) -> Projection {
            var matrix = Projection(
                prefix + name, inputs, outputs, isReplicated ? .replicated : split,
                hasBias: hasBias, isFeedForward: true)
            matrix.path = path + "." + name
            return matrix
        }
        let inward = (isGated ? ["gate_proj", "up_proj"] : ["up_proj"]).map {
            matrix($0, hidden, intermediate, .columns(units: intermediate))
        }
        return [inward, [matrix("down_proj", intermediate, hidden, .rows)]]
    }
}

/// A mixture of experts: a router sends each token to `chosen` of `count` networks.
package struct ExpertFeedForward: Equatable, Hashable, Sendable {
    /// Routed experts.
    package var count: Int
    /// Routed experts per token.
    package var chosen: Int
    /// Intermediate size of one routed expert.
    package var intermediate: Int
    /// Whether a gate multiplies an expert's up-projection: three matrices instead of two
    /// (Nemotron-H).
    package var isGated = true
    /// The network that every token also passes (DeepSeek's and Qwen's shared experts).
    package var shared: DenseFeedForward?
    /// Biases on router and experts (gpt-oss).
    package var hasBias = false
    /// Width of the experts' inputs and outputs, if not the hidden size (Nemotron-3's latent
    /// experts). One matrix leads there, one back.
    package var latent: Int?
    /// Names of these two matrices within the layer in checkpoints.
    package var latentPaths = ["mlp.fc1_latent_proj", "mlp.fc2_latent_proj"]
    /// Whether quantised formats apply to these two.
    package var quantizesLatent = true
    /// Columns to which a GPU's shard of an expert is padded (Kimi-Linear); 0: not padded.
    package var leastShare = 0
    /// Whether the router's matrix is float32 (MiniMax-M2, GLM-4.5, LongCat).
    package var hasWideRouter = false
    /// Whether the router uses the checkpoint's format unless a list excludes it (Qwen 3).
    package var quantizesRouter = false
    /// Outputs of the router; more than `count` if some choices are not a network (LongCat).
    package var routerOutputs: Int
    /// Whether a sigmoid gate of one output scales the shared expert (Qwen).
    package var gatesShared = false
    /// Weights other than matrices: the correction bias of the router's scores (DeepSeek-V3).
    package var vectors: [WeightVector] = []
    /// Module names within the layer in checkpoints.
    package var path = "mlp.experts"
    package var routerPath = "mlp.gate"

    package init(count: Int, chosen: Int, intermediate: Int, shared: DenseFeedForward? = nil) {
        self.count = count
        self.chosen = chosen
        self.intermediate = intermediate
        self.shared = shared
        routerOutputs = count
    }

    /// Routed experts per token on average: some choices may not be a network.
    package var meanChosen: Int { chosen * count / max(1, routerOutputs) }

    /// Width of an expert's input.
    package func width(hidden: Int) -> Int { latent ?? hidden }

    /// Weights of one routed expert.
    package func weightsPerExpert(hidden: Int) -> Int64 {
        let width = width(hidden: hidden)
        let matrices: Int64 = isGated ? 3 : 2
        let biases = hasBias ? Int64((isGated ? 2 : 1) * intermediate + width) : 0
        return matrices * Int64(width) * Int64(intermediate) + biases
    }

    func projections(hidden: Int) -> [[Projection]] {
        var router = Projection(
            "router", hidden, routerOutputs, .replicated, hasBias: hasBias,
            isQuantized: quantizesRouter, isFeedForward: true)
        router.path = routerPath
        router.isWide = hasWideRouter
        var all = [[router]]
        if let latent {
            let sizes = [("latent_in_proj", hidden, latent), ("latent_out_proj", latent, hidden)]
            for ((name, inputs, outputs), path) in zip(sizes, latentPaths) {
                var matrix = Projection(name, inputs, outputs, .replicated, isFeedForward: true)
                matrix.path = path
                matrix.isQuantized = quantizesLatent
                all.append([matrix])
            }
        }
        if gatesShared {
            all.append([
                Projection(
                    "shared_gate", hidden, 1, .replicated, isQuantized: false, isFeedForward: true)
            ])
        }
        return all + (shared?.projections(hidden: hidden, "shared_") ?? [])
    }
}
