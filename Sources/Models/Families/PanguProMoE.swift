import Basics

/// openPangu-Pro-MoE V2 (vLLM 0.33.0, `OpenPanguSinkAttention`): keys wider than values, a norm
/// over keys, and `param_sink_number` learned keys and values a head that every token attends to.
/// They fill blocks of the pool once, for all requests.
extension Families {
    static let panguProMoE = Family().with {
        $0.heads.inputBias = .over("qkv_bias", ["attention_bias", "bias"])
        $0.heads.outputBias = .any(["attention_bias", "bias"])
        $0.heads.width = ["qk_head_dim", "head_dim"]
        $0.windows = WindowRule(isIgnored: true)
        $0.network.bias = .field("mlp_bias")
        $0.experts = ExpertRule(
            count: ["n_routed_experts"], shared: .experts(["n_shared_experts"]),
            corrects: .field("router_enable_expert_bias"),
            layers: .from("first_k_dense_replace", frequency: nil))
        $0.experts?.isOptional = true
        $0.layer = { fields, index, layer in
            if try fields.flag("sandwich_norm", default: false) { layer.normWeights *= 2 }
            try fields.addSinks(index, &layer)
        }
    }
}

extension ConfigFields {
    fileprivate func addSinks(_ index: Int, _ layer: inout Layer) throws {
        let sinks = try count("param_sink_number", default: 0)
        guard sinks > 0, case .heads(var heads) = layer.attention else { return }
        heads.headDim =
            try size("qk_nope_dim", most: 8192) + size("qk_rope_dim", most: 8192)
        heads.valueDim = try size("v_channels", most: 8192)
        heads.vectors.append(WeightVector("self_attn.k_layernorm", heads.headDim))
        let kept = try flag("param_sink_with_value", default: false) ? heads.valueDim : 0
        heads.vectors.append(
            WeightVector(
                "self_attn.param_sink", sinks * heads.keyValueHeads * (heads.headDim + kept),
                units: heads.keyValueHeads))
        if let window = try sinkWindow(index) { heads.reach = .sliding(window: window) }
        layer.attention = .heads(heads)
    }

    /// The window of a layer, from a number or from a list that repeats.
    private func sinkWindow(_ index: Int) throws -> Int? {
        let name = "interleaved_sliding_window"
        guard let list = integers(name) else {
            return try has(name) ? size(name, most: 1 << 30) : nil
        }
        guard !list.isEmpty, list.allSatisfy({ $0 >= 0 && $0 < 1 << 30 }) else {
            throw InputError(place, "\(name) has no windows", expected: "tokens for each layer")
        }
        let window = list[index % list.count]
        return window > 0 ? window : nil
    }
}
