import Basics

/// Tencent's HY 4: latent attention, with an indexer where `layer_types` says so, a gate and sinks
/// by flags; experts beside a shared one; residuals in several streams (vLLM's class).
extension Families {
    static let hunyuan4 = Family().with {
        $0.latent = LatentRule(bias: .no, hasIndexer: true)
        $0.latent?.indexedTypes = [
            "sparse_attention", "sparse", "deepseek_sparse_attention", "indexed_attention",
        ]
        $0.experts = ExpertRule(
            count: ["n_routed_experts"], width: ["moe_intermediate_size"],
            shared: .experts(["n_shared_experts"]), corrects: .yes, widensRouter: .yes,
            layers: .words("mlp_layer_types"))
        $0.activeCounting = .withoutEmbedding
        $0.layer = { fields, _, layer in try fields.changeHunyuan4(&layer) }
        $0.finish = { fields, model in
            guard try fields.flag("enable_ihc", default: false) else { return }
            let streams = try fields.size("hc_mult", default: 4, most: 64)
            model.outerVectors.append(
                WeightVector(
                    "lm_head.hc_head", streams * (streams * model.hiddenSize + 1) + 1,
                    isWide: true))
        }
    }
}

extension ConfigFields {
    fileprivate func changeHunyuan4(_ layer: inout Layer) throws {
        let hidden = try hiddenSize()
        if case .latent(var latent) = layer.attention {
            let heads = latent.queryHeads
            if try flag("gated_mla", default: false) {
                let widths = ["headwise": 1, "elementwise": latent.valueDim]
                let kind = word("gating_type") ?? ""
                guard let width = widths[kind] else {
                    throw InputError(
                        place, "gating_type is \"\(kind.prefix(40))\"",
                        expected: "headwise or elementwise")
                }
                latent.otherProjections.append([
                    Projection.of(
                        latent.path, "linear_gate", hidden, heads * width, .columns(units: heads))
                ])
            }
            if try flag("learnable_sink", default: false) {
                latent.vectors.append(
                    WeightVector(
                        "self_attn.learnable_sink_param", heads, units: heads,
                        isWide: latent.isSparse))
            }
            layer.attention = .latent(latent)
        }
        guard try flag("enable_ihc", default: false) else { return }
        // Two of them. Each mixes all streams into twice as many gates, with scales and biases.
        let streams = try size("hc_mult", default: 4, most: 64)
        let each = 2 * streams * (streams * hidden + 1) + 2
        layer.vectors.append(WeightVector("hc_layers", 2 * each, isWide: true))
    }
}
