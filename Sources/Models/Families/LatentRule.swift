/// How to read latent attention (DeepSeek), and the indexer that chooses its keys.
struct LatentRule: Sendable {
    var bias = Flag.field("attention_bias")
    /// Whether an indexer with its own keys chooses what a token attends to (DeepSeek-V3.2).
    var hasIndexer = false
    /// Entries of `layer_types` whose layers have an indexer; empty: all layers.
    var indexedTypes: Set<String> = []
    /// Types whose latents are cached, if the class supports both forms; nil: all types.
    var cachedTypes: Set<String>?

    /// The types that vLLM 0.33.0 caches as latents
    /// (`ModelArchConfigConvertorBase.is_deepseek_mla`).
    static let engineTypes: Set = [
        "axk1", "deepseek_v2", "deepseek_v3", "deepseek_v32", "glm_moe_dsa", "glm4_moe_lite",
        "kimi_k2", "kimi_linear", "longcat_flash", "pangu_ultra_moe", "bailing_hybrid",
    ]
}

extension LatentRule {
    /// Whether a file of the family has plain heads all the same: both parts of a key have no
    /// width.
    func isPlain(_ fields: ConfigFields) throws -> Bool {
        let parts = ["qk_nope_head_dim", "qk_rope_head_dim"]
        return try parts.allSatisfy { try fields.count($0, default: 0) == 0 }
    }

    /// The attention of a layer: latent, or with whole heads in the cache if the engine does not
    /// treat the file's type as latent.
    func mixer(_ fields: ConfigFields) throws -> Attention {
        let latent = try attention(fields)
        guard let cachedTypes, !fields.isWrapped, !cachedTypes.contains(fields.type) else {
            return .latent(latent)
        }
        return .heads(latent.wholeHeads(hidden: try fields.hiddenSize()))
    }

    /// The latent attention of a file.
    func attention(_ fields: ConfigFields) throws -> LatentAttention {
        let queryRank = try fields.count("q_lora_rank", default: 0)
        var latent = try LatentAttention(
            queryHeads: fields.size("num_attention_heads", most: 4096),
            queryRank: queryRank > 0 ? queryRank : nil, latentRank: fields.size("kv_lora_rank"),
            ropeDim: fields.has("qk_rope_head_dim")
                ? fields.count("qk_rope_head_dim", default: 0)
                : fields.size("qk_rope_head_dim", most: 8192),
            keyDim: fields.size("qk_nope_head_dim", most: 8192),
            valueDim: fields.size("v_head_dim", most: 8192))
        latent.hasBias = try bias.value(fields)
        return latent
    }

    /// Adds the indexer's weights and its cache to a layer. Each key takes `index_head_dim` bytes
    /// in fp8, with a float32 scale per 128 of them.
    func addIndexer(
        _ fields: ConfigFields, at index: Int, to layer: inout Layer
    ) throws {
        guard case .latent(var latent) = layer.attention else { return }
        if !indexedTypes.isEmpty {
            guard fields.has("index_topk") else { return }
            if let types = fields.words("layer_types") {
                guard types.indices.contains(index), indexedTypes.contains(types[index]) else {
                    return
                }
            }
        }
        latent.isSparse = true
        layer.attention = .latent(latent)
        guard try hasIndexer(fields, index) else { return }
        let heads = try fields.size("index_n_heads", most: 4096)
        let width = try fields.size("index_head_dim", most: 8192)
        let hidden = try fields.size("hidden_size")
        let rank = latent.queryRank ?? hidden
        func matrix(_ name: String, _ inputs: Int, _ outputs: Int) -> Projection {
            var matrix = Projection(name, inputs, outputs, .replicated)
            matrix.path = "self_attn.indexer." + name
            return matrix
        }
        var scores = matrix("weights_proj", hidden, heads)
        scores.isQuantized = false
        var keys = matrix("wk", hidden, width)
        keys.isQuantized = false
        latent.otherProjections += [
            [matrix("wq_b", rank, heads * width)], [keys, scores],
        ]
        latent.vectors.append(
            WeightVector("self_attn.indexer.k_norm", 2 * width, isWide: true))
        layer.attention = .latent(latent)
        layer.caches.append(
            CacheSpec(.mla, rowBytes: Int64(width + (width + 127) / 128 * 4), blockSize: 64))
    }

    /// Whether a layer has its own indexer. Others reuse an earlier layer's choice: by a list, by a
    /// pattern of F and S, or by a frequency after the first ones (`DeepseekV2MLAAttention`).
    private func hasIndexer(_ fields: ConfigFields, _ index: Int) throws -> Bool {
        if let types = fields.words("indexer_types"), types.indices.contains(index) {
            return types[index] != "shared"
        }
        if let pattern = fields.word("index_topk_pattern") {
            return Array(pattern.prefix(index + 1)).last != "S" || pattern.count <= index
        }
        let frequency = try fields.size("index_topk_freq", default: 1)
        let offset = try fields.count("index_skip_topk_offset", default: 2)
        return max(index - offset + 1, 0) % frequency == 0
    }
}

extension LatentAttention {
    /// The same weights with whole heads in the cache, where values are as wide as keys.
    func wholeHeads(hidden: Int) -> HeadAttention {
        let attention = Attention.latent(self)
        var heads = HeadAttention(
            queryHeads: queryHeads, keyValueHeads: queryHeads, headDim: wholeKeyDim)
        heads.ownProjections = attention.projections(hidden: hidden)
        heads.vectors = [WeightVector("self_attn.a_layernorms", attention.otherWeights)]
        return heads
    }
}
