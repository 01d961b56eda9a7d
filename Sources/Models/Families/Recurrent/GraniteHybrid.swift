/// Granite 4: Mamba 2 beside attention, a network that every token passes, and experts in the
/// larger models.
extension Families {
    static let graniteHybrid = Family().with {
        $0.heads.width = []
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.outputBias = .field("attention_bias")
        $0.hasNetworks = false
        $0.mixers = { fields, attentions in
            let mixer = RecurrentMixer.mamba2(try fields.hybridMamba2(path: "mamba"))
            let attends = try fields.attends(layers: attentions.count)
            return attentions.enumerated().map { index, attention in
                attends[index] ? attention : .recurrent(mixer)
            }
        }
        $0.layer = { fields, _, layer in
            let shared = try fields.count("shared_intermediate_size", default: 0)
            var network = DenseFeedForward(intermediate: shared)
            network.path = "shared_mlp"
            guard try fields.count("num_local_experts", default: 0) > 0 else {
                layer.feedForward = shared > 0 ? .dense(network) : .none
                return
            }
            var experts = try ExpertRule(
                count: ["num_local_experts"], width: ["intermediate_size"]
            ).experts(fields)
            experts.path = "block_sparse_moe.experts"
            experts.routerPath = "block_sparse_moe.gate"
            experts.shared = shared > 0 ? network : nil
            layer.feedForward = .experts(experts)
        }
    }
}
