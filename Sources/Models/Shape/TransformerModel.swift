import Basics

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

/// A block of weights with one scale, as block-quantised fp8 checkpoints have them
/// (weight_block_size).
public struct ScaleBlock: Equatable, Hashable, Sendable {
    /// Rows: outputs of the matrix.
    public var outputs: Int
    /// Columns: inputs of the matrix.
    public var inputs: Int

    public init(outputs: Int, inputs: Int) {
        self.outputs = outputs
        self.inputs = inputs
    }

    /// 128 x 128, as DeepSeek-V3, Kimi-K2 and MiniMax-M2 are published.
    public static let usual = ScaleBlock(outputs: 128, inputs: 128)
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
    /// Tokens of context that the engine takes when nobody asks for more or less.
    public var maxContext: Int
    /// Most tokens of context that may be asked for (engine.max_model_len); `Int.max` for models
    /// without positions.
    public var contextLimit: Int
    /// Format of the published checkpoint.
    public var nativeWeights = WeightFormat.bf16
    /// Blocks of weights that share a scale in the published checkpoint; nil: no such blocks.
    public var scaleBlock: ScaleBlock?
    /// Why the checkpoint's format is not known; nil: it is `nativeWeights`.
    public var unreadWeights: InputError?
    /// What a reader of the checkpoint's format had to guess, for notes.
    public var weightsNote: String?
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
        contextLimit = maxContext
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

    /// The same model with keys and values of its own for every query head: the MHA ablation. A
    /// latent is cached expanded; its projections stay.
    public var withoutGrouping: TransformerModel {
        var result = mappingHeads { $0.keyValueHeads = $0.queryHeads }
        for index in result.layers.indices {
            guard case .latent(var latent) = result.layers[index].attention else { continue }
            latent.cachesHeads = true
            result.layers[index].attention = .latent(latent)
        }
        return result
    }

    /// The format the weights run in: the one asked for, or the checkpoint's.
    ///
    /// - Throws: `InputError` when nothing is asked for and the checkpoint's format is not known.
    public func weights(_ asked: WeightFormat?) throws -> WeightFormat {
        if let asked { return asked }
        if let unreadWeights { throw unreadWeights }
        return nativeWeights
    }

    /// What to tell about the weights' format when `asked` is what the user asked for.
    public func weightsNotes(_ asked: WeightFormat?) -> [String] {
        if let asked, let unreadWeights {
            return ["weights are taken as \(asked.rawValue): \(unreadWeights.problem)"]
        }
        return asked == nil ? [weightsNote].compactMap(\.self) : []
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
