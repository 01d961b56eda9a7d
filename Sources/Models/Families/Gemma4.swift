/// Gemma 4: full layers with heads and widths of their own, a dense network with a mixture beside
/// it, inputs for every layer in the small ones.
extension Families {
    static let gemma4 = gemma3.with {
        $0.windows = WindowRule(period: 6)
        $0.layer = { fields, index, layer in
            try setGlobalHeads(fields, &layer)
            try Families.shareCache(fields, index, &layer)
            try setNetworks(fields, index, &layer)
            try addLayerInput(fields, &layer)
        }
        $0.finish = { fields, model in try addLayerInputs(fields, &model, default: 0) }
    }

    private static func setGlobalHeads(_ fields: ConfigFields, _ layer: inout Layer) throws {
        guard case .heads(var heads) = layer.attention, heads.reach == .full else { return }
        heads.headDim = try fields.size("global_head_dim", default: heads.headDim, most: 8192)
        heads.valueDim = heads.headDim
        if try fields.flag("attention_k_eq_v", default: true) {
            // Keys are loaded as values too, into a matrix as wide.
            heads.keyValueHeads = try fields.size(
                "num_global_key_value_heads", default: heads.keyValueHeads, most: 4096)
        }
        layer.attention = .heads(heads)
    }

    private static func setNetworks(
        _ fields: ConfigFields, _ index: Int, _ layer: inout Layer
    ) throws {
        guard case .dense(var dense) = layer.feedForward else { return }
        if case .heads(let heads) = layer.attention, heads.readsEarlierCache,
            try fields.flag("use_double_wide_mlp", default: false)
        {
            dense.intermediate *= 2
        }
        guard fields.has("num_experts") else {
            layer.feedForward = .dense(dense)
            return
        }
        let rule = ExpertRule(width: ["moe_intermediate_size", "expert_intermediate_size"])
        var experts = try rule.experts(fields)
        experts.shared = dense
        experts.path = "experts"
        experts.routerPath = "router.proj"
        let hidden = try fields.hiddenSize()
        experts.vectors = [
            WeightVector("router.scale", hidden),
            WeightVector("router.per_expert_scale", experts.count),
        ]
        layer.feedForward = .experts(experts)
        layer.normWeights += 3 * hidden
    }

    private static func addLayerInput(_ fields: ConfigFields, _ layer: inout Layer) throws {
        let width = try fields.count("hidden_size_per_layer_input", default: 0)
        guard width > 0 else { return }
        let hidden = try fields.hiddenSize()
        layer.others = [
            [Projection("layer_input_gate", hidden, width, .replicated, isFeedForward: true)],
            [Projection("layer_input_proj", width, hidden, .replicated, isFeedForward: true)],
        ]
        layer.normWeights += hidden
    }
}
