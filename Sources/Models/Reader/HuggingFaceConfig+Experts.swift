import Basics

/// Readers of mixtures of experts, latent attention and recurrent layers.
extension HuggingFaceConfig {
    /// Mixtral: intermediate_size is one expert's.
    static func mixtral(_ fields: ConfigFields) throws -> TransformerModel {
        let experts = try fields.experts(fields.size("intermediate_size"), "num_local_experts")
        var heads = try fields.heads()
        if fields.has("sliding_window") {
            heads.reach = .sliding(window: try fields.size("sliding_window", most: 1 << 30))
        }
        return try fields.shape(tied: false).sparse(heads, experts)
    }

    /// MiniMax-M2: as Mixtral, with norms over heads.
    static func minimax(_ fields: ConfigFields) throws -> TransformerModel {
        let experts = try fields.experts(fields.size("intermediate_size"), "num_local_experts")
        var heads = try fields.heads()
        heads.normalizesHeads = try fields.flag("use_qk_norm", default: true)
        var model = try fields.shape(tied: false).sparse(heads, experts)
        model.activeCounting = .layersOnly
        return model
    }

    /// Qwen 2 and 3 mixtures: dense where mlp_only_layers or decoder_sparse_step say so.
    static func qwenExperts(_ fields: ConfigFields) throws -> TransformerModel {
        var heads = try fields.heads()
        let isSecond = fields.word("model_type") == "qwen2_moe"
        heads.inputBias = isSecond
        heads.normalizesHeads = !isSecond
        let networks = try qwenNetworks(fields)
        return try fields.shape(tied: false).model { (.heads(heads), networks($0)) }
    }

    private static func qwenNetworks(_ fields: ConfigFields) throws -> (Int) -> FeedForward {
        var experts = try fields.experts(fields.size("moe_intermediate_size"), "num_experts")
        let shared = try fields.count("shared_expert_intermediate_size", default: 0)
        if shared > 0 { experts.shared = DenseFeedForward(intermediate: shared) }
        let dense = try fields.size("intermediate_size", default: 1)
        let step = try fields.size("decoder_sparse_step", default: 1)
        let denseLayers = Set(fields.integers("mlp_only_layers") ?? [])
        return { index in
            let isSparse = !denseLayers.contains(index) && (index + 1) % step == 0
            return isSparse ? .experts(experts) : .dense(DenseFeedForward(intermediate: dense))
        }
    }

    /// Qwen3-Next: gated delta networks, and gated attention in every fourth layer.
    static func qwenNext(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false)
        var heads = try fields.heads()
        heads.normalizesHeads = true
        heads.gatesOutput = true
        let delta = try RecurrentMixer.gatedDeltaNet(
            hidden: shape.hidden, keyHeads: fields.size("linear_num_key_heads", most: 4096),
            keyDim: fields.size("linear_key_head_dim", most: 8192),
            valueHeads: fields.size("linear_num_value_heads", most: 4096),
            valueDim: fields.size("linear_value_head_dim", most: 8192),
            convolution: fields.size("linear_conv_kernel_dim", default: 4, most: 64))
        let period = try fields.size("full_attention_interval", default: 4)
        let types = try layerTypes(fields, layers: shape.layers)
        let networks = try qwenNetworks(fields)
        var model = shape.model { index in
            let isFull = types.map { $0[index] == "full_attention" } ?? ((index + 1) % period == 0)
            return (isFull ? .heads(heads) : .recurrent(delta), networks(index))
        }
        model.activeCounting = .layersOnly
        return model
    }

    /// gpt-oss: windows in every other layer, biases everywhere.
    static func gptOSS(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false)
        var heads = try fields.heads()
        heads.inputBias = try fields.flag("attention_bias", default: true)
        heads.outputBias = heads.inputBias
        let window = try fields.size("sliding_window", most: 1 << 30)
        var experts = try fields.experts(
            fields.size("intermediate_size"), "num_local_experts", "num_experts")
        experts.hasBias = true
        let types = try layerTypes(fields, layers: shape.layers)
        var model = shape.model { index in
            let isFull = types.map { $0[index] == "full_attention" } ?? (index % 2 == 1)
            let reach: Reach = isFull ? .full : .sliding(window: window)
            return (.heads(heads.with(\.reach, reach)), .experts(experts))
        }
        model.activeCounting = .withoutEmbedding
        return model
    }

    /// DeepSeek V2 and V3 and Kimi K2.
    static func deepSeek(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false)
        let queryRank = try fields.count("q_lora_rank", default: 0)
        let latent = try LatentAttention(
            queryHeads: fields.size("num_attention_heads", most: 4096),
            queryRank: queryRank > 0 ? queryRank : nil, latentRank: fields.size("kv_lora_rank"),
            ropeDim: fields.size("qk_rope_head_dim", most: 8192),
            keyDim: fields.size("qk_nope_head_dim", most: 8192),
            valueDim: fields.size("v_head_dim", most: 8192))
        let intermediate = try fields.size("moe_intermediate_size")
        var experts = try fields.experts(intermediate, "n_routed_experts")
        let shared = try fields.count("n_shared_experts", default: 0)
        if shared > 0 {
            experts.shared = DenseFeedForward(intermediate: min(shared, 4096) * intermediate)
        }
        var model = try shape.latent(
            latent, denseLayers: fields.count("first_k_dense_replace", default: 0),
            intermediate: fields.size("intermediate_size"), experts)
        model.activeCounting = .withoutEmbedding
        return model
    }

    /// Mamba and Falcon-Mamba.
    static func mamba(_ fields: ConfigFields) throws -> TransformerModel {
        // The original implementation's files tie their embeddings unless they say otherwise.
        let shape = try fields.shape(tied: true, normsPerLayer: 1)
        let inner = try fields.size(
            "intermediate_size",
            default: min(ConfigFields.largestSize, shape.hidden * fields.size("expand", default: 2))
        )
        let rank =
            fields.word("time_step_rank") == "auto"
            ? (shape.hidden + 15) / 16
            : try fields.size("time_step_rank", default: (shape.hidden + 15) / 16)
        let mixer = try RecurrentMixer.mamba(
            hidden: shape.hidden, inner: inner, state: fields.size("state_size", most: 8192),
            convolution: fields.size("conv_kernel", default: 4, most: 64), timeRank: rank,
            hasBias: fields.flag("use_bias", default: false))
        return shape.model { _ in (.recurrent(mixer), .none) }
    }

    /// Mamba 2.
    static func mamba2(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false, normsPerLayer: 1)
        let mixer = try RecurrentMixer.mamba2(
            hidden: shape.hidden, heads: fields.size("num_heads", most: 4096),
            headDim: fields.size("head_dim", most: 8192),
            state: fields.size("state_size", most: 8192),
            groups: fields.size("n_groups", default: 8, most: 4096),
            convolution: fields.size("conv_kernel", default: 4, most: 64))
        return shape.model { _ in (.recurrent(mixer), .none) }
    }

    /// Jamba: one attention layer in every attn_layer_period, experts in every
    /// expert_layer_period.
    static func jamba(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false)
        let heads = try fields.heads()
        let rank =
            fields.word("mamba_dt_rank") == "auto"
            ? (shape.hidden + 15) / 16
            : try fields.size("mamba_dt_rank", default: (shape.hidden + 15) / 16)
        let expand = try fields.size("mamba_expand", default: 2, most: 64)
        let mixer = try RecurrentMixer.mamba(
            hidden: shape.hidden, inner: expand * shape.hidden,
            state: fields.size("mamba_d_state", default: 16, most: 8192),
            convolution: fields.size("mamba_d_conv", default: 4, most: 64), timeRank: rank)
        let intermediate = try fields.size("intermediate_size")
        let experts = try fields.experts(intermediate, "num_experts")
        let attention = (
            period: try fields.size("attn_layer_period", default: 8),
            offset: try fields.count("attn_layer_offset", default: 4)
        )
        let sparse = (
            period: try fields.size("expert_layer_period", default: 2),
            offset: try fields.count("expert_layer_offset", default: 1)
        )
        return shape.model { index in
            let isSparse = index % sparse.period == sparse.offset
            let dense = FeedForward.dense(DenseFeedForward(intermediate: intermediate))
            return (
                index % attention.period == attention.offset ? .heads(heads) : .recurrent(mixer),
                isSparse ? .experts(experts) : dense
            )
        }
    }

    /// RWKV 4. Its channel mix is a network without gate; the receptance counts with the mixer.
    static func rwkv(_ fields: ConfigFields) throws -> TransformerModel {
        let shape = try fields.shape(tied: false, normsPerLayer: 4)
        let mixer = try RecurrentMixer.rwkv(
            hidden: shape.hidden,
            attention: fields.size("attention_hidden_size", default: shape.hidden))
        let inner = try fields.size("intermediate_size", default: 4 * shape.hidden)
        let network = DenseFeedForward(intermediate: inner, isGated: false)
        return shape.model { _ in (.recurrent(mixer), .dense(network)) }
    }
}
