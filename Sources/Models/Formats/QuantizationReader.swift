import Basics

/// Reads a checkpoint's quantisation settings into formats by module.
///
/// Methods, names and stored data are those of vLLM 0.33.0. Refuses an unknown method or scheme by
/// name: nothing unknown counts as 16 bits.
struct QuantizationReader {
    let settings: QuantizationSettings
    /// The model's family. Some methods have a special form for one.
    let family: String
    /// The config's type for experts, if they have their own (DeepSeek-V4).
    var expertType: String?

    var place: String { settings.place }

    /// Bytes of scales per attention: four of 16 bits. compressed-tensors keeps 18 bytes (read off
    /// the engine's own classes at every tensor-parallel size).
    static let cacheScaleBytes = 8
    static let compressedTensorsCacheScaleBytes = 18

    private typealias Method = @Sendable (QuantizationReader) throws -> Quantization

    /// The methods by their names in checkpoints.
    private static let methods: [String: Method] = [
        "fp8": { try $0.fp8() }, "deepseek_v4_fp8": { try $0.fp8() },
        "fbgemm_fp8": { try $0.fbgemm() },
        "mxfp4": { try $0.mxfp4() }, "gpt_oss_mxfp4": { try $0.mxfp4() },
        "gptq": { try $0.gptq() }, "gptq_marlin": { try $0.gptq() },
        "auto_gptq": { try $0.gptq() },
        "awq": { try $0.awq("auto_awq") }, "auto_awq": { try $0.awq("auto_awq") },
        "awq_marlin": { try $0.awq("awq_marlin") },
        "auto-round": { try $0.autoRound() }, "intel/auto-round": { try $0.autoRound() },
        "inc": { try $0.autoRound() },
        "compressed-tensors": { try $0.compressedTensors() },
        "modelopt": { try $0.modelOpt() }, "modelopt_fp4": { try $0.modelOpt() },
        "modelopt_mxfp8": { try $0.modelOpt() }, "modelopt_mixed": { try $0.modelOpt() },
        "quark": { try $0.quark() }, "torchao": { try $0.torchAO() },
        "experts_int8": { try $0.expertsInt8() }, "bitsandbytes": { try $0.bitsAndBytes() },
    ]

    /// The formats that the settings describe.
    ///
    /// - Throws: `InputError` at the file, naming the unsupported method or scheme.
    func quantization() throws -> Quantization {
        guard let word = try settings.word("quant_method") else {
            throw settings.unread("quantisation without quant_method")
        }
        guard let method = Self.methods[word.lowercased()] else {
            throw settings.unread("quant_method \"\(word.prefix(60))\"")
        }
        var result = try method(self)
        result.rules.removeAll(where: \.isEmpty)
        for format in result.formats {
            guard let note = format.pricedAs, !result.notes.contains(note) else { continue }
            result.notes.append(note)
        }
        return result
    }

    /// A rule for modules that stay in 16 bits, as the older methods list them.
    func skipped(_ names: String...) throws -> Quantization.Rule {
        for name in names where settings.has(name) {
            return try Quantization.Rule(try settings.names(name), place: place)
        }
        return Quantization.Rule()
    }

    /// The error for a checkpoint that the engine refuses.
    func refusal(_ problem: String, _ expected: String) -> InputError {
        Self.refusal(problem, expected, at: place)
    }

    static func refusal(_ problem: String, _ expected: String, at place: String) -> InputError {
        InputError(place, problem, expected: expected + ", or model.allow_unserved=true")
    }

    // MARK: 8-bit floats

    /// fp8: one scale per block (weight_block_size) or per matrix.
    private func fp8() throws -> Quantization {
        let scheme = try settings.word("activation_scheme") ?? "dynamic"
        guard scheme == "dynamic" || scheme == "static" else {
            throw settings.unread("activation_scheme \"\(scheme.prefix(40))\"")
        }
        let block = try settings.block("weight_block_size")
        var format = StoredFormat.fp8(
            block.map(StoredFormat.Scales.block) ?? .tensor,
            isStatic: scheme == "static" && block == nil)
        let isFourth = family.hasPrefix("deepseek_v4")
        // 8-bit exponents, which only DeepSeek-V4's form keeps.
        if isFourth, try settings.word("scale_fmt") == "ue8m0" { format.scaleBytes = 1 }
        var result = Quantization(isFourth ? "deepseek_v4_fp8" : "fp8", format)
        if expertType == "fp4" {
            // NVIDIA's checkpoints of DeepSeek-V4 name the experts' format separately.
            let isNVFP4 = try settings.word("moe_quant_algo")?.uppercased() == "NVFP4"
            result.experts = isFourth && isNVFP4 ? .nvfp4(group: 16) : .mx(bits: 4)
            if isFourth { result.predictorExperts = .mx(bits: 4) }
        }
        result.rules = [try skipped("ignored_layers", "modules_to_not_convert")]
        result.attentionBytes = isFourth ? 0 : Self.cacheScaleBytes
        return result
    }

    /// One scale per output, and an upper bound of the inputs.
    private func fbgemm() throws -> Quantization {
        var format = StoredFormat.fp8(.channel)
        format.moduleBytes = 4
        var result = Quantization("fbgemm_fp8", format)
        result.rules = [try skipped("modules_to_not_convert", "ignore_list")]
        result.unserved = refusal(
            "vLLM 0.33.0 refuses fbgemm_fp8: the format is deprecated",
            "--allow-deprecated-quantization for the server, or another checkpoint")
        return result
    }

    // MARK: Others

    /// gpt-oss: the experts only.
    private func mxfp4() throws -> Quantization {
        var result = Quantization(
            family.hasPrefix("gpt_oss") ? "gpt_oss_mxfp4" : "mxfp4", linear: nil,
            experts: .mxfp4Experts)
        result.rules = [try skipped("modules_to_not_convert", "ignored_layers")]
        return result
    }

    /// Experts in 8-bit integers with one scale per output, quantised during loading.
    private func expertsInt8() throws -> Quantization {
        Quantization("experts_int8", linear: nil, experts: .w8a8(.channel))
    }

    /// bitsandbytes. Memory is known, but 0.33.0 has no such method.
    private func bitsAndBytes() throws -> Quantization {
        var result = Quantization.bitsAndBytes(
            isFour: try settings.flag(
                "load_in_4bit", default: settings.flag("_load_in_4bit", default: false)),
            isDouble: try settings.flag("bnb_4bit_use_double_quant", default: false),
            place: place)
        result.rules = [
            Quantization.Rule(anywhere: try settings.names("llm_int8_skip_modules"))
        ]
        return result
    }
}

extension Quantization {
    /// bitsandbytes: NormalFloat of 4 bits, or 8-bit integers.
    static func bitsAndBytes(isFour: Bool, isDouble: Bool, place: String) -> Quantization {
        // One scale per 64 weights: float32, or 8 bits with one float32 per 256 of them.
        var format =
            isFour
            ? StoredFormat(
                "nf4", bits: 4, scales: .group(64), scaleBytes: isDouble ? 1 : 4, priced: .int4)
            : StoredFormat("int8", bits: 8, scales: .channel, priced: .fp8)
        if isFour { format.matrixBytes = 4 }
        var result = Quantization("bitsandbytes", format)
        result.unserved = QuantizationReader.refusal(
            "vLLM 0.33.0 has no method bitsandbytes", "a checkpoint in a format that it loads",
            at: place)
        // The methods in the source archives of 0.11.2 to 0.33.0.
        result.lastRelease = "0.27.0"
        return result
    }
}
