import Basics

/// What a publisher's number of active parameters includes besides the layers.
package enum ActiveCounting: Sendable, Equatable {
    /// Embedding and output head (Mixtral, Qwen, Jamba).
    case everything
    /// The output head only: looking up an embedding multiplies nothing (gpt-oss, DeepSeek, Kimi).
    case withoutEmbedding
    /// Neither (MiniMax, Qwen3-Next).
    case layersOnly
}

/// A block of weights with one scale, as block-quantised fp8 checkpoints have them
/// (weight_block_size).
package struct ScaleBlock: Equatable, Hashable, Sendable {
    /// Rows: outputs of the matrix.
    package var outputs: Int
    /// Columns: inputs of the matrix.
    package var inputs: Int

    package init(outputs: Int, inputs: Int) {
        self.outputs = outputs
        self.inputs = inputs
    }

    /// 128 x 128, as DeepSeek-V3, Kimi-K2 and MiniMax-M2 are published.
    package static let usual = ScaleBlock(outputs: 128, inputs: 128)
}

/// The shape of a decoder: everything that sizes its weights, its KV cache and its steps.
///
/// `Catalogue.model(named:)` knows common ones, `HuggingFaceConfig` reads any other.
package struct TransformerModel: Equatable, Sendable {
    /// Name as configurations write it.
    package var name: String
    package var hiddenSize: Int
    package var vocabularySize: Int
    /// Whether the output head shares the embedding's matrix.
    package var tiesEmbeddings: Bool
    /// Learned position embeddings (GPT-3); 0 for rotary ones.
    package var learnedPositions = 0
    /// Columns of the embedding and of the output head: mostly the hidden size (OPT-350m: 512).
    package var embeddingWidth: Int
    /// Rows of the embedding and of the output head: the vocabulary, padded as the engine does.
    package var vocabularyRows: Int
    /// Elements of the final norm over the hidden state; twice the hidden size with a bias.
    package var finalNormWeights: Int
    /// Matrices outside the layers that every token passes (OPT's projections), and tables that
    /// are looked up (Gemma 3n's per-layer embeddings), by the names of their modules.
    package var outerMatrices: [Projection] = []
    package var outerTables: [Projection] = []
    /// Other weights outside the layers: norms of the embedding, biases of the head.
    package var outerVectors: [WeightVector] = []
    /// Towers that see images or hear: weighed, not modelled.
    package var tower: Tower?
    /// Bytes of the checkpoint's weights, where a snapshot's index file says it.
    package var checkpointBytes: Int64?
    /// Whether the checkpoint is in float32, which is loaded in 16 bits.
    var storesWide = false
    /// The engine's class that serves it, where a config.json names it.
    package var architecture: String?
    /// Why vLLM 0.33.0 does not serve it; nil: it does, or nothing says that it does not.
    package var unserved: InputError?
    /// The last release that serves it, where vLLM 0.33.0 does not and one is known: "0.28.0".
    package var lastRelease: String?
    /// What the reader of its shape has to say: what is not modelled, what was taken for what.
    package var notes: [String] = []
    /// What stands before a layer's number in its modules' names.
    package var layersPath = "model.layers"
    /// Tokens of context that the engine takes when nobody asks for more or less.
    package var maxContext: Int
    /// Most tokens of context that may be asked for (engine.max_model_len); `Int.max` for models
    /// without positions.
    package var contextLimit: Int
    /// Format of the published checkpoint: the one whose kernels most of its weights run on.
    package var nativeWeights = WeightFormat.bf16
    /// Formats of the published checkpoint's modules; nil: 16 bits.
    package internal(set) var quantization: Quantization?
    /// Why the checkpoint's format is not known; nil: it is.
    package var unreadWeights: InputError?
    /// What a reader of the checkpoint's format has to say.
    package var formatNotes: [String] = []
    /// Layers of the checkpoint that predict further tokens; nil: it has none.
    package var predictor: Predictor?
    /// Why these are not known; nil: they are, or there are none.
    package var unreadPredictor: InputError?
    /// Which matrices the published number of active parameters includes.
    package var activeCounting = ActiveCounting.everything
    /// Layers, first to last.
    package var layers: [Layer]

    package init(
        name: String, hiddenSize: Int, vocabularySize: Int, tiesEmbeddings: Bool, maxContext: Int,
        layers: [Layer]
    ) {
        self.name = name
        self.hiddenSize = hiddenSize
        self.vocabularySize = vocabularySize
        self.tiesEmbeddings = tiesEmbeddings
        vocabularyRows = vocabularySize
        embeddingWidth = hiddenSize
        finalNormWeights = hiddenSize
        self.maxContext = maxContext
        contextLimit = maxContext
        self.layers = layers
    }

    /// Elements of the input embeddings.
    package var embeddingParameters: Int64 {
        Int64(vocabularyRows) * Int64(embeddingWidth) + Int64(learnedPositions) * Int64(hiddenSize)
    }

    /// Elements of the output head, whether or not they are the embedding's.
    package var headParameters: Int64 { Int64(vocabularyRows) * Int64(embeddingWidth) }

    /// Elements outside the layers that are neither embedding nor head nor tower.
    package var outerParameters: Int64 {
        (outerMatrices + outerTables).reduce(Int64(finalNormWeights + outerVectors.elements)) {
            $0 + $1.parameters
        }
    }

    /// All elements, towers included. A matrix that is used twice counts once.
    package var totalParameters: Int64 {
        layers.reduce(
            embeddingParameters + (tiesEmbeddings ? 0 : headParameters) + outerParameters
                + (tower?.parameters ?? 0)
        ) { $0 + $1.parameters(hidden: hiddenSize) }
    }

    /// The elements used for one token, as the model's publisher counts them: without the experts
    /// that were not chosen.
    package var activeParameters: Int64 {
        let head = tiesEmbeddings ? 0 : headParameters
        let outside =
            switch activeCounting {
            case .everything: embeddingParameters + head
            case .withoutEmbedding: tiesEmbeddings ? embeddingParameters : head
            case .layersOnly: Int64(0)
            }
        return layers.reduce(outside + outerParameters) {
            $0 + $1.activeParameters(hidden: hiddenSize)
        }
    }

    /// The distinct layers in order of first appearance, with their numbers.
    /// Complexity: O(layers × distinct layers).
    package var layerGroups: [LayerGroup] {
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
    package var window: Int { layers.compactMap(\.attention.window).max() ?? 0 }

    /// The same model with keys and values of its own for every query head: the MHA ablation. A
    /// latent is cached expanded; its projections stay.
    package var withoutGrouping: TransformerModel {
        var result = mappingHeads { $0.keyValueHeads = $0.queryHeads }
        for index in result.layers.indices {
            guard case .latent(var latent) = result.layers[index].attention else { continue }
            latent.cachesHeads = true
            result.layers[index].attention = .latent(latent)
        }
        return result
    }

    /// The same model with one pair of keys and values for all query heads of a layer: the MQA
    /// ablation. Latents stay.
    package var withOneGroup: TransformerModel { mappingHeads { $0.keyValueHeads = 1 } }

    /// The format the weights run in: the one asked for, or the checkpoint's.
    ///
    /// - Throws: `InputError` when nothing is asked for and the checkpoint's format is not known.
    package func weights(_ asked: WeightFormat?) throws -> WeightFormat {
        if let asked { return asked }
        if let unreadWeights { throw unreadWeights }
        return nativeWeights
    }

    /// What to tell about the weights' format when `asked` is what the user asked for.
    package func weightsNotes(_ asked: WeightFormat?) -> [String] {
        if let asked, let unreadWeights {
            return ["weights are taken as \(asked.rawValue): \(unreadWeights.problem)"]
        }
        return asked == nil ? formatNotes : []
    }

    /// The same model with every layer attending to all earlier tokens: the no-window ablation.
    package var withoutWindows: TransformerModel { mappingHeads { $0.reach = .full } }

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

extension TransformerModel {
    /// The elements used for one token, embedding and output head included, towers not.
    package var activeParametersOfDecoder: Int64 {
        layers.reduce(
            embeddingParameters + (tiesEmbeddings ? 0 : headParameters) + outerParameters
        ) { $0 + $1.activeParameters(hidden: hiddenSize) }
    }
}
