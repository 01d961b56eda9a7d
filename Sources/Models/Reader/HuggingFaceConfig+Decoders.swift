import Basics

/// Readers of the families that keep keys and values in every layer.
extension HuggingFaceConfig {
    /// Llama, Mistral and Phi-3/4: no biases unless attention_bias says so; a window in every
    /// layer where sliding_window is given and not longer than the context.
    static func llama(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false)
        var heads = try fields.heads()
        heads.inputBias = try fields.flag("attention_bias", default: false)
        heads.outputBias = heads.inputBias
        if fields.has("sliding_window") {
            let window = try fields.size("sliding_window", most: 1 << 30)
            if window < shape.contextLimit ?? shape.context {
                heads.reach = .sliding(window: window)
            }
        }
        return shape.dense(heads, intermediate: try fields.size("intermediate_size"))
    }

    /// Qwen 2 and 2.5: biases on q, k and v; the window only with use_sliding_window.
    static func qwen2(_ fields: ConfigFields) throws -> TransformerModel {
        try qwen(fields) { $0.inputBias = true }
    }

    /// Qwen 3: norms over heads instead of biases.
    static func qwen3(_ fields: ConfigFields) throws -> TransformerModel {
        let hasBias = try fields.flag("attention_bias", default: false)
        return try qwen(fields) {
            $0.normalizesHeads = true
            $0.inputBias = hasBias
        }
    }

    private static func qwen(
        _ fields: ConfigFields, _ change: (inout HeadAttention) -> Void
    ) throws -> TransformerModel {
        let shape = try fields.shape(tied: false)
        var heads = try fields.heads()
        change(&heads)
        let network = DenseFeedForward(intermediate: try fields.size("intermediate_size"))
        if try fields.flag("use_sliding_window", default: false), fields.has("sliding_window") {
            let window = try fields.size("sliding_window", most: 1 << 30)
            let firstWindowed = try fields.count("max_window_layers", default: 28)
            let windowed = heads.with(\.reach, .sliding(window: window))
            return shape.model { index in
                (.heads(index >= firstWindowed ? windowed : heads), .dense(network))
            }
        }
        return shape.dense(heads, intermediate: network.intermediate)
    }

    /// Phi 1 and 2: biases everywhere, two matrices a network, one norm a layer (with bias).
    static func phi(_ fields: ConfigFields) throws -> TransformerModel {
        var heads = try fields.heads()
        heads.inputBias = true
        heads.outputBias = true
        let network = DenseFeedForward(
            intermediate: try fields.size("intermediate_size"), isGated: false, hasBias: true)
        return try fields.shape(tied: false).model { _ in (.heads(heads), .dense(network)) }
    }

    /// GPT-2: biases, two matrices a network of 4 × hidden unless n_inner is given.
    static func gpt2(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: true, normsPerLayer: 4)
        var heads = try fields.heads()
        heads.inputBias = true
        heads.outputBias = true
        let inner = try fields.size("n_inner", "intermediate_size", default: 4 * shape.hidden)
        let network = DenseFeedForward(intermediate: inner, isGated: false, hasBias: true)
        var model = shape.model { _ in (.heads(heads), .dense(network)) }
        model.learnedPositions = try fields.context().positions
        return model
    }

    /// Gemma 1: tied, head_dim of its own.
    static func gemma(_ fields: ConfigFields) throws -> TransformerModel {
        try fields.shape(tied: true)
            .dense(fields.heads(), intermediate: fields.size("intermediate_size"))
    }

    /// Gemma 2: four norms a layer, a window in every even layer.
    static func gemma2(_ fields: ConfigFields) throws -> TransformerModel {
        try windowed(
            fields, fields.shape(tied: true, normsPerLayer: 4), fields.heads(), period: 2,
            window: fields.size("sliding_window", default: 4096, most: 1 << 30))
    }

    /// Gemma 3: five windowed layers, then a full one; sizes that its configuration class gives
    /// when the file leaves them out.
    static func gemma3(_ fields: ConfigFields) throws -> TransformerModel {
        let context = try fields.context()
        let shape = try DecoderShape(
            hidden: fields.size("hidden_size"),
            layers: fields.size("num_hidden_layers", most: 1024),
            vocabulary: fields.size("vocab_size", default: 262_208, most: 1 << 24),
            context: context.usual, contextLimit: context.limit,
            tiesEmbeddings: fields.flag("tie_word_embeddings", default: true), normsPerLayer: 4)
        var heads = try HeadAttention(
            queryHeads: fields.size("num_attention_heads", default: 8, most: 4096),
            keyValueHeads: fields.size("num_key_value_heads", default: 4, most: 4096),
            headDim: fields.size("head_dim", default: 256, most: 8192))
        heads.normalizesHeads = true
        return try windowed(
            fields, shape, heads, period: fields.size("sliding_window_pattern", default: 6),
            window: fields.size("sliding_window", default: 4096, most: 1 << 30))
    }

    /// Windowed layers but for every `period`-th one, or as layer_types lists them.
    private static func windowed(
        _ fields: ConfigFields, _ shape: DecoderShape, _ heads: HeadAttention, period: Int,
        window: Int
    ) throws -> TransformerModel {
        let network = DenseFeedForward(intermediate: try fields.size("intermediate_size"))
        let types = try layerTypes(fields, layers: shape.layers)
        return shape.model { index in
            let isFull = types.map { $0[index] == "full_attention" } ?? ((index + 1) % period == 0)
            let reach: Reach = isFull ? .full : .sliding(window: window)
            return (.heads(heads.with(\.reach, reach)), .dense(network))
        }
    }

    /// The kinds of the layers, checked against their number; nil where the file has none.
    static func layerTypes(_ fields: ConfigFields, layers: Int) throws -> [String]? {
        guard let types = fields.words("layer_types") else { return nil }
        guard types.count == layers else {
            throw InputError(
                fields.place, "layer_types has \(types.count) entries",
                expected: "one for each of \(layers) layers")
        }
        let known = ["full_attention", "sliding_attention", "linear_attention"]
        if let odd = types.first(where: { !known.contains($0) }) {
            throw InputError(
                fields.place, "layer_types has \"\(odd)\"",
                expected: known.joined(separator: ", "))
        }
        return types
    }

    /// BigBird: three window blocks, two global and `num_random_blocks` random ones.
    static func bigBird(_ fields: ConfigFields) throws -> TransformerModel {
        let block = try fields.size("block_size", default: 64)
        let random = try fields.count("num_random_blocks", default: 3)
        let reach =
            fields.word("attention_type") == "original_full"
            ? Reach.full
            : .sparse(window: 3 * block, globalTokens: 2 * block, randomTokens: random * block)
        return try encoderLike(fields) { _ in reach }
    }

    /// Longformer: a window per layer and one global token.
    static func longformer(_ fields: ConfigFields) throws -> TransformerModel {
        let windows = fields.integers("attention_window") ?? []
        let common = windows.isEmpty ? try fields.size("attention_window", default: 512) : 0
        guard windows.allSatisfy({ (1...ConfigFields.largestSize).contains($0) }) else {
            throw InputError(
                fields.place, "attention_window has an entry out of range",
                expected: "1 to \(ConfigFields.largestSize)")
        }
        return try encoderLike(fields) { index in
            let window = windows.isEmpty ? common : windows[min(index, windows.count - 1)]
            return .sparse(window: window, globalTokens: 1, randomTokens: 0)
        }
    }

    private static func encoderLike(
        _ fields: ConfigFields, _ reach: (Int) -> Reach
    ) throws -> TransformerModel {
        let shape = try fields.shape(tied: true, normsPerLayer: 4)
        var heads = try fields.heads()
        heads.inputBias = true
        heads.outputBias = true
        let network = DenseFeedForward(
            intermediate: try fields.size("intermediate_size"), isGated: false, hasBias: true)
        var model = shape.model { index in
            (.heads(heads.with(\.reach, reach(index))), .dense(network))
        }
        model.learnedPositions = try fields.context().positions
        return model
    }
}
