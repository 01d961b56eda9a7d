import Basics

/// Alice AI (vLLM 0.33.0's class): Kimi's delta attention beside gated attention, experts in every
/// layer, and residuals of earlier blocks mixed by learned scores before both parts.
extension Families {
    static let aliceAI = qwen3Experts.with {
        $0.heads.inputBias = .no
        $0.heads.gatesOutput = .yes
        $0.windows = WindowRule(isIgnored: true)
        $0.experts = ExpertRule(
            shared: .width(["shared_expert_intermediate_size"]), gatesShared: .yes,
            corrects: .yes)
        $0.experts?.sharedPath = "mlp.shared_expert"
        $0.mixers = { fields, attentions in
            let mixer = try fields.aliceDelta()
            let attends = try fields.attends(layers: attentions.count, period: 4)
            return attentions.enumerated().map { index, attention in
                attends[index] ? attention : .recurrent(mixer)
            }
        }
        // Before each part a norm and a projection to one number; the first layer has nothing to
        // mix before its attention.
        $0.layer = { fields, index, layer in
            let hidden = try fields.hiddenSize()
            layer.vectors.append(WeightVector("residuals", (index == 0 ? 2 : 4) * hidden))
        }
        $0.finish = { fields, model in
            _ = try fields.size("block_attn_res_block_size", most: 1024)
            model.outerVectors.append(WeightVector("output_residuals", 2 * model.hiddenSize))
        }
    }
}

extension ConfigFields {
    fileprivate func aliceDelta() throws -> RecurrentMixer {
        let heads = try size("linear_num_key_heads", most: 4096)
        let width = try size("linear_key_head_dim", most: 8192)
        guard try size("linear_num_value_heads", default: heads, most: 4096) == heads,
            try size("linear_value_head_dim", default: width, most: 8192) == width
        else {
            throw InputError(
                place, "linear_num_value_heads or linear_value_head_dim are not the keys'",
                expected: "\(heads) heads of \(width), as linear_num_key_heads says")
        }
        var sizes = KimiDeltaSizes(
            hidden: try hiddenSize(), heads: heads, headDim: width,
            convolution: try size("linear_conv_kernel_dim", default: 4, most: 64))
        sizes.path = "linear_attn"
        return .kimiDelta(sizes)
    }
}
