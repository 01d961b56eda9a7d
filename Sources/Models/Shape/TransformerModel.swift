import Basics

/// What a publisher's number of active parameters includes in addition to the layers.
package enum ActiveCounting: Sendable, Equatable {
    /// Embedding and output head (Mixtral, Qwen, Jamba).
    case everything
    /// The output head only: looking up an embedding multiplies nothing (gpt-oss, DeepSeek, Kimi).
    case withoutEmbedding
    /// Neither (MiniMax, Qwen3-Next).
    case layersOnly
}

/// A block of weights with one scale, as in block-quantised fp8 checkpoints (weight_block_size).
package struct ScaleBlock: Equatable, Hashable, Sendable {
    /// Rows: outputs of the matrix.
    package var outputs: Int
    /// Columns: inputs of the matrix.
    package var inputs: Int

    package init(outputs: Int, inputs: Int) {
        self.outputs = outputs
        self.inputs = inputs
    }

    /// 128 x 128, as in DeepSeek-V3, Kimi-K2 and MiniMax-M2.
    package static let usual = ScaleBlock(outputs: 128, inputs: 128)
}

/// The shape of a decoder: everything that sizes its weights, its KV cache and its steps.
///
/// `Catalogue.model(named:)` has common ones; `HuggingFaceConfig` reads any other.
package struct TransformerModel: Equatable, Sendable {
    /// Name in configurations.
    package var name: String
    package var hiddenSize: Int
    package var vocabularySize: Int
    /// Whether the output head shares the embedding's matrix.
    package var tiesEmbeddings: Bool
    /// Learned position embeddings (GPT-3); 0 with rotary ones.
    package var learnedPositions = 0
    /// Columns of the embedding and of the output head: usually the hidden size (OPT-350m: 512).
    package var embeddingWidth: Int
    /// Rows of the embedding and of the output head: the vocabulary, padded as in the engine.
    package var vocabularyRows: Int
    /// Whether every GPU holds all of the embedding (Inkling).
    package var replicatesEmbedding = false
    /// Elements of the final norm over the hidden state; twice the hidden size with a bias.
    package var finalNormWeights: Int
    /// Matrices outside the layers that every token passes (OPT's projections), and lookup tables
    /// (Gemma 3n's per-layer embeddings), by their modules' names.
    package var outerMatrices: [Projection] = []
    package var outerTables: [Projection] = []
    /// Lookup tables that the engine keeps in pinned host memory: of the model, but not of a GPU
    /// (Qwen4-Exp's n-grams; vLLM 0.33.0's `EngramConfig.cpu_offload`, on by default).
    package var hostTables: [Projection] = []
    /// Most GPUs of a tensor-parallel group that the engine's class takes; nil: no limit of its
    /// own.
    package var mostTensorParallel: Int?
    /// Other weights outside the layers: norms of the embedding, biases of the head.
    package var outerVectors: [WeightVector] = []
    /// Vision and audio towers, which take memory but are not modelled.
    package var tower: Tower?
    /// Bytes of the checkpoint's weights, if a snapshot's index file gives them.
    package var checkpointBytes: Int64?
    /// Whether its tower is left out (`withoutTower`).
    package var leavesOutTower = false
    /// Whether the checkpoint is in float32; it is loaded in 16 bits.
    var storesWide = false
    /// The engine's class that serves it, if a config.json names it.
    package var architecture: String?
    /// Why vLLM 0.33.0 does not serve it; nil if it does, or no reason is known.
    package var unserved: InputError?
    /// The last release known to serve it, if vLLM 0.33.0 does not: "0.28.0".
    package var lastRelease: String?
    /// Since when the engine serves its class; nil if all simulated releases do, or nothing is
    /// known.
    package var firstRelease: Architectures.FirstRelease?
    /// The reader's notes on the shape: what is not modelled, what was assumed.
    package var notes: [String] = []
    /// The prefix before a layer's number in its modules' names.
    package var layersPath = "model.layers"
    /// The engine's default context length, in tokens.
    package var maxContext: Int
    /// Longest context that may be set (engine.max_model_len), in tokens; `Int.max` for models
    /// without positions.
    package var contextLimit: Int
    /// Format of the published checkpoint: the one whose kernels compute most of its weights.
    package var nativeWeights = WeightFormat.bf16
    /// Formats of the published checkpoint's modules; nil: 16 bits.
    package internal(set) var quantization: Quantization?
    /// Why the checkpoint's format is unknown; nil if it is known.
    package var unreadWeights: InputError?
    /// The reader's notes on the checkpoint's format.
    package var formatNotes: [String] = []
    /// Layers of the checkpoint that predict further tokens; nil: it has none.
    package var predictor: Predictor?
    /// Why these are not known; nil: they are, or there are none.
    package var unreadPredictor: InputError?
    /// Which matrices the published number of active parameters includes.
    package var activeCounting = ActiveCounting.everything
    /// Layers, first to last.
    /// The largest batch with a CUDA graph unless the server says otherwise; vLLM's
    /// `GptOssForCausalLMConfig` doubles it.
    package var largestGraph = 512
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

    /// Elements of the output head, even if shared with the embedding.
    package var headParameters: Int64 { Int64(vocabularyRows) * Int64(embeddingWidth) }

    /// Elements outside the layers, without embedding, head and tower.
    package var outerParameters: Int64 {
        (outerMatrices + outerTables).reduce(Int64(finalNormWeights + outerVectors.elements)) {
            $0 + $1.parameters
        }
    }

    /// Elements of the tables in host memory.
    package var hostParameters: Int64 { hostTables.reduce(0) { $0 + $1.parameters } }

    /// All elements, including towers. A matrix used twice counts once.
    package var totalParameters: Int64 {
        layers.reduce(
            embeddingParameters + (tiesEmbeddings ? 0 : headParameters) + outerParameters
                + (tower?.parameters ?? 0) + hostParameters
        ) { $0 + $1.parameters(hidden: hiddenSize) }
    }

    /// Elements used for one token, as the model's publisher counts them: without the experts that
    /// were not chosen.
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

    /// The distinct layers with their counts, in order of first appearance. O(layers × distinct
    /// layers).
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

    /// The attention window that the model's windowed layers share, in tokens; 0 if none has one.
    /// If they differ, the largest, so that the others are priced and sized too high.
    package var window: Int { layers.compactMap(\.attention.window).max() ?? 0 }

    /// The same model with separate keys and values for every query head: the MHA ablation. A
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

    /// The same model with one KV head per layer: the MQA ablation. Latents stay.
    package var withOneGroup: TransformerModel { mappingHeads { $0.keyValueHeads = 1 } }

    /// The format of the weights: the requested one, else the checkpoint's.
    ///
    /// - Throws: `InputError` if none is requested and the checkpoint's format is unknown.
    package func weights(_ asked: WeightFormat?) throws -> WeightFormat {
        if let asked { return asked }
        if let unreadWeights { throw unreadWeights }
        return nativeWeights
    }

    /// Notes on the weights' format, where `asked` is the requested one.
    package func weightsNotes(_ asked: WeightFormat?) -> [String] {
        if let asked, let unreadWeights {
            return ["weights are taken as \(asked.rawValue): \(unreadWeights.problem)"]
        }
        return asked == nil ? formatNotes : []
    }

    /// The same model with full attention in every layer: the no-window ablation.
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
    /// Elements used for one token, including embedding and output head, without towers.
    package var activeParametersOfDecoder: Int64 {
        layers.reduce(
            embeddingParameters + (tiesEmbeddings ? 0 : headParameters) + outerParameters
        ) { $0 + $1.activeParameters(hidden: hiddenSize) }
    }
}
