import Basics

/// K2-Horizon (vLLM 0.33.0's class): in layers with experts a router may choose the values too, as
/// it chooses networks (MoVA): `mova_num_experts` value projections, of which a token takes
/// `mova_num_experts_per_tok`. All heads' values are cached, so the cache is a plain one.
extension Families {
    static let ownAttention: [String: Family] = [
        "k2_horizon": k2Horizon, "pangu_pro_moe": panguProMoE, "inkling": inkling,
        "step5": step5,
    ]

    static let k2Horizon = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.outputBias = .field("attention_bias")
        $0.heads.norms = .wholeByHeads
        $0.heads.hasNorms = .field("query_key_norm")
        $0.experts = ExpertRule(
            width: ["moe_intermediate_size"], shared: .experts(["num_shared_experts"]),
            layers: .every("decoder_sparse_step", but: "mlp_only_layers"))
        $0.experts?.isOptional = true
        $0.layer = { fields, _, layer in try fields.changeK2(&layer) }
    }
}

extension ConfigFields {
    fileprivate func changeK2(_ layer: inout Layer) throws {
        guard case .heads(var heads) = layer.attention else { return }
        let hidden = try hiddenSize()
        if let gate = word("attention_gate_func") {
            guard ["silu", "softplus"].contains(gate) else {
                throw InputError(
                    place, "attention_gate_func is \"\(gate.prefix(40))\"",
                    expected: "silu, softplus or null")
            }
            layer.others.append([
                Projection.of(
                    "self_attn", "gate_proj", hidden, heads.queryHeads * heads.headDim,
                    .columns(units: heads.queryHeads))
            ])
        }
        if case .experts(var experts) = layer.feedForward {
            let values = try count("mova_num_experts", default: 0)
            if values > 0 { try routeValues(values, hidden, &heads) }
            if try flag("moe_gate_bias", default: false) {
                experts.vectors.append(
                    WeightVector("mlp.gate.bias", experts.count, isWide: true))
                if values > 0 {
                    heads.vectors.append(
                        WeightVector("self_attn.v_router.bias", values, isWide: true))
                }
            }
            layer.feedForward = .experts(experts)
        }
        layer.attention = .heads(heads)
    }

    /// Replaces the value projection by a router and several of it.
    private func routeValues(_ count: Int, _ hidden: Int, _ heads: inout HeadAttention) throws {
        let chosen = try size("mova_num_experts_per_tok", most: 4096)
        guard chosen <= count, count <= 4096 else {
            throw InputError(
                place, "mova_num_experts_per_tok is \(chosen) of \(count)",
                expected: "at most mova_num_experts, at most 4096")
        }
        let queries = heads.queryHeads * heads.headDim
        let keys = heads.keyValueHeads * heads.headDim
        func matrix(
            _ name: String, _ inputs: Int, _ outputs: Int, _ split: Projection.Split,
            hasBias: Bool = false
        ) -> Projection {
            Projection.of("self_attn", name, inputs, outputs, split, hasBias: hasBias)
        }
        let cut = Projection.Split.columns(units: heads.keyValueHeads)
        var values = matrix("v_experts", hidden, count * keys, cut)
        values.parts = count
        values.usedOutputs = chosen * keys
        heads.ownProjections = [
            [
                matrix(
                    "q_proj", hidden, queries, .columns(units: heads.queryHeads),
                    hasBias: heads.inputBias),
                matrix("k_proj", hidden, keys, cut, hasBias: heads.inputBias),
            ], [matrix("v_router", hidden, count, .replicated)], [values],
            [matrix("o_proj", queries, hidden, .rows, hasBias: heads.outputBias)],
        ]
    }
}
