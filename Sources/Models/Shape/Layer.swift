import Basics

/// One layer: a mixer of tokens and a feed-forward part.
///
/// A layer with two mixers side by side (Falcon-H1) or with two of each (LongCat) becomes two
/// layers here; the second `continues` the first.
package struct Layer: Equatable, Hashable, Sendable {
    package var attention: Attention
    package var feedForward: FeedForward
    /// Elements of its norms over the hidden state.
    package var normWeights: Int
    /// Other matrices that every token passes (Gemma 3n's per-layer inputs), in order.
    package var others: [[Projection]] = []
    /// Other weights outside matrices.
    package var vectors: [WeightVector] = []
    /// Caches in addition to its attention's keys and values, replicated on every GPU: an indexer's
    /// keys (DeepSeek-V3.2).
    package var caches: [CacheSpec] = []
    /// How a quantised checkpoint stores its weights; nil: in the deployment's format.
    package var formats: LayerFormats?
    /// Whether the engine counts it as part of the previous layer.
    package var continues = false
    /// Whether it reuses an earlier layer's weights (Zamba2's shared blocks).
    package var sharesWeights = false

    package init(attention: Attention, feedForward: FeedForward, normWeights: Int) {
        self.attention = attention
        self.feedForward = feedForward
        self.normWeights = normWeights
    }

    /// The matrices that every token is multiplied by, with their formats, without those of the
    /// experts.
    package func matrices(hidden: Int) -> [Projection] {
        Array((mixerProjections(hidden: hidden) + networkProjections(hidden: hidden)).joined())
    }

    /// The mixer's projections with their formats. Each inner list runs as one GEMM.
    package func mixerProjections(hidden: Int) -> [[Projection]] {
        let parts = attention.projections(hidden: hidden)
        return formats.map { $0.stamped(parts, after: 0) } ?? parts
    }

    /// All other projections with their formats. Each inner list runs as one GEMM.
    package func networkProjections(hidden: Int) -> [[Projection]] {
        let parts = feedForward.projections(hidden: hidden) + others
        guard let formats else { return parts }
        let before = attention.projections(hidden: hidden).reduce(0) { $0 + $1.count }
        return formats.stamped(parts, after: before)
    }

    /// Elements of the layer for a hidden size; 0 if it reuses an earlier layer's.
    package func parameters(hidden: Int) -> Int64 {
        sharesWeights ? 0 : parameters(hidden: hidden, isActiveOnly: false)
    }

    /// Elements that one token is multiplied by.
    package func activeParameters(hidden: Int) -> Int64 {
        sharesWeights ? 0 : parameters(hidden: hidden, isActiveOnly: true)
    }

    /// Elements outside matrices.
    package var vectorElements: Int {
        normWeights + attention.otherWeights + feedForward.vectors.elements + vectors.elements
    }

    private func parameters(hidden: Int, isActiveOnly: Bool) -> Int64 {
        var sum = Int64(vectorElements)
        for matrix in matrices(hidden: hidden) {
            guard isActiveOnly, let used = matrix.usedOutputs else {
                sum += matrix.parameters
                continue
            }
            sum += Int64(matrix.inputs) * Int64(used)
        }
        if case .experts(let experts) = feedForward {
            let number = isActiveOnly ? experts.meanChosen : experts.count
            sum += Int64(number) * experts.weightsPerExpert(hidden: hidden)
        }
        return sum
    }
}

/// Equal layers and their number. A model is a short list of these.
package struct LayerGroup: Equatable, Sendable {
    package var layer: Layer
    package var count: Int
}
