import Basics

/// Weight-only methods: GPTQ, AWQ and AutoRound.
extension QuantizationReader {
    /// Bits per weight, from either of two names.
    ///
    /// - Throws: `InputError` if both are missing: the engine has no default.
    private func bits() throws -> Int {
        guard let bits = try settings.integer("bits", "w_bit", range: 1...64) else {
            throw settings.unread("a quantization_config without bits")
        }
        return bits
    }

    /// Inputs per scale; nil: all inputs of an output.
    private func group(default other: Int) throws -> Int? {
        let size =
            try settings.integer(
                "group_size", "q_group_size", range: -1...ConfigFields.largestSize) ?? other
        guard size != 0 else { throw settings.emptyGroup }
        return size > 0 ? size : nil
    }

    /// GPTQ: 4 or 8 bits with zero points, even if these are unused.
    func gptq() throws -> Quantization {
        let bits = try bits()
        let group = try group(default: 128)
        let ordersInputs = try settings.flag("desc_act", default: false)
        func packed(_ bits: Int, _ group: Int?, _ ordersInputs: Bool) -> StoredFormat {
            .packed(bits: bits, group: group, hasZeros: true, ordersInputs: ordersInputs)
        }
        guard [2, 3, 4, 8].contains(bits) else {
            throw settings.unread("weights of \(bits) bits (gptq)")
        }
        let format = packed(bits, group, ordersInputs)
        var result = Quantization("auto_gptq", format)
        result.rules = try overrides { layer in
            let bits = try layer.integer("bits", range: 1...64) ?? bits
            let size =
                try layer.integer(
                    "group_size", range: -1...ConfigFields.largestSize) ?? group ?? -1
            let order = try layer.flag("desc_act", default: ordersInputs)
            return packed(bits, size > 0 ? size : nil, order)
        }
        let only = try settings.names("modules_in_block_to_quantize")
        if !only.isEmpty {
            var named = Quantization.Rule(anywhere: only)
            named.format = format
            result.rules.append(named)
            (result.linear, result.experts) = (nil, nil)
        }
        if try settings.flag("lm_head", default: false) {
            result.rules.append(try Quantization.Rule(["lm_head"], format, place: place))
        }
        result.quantizesRouters = false
        if bits < 4 {
            result.unserved = refusal(
                "vLLM 0.33.0 has no kernel for gptq weights of \(bits) bits", "4 or 8 bits")
        }
        return result
    }

    /// GPTQModel's `dynamic`: patterns of modules with other settings (`+:`), or kept in 16 bits
    /// (`-:`).
    private func overrides(
        _ format: (QuantizationSettings) throws -> StoredFormat
    ) throws -> [Quantization.Rule] {
        guard let dynamic = try settings.object("dynamic") else { return [] }
        return try dynamic.fields.keys.sorted().map { key in
            let isSkipped = key.hasPrefix("-:")
            let pattern = isSkipped || key.hasPrefix("+:") ? String(key.dropFirst(2)) : key
            var rule = try Quantization.Rule(["re:" + pattern], place: place)
            if !isSkipped, let layer = try dynamic.object(key) { rule.format = try format(layer) }
            return rule
        }
    }

    /// AWQ: 4 bits with zero points.
    func awq(_ name: String) throws -> Quantization {
        let bits = try bits()
        guard bits == 4 else { throw settings.unread("weights of \(bits) bits (\(name))") }
        let group = try group(default: 128)
        let hasZeros = try settings.flag("zero_point", default: true)
        let format = StoredFormat.packed(bits: bits, group: group, hasZeros: hasZeros)
        var result = Quantization(name, format)
        result.rules = [
            Quantization.Rule(anywhere: try settings.names("modules_to_not_convert"))
        ]
        if try settings.flag("lm_head", default: false) {
            result.rules.append(try Quantization.Rule(["lm_head"], format, place: place))
        }
        return result
    }

    /// AutoRound, which packs like GPTQ or AWQ.
    func autoRound() throws -> Quantization {
        let bits = try bits()
        let group = try group(default: 128)
        let type = try settings.word("data_type") ?? "int"
        guard type == "int", [2, 3, 4, 8].contains(bits) else {
            throw settings.unread("auto-round of \(bits)-bit \(type.prefix(40))")
        }
        func packed(_ bits: Int, _ group: Int?) -> StoredFormat? {
            bits >= 16 ? nil : .packed(bits: bits, group: group, hasZeros: true)
        }
        var result = Quantization("inc", linear: packed(bits, group), experts: packed(bits, group))
        if let extra = try settings.object("extra_config") {
            result.rules = try extra.fields.keys.sorted().compactMap { name in
                guard let layer = try extra.object(name) else { return nil }
                let bits = try layer.integer("bits", range: 1...64) ?? bits
                let size =
                    try layer.integer(
                        "group_size", range: -1...ConfigFields.largestSize) ?? group ?? -1
                let entry = name.contains("*") ? "re:" + name : name
                return try Quantization.Rule(
                    [entry], packed(bits, size > 0 ? size : nil), place: place)
            }
        }
        let blocks = try settings.names("block_name_to_quantize")
        if !blocks.isEmpty {
            var named = Quantization.Rule()
            named.names = Set(blocks.map(ModuleName.canonical))
            // A list of layers is named by their common ancestor, without a number.
            named.format = result.linear
            result.rules.append(named)
            (result.linear, result.experts) = (nil, nil)
        }
        if bits < 4 {
            result.unserved = refusal(
                "vLLM 0.33.0 has no kernel for auto-round weights of \(bits) bits", "4 or 8 bits")
        }
        return result
    }
}
