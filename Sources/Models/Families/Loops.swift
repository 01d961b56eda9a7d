import Basics

/// Decoders that run the same layers several times for a token (vLLM 0.33.0's classes). Every run
/// keeps keys and values of its own; a later run reuses the first one's weights.
extension Families {
    static let loops: [String: Family] = ["hrm_text": hrmText, "dory": dory]

    /// HRM-Text: two stacks of `num_layers_per_stack` layers. `H_cycles` times, the low one runs
    /// `L_cycles` times and the high one once. Gated attention with a key and a value for every
    /// query head; no norm has weights.
    static let hrmText = Family().with {
        $0.heads.keyValues = []
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.outputBias = .field("attention_bias")
        $0.heads.gatesOutput = .yes
        $0.network.bias = .field("mlp_bias")
        $0.norms.hasWeights = false
        $0.layerNumber = { fields in 2 * (try fields.stackLayers()) }
        $0.layersPath = "model.L_module.layers"
        $0.finish = { fields, model in
            let (high, low) = (
                try fields.size("H_cycles", default: 2, most: 64),
                try fields.size("L_cycles", default: 3, most: 64)
            )
            let count = try fields.stackLayers()
            let stacks = [Array(model.layers.prefix(count)), Array(model.layers.suffix(count))]
            guard high * (low + 1) * count <= 1024 else {
                throw InputError(
                    fields.place,
                    "H_cycles \(high) x (L_cycles \(low) + 1) x \(count) layers are too many",
                    expected: "at most 1024 layers in all runs")
            }
            model.layers = (0..<high).flatMap { round in
                (0...low).flatMap { step in
                    let isFirst = round == 0 && (step == 0 || step == low)
                    return stacks[step == low ? 1 : 0].map { $0.again(!isFirst) }
                }
            }
            model.outerVectors.append(WeightVector("model.z_L_init", model.hiddenSize))
        }
    }

    /// Dory: each layer attends or has a network; the middle ones run `n_recurrent_loops` times.
    /// Scales in place of norms. The engine's class takes one GPU.
    static let dory = Family().with {
        $0.norms.hasWeights = false
        $0.windows.hasNoFallback = true
        $0.layer = { fields, index, layer in try fields.changeDory(index, &layer) }
        $0.finish = { fields, model in
            try fields.repeatDory(&model)
            model.mostTensorParallel = 1
            model.outerVectors.append(
                WeightVector("lm_head.logit_scale", model.vocabularyRows))
        }
    }
}

extension Layer {
    /// The layer, or a later run of it.
    fileprivate func again(_ isLater: Bool) -> Layer {
        var copy = self
        copy.sharesWeights = isLater
        return copy
    }
}

extension ConfigFields {
    fileprivate func stackLayers() throws -> Int {
        try size("num_layers_per_stack", most: 512)
    }

    /// Makes a layer an attention or a network, with its scales.
    fileprivate func changeDory(_ index: Int, _ layer: inout Layer) throws {
        let hidden = try hiddenSize()
        let types = try layerTypes(layers: layerCount())
        // The class's own list: attention, network, attention, ...
        let isNetwork = types.map { $0[index] == "mlp" } ?? (index % 2 == 1)
        layer.vectors.append(WeightVector("alpha", hidden))
        guard !isNetwork, case .heads(var heads) = layer.attention else {
            layer.attention = .none
            guard case .dense(let network) = layer.feedForward else { return }
            layer.vectors.append(
                WeightVector(
                    "mixer.suv", 2 * network.intermediate, units: network.intermediate))
            layer.feedForward = layer.feedForward.at("mixer")
            return
        }
        if types == nil, index % 8 != 6, let window = try window() {
            heads.reach = .sliding(window: window)
        }
        let queries = heads.queryHeads * heads.headDim
        heads.path = "mixer"
        heads.vectors += [
            WeightVector("mixer.sqk", queries, units: heads.queryHeads),
            WeightVector("mixer.s_gate", queries, units: heads.queryHeads),
        ]
        layer.attention = .heads(heads)
        layer.feedForward = .none
        layer.others.append([
            Projection.of(
                "mixer", "g_proj", hidden, queries, .columns(units: heads.queryHeads))
        ])
    }

    /// Repeats the middle layers. In the mode "last_loop" all runs write one cache.
    fileprivate func repeatDory(_ model: inout TransformerModel) throws {
        let count = model.layers.count
        let before = try self.count("n_input_layers", default: 0)
        let after = try self.count("n_output_layers", default: 0)
        let middle = try self.count("n_recurrent_layers", default: count)
        let loops = try size("n_recurrent_loops", default: 1, most: 64)
        guard before + middle + after == count else {
            throw InputError(
                place,
                "n_input_layers \(before), n_recurrent_layers \(middle) and n_output_layers "
                    + "\(after) are not the \(count) layers",
                expected: "numbers whose sum is \(count)")
        }
        let mode = word("recurrent_kv_cache_mode") ?? "per_loop"
        let range = before..<(before + middle)
        let later = model.layers[range].map { layer in
            var layer = layer.again(true)
            if mode != "per_loop", case .heads(var heads) = layer.attention {
                heads.readsEarlierCache = true
                layer.attention = .heads(heads)
            }
            return layer
        }
        guard loops * middle <= 1024 else {
            throw InputError(
                place, "n_recurrent_loops is \(loops) with \(middle) layers",
                expected: "at most 1024 layers in all runs")
        }
        let repeated = (1..<max(1, loops)).flatMap { _ in later }
        model.layers.insert(contentsOf: repeated, at: range.upperBound)
    }
}
