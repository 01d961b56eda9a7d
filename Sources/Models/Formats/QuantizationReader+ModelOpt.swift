import Basics

/// NVIDIA's modelopt: one algorithm for all layers or one per layer, and a list of excluded
/// modules.
extension QuantizationReader {
    func modelOpt() throws -> Quantization {
        // A separate file nests the settings; config.json has them flat.
        let inner = try settings.object("quantization")
        let nested = inner ?? settings
        let algorithm = (try nested.word("quant_algo") ?? "").uppercased()
        let group = try groupSize(nested)
        var result: Quantization
        if algorithm == "MIXED_PRECISION" {
            result = Quantization("modelopt_mixed", linear: nil, experts: nil)
            result.rules = [try excluded(nested)] + (try layers(nested, group))
        } else {
            let format = try modelOptFormat(algorithm, group)
            let names = ["nvfp4": "modelopt_fp4", "mxfp8": "modelopt_mxfp8"]
            let name = format.name.hasPrefix("nvfp4") ? "nvfp4" : format.name
            result = Quantization(names[name] ?? "modelopt", format)
            result.head = format
            result.rules = [try excluded(nested)]
        }
        result.attentionBytes = Self.cacheScaleBytes
        result.latentAttentionBytes = Self.cacheScaleBytes
        if let word = try nested.word("kv_cache_quant_algo") {
            result.cache = try cacheFormat(word)
        } else {
            result.cache = try cacheScheme()
        }
        if algorithm == "MIXED_PRECISION", result.cache == nil {
            (result.attentionBytes, result.latentAttentionBytes) = (0, 0)
        }
        return result
    }

    private func excluded(_ nested: QuantizationSettings) throws -> Quantization.Rule {
        for name in ["exclude_modules", "ignore"] where nested.has(name) {
            return try Quantization.Rule(try nested.names(name), place: place)
        }
        return Quantization.Rule()
    }

    /// Inputs per scale, from the settings or from a group of the flat form.
    private func groupSize(_ nested: QuantizationSettings) throws -> Int {
        if let size = try nested.integer("group_size", range: 1...1024) { return size }
        guard let groups = try nested.object("config_groups") else { return 16 }
        for name in groups.fields.keys.sorted() {
            let weights = try groups.object(name)?.object("weights")
            if let size = try weights?.integer("group_size", range: 1...1024) { return size }
        }
        return 16
    }

    private func modelOptFormat(_ algorithm: String, _ group: Int) throws -> StoredFormat {
        switch algorithm {
        case "FP8": return .fp8(.tensor, isStatic: true)
        case "FP8_PER_CHANNEL_PER_TOKEN": return .fp8(.channel)
        case "FP8_PB_WO", "FP8_PB_REAL": return .fp8(.block(.usual))
        case "NVFP4": return .nvfp4(group: group)
        case "W4A16_NVFP4", "NVFP4_W4A16":
            // Two bytes more per matrix than in compressed-tensors (read off the engine's classes).
            return .nvfp4(hasInputScale: false, group: group, otherBytes: 2)
        case "MXFP8": return .mx(bits: 8)
        default: throw settings.unread("quant_algo \"\(algorithm.prefix(40))\" of modelopt")
        }
    }

    /// Rules for layers with an algorithm each; layers of equal format share a rule.
    private func layers(
        _ nested: QuantizationSettings, _ group: Int
    ) throws -> [Quantization.Rule] {
        guard let layers = try nested.object("quantized_layers") else {
            throw settings.unread("MIXED_PRECISION without quantized_layers")
        }
        var lists: [(format: StoredFormat, names: [String])] = []
        for name in layers.fields.keys.sorted() {
            guard let layer = try layers.object(name) else { continue }
            let format = try modelOptFormat(
                (try layer.word("quant_algo") ?? "").uppercased(),
                layer.integer("group_size", range: 1...1024) ?? group)
            if let known = lists.firstIndex(where: { $0.format == format }) {
                lists[known].names.append(name)
            } else {
                lists.append((format, [name]))
            }
        }
        return try lists.map { try Quantization.Rule($0.names, $0.format, place: place) }
    }
}
