/// Jamba: one attention layer per attn_layer_period, experts once per expert_layer_period.
extension Families {
    static let jamba = Family().with {
        $0.heads.width = []
        $0.experts = ExpertRule(
            width: ["intermediate_size"],
            layers: .periodic("expert_layer_period", offset: "expert_layer_offset"))
        $0.mixers = { fields, attentions in
            let hidden = try fields.hiddenSize()
            var sizes = MambaSizes(
                hidden: hidden,
                inner: try fields.size("mamba_expand", default: 2, most: 64) * hidden,
                state: try fields.size("mamba_d_state", default: 16, most: 8192),
                convolution: try fields.size("mamba_d_conv", default: 4, most: 64),
                timeRank: try timeRank(fields, "mamba_dt_rank"))
            sizes.hasBias = try fields.flag("mamba_proj_bias", default: false)
            sizes.hasConvolutionBias = try fields.flag("mamba_conv_bias", default: true)
            sizes.hasNorms = true
            sizes.path = "mamba"
            let mixer = RecurrentMixer.mamba(sizes)
            let period = try fields.size("attn_layer_period", default: 8)
            let offset = try fields.offset("attn_layer_offset", default: 4, within: period)
            return attentions.enumerated().map { index, attention in
                index % period == offset ? attention : .recurrent(mixer)
            }
        }
        $0.layer = { fields, _, layer in
            // A mixture of one expert is a dense network.
            guard case .experts(let experts) = layer.feedForward, experts.count == 1 else {
                return
            }
            layer.feedForward = .dense(DenseFeedForward(intermediate: experts.intermediate))
        }
    }
}
