/// MiMo-V2 (Xiaomi): windowed and full attention with different heads; keys are wider than values.
/// Routers are float32.
extension Families {
    static let mimo2 = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.experts = ExpertRule(
            corrects: .yes, layers: .listed("moe_layer_freq"))
        $0.mixers = { fields, attentions in
            let full = try fields.mimoHeads("")
            var sliding = try fields.mimoHeads("swa_")
            let window = try fields.size(
                "sliding_window_size", "sliding_window", most: 1 << 30)
            sliding.reach = .sliding(window: window)
            if try fields.flag("add_swa_attention_sink_bias", default: false) {
                sliding.vectors.append(
                    WeightVector(
                        "self_attn.attention_sink_bias", sliding.queryHeads,
                        units: sliding.queryHeads))
            }
            let slides = try fields.mimoWindows(layers: attentions.count)
            return slides.map { .heads($0 ? sliding : full) }
        }
        $0.windows = WindowRule(needsFlag: true)
        $0.experts?.widensRouter = .not("moe_router_dtype", "bfloat16")
    }
}

extension ConfigFields {
    /// The heads of one kind of layer. Fields missing under the prefix are those of full attention.
    fileprivate func mimoHeads(_ prefix: String) throws -> HeadAttention {
        var rule = HeadRule()
        rule.queries = [prefix + "num_attention_heads", "num_attention_heads"]
        rule.keyValues = [prefix + "num_key_value_heads", "num_key_value_heads"]
        rule.width = [prefix + "head_dim", "head_dim"]
        rule.inputBias = .field("attention_bias")
        var heads = try rule.attention(self)
        heads.valueDim = try size(
            prefix + "v_head_dim", "v_head_dim", default: heads.headDim, most: 8192)
        return heads
    }

    /// Which layers are windowed.
    fileprivate func mimoWindows(layers: Int) throws -> [Bool] {
        if let pattern = try perLayer("hybrid_layer_pattern", layers: layers) {
            return pattern.prefix(layers).map { $0 == 1 }
        }
        if let types = try layerTypes(layers: layers) {
            return types.map { $0 == "sliding_attention" }
        }
        // The class's default: full attention in the first layer and in every sixth.
        return (0..<layers).map { $0 != 0 && $0 % 6 != 5 }
    }
}
