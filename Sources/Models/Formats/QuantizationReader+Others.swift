import Basics

/// AMD's quark and PyTorch's torchao.
extension QuantizationReader {
    /// Quark: a scheme for all layers, others for layers by pattern, and a list of excluded
    /// modules. The engine ignores its cache settings.
    func quark() throws -> Quantization {
        guard let whole = try settings.object("global_quant_config") else {
            throw settings.unread("quark without global_quant_config")
        }
        let format = try quarkFormat(whole)
        var result = Quantization("quark", linear: format, experts: format)
        result.rules = [try skipped("exclude")]
        if let layers = try settings.object("layer_quant_config") {
            for pattern in layers.fields.keys.sorted() {
                guard let layer = try layers.object(pattern) else { continue }
                result.rules.append(
                    try Quantization.Rule([pattern], try quarkFormat(layer), place: place))
            }
        }
        result.attentionBytes = Self.cacheScaleBytes
        result.latentAttentionBytes = Self.cacheScaleBytes
        return result
    }

    /// The format of one scheme; nil: 16 bits.
    private func quarkFormat(_ scheme: QuantizationSettings) throws -> StoredFormat? {
        guard let weight = try first(scheme, "weight") else { return nil }
        let inputs = try first(scheme, "input_tensors")
        let type = try weight.word("dtype") ?? ""
        let form = try weight.word("qscheme") ?? "per_tensor"
        let isStatic = try inputs.map { try !$0.flag("is_dynamic", default: false) } ?? false
        let isChannel = form == "per_channel"
        switch type {
        case "fp8_e4m3" where form != "per_group":
            return .fp8(isChannel ? .channel : .tensor, isStatic: isStatic)
        case "int8" where try isQuarkInt8(weight, form, inputs, isStatic: isStatic):
            return .quarkInt8(isChannel ? .channel : .tensor, isStatic: isStatic)
        case "int4" where inputs == nil, "uint4" where inputs == nil:
            guard
                let size = try weight.integer("group_size", range: 1...ConfigFields.largestSize)
            else { throw settings.unread("quark weights in \"\(type)\" without group_size") }
            return .quarkInt4(group: size)
        case "fp4": return .mx(bits: 4)
        case "fp6_e2m3", "fp6_e3m2": return .mx(bits: 6)
        case "mxfp8", "fp8_e4m3": return .mx(bits: 8)
        default:
            throw settings.unread("quark weights in \"\(type.prefix(40))\", \(form.prefix(40))")
        }
    }

    /// Whether the engine has a scheme for 8-bit integers: symmetric weights, and inputs with one
    /// stored scale or one reckoned for each token (`QuarkConfig._is_w8a8_int8`).
    private func isQuarkInt8(
        _ weight: QuantizationSettings, _ form: String, _ inputs: QuantizationSettings?,
        isStatic: Bool
    ) throws -> Bool {
        guard let inputs, try inputs.word("dtype") == "int8", form != "per_group",
            try weight.flag("symmetric", default: false)
        else { return false }
        return try inputs.word("qscheme") == (isStatic ? "per_tensor" : "per_channel")
    }

    /// A scheme's settings of one tensor. If a list has several steps, the last one is stored.
    private func first(
        _ scheme: QuantizationSettings, _ name: String
    ) throws -> QuantizationSettings? {
        if case .array(let items)? = scheme.fields[name] {
            guard case .object(let last)? = items.last else { return nil }
            return QuantizationSettings(last, place: place)
        }
        return try scheme.object(name)
    }

    /// torchao: the engine creates 16-bit weights and quantises them after loading.
    func torchAO() throws -> Quantization {
        let kind = try settings.object("quant_type")?.object("default")?.word("_type") ?? ""
        let known: [(part: String, bits: Int, priced: WeightFormat)] = [
            ("Float8", 8, .fp8), ("Int8", 8, .fp8), ("Int4", 4, .int4), ("NVFP4", 4, .int4),
            ("MXFPInference", 8, .fp8), ("IntxWeightOnly", 8, .fp8),
        ]
        guard let scheme = known.first(where: { kind.contains($0.part) }) else {
            throw settings.unread("torchao's \"\(kind.prefix(60))\"")
        }
        var format = StoredFormat("torchao \(scheme.bits)-bit", bits: 16, priced: scheme.priced)
        format.readBits = scheme.bits
        var result = Quantization("torchao", format)
        result.rules = [Quantization.Rule(anywhere: try settings.names("modules_to_not_convert"))]
        result.notes = [
            "torchao's weights count in 16 bits, as vLLM 0.33.0 creates them; once quantised they "
                + "take \(scheme.bits) bits each"
        ]
        return result
    }
}
