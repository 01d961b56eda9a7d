import Basics

/// Ling and Ring 2.5 and 3: latent attention in the last layer of each group; lightning attention
/// (2.5) or Kimi's delta attention (3) in the others.
extension Families {
    static let bailingLinear = bailingLatent.with {
        $0.experts?.widensRouter = .not("router_dtype", "bf16")
        $0.mixers = { fields, attentions in
            let mixer = try fields.lightning()
            let group = try fields.count("layer_group_size", default: 1)
            return attentions.enumerated().map { index, attention in
                group > 0 && (index + 1) % group != 0 ? .recurrent(mixer) : attention
            }
        }
    }

    /// Layers beyond the last whole group also have latent attention.
    static let bailingDelta = bailingLatent.with {
        $0.experts?.widensRouter = .yes
        $0.mixers = { fields, attentions in
            let hidden = try fields.hiddenSize()
            let heads = try fields.size("num_attention_heads", most: 4096)
            var sizes = KimiDeltaSizes(
                hidden: hidden, heads: heads,
                headDim: try fields.headDim(["head_dim"], queries: heads),
                convolution: try fields.size("short_conv_kernel_size", default: 4, most: 64))
            sizes.hasFullRankDecay = true
            sizes.hasFullRankGate = true
            sizes.path = "attention"
            guard try fields.flag("no_kda_lora", default: false) else {
                throw InputError(
                    fields.place, "no_kda_lora is not true",
                    expected: "true, which is all that vLLM 0.33.0 serves")
            }
            let mixer = RecurrentMixer.kimiDelta(sizes)
            let group = try fields.size("layer_group_size", default: 5, most: 1024)
            let whole = attentions.count / group * group
            return attentions.enumerated().map { index, attention in
                (index + 1) % group == 0 || index >= whole ? attention : .recurrent(mixer)
            }
        }
    }

    private static let bailingLatent = Family().with {
        $0.latent = LatentRule(bias: .no)
        $0.network.bias = .field("use_bias")
        $0.experts = ExpertRule(
            shared: .product(["num_shared_experts"], ["moe_shared_expert_intermediate_size"]),
            corrects: .field("moe_router_enable_expert_bias"),
            layers: .from("first_k_dense_replace", frequency: nil))
    }
}

extension ConfigFields {
    /// Lightning attention with the file's sizes.
    fileprivate func lightning() throws -> RecurrentMixer {
        let heads = try size("num_attention_heads", most: 4096)
        var mixer = RecurrentMixer.lightning(
            hidden: try hiddenSize(), heads: heads,
            headDim: try headDim(["head_dim"], queries: heads), path: "attention")
        let hasBias = try flag("use_bias", default: false)
        mixer.projections[0][0].hasBias = try hasBias || flag("use_qkv_bias", default: false)
        mixer.projections[1][0].hasBias = hasBias
        if try flag("use_qk_norm", default: false) {
            let width = try headDim(["head_dim"], queries: heads)
            mixer.vectors.append(WeightVector("attention.qk_norms", 2 * width))
        }
        return mixer
    }
}
