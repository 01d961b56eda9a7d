import Basics

/// GLM-5.3-Flash (vLLM 0.33.0, `vllm.models.glm5next`): Kimi's delta attention in three of four
/// layers, latent attention without positions in the others. An indexer keeps one entry per
/// `index_kpool` tokens, and a ring of as many keys that are not yet part of an entry. Residual
/// streams are mixed as in DeepSeek-V4. Attention is in 16 bits whatever the checkpoint's format.
extension Families {
    static let glm5Next = Family().with {
        $0.activeCounting = .withoutEmbedding
        $0.latent = LatentRule(bias: .no)
        $0.experts = ExpertRule(
            shared: .experts(["n_shared_experts"]), corrects: .word("topk_method", "noaux_tc"),
            layers: .words("mlp_layer_types"))
        $0.experts?.layersWithoutList = .past(3)
        $0.mixers = { fields, attentions in
            let mixer = try fields.glmDelta()
            let types = try fields.layerTypes(layers: attentions.count)
            return attentions.enumerated().map { index, attention in
                let isLinear = types.map { $0[index] == "linear_attention" } ?? (index % 4 != 3)
                return isLinear ? .recurrent(mixer) : attention
            }
        }
        $0.layer = { fields, index, layer in
            layer.vectors += try fields.hyperConnections(["attn", "ffn"])
            try fields.addPooledIndexer(index, &layer)
        }
    }
}

extension ConfigFields {
    /// The delta attention, from its own fields or a nested object.
    fileprivate func glmDelta() throws -> RecurrentMixer {
        let inner = nested("linear_attn_config") ?? self
        let sizes = KimiDeltaSizes(
            hidden: try hiddenSize(),
            heads: try inner.size("linear_num_heads", "num_heads", default: 64, most: 4096),
            headDim: try inner.size("linear_head_dim", "head_dim", default: 128, most: 8192),
            convolution: try inner.size(
                "short_conv_kernel_size", "linear_conv_kernel_dim", default: 4, most: 64))
        var mixer = RecurrentMixer.kimiDelta(sizes)
        mixer.projections = mixer.projections.map { $0.map { $0.plain() } }
        if sizes.headDim == 128 { mixer.checkpoint = .blocks(of: 16) }
        return mixer
    }

    /// Adds the indexer of a latent layer: DeepSeek-V3.2's matrices, and those that pool keys.
    fileprivate func addPooledIndexer(_ index: Int, _ layer: inout Layer) throws {
        guard case .latent(var latent) = layer.attention else { return }
        latent.isQuantized = false
        layer.attention = .latent(latent)
        guard has("index_topk") else { return }
        try LatentRule(hasIndexer: true).addIndexer(self, at: index, to: &layer)
        guard case .latent(var latent) = layer.attention, var entries = layer.caches.popLast()
        else { return }
        let width = try size("index_head_dim", most: 8192)
        let pool = try size("index_kpool", default: 16, most: 4096)
        latent.otherProjections = latent.otherProjections.map { $0.map { $0.plain() } }
        latent.otherProjections[1].append(
            Projection.of(
                "self_attn.indexer", "index_kpool_compress_gate", try hiddenSize(), width,
                .replicated
            ).plain())
        latent.vectors.append(
            WeightVector(
                "self_attn.indexer.index_kpool_compress_ape", pool * width, isWide: true))
        layer.attention = .latent(latent)
        entries.tokensPerRow = pool
        // Its kernel reads pages of 32 entries.
        entries.blockSize = 32 * pool
        // A 16-bit key and its score for each place of the ring.
        let ring = StateSpec(
            type: StateSpec.ring, parts: [.init(elements: 2 * width * pool)], checkpoint: .none)
        layer.caches += [entries, CacheSpec(ring)]
    }
}
