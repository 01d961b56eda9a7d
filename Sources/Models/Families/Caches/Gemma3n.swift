import Basics

/// Gemma 3n: four residual streams, a low-rank path beside attention, and inputs per layer from a
/// second embedding. The last layers read the caches of earlier ones.
extension Families {
    static let gemma3n = Family().with {
        $0.heads.norms = .perHead
        $0.norms.perLayer = 5
        $0.hasNetworks = false
        $0.windows = WindowRule(period: 5)
        $0.layer = { fields, index, layer in
            let hidden = try fields.hiddenSize()
            let network = DenseFeedForward(intermediate: try fields.perLayerWidth(index))
            layer.feedForward = .dense(network)
            try fields.shareCaches(index, &layer)
            let streams = try fields.size("altup_num_inputs", default: 4, most: 64)
            let rank = try fields.size("laurel_rank", default: 64)
            func whole(_ name: String, _ inputs: Int, _ outputs: Int) -> [Projection] {
                [Projection.of("altup", name, inputs, outputs, .replicated)]
            }
            layer.others = [
                whole("modality_router", hidden, streams),
                whole("prediction_coefs", streams, streams * streams),
                whole("correction_coefs", streams, streams),
                [Projection.of("laurel", "linear_left", hidden, rank, .columns(units: rank))],
                [Projection.of("laurel", "linear_right", rank, hidden, .rows)],
            ]
            layer.others += try fields.perLayerInputs()
            layer.vectors += [
                WeightVector("altup.router_norm", hidden),
                WeightVector("altup.correct_output_scale", hidden, isWide: true),
                WeightVector("laurel.post_laurel_norm", hidden),
            ]
        }
        $0.finish = { fields, model in
            try fields.addPerLayerEmbeddings(to: &model)
            let streams = try fields.size("altup_num_inputs", default: 4, most: 64)
            let hidden = model.hiddenSize
            for name in ["altup_projections", "altup_unembed_projections"] {
                for number in 0..<(streams - 1) {
                    model.outerMatrices.append(
                        Projection.of(
                            name, "\(number)", hidden, hidden, .columns(units: hidden)))
                }
            }
        }
    }
}

extension ConfigFields {
    /// The network's width in a layer: one number for all, or a list.
    func perLayerWidth(_ index: Int) throws -> Int {
        guard let list = try perLayer("intermediate_size", layers: layerCount()) else {
            return try size("intermediate_size")
        }
        guard (1...Self.largestSize).contains(list[index]) else {
            throw InputError(
                place, "intermediate_size[\(index)] is \(list[index])",
                expected: "an integer, 1 to \(Self.largestSize)")
        }
        return list[index]
    }

    /// Lets the last layers read the cache of an earlier layer of their kind instead of making
    /// keys.
    func shareCaches(_ index: Int, _ layer: inout Layer) throws {
        let shared = try count("num_kv_shared_layers", default: 0)
        guard index >= (try layerCount()) - shared, case .heads(var heads) = layer.attention
        else { return }
        heads.readsEarlierCache = true
        layer.attention = .heads(heads)
    }

    /// The two matrices that process a layer's own inputs; empty if it has none.
    func perLayerInputs() throws -> [[Projection]] {
        let width = try count("hidden_size_per_layer_input", default: 0)
        guard width > 0 else { return [] }
        let hidden = try hiddenSize()
        return [
            [Projection("per_layer_input_gate", hidden, width, .replicated)],
            [Projection("per_layer_projection", width, hidden, .replicated)],
        ]
    }

    /// Adds the second embedding, and the matrix and norm that produce each layer's inputs.
    func addPerLayerEmbeddings(to model: inout TransformerModel) throws {
        let width = try count("hidden_size_per_layer_input", default: 0)
        guard width > 0 else { return }
        let all = width * model.layers.count
        let words = try size("vocab_size_per_layer_input", "vocab_size", most: 1 << 24)
        let rows = (words + 63) / 64 * 64
        model.outerTables.append(
            Projection("embed_tokens_per_layer", all, rows, .columns(units: rows)))
        model.outerMatrices.append(
            Projection(
                "per_layer_model_projection", model.hiddenSize, all, .columns(units: all)))
        model.outerVectors.append(WeightVector("per_layer_projection_norm", width))
    }
}
