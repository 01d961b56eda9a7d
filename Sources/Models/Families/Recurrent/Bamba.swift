/// Families with Mamba-2 layers that vLLM 0.33.0 no longer serves, supported by `headway explain`.
extension Families {
    /// Bamba: attention in the layers that attn_layer_indices lists.
    static let bamba = Family().with {
        $0.heads.width = []
        $0.mixers = { fields, attentions in
            let mixer = RecurrentMixer.mamba2(try fields.hybridMamba2(path: "mamba"))
            let attends = Set(fields.integers("attn_layer_indices") ?? [])
            return attentions.enumerated().map { index, attention in
                attends.contains(index) ? attention : .recurrent(mixer)
            }
        }
    }

    /// PLaMo 2: windowed attention in the middle of every mamba_step layers; Mamba states by heads
    /// with a low-rank time step in the others; norms before and after.
    static let plamo2 = Family().with {
        $0.heads.norms = .perHead
        $0.norms.perLayer = 4
        $0.mixers = { fields, attentions in
            let step = try fields.size("mamba_step", default: 2, most: 1024)
            let isOn = try fields.flag("mamba_enabled", default: true)
            let mixer = RecurrentMixer.mamba2(try fields.plamo2Sizes())
            let window = try fields.optionalSize(["attention_window_size"], most: 1 << 30)
            let count = attentions.count
            return attentions.enumerated().map { index, attention in
                // With at most half a step of layers, only the last one attends.
                let attends =
                    !isOn || (count <= step / 2 ? index == count - 1 : index % step == step / 2)
                guard attends else { return .recurrent(mixer) }
                guard case .heads(let heads) = attention, let window else { return attention }
                return .heads(heads.with(\.reach, .sliding(window: window)))
            }
        }
    }
}

extension ConfigFields {
    fileprivate func plamo2Sizes() throws -> Mamba2Sizes {
        var sizes = Mamba2Sizes(
            hidden: try hiddenSize(), heads: try size("mamba_num_heads", default: 64, most: 4096),
            headDim: try size("hidden_size_per_head", default: 128, most: 8192),
            state: try size("mamba_d_state", default: 64, most: 8192), groups: 1,
            convolution: try size("mamba_d_conv", default: 4, most: 64))
        sizes.hasConvolutionBias = false
        sizes.path = "mixer"
        return sizes
    }
}
