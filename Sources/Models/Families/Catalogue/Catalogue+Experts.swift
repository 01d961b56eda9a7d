extension Catalogue {
    // Active parameters are counted as each publisher counts them.

    static let mixtral = [
        Entry(
            name: "mixtral-8x7b", aliases: ["mixtral-8x7b-v0.1", "mixtral-8x7b-instruct-v0.1"]
        ) {
            DecoderShape(hidden: 4096, layers: 32, vocabulary: 32_000, context: 32_768)
                .sparse(heads(32, 8), ExpertFeedForward(count: 8, chosen: 2, intermediate: 14_336))
        },
        Entry(
            name: "mixtral-8x22b", aliases: ["mixtral-8x22b-v0.1", "mixtral-8x22b-instruct-v0.1"]
        ) {
            DecoderShape(hidden: 6144, layers: 56, vocabulary: 32_768, context: 65_536)
                .sparse(heads(48, 8), ExpertFeedForward(count: 8, chosen: 2, intermediate: 16_384))
        },
    ]

    static let qwenExperts = [
        Entry(
            name: "qwen3-30b-a3b",
            contexts: renewed("qwen3-30b-a3b").merging([
                "qwen3-30b-a3b-base": 32_768, "qwen3-coder-30b-a3b": 262_144,
                "qwen3-coder-30b-a3b-instruct": 262_144,
            ]) { $1 }
        ) {
            DecoderShape(hidden: 2048, layers: 48, vocabulary: 151_936, context: 40_960).sparse(
                heads(32, 4).with(\.normalizesHeads, true),
                ExpertFeedForward(count: 128, chosen: 8, intermediate: 768))
        },
        Entry(name: "qwen3-235b-a22b", contexts: renewed("qwen3-235b-a22b")) {
            DecoderShape(hidden: 4096, layers: 94, vocabulary: 151_936, context: 40_960).sparse(
                heads(64, 4).with(\.normalizesHeads, true),
                ExpertFeedForward(count: 128, chosen: 8, intermediate: 1536))
        },
    ]

    static let gptOSS = [
        Entry(name: "gpt-oss-20b", aliases: ["gpt-oss-safeguard-20b"]) {
            gptOSS(layers: 24, experts: 32)
        },
        Entry(name: "gpt-oss-120b", aliases: ["gpt-oss-safeguard-120b"]) {
            gptOSS(layers: 36, experts: 128)
        },
    ]

    static let miniMax = [
        Entry(
            name: "minimax-m2.5", aliases: ["minimax-m2", "minimax-m2.1"],
            contexts: ["minimax-m2.7": 204_800]
        ) {
            var model = published(
                """
                {"architectures": ["MiniMaxM2ForCausalLM"], "model_type": "minimax_m2",
                 "num_hidden_layers": 62, "hidden_size": 3072, "num_attention_heads": 48,
                 "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 1536,
                 "vocab_size": 200064, "num_experts_per_tok": 8, "num_local_experts": 256,
                 "max_position_embeddings": 196608, "rotary_dim": 64, "tie_word_embeddings": false,
                 "use_qk_norm": true, "qk_norm_type": "per_layer", "use_routing_bias": true,
                 "scoring_func": "sigmoid", "quantization_config": {"quant_method": "fp8",
                  "activation_scheme": "dynamic", "weight_block_size": [128, 128],
                  "modules_to_not_convert": ["gate", "e_score_correction_bias", "lm_head"]}}
                """)
            model.activeCounting = .layersOnly
            return model
        }
    ]

    /// Qwen3's forms of July 2025, whose context is longer.
    private static func renewed(_ name: String) -> [String: Int] {
        [
            "\(name)-2507": 262_144, "\(name)-instruct-2507": 262_144,
            "\(name)-thinking-2507": 262_144,
        ]
    }

    /// gpt-oss (arXiv 2508.10925): windows of 128 in every other layer, biases everywhere.
    private static func gptOSS(layers: Int, experts: Int) -> TransformerModel {
        var network = ExpertFeedForward(count: experts, chosen: 4, intermediate: 2880)
        network.hasBias = true
        var model = DecoderShape(
            hidden: 2880, layers: layers, vocabulary: 201_088, context: 131_072
        ).model { index in
            let reach: Reach = index.isMultiple(of: 2) ? .sliding(window: 128) : .full
            let attention = heads(64, 8, dim: 64).with(\.reach, reach)
                .with(\.inputBias, true).with(\.outputBias, true)
                .with(\.vectors, [WeightVector("self_attn.sinks", 64, units: 64)])
            return (.heads(attention), .experts(network))
        }
        model.take(.gptOSS)
        model.largestGraph = 1024
        model.activeCounting = .withoutEmbedding
        return model
    }

    static let deepSeek = [
        Entry(name: "deepseek-v2", aliases: ["deepseek-v2.5", "deepseek-coder-v2"]) {
            let shared = DenseFeedForward(intermediate: 2 * 1536)
            var model = DecoderShape(
                hidden: 5120, layers: 60, vocabulary: 102_400, context: 163_840
            ).latent(
                deepSeekAttention(heads: 128), denseLayers: 1, intermediate: 12_288,
                ExpertFeedForward(count: 160, chosen: 6, intermediate: 1536, shared: shared))
            model.activeCounting = .withoutEmbedding
            return model
        },
        Entry(
            name: "deepseek-v3",
            aliases: ["deepseek-v3.1", "deepseek-v3.1-terminus", "deepseek-v3-0324"]
        ) { deepSeekV3() },
        Entry(name: "deepseek-r1", aliases: ["deepseek-r1-0528", "deepseek-r1-zero"]) {
            deepSeekV3()
        },
    ]

    static let kimi = [
        Entry(
            name: "kimi-k2",
            contexts: ["kimi-k2-0905": 262_144, "kimi-k2-instruct-0905": 262_144]
        ) {
            var model = kimiK2(context: 131_072)
            model.take(.blockFP8)
            return model
        },
        Entry(name: "kimi-k2-thinking") {
            var model = kimiK2(context: 262_144)
            model.take(.int4Experts)
            return model
        },
    ]

    private static func kimiK2(context: Int) -> TransformerModel {
        let shared = DenseFeedForward(intermediate: 2048)
        var model = DecoderShape(
            hidden: 7168, layers: 61, vocabulary: 163_840, context: context
        ).latent(
            deepSeekAttention(heads: 64), denseLayers: 1, intermediate: 18_432,
            corrected(
                ExpertFeedForward(count: 384, chosen: 8, intermediate: 2048, shared: shared)))
        model.activeCounting = .withoutEmbedding
        return model
    }

    private static func deepSeekAttention(heads: Int) -> LatentAttention {
        LatentAttention(
            queryHeads: heads, queryRank: 1536, latentRank: 512, ropeDim: 64, keyDim: 128,
            valueDim: 128)
    }

    /// Experts whose router has a bias for each, as DeepSeek-V3's ("noaux_tc").
    private static func corrected(_ experts: ExpertFeedForward) -> ExpertFeedForward {
        var experts = experts
        experts.vectors = [
            WeightVector("mlp.gate.e_score_correction_bias", experts.count, isWide: true)
        ]
        return experts
    }

    private static func deepSeekV3() -> TransformerModel {
        let shared = DenseFeedForward(intermediate: 2048)
        var model = DecoderShape(hidden: 7168, layers: 61, vocabulary: 129_280, context: 163_840)
            .latent(
                deepSeekAttention(heads: 128), denseLayers: 3, intermediate: 18_432,
                corrected(
                    ExpertFeedForward(count: 256, chosen: 8, intermediate: 2048, shared: shared)))
        model.repeatLast("deepseek_v3")
        model.take(.blockFP8)
        model.activeCounting = .withoutEmbedding
        return model
    }

    static let qwenNext = [
        Entry(
            name: "qwen3-next-80b-a3b",
            aliases: ["qwen3-next-80b-a3b-thinking", "qwen3-coder-next"]
        ) {
            let delta = RecurrentMixer.gatedDeltaNet(
                GatedDeltaSizes(
                    hidden: 2048, keyHeads: 16, keyDim: 128, valueHeads: 32, valueDim: 128,
                    convolution: 4))
            let full = heads(16, 2, dim: 256).with(\.normalizesHeads, true)
                .with(\.gatesOutput, true)
            let shared = DenseFeedForward(intermediate: 512)
            var model = DecoderShape(
                hidden: 2048, layers: 48, vocabulary: 151_936, context: 262_144
            ).model { index in
                let experts = ExpertFeedForward(
                    count: 512, chosen: 10, intermediate: 512, shared: shared)
                return (index % 4 == 3 ? .heads(full) : .recurrent(delta), .experts(experts))
            }
            model.repeatLast("qwen3_next")
            model.activeCounting = .layersOnly
            return model
        }
    ]

    static let recurrent = [
        Entry(name: "falcon-mamba-7b") {
            let mamba = RecurrentMixer.mamba(
                MambaSizes(hidden: 4096, inner: 8192, state: 16, convolution: 4, timeRank: 256))
            // No positions: the engine uses 2,048 tokens if no length is set.
            return DecoderShape(
                hidden: 4096, layers: 64, vocabulary: 65_024, context: 2048, contextLimit: .max,
                normsPerLayer: 1
            ).model { _ in (.recurrent(mamba), .none) }
        },
        Entry(name: "jamba-1.5-mini", aliases: ["ai21-jamba-1.5-mini"]) {
            let mamba = RecurrentMixer.mamba(
                MambaSizes(
                    hidden: 4096, inner: 8192, state: 16, convolution: 4, timeRank: 256,
                    hasNorms: true))
            return DecoderShape(hidden: 4096, layers: 32, vocabulary: 65_536, context: 262_144)
                .model { index in
                    let experts = ExpertFeedForward(count: 16, chosen: 2, intermediate: 14_336)
                    let network = DenseFeedForward(intermediate: 14_336)
                    return (
                        index % 8 == 4 ? .heads(heads(32, 8)) : .recurrent(mamba),
                        index % 2 == 1 ? .experts(experts) : .dense(network)
                    )
                }
        },
    ]
}

extension TransformerModel {
    /// Gives it one prediction layer that repeats the last one, as the engine's drafts of a
    /// model_type do.
    fileprivate mutating func repeatLast(_ type: String) {
        predictor = PredictorRule.rules[type]?.predictor([[layers[layers.count - 1]]], of: self)
    }
}
