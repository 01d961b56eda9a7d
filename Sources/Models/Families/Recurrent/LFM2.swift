import Basics

/// LFM2 and LFM2-MoE: gated short convolutions beside attention.
extension Families {
    static let lfm2 = Family().with {
        $0.finish = tied
        $0.heads.width = []
        $0.heads.norms = .perHead
        $0.hasNetworks = false
        $0.mixers = { fields, attentions in
            let layers = attentions.count
            var attends = try fields.attends(layers: layers)
            if !fields.has("layer_types") {
                // The class's default without either list: every layer attends.
                let listed = fields.integers("full_attn_idxs").map { Set($0) }
                attends = (0..<layers).map { listed?.contains($0) ?? true }
            }
            return try shortConvolutions(fields, attentions, attends)
        }
        $0.layer = { fields, _, layer in
            var network = DenseFeedForward(intermediate: try fields.lfm2Width())
            network.path = "feed_forward"
            layer.feedForward = .dense(network)
        }
    }

    static let lfm2Experts = Family().with {
        $0.finish = tied
        $0.heads.width = []
        $0.heads.norms = .perHead
        $0.experts = ExpertRule(
            corrects: .field("use_expert_bias"),
            layers: .from("num_dense_layers", frequency: nil))
        $0.mixers = { fields, attentions in
            guard fields.has("layer_types") else {
                throw InputError(
                    fields.place, "layer_types is missing", expected: "a kind for each layer")
            }
            let attends = try fields.attends(layers: attentions.count)
            return try shortConvolutions(fields, attentions, attends)
        }
    }

    private static func shortConvolutions(
        _ fields: ConfigFields, _ attentions: [Attention], _ attends: [Bool]
    ) throws -> [Attention] {
        let hidden = try fields.hiddenSize()
        let mixer = RecurrentMixer.shortConvolution(
            hidden: hidden, width: try fields.size("conv_dim", default: hidden),
            length: try fields.size("conv_L_cache", default: 3, most: 64),
            hasBias: try fields.flag("conv_bias", default: false))
        return attentions.enumerated().map { index, attention in
            attends[index] ? attention : .recurrent(mixer)
        }
    }
}

extension ConfigFields {
    /// The network's width: two thirds of the file's, times a factor, rounded up to a multiple
    /// (vLLM 0.33.0, `Lfm2MLP`).
    fileprivate func lfm2Width() throws -> Int {
        var width = try gives("block_ff_dim") ? size("block_ff_dim") : size("intermediate_size")
        guard try flag("block_auto_adjust_ff_dim", default: true) else { return width }
        width = 2 * width / 3
        if case .number(let factor)? = self["block_ffn_dim_multiplier"] {
            guard factor > 0, factor < 64 else {
                throw InputError(
                    place, "block_ffn_dim_multiplier is \(factor)", expected: "above 0, below 64")
            }
            width = Int(factor * Double(width))
        }
        let multiple = try size("block_multiple_of", default: 256)
        return max(multiple, (width + multiple - 1) / multiple * multiple)
    }
}
