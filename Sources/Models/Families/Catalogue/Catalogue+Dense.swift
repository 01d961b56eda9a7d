extension Catalogue {
    /// Heads of 128 elements unless `dim` says otherwise.
    static func heads(_ queries: Int, _ keyValues: Int, dim: Int = 128) -> HeadAttention {
        HeadAttention(queryHeads: queries, keyValueHeads: keyValues, headDim: dim)
    }

    static let llama = [
        Entry(name: "llama-2-7b", aliases: ["vicuna-7b-v1.5"]) {
            DecoderShape(hidden: 4096, layers: 32, vocabulary: 32_000, context: 4096)
                .dense(heads(32, 32), intermediate: 11_008)
        },
        Entry(name: "llama-2-13b", aliases: ["vicuna-13b-v1.5"]) {
            DecoderShape(hidden: 5120, layers: 40, vocabulary: 32_000, context: 4096)
                .dense(heads(40, 40), intermediate: 13_824)
        },
        Entry(name: "llama-2-70b") {
            DecoderShape(hidden: 8192, layers: 80, vocabulary: 32_000, context: 4096)
                .dense(heads(64, 8), intermediate: 28_672)
        },
        Entry(name: "codellama-34b", aliases: ["codellama-34b-python"]) {
            DecoderShape(hidden: 8192, layers: 48, vocabulary: 32_000, context: 16_384)
                .dense(heads(64, 8), intermediate: 22_016)
        },
        Entry(name: "llama-3-8b") { llama8B(context: 8192) },
        Entry(name: "llama-3-70b") { llama70B(context: 8192) },
        Entry(
            name: "llama-3.1-8b",
            aliases: [
                "deepseek-r1-distill-llama-8b", "hermes-3-llama-3.1-8b", "llama-guard-3-8b",
                "llama-3.1-nemotron-nano-8b-v1",
            ]
        ) { llama8B(context: 131_072) },
        Entry(
            name: "llama-3.1-70b",
            aliases: [
                "llama-3.3-70b", "deepseek-r1-distill-llama-70b", "hermes-3-llama-3.1-70b",
                "hermes-4-70b", "llama-3.1-nemotron-70b",
            ]
        ) { llama70B(context: 131_072) },
        Entry(
            name: "llama-3.1-405b",
            aliases: ["hermes-3-llama-3.1-405b", "hermes-4-405b"]
        ) {
            DecoderShape(hidden: 16_384, layers: 126, vocabulary: 128_256, context: 131_072)
                .dense(heads(128, 8), intermediate: 53_248)
        },
    ]

    private static func llama8B(context: Int) -> TransformerModel {
        DecoderShape(hidden: 4096, layers: 32, vocabulary: 128_256, context: context)
            .dense(heads(32, 8), intermediate: 14_336)
    }

    private static func llama70B(context: Int) -> TransformerModel {
        DecoderShape(hidden: 8192, layers: 80, vocabulary: 128_256, context: context)
            .dense(heads(64, 8), intermediate: 28_672)
    }

    static let mistral = [
        Entry(
            name: "mistral-7b-v0.1", aliases: ["zephyr-7b-alpha", "zephyr-7b-beta"]
        ) {
            DecoderShape(hidden: 4096, layers: 32, vocabulary: 32_000, context: 32_768).dense(
                heads(32, 8).with(\.reach, .sliding(window: 4096)), intermediate: 14_336)
        },
        Entry(name: "mistral-7b-v0.3", aliases: ["mistral-7b"]) {
            DecoderShape(hidden: 4096, layers: 32, vocabulary: 32_768, context: 32_768)
                .dense(heads(32, 8), intermediate: 14_336)
        },
    ]

    static let qwen = [
        Entry(
            name: "qwen2.5-7b", aliases: ["qwen2-7b", "deepseek-r1-distill-qwen-7b"],
            contexts: [
                "qwen2.5-7b-instruct": 32_768, "qwen2-7b-instruct": 32_768,
                "qwen2.5-coder-7b": 32_768, "qwen2.5-coder-7b-instruct": 32_768,
                "qwen2.5-math-7b": 4096, "qwen2.5-math-7b-instruct": 4096,
            ]
        ) {
            DecoderShape(hidden: 3584, layers: 28, vocabulary: 152_064, context: 131_072)
                .dense(heads(28, 4).with(\.inputBias, true), intermediate: 18_944)
        },
        Entry(
            name: "qwen2.5-32b", aliases: ["deepseek-r1-distill-qwen-32b"],
            contexts: [
                "qwen2.5-32b-instruct": 32_768, "qwen2.5-coder-32b": 32_768,
                "qwen2.5-coder-32b-instruct": 32_768, "qwq-32b": 40_960,
                "qwq-32b-preview": 32_768,
            ]
        ) {
            DecoderShape(hidden: 5120, layers: 64, vocabulary: 152_064, context: 131_072)
                .dense(heads(40, 8).with(\.inputBias, true), intermediate: 27_648)
        },
        Entry(
            name: "qwen2.5-72b", aliases: ["qwen2-72b"],
            contexts: [
                "qwen2.5-72b-instruct": 32_768, "qwen2-72b-instruct": 32_768,
                "qwen2.5-math-72b": 4096, "qwen2.5-math-72b-instruct": 4096,
            ]
        ) {
            DecoderShape(hidden: 8192, layers: 80, vocabulary: 152_064, context: 131_072)
                .dense(heads(64, 8).with(\.inputBias, true), intermediate: 29_568)
        },
        Entry(
            name: "qwen3-8b",
            contexts: ["qwen3-8b-base": 32_768, "deepseek-r1-0528-qwen3-8b": 131_072]
        ) {
            DecoderShape(hidden: 4096, layers: 36, vocabulary: 151_936, context: 40_960)
                .dense(heads(32, 8).with(\.normalizesHeads, true), intermediate: 12_288)
        },
        Entry(name: "qwen3-14b", contexts: ["qwen3-14b-base": 32_768]) {
            DecoderShape(hidden: 5120, layers: 40, vocabulary: 151_936, context: 40_960)
                .dense(heads(40, 8).with(\.normalizesHeads, true), intermediate: 17_408)
        },
        Entry(name: "qwen3-32b") {
            DecoderShape(hidden: 5120, layers: 64, vocabulary: 151_936, context: 40_960)
                .dense(heads(64, 8).with(\.normalizesHeads, true), intermediate: 25_600)
        },
    ]

    static let gemma = [
        Entry(name: "gemma-2-27b") {
            DecoderShape(
                hidden: 4608, layers: 46, vocabulary: 256_000, context: 8192,
                tiesEmbeddings: true, normsPerLayer: 4
            ).model { index in
                let reach: Reach = index.isMultiple(of: 2) ? .sliding(window: 4096) : .full
                let network = DenseFeedForward(intermediate: 36_864)
                return (.heads(heads(32, 16).with(\.reach, reach)), .dense(network))
            }
        },
        Entry(name: "gemma-3-27b") {
            published(
                """
                {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
                 "mm_tokens_per_image": 256, "text_config": {"model_type": "gemma3_text",
                  "head_dim": 128, "hidden_size": 5376, "intermediate_size": 21504,
                  "num_attention_heads": 32, "num_hidden_layers": 62, "num_key_value_heads": 16,
                  "query_pre_attn_scalar": 168,
                  "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024},
                 "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152,
                  "image_size": 896, "intermediate_size": 4304, "num_attention_heads": 16,
                  "num_hidden_layers": 27, "patch_size": 14, "vision_use_head": false}}
                """)
        },
    ]

    static let phi = [
        Entry(
            name: "phi-4",
            contexts: ["phi-4-reasoning": 32_768, "phi-4-reasoning-plus": 32_768]
        ) {
            DecoderShape(hidden: 5120, layers: 40, vocabulary: 100_352, context: 16_384)
                .dense(heads(40, 10), intermediate: 17_920)
        }
    ]

    static let gpt = [
        Entry(name: "gpt-3-175b", aliases: ["gpt-3"]) {
            // Table 2.1 of arXiv 2005.14165: the classic MHA decoder, with two matrices per
            // network.
            var model = DecoderShape(
                hidden: 12_288, layers: 96, vocabulary: 50_257, context: 2048,
                tiesEmbeddings: true, normsPerLayer: 4
            ).model { _ in
                let biased = heads(96, 96).with(\.inputBias, true).with(\.outputBias, true)
                let network = DenseFeedForward(
                    intermediate: 49_152, isGated: false, hasBias: true)
                return (.heads(biased), .dense(network))
            }
            model.learnedPositions = 2048
            return model
        }
    ]
}
