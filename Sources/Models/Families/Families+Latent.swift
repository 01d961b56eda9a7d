/// Decoders with latent attention (vLLM 0.33.0's classes).
extension Families {
    static let latents: [String: Family] = [
        "deepseek_v2": deepSeek, "axk1": deepSeek.with { $0.norms.perLayer = 3 },
        "glm4_moe_lite": deepSeek.with {
            $0.latent?.bias = .no
            $0.experts?.corrects = .yes
            $0.experts?.widensRouter = .yes
        },
        "deepseek_v32": deepSeek32, "glm_moe_dsa": deepSeek32, "longcat_flash": longCat,
        "sarvam_mla": sarvam, "pangu_ultra_moe": pangu, "hy_v4": hunyuan4,
    ]

    /// DeepSeek-V2 and V3, Kimi-K2, Mistral Large 3, A.X-K1.
    static let deepSeek = Family().with {
        $0.latent = LatentRule(cachedTypes: LatentRule.engineTypes)
        $0.heads.width = []
        $0.heads.inputBias = .field("attention_bias")
        $0.experts = ExpertRule(
            shared: .experts(["n_shared_experts"]), corrects: .word("topk_method", "noaux_tc"),
            layers: .from("first_k_dense_replace", frequency: "moe_layer_freq"))
        $0.activeCounting = .withoutEmbedding
    }

    /// The same with an indexer in every layer, or where `indexer_types` says "full".
    static let deepSeek32 = deepSeek.with {
        $0.latent?.hasIndexer = true
    }

    static let sarvam = deepSeek.with {
        $0.latent?.cachedTypes = nil
        $0.latent?.bias = .no
        $0.experts?.shared = .product(
            ["num_shared_experts"], ["moe_shared_expert_intermediate_size"])
        $0.experts?.corrects = .unless("moe_router_enable_expert_bias")
    }

    static let pangu = deepSeek.with {
        $0.latent?.bias = .no
        $0.norms.perLayer = 4
        $0.experts?.corrects = .field("router_enable_expert_bias")
    }
}
