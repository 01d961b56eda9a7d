import Basics

/// compressed-tensors: groups of targets, each with a scheme, and a list of ignored modules.
extension QuantizationReader {
    func compressedTensors() throws -> Quantization {
        var result = Quantization("compressed-tensors", linear: nil, experts: nil)
        result.attentionBytes = Self.compressedTensorsCacheScaleBytes
        result.rules = [try skipped("ignore")]
        let whole = try settings.word("format")
        guard let groups = try settings.object("config_groups") else {
            throw settings.unread("compressed-tensors without config_groups")
        }
        try checkSparsity(whole)
        for name in groups.fields.keys.sorted(by: Self.groupsInOrder) {
            guard let group = try groups.object(name) else { continue }
            guard let weights = try group.object("weights") else { continue }
            // An empty list of targets names no module.
            if group.has("targets"), try group.names("targets").isEmpty { continue }
            let form = try group.word("format") ?? whole ?? ""
            let format = try compressed(
                weights, inputs: group.object("input_activations"), form: form)
            result.rules.append(try targets(group.names("targets"), format))
        }
        if result.formats.contains(where: \.ordersInputs) {
            // The wheels of 0.29.0 and 0.30.0 were read.
            result.refuse(
                "vLLM 0.33.0 no longer takes weights grouped in the order of activations "
                    + "(actorder)", "actorder static, or none", place, last: "0.29.0")
        }
        if form(whole, "mxfp4-pack-quantized"), result.formats.allSatisfy({ $0.name == "mxfp4" }) {
            result.method = "mxfp4"
        }
        result.cache = try cacheScheme()
        return result
    }

    /// Refuses weights of which only the non-zero values are stored.
    private func checkSparsity(_ whole: String?) throws {
        if whole == "marlin-24" { throw settings.unread("format \"marlin-24\" (2:4 sparse)") }
        guard let sparsity = try settings.object("sparsity_config"),
            let format = try sparsity.word("format"), format != "dense"
        else { return }
        throw settings.unread("sparsity_config of the format \"\(format.prefix(40))\"")
    }

    private func form(_ word: String?, _ wanted: String) -> Bool { word == wanted }

    /// Numeric order, so that group_2 comes before group_10.
    private static func groupsInOrder(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count ? one < other : one.utf8.count < other.utf8.count
    }

    /// A rule for a group's targets. A class ("Linear") means all linear layers and experts;
    /// otherwise they are names and patterns.
    private func targets(_ list: [String], _ format: StoredFormat) throws -> Quantization.Rule {
        let isClass = { (name: String) in !name.contains(".") && name.hasSuffix("Linear") }
        guard !list.contains(where: isClass), !list.isEmpty else {
            var rule = Quantization.Rule()
            rule.isEverything = true
            rule.format = format
            return rule
        }
        return try Quantization.Rule(list, format, place: place)
    }

    /// The format of one scheme.
    private func compressed(
        _ weights: QuantizationSettings, inputs: QuantizationSettings?, form: String
    ) throws -> StoredFormat {
        let bits = try weights.integer("num_bits", range: 1...64) ?? 8
        let type = try weights.word("type") ?? "int"
        let strategy = try weights.word("strategy") ?? (type == "int" ? "channel" : "tensor")
        let group = try weights.integer("group_size", range: -1...ConfigFields.largestSize)
        guard group != 0 else { throw settings.emptyGroup }
        let isSymmetric = try weights.flag("symmetric", default: true)
        let isStatic = try inputs.map { try !$0.isDynamic } ?? false
        let unread = { [settings] in
            settings.unread("compressed-tensors of \(bits)-bit \(type), strategy \(strategy)")
        }
        switch (type, bits) {
        case ("float", 8) where strategy == "group" && group == 32: return .mx(bits: 8)
        case ("float", 8):
            return .fp8(try scales(strategy, group, weights), isStatic: isStatic)
        case ("float", 4) where strategy == "tensor_group" || form == "nvfp4-pack-quantized":
            return .nvfp4(hasInputScale: inputs != nil, group: max(1, group ?? 16))
        case ("float", 4) where strategy == "group" && group == 32: return .mx(bits: 4)
        case ("int", 8) where inputs != nil:
            let isAsymmetric = try inputs.map { try !$0.flag("symmetric", default: true) } ?? false
            return .w8a8(
                try scales(strategy, group, weights), isStatic: isStatic,
                hasAsymmetricInputs: isAsymmetric)
        case ("int", 4), ("int", 8):
            guard ["group", "channel"].contains(strategy) else { throw unread() }
            let isGrouped = strategy == "group" && (group ?? -1) > 0
            var format = StoredFormat.wholePacked(
                bits: bits, group: isGrouped ? group : nil, hasZeros: !isSymmetric,
                ordersInputs: try weights.ordersInputs)
            guard let inputs else { return format }
            format.name = "w\(bits)a8"
            let isFloat = try inputs.word("type") ?? "int" == "float"
            format.expertGroups = isFloat ? .tiles : .never
            return format
        default: throw unread()
        }
    }

    private func scales(
        _ strategy: String, _ group: Int?, _ weights: QuantizationSettings
    ) throws -> StoredFormat.Scales {
        switch strategy {
        case "tensor": return .tensor
        case "channel": return .channel
        case "block": return .block(try weights.block("block_structure") ?? .usual)
        case "group" where (group ?? 0) > 0: return .group(group!)
        default: throw settings.unread("strategy \"\(strategy.prefix(40))\"")
        }
    }

    /// The cache format from `kv_cache_scheme`.
    func cacheScheme() throws -> CacheFormat? {
        guard settings.has("kv_cache_scheme") else { return nil }
        if case .string(let word)? = settings.fields["kv_cache_scheme"] {
            return try cacheFormat(word)
        }
        guard let scheme = try settings.object("kv_cache_scheme") else { return nil }
        let bits = try scheme.integer("num_bits", range: 1...64) ?? 8
        guard bits == 8, try scheme.word("type") ?? "float" == "float" else {
            throw settings.unread("a kv_cache_scheme of \(bits) bits")
        }
        return .fp8
    }

    /// A cache format by the name of its algorithm.
    func cacheFormat(_ word: String) throws -> CacheFormat? {
        switch word.uppercased() {
        case "FP8": return .fp8
        case "NONE", "AUTO", "": return nil
        default: throw settings.unread("a cache in \"\(word.prefix(40))\"")
        }
    }
}

extension QuantizationSettings {
    /// Whether inputs are scaled dynamically: true, or "local".
    fileprivate var isDynamic: Bool {
        get throws {
            if case .string? = fields["dynamic"] { return true }
            return try flag("dynamic", default: false)
        }
    }

    /// Whether groups follow the order of activations: "group", "dynamic" or true.
    fileprivate var ordersInputs: Bool {
        get throws {
            if case .string(let word)? = fields["actorder"] {
                return ["group", "dynamic"].contains(word.lowercased())
            }
            return try flag("actorder", default: false)
        }
    }
}
