import Basics

/// Mamba, Falcon-Mamba and Mamba 2: layers that consist of one mixer.
extension Families {
    /// A family whose layers consist of equal mixers.
    private static func alone(
        _ mixer: @escaping @Sendable (ConfigFields) throws -> RecurrentMixer
    ) -> Family {
        Family().with {
            $0.hasHeads = false
            $0.hasNetworks = false
            $0.norms.perLayer = 1
            $0.layersPath = "backbone.layers"
            $0.mixers = { fields, attentions in
                Array(repeating: .recurrent(try mixer(fields)), count: attentions.count)
            }
        }
    }

    /// Mamba and Falcon-Mamba. The latter's norms over the time step have no weights.
    static let mamba = alone { fields in
        let hidden = try fields.hiddenSize()
        let expanded = try fields.size("expand", default: 2, most: 64) * hidden
        var sizes = MambaSizes(
            hidden: hidden,
            inner: fields.gives("intermediate_size")
                ? try fields.size("intermediate_size") : expanded,
            state: try fields.size("state_size", most: 8192),
            convolution: try fields.size("conv_kernel", default: 4, most: 64),
            timeRank: try timeRank(fields, "time_step_rank"))
        sizes.hasBias = try fields.flag("use_bias", default: false)
        sizes.hasConvolutionBias = try fields.flag("use_conv_bias", default: true)
        return .mamba(sizes)
    }

    /// The rank of the time step. "auto" and a missing field mean a sixteenth of the hidden size.
    static func timeRank(_ fields: ConfigFields, _ name: String) throws -> Int {
        guard fields.gives(name), fields.word(name) != "auto" else {
            return (try fields.hiddenSize() + 15) / 16
        }
        return try fields.size(name)
    }

    static let mamba2 = alone { fields in
        let heads = try fields.size("num_heads", most: 4096)
        let headDim = try fields.size("head_dim", most: 8192)
        let hidden = try fields.hiddenSize()
        let expanded = try fields.size("expand", default: 2, most: 64) * hidden
        let inner =
            fields.gives("intermediate_size")
            ? try fields.size("intermediate_size") : expanded
        guard heads * headDim == inner else {
            throw InputError(
                fields.place,
                "num_heads \(heads) x head_dim \(headDim) is not the \(inner) of expand or "
                    + "intermediate_size",
                expected: "sizes that agree")
        }
        var sizes = Mamba2Sizes(
            hidden: hidden, heads: heads, headDim: headDim,
            state: try fields.size("state_size", most: 8192),
            groups: try fields.size("n_groups", default: 8, most: 4096),
            convolution: try fields.size("conv_kernel", default: 4, most: 64))
        sizes.hasBias = try fields.flag("use_bias", default: false)
        sizes.hasConvolutionBias = try fields.flag("use_conv_bias", default: true)
        return .mamba2(sizes)
    }
}
