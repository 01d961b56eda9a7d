import Basics

extension Family {
    /// The model of a config.json.
    func model(_ fields: ConfigFields) throws -> TransformerModel {
        var model = try whole?(fields) ?? tabled(fields)
        model.activeCounting = activeCounting
        model.layersPath = layersPath
        try finish?(fields, &model)
        return model
    }

    /// The model that the tables describe.
    private func tabled(_ fields: ConfigFields) throws -> TransformerModel {
        let context = try fields.context()
        let count = try layerNumber?(fields) ?? fields.layerCount()
        let hidden = try fields.hiddenSize()
        let norm = try norms.vectors(fields) * hidden
        let mixer = try attentions(fields, layers: count)
        let part = try networks(fields, layers: count)
        var layers: [Layer] = []
        for index in 0..<count {
            var layer = Layer(
                attention: mixer[index], feedForward: part[index],
                normWeights: norms.perLayer * norm)
            if latent?.hasIndexer == true { try latent?.addIndexer(fields, at: index, to: &layer) }
            try self.layer?(fields, index, &layer)
            layers.append(layer)
        }
        var model = TransformerModel(
            name: "", hiddenSize: hidden, vocabularySize: try fields.vocabularySize(),
            tiesEmbeddings: try fields.tiesEmbeddings(), maxContext: context.usual, layers: layers)
        model.vocabularyRows = (model.vocabularySize + 63) / 64 * 64
        model.contextLimit = context.limit
        model.finalNormWeights = norms.hasFinal ? norm : 0
        return model
    }

    private func attentions(_ fields: ConfigFields, layers: Int) throws -> [Attention] {
        let tabled =
            hasHeads
            ? try tabledAttentions(fields, layers: layers)
            : Array(repeating: Attention.none, count: layers)
        return try mixers?(fields, tabled) ?? tabled
    }

    private func tabledAttentions(_ fields: ConfigFields, layers: Int) throws -> [Attention] {
        // If neither key part has any width, heads are plain (deepseek-vl2-tiny).
        if let latent, !(try latent.isPlain(fields)) {
            return Array(repeating: try latent.mixer(fields), count: layers)
        }
        let heads = try heads.attention(fields)
        return try windows.reaches(fields, layers: layers).map { reach in
            .heads(heads.with(\.reach, reach))
        }
    }

    private func networks(_ fields: ConfigFields, layers: Int) throws -> [FeedForward] {
        guard hasNetworks else { return Array(repeating: .none, count: layers) }
        guard let experts else {
            return Array(repeating: .dense(try network.network(fields)), count: layers)
        }
        let sparse = try experts.sparse(fields, layers: layers)
        let mixture = sparse.contains(true) ? try experts.experts(fields) : nil
        let dense = sparse.contains(false) ? try network.network(fields) : nil
        return sparse.map { isSparse in
            if isSparse, let mixture { return .experts(mixture) }
            return dense.map { .dense($0) } ?? .none
        }
    }
}

extension HeadRule {
    /// The heads of a file, with full reach.
    func attention(_ fields: ConfigFields) throws -> HeadAttention {
        let queries = try fields.size(self.queries, most: 4096)
        let keyValues = try fields.optionalSize(self.keyValues, most: 4096) ?? queries
        guard queries % keyValues == 0 else {
            throw InputError(
                fields.place,
                "num_key_value_heads \(keyValues) does not divide num_attention_heads",
                expected: "a divisor of \(queries)")
        }
        var heads = HeadAttention(
            queryHeads: queries, keyValueHeads: keyValues,
            headDim: try fields.headDim(width, queries: queries))
        heads.inputBias = try inputBias.value(fields)
        heads.outputBias = try outputBias.value(fields)
        heads.gatesOutput = try gatesOutput.value(fields)
        if try hasNorms.value(fields) { addNorms(to: &heads) }
        if try sinks.value(fields) {
            heads.vectors.append(WeightVector("self_attn.sinks", queries, units: queries))
        }
        return heads
    }

    private func addNorms(to heads: inout HeadAttention) {
        let (queries, keys) = (
            heads.queryHeads * heads.headDim, heads.keyValueHeads * heads.headDim
        )
        let byHeads: Bool
        switch norms {
        case .none: return
        case .perHead:
            heads.normalizesHeads = true
            return
        case .whole: byHeads = false
        case .wholeByHeads: byHeads = true
        case .wholeSummed:
            byHeads = true
            heads.sumsNorms = true
        }
        heads.vectors += [
            WeightVector("self_attn.q_norm", queries, units: byHeads ? heads.queryHeads : nil),
            WeightVector("self_attn.k_norm", keys, units: byHeads ? heads.keyValueHeads : nil),
        ]
    }
}

extension NetworkRule {
    /// The dense network of a file.
    func network(_ fields: ConfigFields) throws -> DenseFeedForward {
        let width: Int
        if let timesHidden, try fields.optionalSize(self.width) == nil {
            width = timesHidden * (try fields.hiddenSize())
        } else {
            width = try fields.size(self.width)
        }
        return DenseFeedForward(
            intermediate: width, isGated: isGated, hasBias: try bias.value(fields))
    }
}

extension WindowRule {
    /// The reach of each layer. The engine applies a model's window to every layer unless the file
    /// says that layers differ (vLLM 0.33.0, `EngineArgs.create_engine_config`).
    func reaches(_ fields: ConfigFields, layers: Int) throws -> [Reach] {
        let everywhere = Array(repeating: Reach.full, count: layers)
        if isIgnored { return everywhere }
        if needsFlag, !(try fields.flag("use_sliding_window", default: false)) {
            return everywhere
        }
        if let list, let windows = try fields.perLayer(list, layers: layers) {
            return windows.prefix(layers).map { $0 > 0 ? .sliding(window: $0) : .full }
        }
        let types = try fields.layerTypes(layers: layers)
        if hasNoFallback, types == nil { return everywhere }
        let chunked = types?.contains("chunked_attention") ?? false
        guard let window = try fields.window() else {
            guard chunked else { return everywhere }
            let chunk = try fields.size("attention_chunk_size", most: 1 << 30)
            return types!.map { $0 == "chunked_attention" ? .chunked(chunk: chunk) : .full }
        }
        let sliding = Reach.sliding(window: window + plus)
        if let types {
            // Rnj-1 calls windows chunks.
            let names = ["sliding_attention", "chunked_attention"]
            return types.map { names.contains($0) ? sliding : .full }
        }
        var period = period
        if let periodField {
            // EXAONE writes its pattern as "LLLG".
            let pattern = fields.word(periodField)?.count
            period = try pattern ?? fields.size(periodField, default: max(1, period))
        }
        guard period > 0 else { return Array(repeating: sliding, count: layers) }
        let offset = isFullFirst ? 0 : 1
        return (0..<layers).map { ($0 + offset) % period == 0 ? .full : sliding }
    }
}
