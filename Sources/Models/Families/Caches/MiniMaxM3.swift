import Basics

/// MiniMax-M3: dense layers first, then experts. Sparse layers choose blocks of 128 tokens through
/// an indexer, whose keys are cached in 16 bits and replicated on every GPU.
extension Families {
    static let miniMax3 = Family().with {
        $0.heads.norms = .perHead
        $0.network.width = ["dense_intermediate_size", "intermediate_size"]
        $0.experts = ExpertRule(
            width: ["intermediate_size"], shared: .experts(["n_shared_experts"]),
            corrects: .field("use_routing_bias"), layers: .listed("moe_layer_freq"))
        $0.experts?.widensRouter = .yes
        $0.layer = { fields, index, layer in
            try fields.addBlockIndexer(index, &layer)
            guard case .experts(var experts) = layer.feedForward else { return }
            experts.path = "block_sparse_moe.experts"
            experts.routerPath = "block_sparse_moe.gate"
            experts.shared?.path = "block_sparse_moe.shared_experts"
            layer.feedForward = .experts(experts)
        }
    }
}

extension ConfigFields {
    /// Adds an indexer to a sparse layer: one query per KV head, one key for all.
    fileprivate func addBlockIndexer(_ index: Int, _ layer: inout Layer) throws {
        guard case .heads(var heads) = layer.attention, let settings = try blockIndexer(index)
        else { return }
        let hidden = try hiddenSize()
        guard settings.heads == heads.keyValueHeads else {
            throw InputError(
                place, "the indexer has \(settings.heads) heads",
                expected: "the \(heads.keyValueHeads) of num_key_value_heads")
        }
        var projections = layer.attention.projections(hidden: hidden)
        projections[0] += [
            Projection.of(
                heads.path, "index_q_proj", hidden, settings.heads * settings.width,
                .columns(units: settings.heads)),
            Projection.of(heads.path, "index_k_proj", hidden, settings.width, .replicated),
        ]
        heads.ownProjections = projections
        heads.vectors.append(WeightVector("self_attn.index_norms", 2 * settings.width))
        layer.attention = .heads(heads)
        layer.caches.append(
            CacheSpec(.mla, rowBytes: Int64(2 * settings.width), blockSize: settings.block))
    }

    /// The indexer of a layer, from the file's object or the class's own fields; nil if it has
    /// none.
    private func blockIndexer(_ index: Int) throws -> (heads: Int, width: Int, block: Int)? {
        if let inner = nested("sparse_attention_config") {
            guard try inner.flag("use_sparse_attention", default: true) else { return nil }
            let count = try layerCount()
            if let list = try inner.perLayer("sparse_attention_freq", layers: count),
                list[index] == 0
            {
                return nil
            }
            return (
                try inner.size("sparse_num_index_heads", most: 4096),
                try inner.size("sparse_index_dim", most: 8192),
                try inner.size("sparse_block_size", default: 128, most: 1 << 16)
            )
        }
        guard has("index_n_heads") else { return nil }
        if let types = words("layer_types"), index < types.count, types[index] == "full_attention" {
            return nil
        }
        return (
            try size("index_n_heads", most: 4096), try size("index_head_dim", most: 8192),
            try size("index_block_size", default: 128, most: 1 << 16)
        )
    }
}
