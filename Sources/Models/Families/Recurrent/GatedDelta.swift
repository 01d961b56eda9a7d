import Basics

/// Gated delta networks beside attention: Qwen3-Next, Qwen3.5 and OLMo Hybrid.
extension Families {
    /// Gated attention in every fourth layer, experts in all layers.
    static let qwenNext = qwen3Experts.with {
        $0.experts?.quantizesRouter = false
        $0.heads.gatesOutput = .unless("attn_output_gate")
        $0.activeCounting = .layersOnly
        $0.mixers = { fields, attentions in
            try gatedDelta(fields, attentions) { _ in }
        }
    }

    /// Qwen3.5 and 3.6: like Qwen3-Next, with one network per layer. mamba_ssm_dtype sets the
    /// state's type.
    static let qwen35 = qwen3.with {
        $0.heads.gatesOutput = .unless("attn_output_gate")
        $0.mixers = typedDelta
    }

    static let qwen35Experts = qwen3Experts.with {
        $0.experts?.quantizesRouter = false
        $0.heads.gatesOutput = .unless("attn_output_gate")
        $0.mixers = typedDelta
    }

    private static let typedDelta: @Sendable (ConfigFields, [Attention]) throws -> [Attention] = {
        fields, attentions in
        let bytes = try fields.takenStateBytes("mamba_ssm_dtype", default: 2)
        return try gatedDelta(fields, attentions) { mixer in
            mixer = mixer.keeping(recurrenceBytes: bytes)
        }
    }

    /// OLMo Hybrid: norms after both parts of an attention layer, before both parts of the others.
    /// Its kernel exports no states from inside a chunk and keeps its decays in 16 bits.
    static let olmoHybrid = Family().with {
        $0.heads.norms = .whole
        $0.mixers = { fields, attentions in
            try gatedDelta(fields, attentions) { mixer in
                mixer.checkpoint = .none
                for index in mixer.vectors.indices { mixer.vectors[index].isWide = false }
            }
        }
    }

    /// Replaces the layers that do not attend by gated delta networks.
    private static func gatedDelta(
        _ fields: ConfigFields, _ attentions: [Attention],
        _ change: (inout RecurrentMixer) -> Void
    ) throws -> [Attention] {
        let sizes = GatedDeltaSizes(
            hidden: try fields.hiddenSize(),
            keyHeads: try fields.size("linear_num_key_heads", most: 4096),
            keyDim: try fields.size("linear_key_head_dim", most: 8192),
            valueHeads: try fields.size("linear_num_value_heads", most: 4096),
            valueDim: try fields.size("linear_value_head_dim", most: 8192),
            convolution: try fields.size("linear_conv_kernel_dim", default: 4, most: 64))
        guard sizes.valueHeads % sizes.keyHeads == 0 else {
            throw InputError(
                fields.place,
                "linear_num_key_heads \(sizes.keyHeads) does not divide linear_num_value_heads",
                expected: "a divisor of \(sizes.valueHeads)")
        }
        var mixer = RecurrentMixer.gatedDeltaNet(sizes)
        change(&mixer)
        let period = try fields.size("full_attention_interval", default: 4)
        let attends = try fields.attends(layers: attentions.count, period: period)
        return attentions.enumerated().map { index, attention in
            attends[index] ? attention : .recurrent(mixer)
        }
    }
}
