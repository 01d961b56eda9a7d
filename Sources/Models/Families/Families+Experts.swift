/// Decoders with mixtures of experts and plain attention heads (vLLM 0.33.0's classes).
extension Families {
    static let mixtures: [String: Family] = [
        "mixtral": mixtral, "qwen2_moe": qwen2Experts, "qwen3_moe": qwen3Experts,
        "olmoe": olmoe, "flex_olmo": flexOlmo, "phimoe": phimoe, "dbrx": dbrx,
        "granitemoe": graniteExperts,
        "granitemoe_swa": graniteExperts.with { $0.addWindows() }, "bailing_moe": bailing,
        "deepseek_v1": deepSeek1,
        "ernie4_5_moe": ernie, "ernie4_5_moe_vl": ernieVision, "glm4_moe": glm4Experts,
        "dots1": dots1,
        "hunyuan_moe": hunyuan, "minimax_m2": miniMax, "afmoe": afmoe,
        "exaone_moe": exaoneExperts, "gpt_oss": gptOSS,
        "mellum": qwen3Experts.with {
            $0.windows.needsFlag = false
            $0.windows.hasNoFallback = true
            $0.experts?.layers = .words("mlp_layer_types")
            $0.experts?.layersWithoutList = .all
        }, "kolibri1": kolibri, "cohere2_moe": cohere2Experts, "param2moe": param2,
        "llama4": llama4, "step3": step3, "aria": aria,
    ]

    /// intermediate_size is the width of one expert.
    static let mixtral = Family().with {
        $0.experts = ExpertRule(width: ["intermediate_size"])
    }

    /// Experts in layers selected by mlp_only_layers and decoder_sparse_step.
    static let qwen3Experts = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.norms = .perHead
        $0.windows.needsFlag = true
        $0.experts = ExpertRule(
            shared: .width(["shared_expert_intermediate_size"]), gatesShared: .yes,
            layers: .every("decoder_sparse_step", but: "mlp_only_layers"))
        $0.experts?.quantizesRouter = true
        $0.experts?.sharedPath = "mlp.shared_expert"
    }

    static let qwen2Experts = qwen3Experts.with {
        $0.heads.inputBias = .unless("qkv_bias")
        $0.heads.norms = .none
        $0.experts?.quantizesRouter = false
    }

    static let olmoe = mixtral.with { $0.heads.norms = .whole }

    static let flexOlmo = mixtral.with { $0.heads.norms = .whole }

    /// Layer norms with biases, and biases on attention and the output head.
    static let phimoe = mixtral.with {
        $0.heads.inputBias = .yes
        $0.heads.outputBias = .yes
        $0.norms.bias = .yes
        $0.finish = headBias
    }

    /// Nested objects hold the sizes of attention and experts.
    static let dbrx = Family().with {
        $0.whole = { fields in try Families.dbrxModel(fields) }
    }

    static let graniteExperts = granite.with {
        $0.experts = ExpertRule(
            width: ["intermediate_size"], shared: .width(["shared_intermediate_size"]))
        $0.experts?.sharedPath = "shared_mlp"
    }

    static let bailing = Family().with {
        $0.heads.inputBias = .any(["use_bias", "use_qkv_bias"])
        $0.heads.outputBias = .field("use_bias")
        $0.heads.norms = .perHead
        $0.heads.hasNorms = .field("use_qk_norm")
        $0.network.bias = .field("use_bias")
        $0.experts = ExpertRule(
            shared: .product(["num_shared_experts"], ["moe_shared_expert_intermediate_size"]),
            corrects: .field("moe_router_enable_expert_bias"),
            layers: .from("first_k_dense_replace", frequency: nil))
        $0.experts?.widensRouter = .word("router_dtype", "fp32")
    }

    /// The same with a float32 router, with correction unless a field turns it off.
    static let param2 = bailing.with {
        $0.heads.inputBias = .field("use_qkv_bias")
        $0.network.bias = .no
        $0.experts?.corrects = .unless("moe_router_enable_expert_bias")
        $0.experts?.widensRouter = .yes
    }

    static let deepSeek1 = Family().with {
        $0.experts = ExpertRule(
            shared: .experts(["n_shared_experts"]),
            layers: .from("first_k_dense_replace", frequency: "moe_layer_freq"))
    }

    static let ernie = Family().with {
        $0.heads.inputBias = .field("use_bias")
        $0.network.bias = .field("use_bias")
        $0.experts = ExpertRule(
            shared: .experts(["moe_num_shared_experts"]), corrects: .yes,
            layers: .range("moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval"))
        $0.experts?.widensRouter = .yes
    }

    /// ERNIE with two kinds of experts. The first entry of each list is for text; the others belong
    /// to the tower.
    static let ernieVision = Family().with {
        $0.whole = { fields in try ernie.model(fields.firstOfLists) }
    }

    static let glm4Experts = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.norms = .perHead
        $0.heads.hasNorms = .field("use_qk_norm")
        $0.experts = ExpertRule(
            shared: .experts(["n_shared_experts"]), corrects: .yes,
            layers: .from("first_k_dense_replace", frequency: nil))
        $0.experts?.widensRouter = .yes
    }

    /// Served through the Transformers backend.
    static let dots1 = glm4Experts.with {
        $0.windows = WindowRule(isIgnored: true)
        $0.heads.outputBias = .field("attention_bias")
        $0.heads.hasNorms = .yes
        // The router's correction is a buffer there, not a parameter.
        $0.experts?.corrects = .no
        $0.experts?.widensRouter = .no
    }

    /// Served through the Transformers backend: norms over heads, shared experts as wide as the
    /// network.
    static let hunyuan = hunyuanDense.with {
        $0.experts = ExpertRule(
            width: ["moe_intermediate_size", "intermediate_size"],
            shared: .experts(["num_shared_expert"]))
    }

    static let miniMax = Family().with {
        $0.heads.inputBias = .field("attention_bias")
        $0.heads.norms = .wholeSummed
        $0.heads.hasNorms = .unless("use_qk_norm")
        $0.experts = ExpertRule(
            width: ["intermediate_size"], corrects: .field("use_routing_bias"))
        $0.experts?.widensRouter = .yes
    }

    /// Arcee's AFMoE: gated attention, four norms.
    static let afmoe = Family().with {
        $0.heads.norms = .perHead
        $0.heads.gatesOutput = .yes
        $0.norms.perLayer = 4
        $0.windows = WindowRule(period: 4, periodField: "global_attn_every_n_layers")
        $0.experts = ExpertRule(
            shared: .experts(["num_shared_experts"]), corrects: .yes,
            layers: .from("num_dense_layers", frequency: nil))
        $0.experts?.widensRouter = .yes
    }

    static let exaoneExperts = exaone4.with {
        $0.experts = ExpertRule(
            shared: .experts(["num_shared_experts"]), corrects: .yes,
            layers: .words("mlp_layer_types"))
        $0.experts?.layersWithoutList = .from("first_k_dense_replace", frequency: nil)
    }

    /// Windows in every other layer, biases everywhere, one sink per head.
    static let gptOSS = Family().with {
        $0.heads.inputBias = .yes
        $0.heads.outputBias = .yes
        $0.heads.sinks = .yes
        $0.windows = WindowRule(period: 2)
        $0.experts = ExpertRule(width: ["intermediate_size"], bias: .yes)
        $0.activeCounting = .withoutEmbedding
        $0.finish = { _, model in model.largestGraph = 1024 }
    }

    static let kolibri = Family().with {
        $0.heads.norms = .perHead
        $0.norms.perLayer = 4
        $0.experts = ExpertRule(
            shared: .experts(["n_shared_experts"]), corrects: .yes,
            layers: .from("first_k_dense_replace", frequency: nil))
    }

    static let cohere2Experts = cohere.with {
        $0.windows = WindowRule(period: 4, periodField: "sliding_window_pattern", plus: 1)
        $0.heads.hasNorms = .no
        $0.network.width = ["prefix_dense_intermediate_size", "intermediate_size"]
        $0.experts = ExpertRule(
            width: ["intermediate_size"], shared: .experts(["num_shared_experts"]),
            layers: .words("mlp_layer_types"))
        $0.experts?.layersWithoutList = .from("first_k_dense_replace", frequency: nil)
        $0.finish = tied
    }

    /// Aria's decoder: like Llama, with experts as wide as the network.
    static let aria = llama.with {
        $0.experts = ExpertRule(
            width: ["intermediate_size"], shared: .experts(["moe_num_shared_experts"]))
    }

    /// Chunked attention except in every fourth layer, experts beside one shared network.
    static let llama4 = llama.with {
        $0.network.width = ["intermediate_size_mlp"]
        $0.experts = ExpertRule(
            width: ["intermediate_size"], shared: .width(["intermediate_size"]),
            layers: .every("interleave_moe_layer_step", but: ""))
        $0.experts?.sharedPath = "feed_forward.shared_expert"
        $0.layer = { fields, index, layer in
            try fields.setChunks(index, &layer)
            layer.feedForward = layer.feedForward.at("feed_forward")
        }
    }
}
