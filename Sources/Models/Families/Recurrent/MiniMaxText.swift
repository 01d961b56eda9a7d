import Basics

/// MiniMax-Text-01 and MiniMax-M1: lightning attention, with plain attention in every eighth layer;
/// experts in all. vLLM 0.33.0 no longer serves them.
extension Families {
    static let miniMaxText = Family().with {
        $0.experts = ExpertRule(width: ["intermediate_size"])
        $0.mixers = { fields, attentions in
            let heads = try fields.size("num_attention_heads", most: 4096)
            let mixer = RecurrentMixer.lightning(
                hidden: try fields.hiddenSize(), heads: heads,
                headDim: try fields.headDim(["head_dim"], queries: heads), path: "self_attn")
            let list = try fields.perLayer("attn_type_list", layers: attentions.count)
            let attends =
                try list?.map { $0 == 1 } ?? fields.attends(layers: attentions.count, period: 8)
            return attentions.enumerated().map { index, attention in
                attends[index] ? attention : .recurrent(mixer)
            }
        }
    }
}
