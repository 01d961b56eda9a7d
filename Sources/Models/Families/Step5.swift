import Basics

/// Step-5 (vLLM 0.33.0, `vllm.models.step5`): windowed layers, and full ones whose keys an indexer
/// chooses by regions of eight tokens. Beside keys and values it keeps an fp8 summary of each
/// region, and a ring of the open region's inputs. A gate a head, experts after the first layers.
extension Families {
    static let step5 = Family().with {
        $0.heads.keyValues = ["num_attention_groups", "num_key_value_heads"]
        $0.heads.norms = .perHead
        $0.windows = WindowRule(isIgnored: true)
        $0.activeCounting = .withoutEmbedding
        $0.hasNetworks = false
        $0.layer = { fields, index, layer in try fields.changeStep5(index, &layer) }
    }
}

extension ConfigFields {
    fileprivate func changeStep5(_ index: Int, _ layer: inout Layer) throws {
        guard case .heads(var heads) = layer.attention else { return }
        guard let sparse = nested("sparse_config") else {
            throw InputError(
                place, "sparse_config is missing",
                expected: "the indexer's settings: the engine serves no Step-5 without")
        }
        let type = try step5Types()?[index]
        let isFull = type.map { $0 == "full_attention" } ?? true
        let chooses = try isFull && sparse.flag("enabled", default: true)
        if let other = nested("attention_other_setting"), type == other.word("attention_type") {
            heads.queryHeads = try other.size("num_attention_heads", most: 4096)
            heads.keyValueHeads = try other.size("num_attention_groups", most: 4096)
            heads.headDim = try other.size("head_dim", most: 8192)
            heads.valueDim = heads.headDim
        }
        if !isFull, let window = try window() {
            heads.reach = .sliding(window: window)
            if let own = try optionalSize(["swa_num_attention_heads"], most: 4096) {
                heads.queryHeads = own
            }
        }
        layer.attention = .heads(heads)
        try checkHeads(layer)
        let gates = try flag("use_head_wise_attn_gate", default: false)
        if gates { try addGate(heads.queryHeads, to: &layer) }
        if chooses {
            guard gates, heads.headDim == 192 else {
                throw InputError(
                    place, "heads of \(heads.headDim), or no use_head_wise_attn_gate",
                    expected: "heads of 192 with gates, as the engine's kernels need")
            }
            try addRegions(sparse, &layer)
        }
        layer.feedForward = try step5Network(index)
    }

    /// The kinds of all layers; the list may go on with those that predict further tokens.
    private func step5Types() throws -> [String]? {
        guard let types = words("layer_types_with_mtp") ?? words("layer_types") else { return nil }
        let count = try layerCount()
        guard types.count >= count else {
            throw InputError(
                place, "layer_types has \(types.count) entries",
                expected: "one for each of \(count) layers")
        }
        return types
    }

    /// The indexer: queries of 256 for each group of heads, one key and one weight of 256, and a
    /// weight a head; its norms, and a scale a query head.
    private func addRegions(_ sparse: ConfigFields, _ layer: inout Layer) throws {
        guard case .heads(var heads) = layer.attention else { return }
        let hidden = try hiddenSize()
        let groups = heads.keyValueHeads
        let queries = try sparse.size("sparse_indexer_num_heads", default: 16, most: 4096)
        let given = try sparse.optionalSize(["index_tp_size", "num_provider_groups"], most: 4096)
        guard given ?? 4 == groups, queries % groups == 0,
            [2, 4].contains(queries / groups)
        else {
            throw InputError(
                place, "sparse_config has \(queries) heads in \(given ?? 4) groups",
                expected: "the \(groups) KV heads' groups, with 2 or 4 heads each")
        }
        let cut = Projection.Split.columns(units: groups)
        let path = "self_attn.indexer"
        layer.others += [
            [
                Projection.of(path, "q_proj", hidden, queries * 256, cut).plain(),
                Projection.of(path, "kz_proj", hidden, 512, .replicated).plain(),
            ], [Projection.of(path, "w_proj", hidden, queries, cut).plain()],
        ]
        heads.vectors += [
            WeightVector("self_attn.ssmax_s", heads.queryHeads, isWide: true),
            WeightVector("self_attn.sparse_indexer_norms", 3 * 256),
        ]
        layer.attention = .heads(heads)
        var summary = CacheSpec(.full, rowBytes: 256)
        summary.tokensPerRow = 8
        // The ring fills one page of the layer's own: 16 tokens.
        var ring = CacheSpec(
            StateSpec(
                type: StateSpec.ring, parts: [.init(elements: 16 * 2 * heads.headDim * groups)],
                checkpoint: .none))
        ring.shards = groups
        layer.caches += [summary, ring]
    }

    /// A dense network, or experts beside a shared one: by default in all layers but the first.
    private func step5Network(_ index: Int) throws -> FeedForward {
        let count = try layerCount()
        let list = words("moe_layers_enum") != nil ? nil : integers("moe_layers_enum")
        let text = word("moe_layers_enum") ?? word("moe_layer_list")
        let sparse: Set<Int>
        if let text {
            sparse = Set(text.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) })
        } else {
            sparse = Set(list ?? integers("moe_layer_list") ?? Array(1..<max(1, count)))
        }
        guard sparse.contains(index) else {
            return .dense(DenseFeedForward(intermediate: try size("intermediate_size")))
        }
        for name in ["use_moe_router_bias", "need_fp32_gate"] {
            guard try flag(name, default: false) else {
                throw InputError(
                    place, "\(name) is not set", expected: "true, as the engine's class needs")
            }
        }
        var rule = ExpertRule(
            count: ["moe_num_experts"], chosen: ["moe_top_k"], width: ["moe_intermediate_size"],
            shared: .width(["share_expert_dim"]), corrects: .yes, widensRouter: .yes)
        rule.sharedPath = "moe.share_expert"
        let experts = FeedForward.experts(try rule.experts(self)).at("moe")
        return experts
    }
}
