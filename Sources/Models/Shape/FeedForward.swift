/// A layer's feed-forward part.
public enum FeedForward: Equatable, Hashable, Sendable {
    case dense(DenseFeedForward)
    case experts(ExpertFeedForward)
    /// None: the mixer is the whole layer (Mamba).
    case none

    /// The projections every token passes, experts' own not included.
    public func projections(hidden: Int) -> [[Projection]] {
        switch self {
        case .none: return []
        case .dense(let dense): return dense.projections(hidden: hidden)
        case .experts(let experts):
            let router = Projection(
                "router", hidden, experts.count, .replicated, hasBias: experts.hasBias,
                isQuantized: false, isFeedForward: true)
            return [[router]] + (experts.shared?.projections(hidden: hidden, "shared_") ?? [])
        }
    }
}

/// One feed-forward network for all tokens.
public struct DenseFeedForward: Equatable, Hashable, Sendable {
    public var intermediate: Int
    /// Whether a gate multiplies the up-projection (SwiGLU, GeGLU): three matrices, not two.
    public var isGated: Bool
    public var hasBias: Bool

    public init(intermediate: Int, isGated: Bool = true, hasBias: Bool = false) {
        self.intermediate = intermediate
        self.isGated = isGated
        self.hasBias = hasBias
    }

    func projections(hidden: Int, _ prefix: String = "") -> [[Projection]] {
        func inward(_ name: String) -> Projection {
            Projection(
                prefix + name, hidden, intermediate, .columns(units: intermediate),
                hasBias: hasBias, isFeedForward: true)
        }
        let down = Projection(
            prefix + "down_proj", intermediate, hidden, .rows, hasBias: hasBias,
            isFeedForward: true)
        return [isGated ? [inward("gate_proj"), inward("up_proj")] : [inward("up_proj")], [down]]
    }
}

/// A mixture of experts: a router sends each token to `chosen` of `count` networks.
public struct ExpertFeedForward: Equatable, Hashable, Sendable {
    /// Routed experts.
    public var count: Int
    /// Routed experts a token passes.
    public var chosen: Int
    /// Intermediate size of one routed expert; all experts are gated (three matrices).
    public var intermediate: Int
    /// What every token passes besides (DeepSeek's and Qwen's shared experts).
    public var shared: DenseFeedForward?
    /// Biases on router and experts (gpt-oss).
    public var hasBias = false

    public init(count: Int, chosen: Int, intermediate: Int, shared: DenseFeedForward? = nil) {
        self.count = count
        self.chosen = chosen
        self.intermediate = intermediate
        self.shared = shared
    }

    /// Weights of one routed expert.
    public func weightsPerExpert(hidden: Int) -> Int64 {
        3 * Int64(hidden) * Int64(intermediate)
            + (hasBias ? Int64(2 * intermediate + hidden) : 0)
    }
}
