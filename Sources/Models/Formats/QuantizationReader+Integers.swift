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
        let whole = try gptqLayer(settings, nil)
        var result = Quantization("auto_gptq", whole.format)
        result.refuse(whole, place)
        if let name = ["group_size", "desc_act", "sym"].first(where: { !settings.has($0) }) {
            result.refuse("vLLM 0.33.0 wants \(name) in gptq's settings", "the field", place)
        }
        result.rules = try overrides { layer in
            let other = try gptqLayer(layer, whole)
            result.refuse(other, place)
            return other.format
        }
        let only = try settings.names("modules_in_block_to_quantize")
        if !only.isEmpty {
            var named = Quantization.Rule(anywhere: only)
            named.format = whole.format
            result.rules.append(named)
            (result.linear, result.experts) = (nil, nil)
        }
        if try settings.flag("lm_head", default: false) {
            result.rules.append(try Quantization.Rule(["lm_head"], whole.format, place: place))
        }
        result.followsFiles = true
        return result
    }

    /// GPTQ's settings of some layers; what they leave out is `others`'.
    private func gptqLayer(
        _ layer: QuantizationSettings, _ others: GPTQLayer?
    ) throws -> GPTQLayer {
        let bits = try layer.integer("bits", "w_bit", range: 1...64) ?? others?.bits ?? bits()
        let size = try layer.integer("group_size", range: -1...ConfigFields.largestSize)
        guard size != 0 else { throw settings.emptyGroup }
        guard [2, 3, 4, 8].contains(bits) else {
            throw settings.unread("weights of \(bits) bits (gptq)")
        }
        return GPTQLayer(
            bits: bits, group: size ?? others?.group ?? 128,
            ordersInputs: try layer.flag("desc_act", default: others?.ordersInputs ?? false),
            isSymmetric: try layer.flag("sym", default: others?.isSymmetric ?? true))
    }

    /// GPTQModel's `dynamic`: patterns of modules with other settings (`+:`), or kept in 16 bits
    /// (`-:`).
    private func overrides(
        _ format: (QuantizationSettings) throws -> StoredFormat?
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

    /// AWQ: 4 bits with zero points, even if these are unused.
    func awq(_ name: String) throws -> Quantization {
        let bits = try bits()
        guard bits == 4 else { throw settings.unread("weights of \(bits) bits (\(name))") }
        let group = try group(default: 128)
        let hasZeros = try settings.flag("zero_point", default: true)
        let format = StoredFormat.awq(group: group, hasZeros: hasZeros)
        var result = Quantization(name, format)
        result.rules = [
            Quantization.Rule(anywhere: try settings.names("modules_to_not_convert"))
        ]
        if try settings.flag("lm_head", default: false) {
            result.rules.append(try Quantization.Rule(["lm_head"], format, place: place))
        }
        if !settings.has("zero_point") {
            result.refuse("vLLM 0.33.0 wants zero_point in awq's settings", "the field", place)
        }
        result.followsFiles = true
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
        let packing = try settings.word("packing_format") ?? "auto_round:auto_gptq"
        guard ["auto_round:auto_gptq", "auto_round:auto_awq"].contains(packing) else {
            throw settings.unread("auto-round's packing_format \"\(packing.prefix(40))\"")
        }
        let isAWQ = packing.hasSuffix("awq")
        let isSymmetric = try settings.flag("sym", default: true)
        func packed(_ bits: Int, _ group: Int?) -> StoredFormat? {
            if bits >= 16 { return nil }
            return isAWQ
                ? .awq(bits: bits, group: group, hasZeros: !isSymmetric, padsColumns: false)
                : .gptq(bits: bits, group: group, padsColumns: false)
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
            result.refuse(
                "vLLM 0.33.0 has no kernel for auto-round weights of \(bits) bits",
                "4 or 8 bits", place)
        } else if isAWQ ? bits == 8 : !isSymmetric {
            result.refuse(
                "vLLM 0.33.0 has no kernel for auto-round weights of \(bits) bits, "
                    + "\(isAWQ ? "packed as AWQ's" : "asymmetric and packed as GPTQ's")",
                isAWQ ? "4 bits" : "sym true", place)
        }
        return result
    }
}

/// GPTQ's settings of some layers.
private struct GPTQLayer {
    var bits: Int
    /// Inputs per scale; -1: all of an output.
    var group: Int
    /// Whether inputs are taken in the order of their activations (`desc_act`).
    var ordersInputs: Bool
    var isSymmetric: Bool

    /// One group orders nothing.
    private var cutsGroups: Bool { group > 0 && ordersInputs }

    var format: StoredFormat {
        .gptq(bits: bits, group: group > 0 ? group : nil, ordersInputs: cutsGroups)
    }

    /// Why 0.33.0 refuses it, with what it would take and the last release that does; nil if it
    /// does not. By the releases' wheels: 0.21.0 has kernels for all (gptq.py), 0.22.1 and 0.23.0
    /// have Marlin alone; 0.29.0 takes the order of activations, 0.30.0 does not.
    var refusal: (problem: String, expected: String, last: String?)? {
        if bits < 4 {
            return (
                "vLLM 0.33.0 has no kernel for gptq weights of \(bits) bits", "4 or 8 bits",
                "0.21.0"
            )
        }
        if !isSymmetric {
            return (
                "vLLM 0.33.0 has no kernel for asymmetric gptq weights (sym false)", "sym true",
                "0.21.0"
            )
        }
        if cutsGroups {
            return (
                "vLLM 0.33.0 no longer takes gptq weights ordered by activation (desc_act true)",
                "desc_act false, or group_size -1", "0.29.0"
            )
        }
        if group > 0, !ExpertGroups.marlinGroups.contains(group) {
            return (
                "vLLM 0.33.0 has no kernel for gptq weights in groups of \(group)",
                "group_size -1, 32, 64 or 128", "0.21.0"
            )
        }
        return nil
    }
}

extension Quantization {
    /// Notes why vLLM 0.33.0 refuses the checkpoint; the first reason stands.
    ///
    /// - Parameter last: the last release that takes it, if one does.
    mutating func refuse(
        _ problem: String, _ expected: String, _ place: String, last: String? = nil
    ) {
        guard unserved == nil else { return }
        unserved = InputError(
            place, problem, expected: expected + ", or model.allow_unserved=true")
        lastRelease = last
    }

    fileprivate mutating func refuse(_ layer: GPTQLayer, _ place: String) {
        guard let reason = layer.refusal else { return }
        refuse(reason.problem, reason.expected, place, last: reason.last)
    }
}
