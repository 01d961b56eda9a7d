/// Falcon-H1: every layer has attention and a Mamba-2 state side by side, then one network. The
/// engine creates the attention first.
extension Families {
    static let falconH1 = Family().with {
        $0.network.bias = .field("mlp_bias")
        $0.finish = { fields, model in
            var sizes = try fields.falconMamba2()
            sizes.hasNorm = try fields.flag("mamba_rms_norm", default: false)
            let mixer = Attention.recurrent(.mamba2(sizes))
            let hidden = model.hiddenSize
            model.layers = model.layers.flatMap { layer in
                let first = Layer(
                    attention: layer.attention, feedForward: .none, normWeights: hidden)
                var second = Layer(
                    attention: mixer, feedForward: layer.feedForward, normWeights: hidden)
                second.continues = true
                return [first, second]
            }
        }
    }
}

extension ConfigFields {
    /// The mixer's sizes. mamba_d_ssm is its number of channels unless it is null.
    fileprivate func falconMamba2() throws -> Mamba2Sizes {
        let hidden = try hiddenSize()
        let expanded = try size("mamba_expand", default: 2, most: 64) * hidden
        let inner = try optionalSize(["mamba_d_ssm"]) ?? expanded
        let heads = try size("mamba_n_heads", most: 4096)
        let headDim = try evenly(inner, over: heads, "mamba_d_ssm", "mamba_n_heads")
        var sizes = Mamba2Sizes(
            hidden: hidden, heads: heads, headDim: headDim,
            state: try size("mamba_d_state", most: 8192),
            groups: try size("mamba_n_groups", default: 1, most: 4096),
            convolution: try size("mamba_d_conv", default: 4, most: 64))
        sizes.hasBias = try flag("mamba_proj_bias", default: false)
        sizes.hasConvolutionBias = try flag("mamba_conv_bias", default: true)
        sizes.path = "mamba"
        return sizes
    }
}
