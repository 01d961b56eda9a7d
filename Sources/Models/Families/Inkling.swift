import Basics

/// Inkling (vLLM 0.33.0, `vllm.models.inkling`): windowed and full layers with their own heads,
/// distances by a learned projection instead of rotary positions, and four short convolutions a
/// layer. Their last inputs stand in a cache of windows, beside the layer's keys and values. Shared
/// experts take part in the router's choice.
///
/// Files come in two spellings: the publisher's (`dense_intermediate_size` beside experts of
/// `intermediate_size`) and Transformers' (`intermediate_size` beside `moe_intermediate_size`).
extension Families {
    static let inkling = Family().with {
        $0.activeCounting = .withoutEmbedding
        $0.windows = WindowRule(isIgnored: true)
        $0.heads.norms = .perHead
        $0.hasNetworks = false
        $0.layer = { fields, index, layer in try fields.changeInkling(index, &layer) }
        $0.finish = { fields, model in
            model.replicatesEmbedding = true
            if try fields.flag("use_embed_norm", default: fields.isTransformersInkling) {
                model.outerVectors.append(WeightVector("model.embed_norm", model.hiddenSize))
            }
        }
    }
}

extension ConfigFields {
    /// Whether the file is in Transformers' spelling.
    fileprivate var isTransformersInkling: Bool {
        has("moe_intermediate_size") && !gives("dense_intermediate_size")
    }

    fileprivate func changeInkling(_ index: Int, _ layer: inout Layer) throws {
        let hidden = try hiddenSize()
        let isLocal = try inklingWindows()[index]
        let window = try size("sliding_window_size", default: 512, most: 1 << 30)
        var heads = try inklingHeads(isLocal ? "swa_" : "")
        if isLocal { heads.reach = .sliding(window: window) }
        heads.path = "attn"
        let rank = try size("d_rel", default: 16, most: 8192)
        let extent = isLocal ? window : try size("rel_extent", default: 1024, most: 1 << 20)
        heads.vectors.append(WeightVector("attn.rel_logits_proj", rank * extent))
        let distances = Projection.of(
            "attn", "r_proj", hidden, heads.queryHeads * rank,
            .columns(units: heads.queryHeads), hasBias: heads.inputBias)
        layer.others.append([distances])
        layer.feedForward = try inklingNetwork(index)
        if try flag("use_global_scale", default: isTransformersInkling),
            case .dense = layer.feedForward
        {
            layer.vectors.append(WeightVector("mlp.global_scale", 1))
        }
        if try flag("use_sconv", default: isTransformersInkling) {
            try addConvolutions(&heads, to: &layer)
        }
        layer.attention = .heads(heads)
    }

    /// Which layers are windowed: those that `local_layer_ids` numbers, or by `layer_types`. In
    /// Transformers' spelling without either five of six.
    private func inklingWindows() throws -> [Bool] {
        let count = try layerCount()
        if let list = integers("local_layer_ids") {
            let local = Set(list)
            return (0..<count).map { local.contains($0) }
        }
        if let types = try layerTypes(layers: count) {
            return types.map { $0 == "hybrid_sliding" }
        }
        return (0..<count).map { isTransformersInkling && ($0 + 1) % 6 != 0 }
    }

    private func inklingHeads(_ prefix: String) throws -> HeadAttention {
        var rule = HeadRule()
        rule.queries = [prefix + "num_attention_heads", "num_attention_heads"]
        rule.keyValues = [prefix + "num_key_value_heads", "num_key_value_heads"]
        rule.width = [prefix + "head_dim", "head_dim"]
        rule.inputBias = .field("q_bias")
        rule.outputBias = .field("o_bias")
        rule.norms = .perHead
        return try rule.attention(self)
    }

    /// A dense network in the first layers, experts in the others.
    private func inklingNetwork(_ index: Int) throws -> FeedForward {
        let isDense: Bool
        if let words = words("mlp_layer_types") {
            guard words.count >= (try layerCount()) else {
                throw InputError(
                    place, "mlp_layer_types has \(words.count) entries",
                    expected: "one for each layer")
            }
            isDense = words[index] != "sparse"
        } else {
            isDense = index < (try count("dense_mlp_idx", default: 0))
        }
        let other = isTransformersInkling
        guard !isDense else {
            return .dense(
                DenseFeedForward(
                    intermediate: try size("dense_intermediate_size", "intermediate_size")))
        }
        var rule = ExpertRule(
            count: ["n_routed_experts"],
            width: [other ? "moe_intermediate_size" : "intermediate_size"],
            shared: .experts(["n_shared_experts"]))
        rule.sharedPath = "mlp.sink_experts"
        var experts = try rule.experts(self)
        let sinks = try count("n_shared_experts", default: 0)
        guard sinks > 0, try flag("shared_expert_sink", default: other) else {
            throw InputError(
                place, "n_shared_experts is \(sinks) or shared_expert_sink is not set",
                expected: "shared experts that the router weighs, as the engine's class needs")
        }
        // The matrix has a row for every expert, padded to a multiple of eight.
        let rows = (experts.count + sinks).roundedUp(to: 8)
        experts.vectors.append(
            WeightVector("mlp.gate.padding", (rows - experts.count) * (try hiddenSize())))
        if try flag("use_global_scale", default: other) {
            experts.vectors.append(WeightVector("mlp.gate.global_scale", 1, isWide: true))
        }
        if try flag("use_gate_bias", default: other) {
            experts.vectors.append(WeightVector("mlp.gate.bias", experts.count, isWide: true))
        }
        return .experts(experts)
    }

    /// Convolutions over keys, values and both parts' outputs, and the cache of their last inputs:
    /// blocks of as many tokens as taps, a row of a power of two for each KV head.
    private func addConvolutions(_ heads: inout HeadAttention, to layer: inout Layer) throws {
        let hidden = try hiddenSize()
        let taps = try size("sconv_kernel_size", "conv_kernel_size", default: 4, most: 64)
        let keys = heads.keyValueHeads * heads.headDim
        heads.vectors.append(
            WeightVector("attn.kv_sconv", 2 * keys * taps, units: heads.keyValueHeads))
        layer.vectors.append(WeightVector("sconv", 2 * hidden * taps, units: hidden))
        let share = hidden / heads.keyValueHeads
        var width = 1
        while width < 2 * (heads.headDim + share) { width *= 2 }
        var cache = CacheSpec(
            .sliding(window: taps), rowBytes: Int64(2 * width * heads.keyValueHeads),
            blockSize: taps)
        cache.hasOwnBlockSize = true
        cache.shards = heads.keyValueHeads
        layer.caches.append(cache)
    }
}
