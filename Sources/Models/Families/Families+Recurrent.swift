import Basics

/// Decoders with layers that keep a state.
extension Families {
    static let recurrent: [String: Family] = [
        "qwen3_next": qwenNext, "mamba": mamba, "falcon_mamba": mamba, "mamba2": mamba2,
        "jamba": jamba, "rwkv": rwkv,
    ]

    /// Qwen3-Next: gated delta networks, and gated attention in every fourth layer.
    static let qwenNext = qwen3Experts.with {
        $0.heads.gatesOutput = .yes
        $0.activeCounting = .layersOnly
        $0.mixers = { fields, attentions in
            let delta = try RecurrentMixer.gatedDeltaNet(
                hidden: fields.hiddenSize(),
                keyHeads: fields.size("linear_num_key_heads", most: 4096),
                keyDim: fields.size("linear_key_head_dim", most: 8192),
                valueHeads: fields.size("linear_num_value_heads", most: 4096),
                valueDim: fields.size("linear_value_head_dim", most: 8192),
                convolution: fields.size("linear_conv_kernel_dim", default: 4, most: 64))
            let period = try fields.size("full_attention_interval", default: 4)
            let types = try fields.layerTypes(layers: attentions.count)
            return attentions.enumerated().map { index, attention in
                let isFull =
                    types.map { $0[index] == "full_attention" } ?? ((index + 1) % period == 0)
                return isFull ? attention : .recurrent(delta)
            }
        }
    }

    /// Layers of mixers alone, all alike.
    private static func alone(
        _ mixer: @escaping @Sendable (ConfigFields) throws -> RecurrentMixer
    ) -> Family {
        Family().with {
            $0.hasHeads = false
            $0.hasNetworks = false
            $0.norms.perLayer = 1
            $0.mixers = { fields, attentions in
                Array(repeating: .recurrent(try mixer(fields)), count: attentions.count)
            }
        }
    }

    /// Mamba and Falcon-Mamba.
    static let mamba = alone { fields in
        let hidden = try fields.hiddenSize()
        let inner = try fields.size(
            "intermediate_size",
            default: min(ConfigFields.largestSize, hidden * fields.size("expand", default: 2)))
        return try RecurrentMixer.mamba(
            hidden: hidden, inner: inner, state: fields.size("state_size", most: 8192),
            convolution: fields.size("conv_kernel", default: 4, most: 64),
            timeRank: timeRank(fields, "time_step_rank"),
            hasBias: fields.flag("use_bias", default: false))
    }

    /// The rank of the time step: "auto" is a sixteenth of the hidden size.
    private static func timeRank(_ fields: ConfigFields, _ name: String) throws -> Int {
        let usual = (try fields.hiddenSize() + 15) / 16
        return fields.word(name) == "auto" ? usual : try fields.size(name, default: usual)
    }

    static let mamba2 = alone { fields in
        try RecurrentMixer.mamba2(
            hidden: fields.hiddenSize(), heads: fields.size("num_heads", most: 4096),
            headDim: fields.size("head_dim", most: 8192),
            state: fields.size("state_size", most: 8192),
            groups: fields.size("n_groups", default: 8, most: 4096),
            convolution: fields.size("conv_kernel", default: 4, most: 64))
    }

    /// Jamba: one attention layer in every attn_layer_period, experts in every
    /// expert_layer_period.
    static let jamba = Family().with {
        $0.experts = ExpertRule(
            width: ["intermediate_size"],
            layers: .periodic("expert_layer_period", offset: "expert_layer_offset"))
        $0.mixers = { fields, attentions in
            let expand = try fields.size("mamba_expand", default: 2, most: 64)
            let hidden = try fields.hiddenSize()
            let mixer = try RecurrentMixer.mamba(
                hidden: hidden, inner: expand * hidden,
                state: fields.size("mamba_d_state", default: 16, most: 8192),
                convolution: fields.size("mamba_d_conv", default: 4, most: 64),
                timeRank: timeRank(fields, "mamba_dt_rank"))
            let period = try fields.size("attn_layer_period", default: 8)
            let offset = try fields.count("attn_layer_offset", default: 4)
            return attentions.enumerated().map { index, attention in
                index % period == offset ? attention : .recurrent(mixer)
            }
        }
    }

    /// RWKV 4. Its channel mix is a network without gate; the receptance counts with the mixer.
    static let rwkv = Family().with {
        $0.hasHeads = false
        $0.norms.perLayer = 4
        $0.network.timesHidden = 4
        $0.network.isGated = false
        $0.mixers = { fields, attentions in
            let hidden = try fields.hiddenSize()
            let mixer = RecurrentMixer.rwkv(
                hidden: hidden,
                attention: try fields.size("attention_hidden_size", default: hidden))
            return Array(repeating: .recurrent(mixer), count: attentions.count)
        }
    }
}
