import Basics

/// Gemma 4: full-attention layers have their own head counts and widths. The larger mixture has
/// experts beside every dense network. The smaller models have inputs per layer, and their last
/// layers read the caches of earlier ones.
extension Families {
    static let gemma4 = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.outputBias = .field("attention_bias")
        $0.heads.norms = .perHead
        $0.norms.perLayer = 4
        $0.hasNetworks = false
        $0.windows = WindowRule(period: 6)
        $0.layer = { fields, index, layer in
            try fields.widenFullLayer(index, &layer)
            try fields.shareCaches(index, &layer)
            let width = try fields.gemma4Width(index)
            let network = DenseFeedForward(intermediate: width)
            layer.feedForward = .dense(network)
            let hidden = try fields.hiddenSize()
            if fields.has("num_experts") {
                var experts = try ExpertRule(
                    count: ["num_experts"], chosen: ["top_k_experts"],
                    width: ["moe_intermediate_size", "expert_intermediate_size"]
                ).experts(fields)
                experts.shared = network
                experts.path = "experts"
                experts.routerPath = "router.proj"
                experts.vectors = [
                    WeightVector("router.scale", hidden),
                    WeightVector("router.per_expert_scale", experts.count),
                ]
                layer.normWeights += 3 * hidden
                layer.feedForward = .experts(experts)
            }
            let inputs = try fields.perLayerInputs()
            guard !inputs.isEmpty else { return }
            layer.others += inputs
            layer.normWeights += hidden
        }
        $0.finish = { fields, model in try fields.addPerLayerEmbeddings(to: &model) }
    }
}

extension ConfigFields {
    /// Sets a full-attention layer's heads: global_head_dim wide, with their own count of KV heads
    /// if keys are also the values.
    fileprivate func widenFullLayer(_ index: Int, _ layer: inout Layer) throws {
        guard case .heads(var heads) = layer.attention, heads.reach == .full else { return }
        heads.headDim = try size("global_head_dim", default: heads.headDim, most: 8192)
        heads.valueDim = heads.headDim
        if try flag("attention_k_eq_v", default: false) {
            heads.keyValueHeads = try size(
                "num_global_key_value_heads", default: heads.keyValueHeads, most: 4096)
        }
        guard heads.queryHeads % heads.keyValueHeads == 0 else {
            throw InputError(
                place,
                "num_global_key_value_heads \(heads.keyValueHeads) does not divide "
                    + "num_attention_heads",
                expected: "a divisor of \(heads.queryHeads)")
        }
        layer.attention = .heads(heads)
    }

    /// Width of a layer's network. Layers that read earlier caches may have twice the width.
    fileprivate func gemma4Width(_ index: Int) throws -> Int {
        let width = try size("intermediate_size")
        let first = try layerCount() - count("num_kv_shared_layers", default: 0)
        let isWide = try flag("use_double_wide_mlp", default: false) && index >= first && first > 0
        return isWide ? 2 * width : width
    }
}
