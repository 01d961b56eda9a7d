/// One layer: a mixer of tokens and a feed-forward part.
public struct Layer: Equatable, Hashable, Sendable {
    public var attention: Attention
    public var feedForward: FeedForward
    /// Elements of its norms over the hidden state.
    public var normWeights: Int

    public init(attention: Attention, feedForward: FeedForward, normWeights: Int) {
        self.attention = attention
        self.feedForward = feedForward
        self.normWeights = normWeights
    }

    /// The matrices every token is multiplied by, experts' own not included.
    public func matrices(hidden: Int) -> [Projection] {
        let parts = attention.projections(hidden: hidden) + feedForward.projections(hidden: hidden)
        return Array(parts.joined())
    }

    /// All elements of the layer, for a hidden size.
    public func parameters(hidden: Int) -> Int64 { parameters(hidden: hidden, isActiveOnly: false) }

    /// The elements that one token is multiplied by.
    public func activeParameters(hidden: Int) -> Int64 {
        parameters(hidden: hidden, isActiveOnly: true)
    }

    private func parameters(hidden: Int, isActiveOnly: Bool) -> Int64 {
        var sum = Int64(normWeights + attention.otherWeights)
        for matrix in matrices(hidden: hidden) { sum += matrix.parameters }
        if case .experts(let experts) = feedForward {
            let number = isActiveOnly ? experts.chosen : experts.count
            sum += Int64(number) * experts.weightsPerExpert(hidden: hidden)
        }
        return sum
    }
}

/// Layers that are equal, with their number: a model is a short list of these.
public struct LayerGroup: Equatable, Sendable {
    public var layer: Layer
    public var count: Int
}

/// What a publisher's number of active parameters includes besides the layers.
public enum ActiveCounting: Sendable, Equatable {
    /// Embedding and output head (Mixtral, Qwen, Jamba).
    case everything
    /// The output head only: looking up an embedding multiplies nothing (gpt-oss, DeepSeek, Kimi).
    case withoutEmbedding
    /// Neither (MiniMax, Qwen3-Next).
    case layersOnly
}

/// The shape of a decoder: everything that sizes its weights, its KV cache and its steps.
///
/// `Catalogue.model(named:)` knows common ones, `HuggingFaceConfig` reads any other.
public struct TransformerModel: Equatable, Sendable {
    /// Name as configurations write it.
    public var name: String
    public var hiddenSize: Int
    public var vocabularySize: Int
    /// Whether the output head shares the embedding's matrix.
    public var tiesEmbeddings: Bool
    /// Learned position embeddings (GPT-3); 0 for rotary ones.
    public var learnedPositions = 0
    /// Longest context the model was made for, tokens (max_position_embeddings).
    public var maxContext: Int
    /// Format of the published checkpoint.
    public var nativeWeights = WeightFormat.bf16
    /// Which matrices the published number of active parameters includes.
    public var activeCounting = ActiveCounting.everything
    /// Layers, first to last.
    public var layers: [Layer]

    public init(
        name: String, hiddenSize: Int, vocabularySize: Int, tiesEmbeddings: Bool, maxContext: Int,
        layers: [Layer]
    ) {
        self.name = name
        self.hiddenSize = hiddenSize
        self.vocabularySize = vocabularySize
        self.tiesEmbeddings = tiesEmbeddings
        self.maxContext = maxContext
        self.layers = layers
    }

    /// Elements of the input embeddings.
    public var embeddingParameters: Int64 {
        Int64(vocabularySize + learnedPositions) * Int64(hiddenSize)
    }

    /// Elements of the output head, whether or not they are the embedding's.
    public var headParameters: Int64 { Int64(vocabularySize) * Int64(hiddenSize) }

    /// All elements. A matrix that is used twice counts once.
    public var totalParameters: Int64 {
        layers.reduce(
            embeddingParameters + (tiesEmbeddings ? 0 : headParameters) + Int64(hiddenSize)
        ) { $0 + $1.parameters(hidden: hiddenSize) }
    }

    /// The elements used for one token, as the model's publisher counts them: without the experts
    /// that were not chosen.
    public var activeParameters: Int64 {
        let head = tiesEmbeddings ? 0 : headParameters
        let outside =
            switch activeCounting {
            case .everything: embeddingParameters + head
            case .withoutEmbedding: tiesEmbeddings ? embeddingParameters : head
            case .layersOnly: Int64(0)
            }
        return layers.reduce(outside + Int64(hiddenSize)) {
            $0 + $1.activeParameters(hidden: hiddenSize)
        }
    }

    /// The distinct layers in order of first appearance, with their numbers.
    /// Complexity: O(layers × distinct layers).
    public var layerGroups: [LayerGroup] {
        var groups: [LayerGroup] = []
        for layer in layers {
            if let known = groups.firstIndex(where: { $0.layer == layer }) {
                groups[known].count += 1
            } else {
                groups.append(LayerGroup(layer: layer, count: 1))
            }
        }
        return groups
    }

    /// The attention window that the model's windowed layers share, in tokens; 0: none has one.
    /// The largest where layers differ, which prices and sizes the others too high.
    public var window: Int { layers.compactMap(\.attention.window).max() ?? 0 }

    /// The same model with as many key and value heads as query heads: the MHA ablation.
    public var withoutGrouping: TransformerModel {
        mappingHeads { $0.keyValueHeads = $0.queryHeads }
    }

    /// The same model with every layer attending to all earlier tokens: the no-window ablation.
    public var withoutWindows: TransformerModel { mappingHeads { $0.reach = .full } }

    private func mappingHeads(_ change: (inout HeadAttention) -> Void) -> TransformerModel {
        var result = self
        for index in result.layers.indices {
            guard case .heads(var heads) = result.layers[index].attention else { continue }
            change(&heads)
            result.layers[index].attention = .heads(heads)
        }
        return result
    }
}
