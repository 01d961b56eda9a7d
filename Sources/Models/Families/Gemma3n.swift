import Basics

/// Gemma 3n: inputs of their own for every layer, four hidden states side by side (AltUp), a low
/// rank beside attention (Laurel), and last layers that read the cache of earlier ones.
extension Families {
    static let gemma3n = gemma3.with {
        $0.windows = WindowRule(period: 5)
        $0.hasNetworks = false
        $0.layer = { fields, index, layer in
            try addParts(fields, &layer)
            layer.feedForward = .dense(
                DenseFeedForward(intermediate: try width(fields, of: index)))
            try shareCache(fields, index, &layer)
        }
        $0.finish = { fields, model in try addTables(fields, &model) }
    }

    /// Layers past the first that share read an earlier layer's cache and have no keys of their
    /// own.
    static func shareCache(_ fields: ConfigFields, _ index: Int, _ layer: inout Layer) throws {
        let layers = try fields.layerCount()
        let shared = try fields.count("num_kv_shared_layers", default: 0)
        guard index >= layers - shared, shared < layers else { return }
        guard case .heads(var heads) = layer.attention else { return }
        let queries = heads.queryHeads * heads.headDim
        let hidden = try fields.hiddenSize()
        var query = Projection(
            "q_proj", hidden, queries, .columns(units: heads.queryHeads), hasBias: heads.inputBias)
        var output = Projection("o_proj", queries, hidden, .rows, hasBias: heads.outputBias)
        query.path = "self_attn.q_proj"
        output.path = "self_attn.o_proj"
        heads.ownProjections = [[query], [output]]
        heads.readsEarlierCache = true
        heads.normalizesHeads = false
        heads.vectors.append(WeightVector("self_attn.q_norm", heads.headDim))
        layer.attention = .heads(heads)
    }

    /// The width of a layer's network: one for all, or a list.
    private static func width(_ fields: ConfigFields, of index: Int) throws -> Int {
        guard let widths = fields.integers("intermediate_size") else {
            return try fields.size("intermediate_size")
        }
        guard index < widths.count, (1...ConfigFields.largestSize).contains(widths[index]) else {
            throw InputError(
                fields.place, "intermediate_size has no width for layer \(index)",
                expected: "an integer for each layer, 1 to \(ConfigFields.largestSize)")
        }
        return widths[index]
    }

    private static func addParts(_ fields: ConfigFields, _ layer: inout Layer) throws {
        let hidden = try fields.hiddenSize()
        let inputs = try fields.size("altup_num_inputs", default: 4, most: 64)
        let rank = try fields.size("laurel_rank", default: 64)
        let own = try fields.size("hidden_size_per_layer_input", default: 256)
        layer.others = [
            [Projection("altup_router", hidden, inputs, .replicated, isFeedForward: true)],
            [Projection("altup_predict", inputs, inputs * inputs, .replicated, isFeedForward: true)],
            [Projection("altup_correct", inputs, inputs, .replicated, isFeedForward: true)],
            [Projection("laurel_left", hidden, rank, .columns(units: rank), isFeedForward: true)],
            [Projection("laurel_right", rank, hidden, .rows, isFeedForward: true)],
            [Projection("layer_input_gate", hidden, own, .replicated, isFeedForward: true)],
            [Projection("layer_input_proj", own, hidden, .replicated, isFeedForward: true)],
        ]
        // AltUp's router norm, Laurel's norm, the norm after a layer's input.
        layer.normWeights += 3 * hidden
        layer.vectors.append(WeightVector("altup.correct_output_scale", hidden, isWide: true))
    }

    /// Embeddings of every layer, and what mixes the side-by-side states before and after.
    private static func addTables(_ fields: ConfigFields, _ model: inout TransformerModel) throws {
        let inputs = try fields.size("altup_num_inputs", default: 4, most: 64)
        for _ in 0..<2 * (inputs - 1) {
            model.outerMatrices.append(
                Projection(
                    "altup_states", model.hiddenSize, model.hiddenSize,
                    .columns(units: model.hiddenSize)))
        }
        try addLayerInputs(fields, &model, default: 256)
    }

    /// Embeddings of every layer (Gemma 3n, Gemma 4), and the projection of the token's own.
    static func addLayerInputs(
        _ fields: ConfigFields, _ model: inout TransformerModel, default width: Int
    ) throws {
        let width = try fields.count("hidden_size_per_layer_input", default: width)
        guard width > 0 else { return }
        let all = width * model.layers.count
        let rows = try fields.size(
            "vocab_size_per_layer_input", default: model.vocabularySize, most: 1 << 24)
        model.outerTables.append(
            Projection("embed_tokens_per_layer", (rows + 63) / 64 * 64, all, .rows))
        model.outerMatrices.append(
            Projection("per_layer_model_projection", model.hiddenSize, all, .columns(units: all)))
        model.outerVectors.append(WeightVector("per_layer_projection_norm", width))
    }
}
