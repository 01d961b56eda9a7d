import Basics

/// The format in a checkpoint's published name: "-FP8-dynamic", "-NVFP4", "-AWQ", "-GPTQ-Int4",
/// "-quantized.w4a16".
///
/// A suffix means what its publisher's tool writes: NVIDIA's modelopt, Qwen's blocks of 128,
/// otherwise llm-compressor's compressed-tensors.
struct PublishedFormat {
    /// The name without the suffix.
    var base: String
    /// The format; nil: 16 bits.
    var quantization: Quantization?

    /// The suffixes. If one ends in another, the longer comes first.
    private static let suffixes: [(text: String, format: @Sendable (Publisher) -> Quantization?)] =
        [
            ("-fp8-dynamic", { _ in .compressed(.fp8(.channel)) }),
            ("-fp8-block", { _ in .compressed(.fp8(.block(.usual))) }),
            (
                "-fp8-static-pertensor",
                { _ in .modelOpt("modelopt", .fp8(.tensor, isStatic: true)) }
            ),
            ("-fp8-kv", { _ in .beside("quark", .fp8(.tensor, isStatic: true)) }),
            ("-fp8", { $0.fp8 }),
            ("-nvfp4a16", { _ in .compressed(.nvfp4(hasInputScale: false)) }),
            ("-nvfp4", { $0.nvfp4 }), ("-fp4", { $0.nvfp4 }),
            ("-mxfp4", { _ in .beside("quark", .mx(bits: 4)) }),
            ("-awq-int4", { _ in .awq }), ("-awq", { _ in .awq }),
            ("-gptq-int8", { _ in .gptq(bits: 8) }), ("-gptq-int4", { _ in .gptq(bits: 4) }),
            ("-gptq", { _ in .gptq(bits: 4) }),
            ("-int4-autoround", { _ in .gptq(bits: 4, "inc") }),
            ("-autoround", { _ in .gptq(bits: 4, "inc") }),
            ("-quantized.w4a16", { _ in .compressed(.wholePacked(bits: 4, group: 128)) }),
            ("-quantized.w8a16", { _ in .compressed(.wholePacked(bits: 8, group: 128)) }),
            ("-quantized.w8a8", { _ in .compressed(.w8a8(.channel)) }),
            ("-w4a16", { _ in .compressed(.wholePacked(bits: 4, group: 128)) }),
            ("-w8a16", { _ in .compressed(.wholePacked(bits: 8, group: 128)) }),
            ("-w8a8", { _ in .compressed(.w8a8(.channel)) }),
            ("-unsloth-bnb-4bit", { _ in .unloaded }), ("-bnb-4bit", { _ in .unloaded }),
            ("-int4", { _ in .compressed(.wholePacked(bits: 4, group: 128)) }),
            ("-int8", { _ in .compressed(.w8a8(.channel)) }),
            ("-bf16", { _ in nil }),
        ]

    /// The publisher, which decides what a suffix means.
    private enum Publisher {
        case nvidia, qwen, zai, other

        /// By the name before the slash; without one, by the model's own publisher.
        init(_ name: String, base: String) {
            let isQwen = name == "qwen" || name.isEmpty && base.hasPrefix("qwen3")
            let isGLM = name == "zai-org" || name.isEmpty && base.hasPrefix("glm-")
            self = name == "nvidia" ? .nvidia : isQwen ? .qwen : isGLM ? .zai : .other
            // GLM-5's are blocks of 128 too.
            if self == .zai, base.hasPrefix("glm-5") { self = .qwen }
        }

        var fp8: Quantization {
            switch self {
            case .nvidia: .modelOpt("modelopt", .fp8(.tensor, isStatic: true))
            case .qwen: .blockFP8
            case .zai: .compressed(.fp8(.channel))
            case .other: .compressed(.fp8(.tensor, isStatic: true))
            }
        }

        var nvfp4: Quantization {
            self == .nvidia ? .modelOpt("modelopt_fp4", .nvfp4()) : .compressed(.nvfp4())
        }
    }

    /// Splits a name in lower case with `-` between its words; nil if it has no such suffix.
    init?(_ name: String, publisher: String) {
        for suffix in Self.suffixes {
            let word = suffix.text
            var base: String?
            if name.hasSuffix(word) {
                base = String(name.dropLast(word.count))
            } else if let cut = name.cut(word) {
                base = cut
            }
            guard let base else { continue }
            self.base = base
            let from = Publisher(publisher, base: base)
            quantization = suffix.format(from)
            quantization?.rules.append(.routers)
            if from == .nvidia && quantization?.method == "modelopt_fp4"
                || base.contains("llama-4")
            {
                quantization?.rules.append(.attentionLeft(of: base))
            }
            for format in quantization?.formats ?? [] {
                if let note = format.pricedAs { quantization?.notes.append(note) }
            }
            return
        }
        return nil
    }

    /// The error for a published name whose formats cannot be told from it; nil if they can.
    static func refusal(_ name: String, publisher: String) -> InputError? {
        let file = "the path of its config.json"
        if let word = ["-gguf", "-mlx", "-exl2"].first(where: { name.contains($0) }) {
            return InputError(
                "model.name", "\(name) is in a format of another engine (\(word.dropFirst()))",
                expected: "the name without it, or \(file)")
        }
        let mixed = ["qwen3.6", "nemotron-3", "nvidia-nemotron-3"]
        if publisher == "nvidia", name.contains("nvfp4"), mixed.contains(where: name.hasPrefix) {
            return InputError(
                "model.name", "\(name) mixes formats, and its name does not say where",
                expected: file)
        }
        return nil
    }
}

extension String {
    /// The text without `word` and a `-` after it; nil if the word is missing.
    fileprivate func cut(_ word: String) -> String? {
        var rest = self[...]
        while let dash = rest.firstIndex(of: "-") {
            let tail = self[dash...]
            if tail.hasPrefix(word + "-") {
                return String(self[..<dash] + tail.dropFirst(word.count))
            }
            rest = rest[index(after: dash)...]
        }
        return nil
    }
}

extension Quantization.Rule {
    /// Routers, gates and other narrow projections, which every published list keeps in 16 bits.
    fileprivate static var routers: Quantization.Rule {
        var rule = Quantization.Rule()
        rule.patterns = [
            "*mlp.gate", "*moe.gate", "*router", "*shared_expert_gate", "*indexers_proj",
            "*weights_proj", "*in_proj_a", "*in_proj_b", "*in_proj_ba",
        ].map(ModulePattern.init(wildcard:))
        return rule
    }

    private static let latentKept = [
        "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "indexer*",
    ].map { "*self_attn." + $0 }

    private static let attentionKept: [(model: String, patterns: [String])] = [
        ("deepseek", latentKept), ("glm-5", latentKept + ["*self_attn.o_proj"]),
        ("minimax", ["*self_attn*"]), ("kimi", ["*self_attn*"]), ("gemma-4", ["*self_attn*"]),
        ("llama-4", ["*self_attn*"]),
        ("qwen3.5", ["*self_attn*", "*linear_attn*", "*shared_expert*"]),
    ]

    /// The projections that NVIDIA's NVFP4 checkpoints of a model keep in 16 bits, by their lists
    /// of excluded modules; those of dense models and of Qwen3 exclude none. Llama 4's keep them in
    /// every format.
    ///
    /// Source: the lists of DeepSeek-V3.1 and V3.2, GLM-5, MiniMax-M2.5, Kimi-K2.5, gemma-4-31B,
    /// Qwen3.5-397B and -122B; RedHat's of Llama-4-Scout.
    fileprivate static func attentionLeft(of base: String) -> Quantization.Rule {
        let patterns = attentionKept.first { base.hasPrefix($0.model) }?.patterns ?? []
        var rule = Quantization.Rule()
        rule.patterns = patterns.map(ModulePattern.init(wildcard:))
        return rule
    }
}

/// Formats of published checkpoints whose config.json is not at hand.
extension Quantization {
    /// One scale per 128 x 128 weights, as in DeepSeek-V3, Kimi-K2, MiniMax-M2 and Qwen3.
    static var blockFP8: Quantization { beside("fp8", .fp8(.block(.usual)), latent: 0) }

    /// gpt-oss: experts in MXFP4.
    static var gptOSS: Quantization {
        Quantization("gpt_oss_mxfp4", linear: nil, experts: .mxfp4Experts)
    }

    /// Kimi-K2-Thinking and Kimi-K2.5: experts in 4-bit integers by groups of 32, symmetric.
    static var int4Experts: Quantization {
        var result = Quantization(
            "compressed-tensors", linear: nil, experts: .wholePacked(bits: 4, group: 32))
        result.attentionBytes = QuantizationReader.compressedTensorsCacheScaleBytes
        return result
    }

    /// bitsandbytes' 4 bits, which vLLM 0.33.0 does not load; with its double quantization.
    fileprivate static var unloaded: Quantization {
        .bitsAndBytes(isFour: true, isDouble: true, place: "model.name")
    }

    fileprivate static var awq: Quantization {
        Quantization("auto_awq", .awq(group: 128))
    }

    fileprivate static func gptq(bits: Int, _ method: String = "auto_gptq") -> Quantization {
        Quantization(
            method, .gptq(bits: bits, group: 128, padsColumns: method != "inc"))
    }

    fileprivate static func compressed(_ format: StoredFormat) -> Quantization {
        var result = Quantization("compressed-tensors", format)
        result.attentionBytes = QuantizationReader.compressedTensorsCacheScaleBytes
        return result
    }

    /// A method that stores four scales per attention.
    fileprivate static func beside(
        _ method: String, _ format: StoredFormat, latent: Int = QuantizationReader.cacheScaleBytes
    ) -> Quantization {
        var result = Quantization(method, format)
        result.attentionBytes = QuantizationReader.cacheScaleBytes
        result.latentAttentionBytes = latent
        return result
    }

    fileprivate static func modelOpt(_ method: String, _ format: StoredFormat) -> Quantization {
        var result = beside(method, format)
        result.cache = .fp8
        return result
    }
}
