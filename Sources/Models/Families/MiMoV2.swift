import Basics

/// MiMo-V2: windowed layers with heads of their own, keys wider than values, sinks on windows.
extension Families {
    static let mimoV2 = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.windows = WindowRule(isIgnored: true)
        $0.experts = ExpertRule(
            shared: .experts(["n_shared_experts"]), corrects: .yes, layers: .listed("moe_layer_freq"))
        $0.experts?.widensRouter = .not("moe_router_dtype", "bfloat16")
        $0.layer = { fields, index, layer in
            guard case .heads(var heads) = layer.attention else { return }
            let pattern = try fields.perLayer(
                "hybrid_layer_pattern", layers: fields.layerCount())
            let isWindowed = pattern.map { $0[index] == 1 } ?? false
            heads.valueDim = try fields.size("v_head_dim", default: heads.headDim, most: 8192)
            if isWindowed { try setWindowed(fields, &heads) }
            let sinks =
                isWindowed ? "add_swa_attention_sink_bias" : "add_full_attention_sink_bias"
            if try fields.flag(sinks, default: false), isWindowed {
                heads.vectors.append(
                    WeightVector(
                        "self_attn.attention_sink_bias", heads.queryHeads, units: heads.queryHeads))
            }
            layer.attention = .heads(heads)
        }
    }

    private static func setWindowed(_ fields: ConfigFields, _ heads: inout HeadAttention) throws {
        heads.queryHeads = try fields.size(
            "swa_num_attention_heads", default: heads.queryHeads, most: 4096)
        heads.keyValueHeads = try fields.size(
            "swa_num_key_value_heads", default: heads.keyValueHeads, most: 4096)
        guard heads.queryHeads % heads.keyValueHeads == 0 else {
            throw InputError(
                fields.place, "swa_num_key_value_heads \(heads.keyValueHeads) does not divide "
                    + "swa_num_attention_heads", expected: "a divisor of \(heads.queryHeads)")
        }
        heads.headDim = try fields.size("swa_head_dim", default: heads.headDim, most: 8192)
        heads.valueDim = try fields.size("swa_v_head_dim", default: heads.headDim, most: 8192)
        let window = try fields.size("sliding_window_size", "sliding_window", most: 1 << 30)
        heads.reach = .sliding(window: window)
    }
}
