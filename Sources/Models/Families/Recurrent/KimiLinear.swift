import Basics

/// Kimi-Linear and Kimi-K3: delta attention beside latent attention. K3 routes a narrower input,
/// gates its outputs and mixes the residuals of earlier blocks.
extension Families {
    static let kimiLinear = Family().with {
        $0.activeCounting = .withoutEmbedding
        $0.latent = LatentRule()
        $0.experts = ExpertRule(
            count: ["num_experts"], chosen: ["num_experts_per_token"],
            width: ["moe_intermediate_size"], shared: .experts(["num_shared_experts"]),
            corrects: .yes,
            layers: .from("first_k_dense_replace", frequency: "moe_layer_freq"))
        $0.mixers = { fields, attentions in
            let linear = try fields.kimiLinear()
            let gates = try fields.flag("mla_use_output_gate", default: false)
            let hidden = try fields.hiddenSize()
            return attentions.enumerated().map { index, attention in
                if linear.layers.contains(index + 1) { return .recurrent(linear.mixer) }
                guard gates, case .latent(var latent) = attention else { return attention }
                latent.otherProjections.append([
                    Projection.of(
                        latent.path, "g_proj", hidden, latent.queryHeads * latent.valueDim,
                        .columns(units: latent.queryHeads))
                ])
                return .latent(latent)
            }
        }
        $0.layer = { fields, _, layer in try fields.changeKimi(&layer) }
        $0.finish = { fields, model in
            guard fields.has("attn_res_block_size") else { return }
            model.outerVectors.append(WeightVector("output_attn_res", 2 * model.hiddenSize))
        }
    }
}

extension ConfigFields {
    /// The delta attention, and the numbers of its layers, counted from 1.
    fileprivate func kimiLinear() throws -> (mixer: RecurrentMixer, layers: Set<Int>) {
        let hidden = try hiddenSize()
        guard let inner = nested("linear_attn_config") else {
            let count = try layerCount()
            let attends = try attends(layers: count, period: 4)
            let sizes = KimiDeltaSizes(
                hidden: hidden, heads: try size("linear_num_heads", default: 32, most: 4096),
                headDim: try size("linear_head_dim", default: 128, most: 8192),
                convolution: try size("linear_conv_kernel_dim", default: 4, most: 64))
            return (.kimiDelta(sizes), Set((1...count).filter { !attends[$0 - 1] }))
        }
        let layers = Set(inner.integers("kda_layers") ?? [])
        let full = Set(inner.integers("full_attn_layers") ?? [])
        let count = try layerCount()
        if inner.has("full_attn_layers"), inner.has("kda_layers") {
            guard layers.isDisjoint(with: full), layers.union(full).isSuperset(of: 1...count) else {
                throw InputError(
                    place, "kda_layers and full_attn_layers do not split the \(count) layers",
                    expected: "each layer, numbered from 1, in one of them")
            }
        }
        var sizes = KimiDeltaSizes(
            hidden: hidden, heads: try inner.size("num_heads", most: 4096),
            headDim: try inner.size("head_dim", most: 8192),
            convolution: try inner.size("short_conv_kernel_size", default: 4, most: 64))
        sizes.hasFullRankGate = try inner.flag("use_full_rank_gate", default: false)
        var mixer = RecurrentMixer.kimiDelta(sizes)
        mixer.padsInputs = sizes.hasFullRankGate
        // Only K3's kernel exports states, and it needs a bounded decay.
        if sizes.hasFullRankGate, inner.has("gate_lower_bound"), sizes.headDim == 128 {
            mixer.checkpoint = .blocks(of: 16)
        }
        return (mixer, layers)
    }

    /// Sets module names and adds further weights of a layer.
    fileprivate func changeKimi(_ layer: inout Layer) throws {
        let hidden = try hiddenSize()
        if case .experts(var experts) = layer.feedForward {
            experts.path = "block_sparse_moe.experts"
            experts.routerPath = "block_sparse_moe.gate"
            experts.shared?.path = "block_sparse_moe.shared_experts"
            // A GPU's shard of an expert is padded to this many columns.
            experts.leastShare = try size("min_moe_intermediate_per_partition", default: 256)
            if let latent = try optionalSize(["routed_expert_hidden_size"]) {
                experts.latent = latent
                // The engine applies mxfp4 to experts only.
                experts.quantizesLatent = false
                experts.latentPaths = [
                    "block_sparse_moe.routed_expert_down_proj",
                    "block_sparse_moe.routed_expert_up_proj",
                ]
                if try flag("latent_moe_use_norm", default: false) {
                    experts.vectors.append(
                        WeightVector("block_sparse_moe.routed_expert_norm", latent))
                }
            }
            layer.feedForward = .experts(experts)
        }
        guard has("attn_res_block_size") else { return }
        // Two norms, and two projections to one number.
        layer.vectors.append(WeightVector("attn_res", 4 * hidden))
    }
}
