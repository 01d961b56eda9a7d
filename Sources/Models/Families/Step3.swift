import Basics

/// Step-3: one KV head, and queries through a shared low-rank projection.
extension Families {
    static let step3 = Family().with {
        $0.heads.keyValues = ["num_attention_groups"]
        $0.windows = WindowRule(isIgnored: true)
        $0.activeCounting = .withoutEmbedding
        $0.experts = ExpertRule(
            shared: .width(["share_expert_dim"]), layers: .text("moe_layers_enum"))
        $0.layer = { fields, _, layer in
            guard case .heads(var heads) = layer.attention else { return }
            let hidden = try fields.hiddenSize()
            let rank = try fields.size("share_q_dim", default: heads.headDim)
            let keys = heads.keyValueHeads * heads.headDim
            let queries = heads.queryHeads * heads.headDim
            func matrix(
                _ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split
            ) -> Projection {
                var matrix = Projection(name, inputs, outputs, split)
                matrix.path = "self_attn." + name
                return matrix
            }
            heads.ownProjections = [
                [
                    matrix("q_proj", hidden, rank, .replicated),
                    matrix("k_proj", hidden, keys, .replicated),
                    matrix("v_proj", hidden, keys, .replicated),
                ], [matrix("wq", rank, queries, .columns(units: heads.queryHeads))],
                [matrix("o_proj", queries, hidden, .rows)],
            ]
            heads.vectors.append(WeightVector("self_attn.inter_norm", rank))
            layer.attention = .heads(heads)
        }
    }
}
