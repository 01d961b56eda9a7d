import Basics

/// Changes that families' rules make after the tables have been read.
extension TransformerModel {
    /// Adds words to the embedding that the output head lacks.
    mutating func addWords(_ count: Int) {
        guard count > 0 else { return }
        outerTables.append(
            Projection("new_embedding", count, hiddenSize, .rows, isQuantized: false))
    }

    /// Sets the number of KV heads in all layers.
    mutating func setKeyValueHeads(_ count: (HeadAttention) -> Int) {
        for index in layers.indices {
            guard case .heads(var heads) = layers[index].attention else { continue }
            heads.keyValueHeads = count(heads)
            layers[index].attention = .heads(heads)
        }
    }
}

extension Families {
    /// The engine's class has no output head of its own, whatever the file says.
    static let tied: @Sendable (ConfigFields, inout TransformerModel) throws -> Void = {
        _, model in model.tiesEmbeddings = true
    }
}

extension Family {
    /// Granite with windows: three of four layers are windowed, and each head has a sink.
    mutating func addWindows() {
        windows = WindowRule(period: 4, isFullFirst: true)
        heads.sinks = .unless("attention_sinks")
        finish = nil
    }
}

extension FeedForward {
    /// The same part under another module name.
    func at(_ path: String) -> FeedForward {
        switch self {
        case .none: return self
        case .dense(var network):
            network.path = path
            return .dense(network)
        case .experts(var experts):
            experts.path = path + ".experts"
            experts.routerPath = path + ".router"
            return .experts(experts)
        }
    }
}

extension Layer {
    /// Sets the reach of the layer's heads.
    mutating func setReach(_ reach: Reach) {
        guard case .heads(let heads) = attention else { return }
        attention = .heads(heads.with(\.reach, reach))
    }
}

extension ConfigFields {
    /// Throws if the KV heads do not divide the query heads.
    func checkHeads(_ layer: Layer) throws {
        guard case .heads(let heads) = layer.attention,
            heads.queryHeads % heads.keyValueHeads != 0
        else { return }
        throw InputError(
            place, "\(heads.keyValueHeads) KV heads do not divide \(heads.queryHeads) heads",
            expected: "a divisor of \(heads.queryHeads)")
    }

    /// Refuses Qwen 2 with a window on only some layers, as vLLM 0.33.0 does.
    func refuseMixedWindows(_ model: TransformerModel) throws {
        guard word("layer_types") == nil, !has("layer_types"),
            try flag("use_sliding_window", default: false), has("sliding_window")
        else { return }
        let first = try count("max_window_layers", default: model.layers.count)
        // If windows start at the first layer, all layers are alike, which it serves.
        guard first > 0, first < model.layers.count else { return }
        throw InputError(
            place,
            "a sliding window on some of the layers (max_window_layers \(first) of "
                + "\(model.layers.count)) is not served by vLLM 0.33.0",
            expected: "max_window_layers \(model.layers.count), or use_sliding_window false")
    }

    /// Adds one learned sink per head for Granite with windows.
    func addGraniteSinks(_ model: inout TransformerModel) throws {
        guard try flag("attention_sinks", default: has("layer_types")) else { return }
        for index in model.layers.indices {
            guard case .heads(var heads) = model.layers[index].attention else { continue }
            heads.vectors.append(
                WeightVector("self_attn.sinks", heads.queryHeads, units: heads.queryHeads))
            model.layers[index].attention = .heads(heads)
        }
    }

    /// Llama 4: layers without positions attend to everything, the others to their chunk.
    func setChunks(_ index: Int, _ layer: inout Layer) throws {
        let list = integers("no_rope_layers") ?? []
        let interval = try size("no_rope_layer_interval", default: 4)
        let isFull = index < list.count ? list[index] == 0 : (index + 1) % interval == 0
        guard !isFull, has("attention_chunk_size") else { return layer.setReach(.full) }
        layer.setReach(.chunked(chunk: try size("attention_chunk_size", most: 1 << 30)))
    }
}
