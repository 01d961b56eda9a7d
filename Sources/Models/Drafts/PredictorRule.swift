import Basics

/// How the engine builds a family's prediction layers (vLLM 0.33.0's MTP classes): which of the
/// model's layers they repeat, and what joins a token's embedding with the model's hidden state.
struct PredictorRule: Sendable {
    /// The layer that a module repeats.
    enum Block: Equatable, Sendable {
        /// The model's last, with an indexer of its own if the model has them.
        case last
        /// The last that attends to all tokens, with its network.
        case lastAttending
        /// The layer of the module's own number, counted from the model's first (EXAONE-4.5).
        case first
        /// The last windowed attention, and a dense network.
        case windowed
        /// The last layer's attention, and a dense network.
        case dense
        /// One layer per kind in a pattern (Nemotron-H).
        case pattern
        /// The attention that the file lists after the model's own layers, and a dense network
        /// (Step-3.5).
        case listed
        /// One more layer of the family, built by the family's own rule (DeepSeek-V4).
        case further(family: String)
        /// The last that attends to all tokens without choosing them, with the last's network
        /// (HY 4).
        case lastUnchosen
        /// The attention that nested settings give by the module's number, and a dense network
        /// (Inkling).
        case nested
    }

    var block = Block.last
    /// Fields with the number of modules, and the number if the file has none of them.
    var count = ["num_nextn_predict_layers"]
    var usual = 0
    /// The number of modules whatever the file says; nil: as many as it says.
    var fixed: Int?
    /// Norms of the hidden size outside the layers.
    var norms = 3
    /// Whether all modules share one joining matrix and its norms.
    var isOnce = false
    /// The joining matrix of both inputs, or one for each: names, whether they are sharded by
    /// columns, and whether the checkpoint's formats apply.
    var joins = ["eh_proj"]
    var isCut = false
    var takesFormat = false
    /// The prefix of a module's number; nil: numbering continues after the model's layers.
    var path: String?
    /// The ends of the names of modules that the engine's class keeps in 16 bits.
    var plainModules: [String] = []
    /// Nested settings with the number of modules, in place of the file's own fields.
    var settings: String?
    /// Names of the repeated layer's weights that the modules lack, by their beginnings.
    var lacks: [String] = []
    /// Further weights of so many modules outside their layers, and residual streams that pass from
    /// step to step.
    var beside: (@Sendable (ConfigFields, Int) throws -> (vectors: [WeightVector], streams: Int))?
}

extension PredictorRule {
    /// Qwen's: one joining matrix for all modules, cut by columns.
    private static var qwen: PredictorRule {
        var rule = PredictorRule()
        rule.block = .lastAttending
        rule.count = ["mtp_num_hidden_layers", "num_nextn_predict_layers"]
        rule.usual = 1
        rule.isOnce = true
        rule.joins = ["fc"]
        rule.isCut = true
        rule.takesFormat = true
        rule.path = "mtp.layers"
        return rule
    }

    /// The rules by model_type, as the engine maps types to drafts (`hf_config_override`).
    static let rules: [String: PredictorRule] = {
        var rules: [String: PredictorRule] = [:]
        func add(_ types: String, _ change: (inout PredictorRule) -> Void) {
            var rule = PredictorRule()
            change(&rule)
            for type in types.split(separator: " ") { rules[String(type)] = rule }
        }
        add("deepseek_v3 deepseek_v32 glm_moe_dsa glm4_moe glm4_moe_lite pangu_ultra_moe hy_v3") {
            _ in
        }
        add("glm_ocr") { _ in }
        add("bailing_hybrid bailing_moe_v3_vl bailing_moe_v3") { $0.block = .lastAttending }
        add("kimi_k3") {
            $0.block = .lastAttending
            $0.lacks = ["attn_res"]
        }
        add("glm5_next") {
            $0.block = .lastAttending
            $0.lacks = ["hc_"]
        }
        add("hy_v4") {
            $0.block = .lastUnchosen
            $0.lacks = ["hc_"]
        }
        add("step5 step5_vl") { $0.block = .listed }
        add("inkling_model inkling_mm_model") {
            $0.block = .nested
            $0.settings = "mtp_config"
            $0.norms = 2
            $0.joins = ["input_proj"]
            $0.takesFormat = true
            $0.path = "model.mtp.layers"
            $0.beside = { fields, _ in try fields.inklingNorms() }
        }
        add("qwen4_exp qwen4_exp_text") {
            $0 = .qwen
            $0.norms = 1
            $0.joins = ["fc_embedding", "fc_hidden"]
            $0.beside = { fields, _ in try fields.qwen4Mixer() }
        }
        add("minimax_m3_vl") {
            $0.count = ["num_mtp_modules"]
            $0.usual = 1
            $0.takesFormat = true
            $0.path = "mtp.layers"
        }
        add("exaone4_5 exaone4_5_text") {
            $0 = .qwen
            $0.block = .first
            $0.count = PredictorRule().count
        }
        add("mimo") { $0.joins = ["input_proj"] }
        add("deepseek_v4") {
            $0.block = .further(family: "deepseek_v4")
            $0.joins = ["e_proj", "h_proj"]
            $0.takesFormat = true
            $0.beside = { fields, modules in try fields.hyperHeads(modules) }
        }
        add("exaone_moe") {
            $0 = .qwen
            $0.block = .listed
            $0.count = PredictorRule().count
        }
        add("mimo_v2 mimo_v2_flash") {
            $0.block = .windowed
            $0.fixed = 1
            $0.path = "model.mtp.layers"
            $0.plainModules = ["o_proj"]
        }
        add("ernie4_5_moe") {
            $0.block = .dense
            $0.norms = 2
            $0.joins = ["mtp_linear_proj"]
        }
        add("qwen3_next qwen3_5 qwen3_5_moe qwen3_5_text qwen3_5_moe_text intern_s2_preview") {
            $0 = .qwen
        }
        add("nemotron_h nemotron_h_puzzle") {
            $0.block = .pattern
            $0.isCut = true
            $0.takesFormat = true
            $0.path = "mtp.layers"
        }
        add("step3p5 step3p7") {
            $0.block = .listed
            $0.takesFormat = true
        }
        add("longcat_flash longcat_flash_ngram") {
            $0.block = .dense
            $0.fixed = 1
            $0.takesFormat = true
        }
        return rules
    }()

    /// Types whose prediction layers the engine builds, but for which there is no rule here.
    static let unread: Set = [
        "deepseek_v41", "dots3_note", "interns2_mobius", "minimax_m3", "gemma4_assistant",
        "gemma4_unified_assistant",
    ]

    /// Classes for which the engine builds none, though their decoder's type has a rule.
    static let without: Set = [
        "MistralLarge3ForCausalLM", "Mistral3ForConditionalGeneration",
        "PixtralForConditionalGeneration",
    ]

    /// Most modules that are read: published files have 1 to 7.
    static let most = 64
}

extension PredictorRule {
    /// The prediction layers of a file whose other layers have been read; nil if it has none.
    func predictor(_ fields: ConfigFields, _ model: TransformerModel) throws -> Predictor? {
        let place = settings.map { fields.outside.inside($0) } ?? fields
        let said = try count.lazy.compactMap { name in
            place.has(name) ? try place.count(name, default: 0) : nil
        }.first
        let modules = fixed ?? said ?? usual
        guard modules > 0 else { return nil }
        guard modules <= Self.most else {
            throw InputError(
                fields.place, "\(count[0]) is \(modules)", expected: "0 to \(Self.most)")
        }
        let blocks = try (0..<modules).map { try layers($0, of: model, fields) }
        var predictor = predictor(blocks, of: model)
        if let beside {
            (predictor.vectors, predictor.streams) = try beside(fields, modules)
        }
        return predictor
    }

    /// The prediction layers from the decoder layers of each module.
    func predictor(_ blocks: [[Layer]], of model: TransformerModel) -> Predictor {
        let own = model.layers.count { !$0.continues }
        var layers: [Layer] = []
        var starts: [String] = []
        for (module, block) in blocks.enumerated() {
            for var layer in block {
                layer.continues = false
                layer.formats = nil
                layer.vectors.removeAll { vector in lacks.contains(where: vector.name.hasPrefix) }
                layers.append(layer)
                let start = path.map { "\($0).\(starts.count)" }
                starts.append((start ?? "\(model.layersPath).\(own + module)") + ".")
            }
        }
        let hidden = model.hiddenSize
        let copies = isOnce ? 1 : blocks.count
        let matrices = (0..<copies).flatMap { copy in
            joins.map { join in
                var matrix = Projection(
                    join, 2 * hidden / joins.count, hidden,
                    isCut ? .columns(units: hidden) : .replicated, isQuantized: takesFormat)
                matrix.path =
                    isOnce ? "mtp." + join : starts[copy * starts.count / copies] + join
                return matrix
            }
        }
        var predictor = Predictor(
            modules: blocks.count, layers: layers, starts: starts, matrices: matrices,
            normWeights: copies * norms * hidden)
        predictor.plainModules = plainModules
        predictor.isCutToDrafts = block == .nested
        return predictor
    }

    /// The decoder layers of one module.
    private func layers(
        _ module: Int, of model: TransformerModel, _ fields: ConfigFields
    ) throws -> [Layer] {
        func missing(_ what: String) -> InputError {
            InputError(
                fields.place, "its prediction layers repeat \(what), which no layer has",
                expected: "a layer with it")
        }
        guard let last = model.layers.last else { throw missing("a layer") }
        switch block {
        case .last:
            return [model.layers.last { !$0.caches.isEmpty } ?? last]
        case .lastAttending:
            guard let layer = model.layers.last(where: { $0.attention.reachesAll }) else {
                throw missing("full attention")
            }
            return [layer]
        case .lastUnchosen:
            let found = model.layers.last { $0.attention.reachesAll && $0.caches.isEmpty }
            guard let layer = found else { throw missing("attention without an indexer") }
            return [layer.with(last.feedForward)]
        case .nested:
            return [try nested(module, of: model, fields)]
        case .first:
            guard model.layers.indices.contains(module) else { throw missing("layer \(module)") }
            return [model.layers[module]]
        case .windowed:
            guard let layer = model.layers.last(where: \.attention.isWindowed) else {
                throw missing("a window")
            }
            return [layer.with(try dense(fields))]
        case .dense:
            return [last.with(try dense(fields))]
        case .further(let name):
            guard let family = Families.all[name], let experts = family.experts else {
                throw missing("experts")
            }
            var layer = Layer(
                attention: .none, feedForward: .experts(try experts.experts(fields)),
                normWeights: last.normWeights)
            try family.layer?(fields, model.layers.count + module, &layer)
            return [layer]
        case .listed:
            return [try listed(module, of: model, fields).with(try dense(fields))]
        case .pattern:
            return try pattern(fields).map { kind in
                let layer = model.layers.last {
                    switch (kind, $0.attention, $0.feedForward) {
                    case ("*", .heads, _): true
                    case ("E", .none, .experts): true
                    default: false
                    }
                }
                guard let layer else { throw missing("a layer of kind \(kind)") }
                return layer
            }
        }
    }

    /// The dense network of the file's intermediate size.
    private func dense(_ fields: ConfigFields) throws -> FeedForward {
        var rule = NetworkRule()
        rule.width = ["intermediate_size", "ffn_hidden_size"]
        rule.bias = .field("use_bias")
        return .dense(try rule.network(fields))
    }

    /// A layer with the attention that the file lists after the model's own layers.
    private func listed(
        _ module: Int, of model: TransformerModel, _ fields: ConfigFields
    ) throws -> Layer {
        let own = model.layers.count
        let types = fields.words("layer_types") ?? []
        let further = fields.words("mtp_layer_types") ?? Array(types.dropFirst(own))
        guard further.indices.contains(module) else {
            throw InputError(
                fields.place,
                "layer_types has \(types.count) entries, and no list says the attention of "
                    + "prediction layer \(module)",
                expected: "mtp_layer_types, or \(own + module + 1) entries")
        }
        let isWindowed = further[module] == "sliding_attention"
        guard let layer = model.layers.last(where: { $0.attention.isWindowed == isWindowed })
        else {
            throw InputError(
                fields.place, "no layer is \(further[module].echoed()), as a prediction layer is",
                expected: "a layer of that kind")
        }
        return layer
    }

    /// Inkling's: windowed where `local_layer_ids` of mtp_config has the module's number.
    private func nested(
        _ module: Int, of model: TransformerModel, _ fields: ConfigFields
    ) throws -> Layer {
        let local = fields.outside.inside("mtp_config").integers("local_layer_ids") ?? []
        let isWindowed = local.contains(module)
        guard
            var layer = model.layers.last(where: { $0.attention.isWindowed == isWindowed })
        else {
            throw InputError(
                fields.place,
                "prediction layer \(module) is \(isWindowed ? "windowed" : "full"), as no layer is",
                expected: "local_layer_ids of mtp_config that name kinds of the model's layers")
        }
        var rule = NetworkRule()
        rule.width = ["dense_intermediate_size", "intermediate_size"]
        layer.feedForward = .dense(try rule.network(fields))
        layer.vectors.removeAll { $0.name == "mlp.global_scale" }
        if try fields.flag("use_global_scale", default: false) {
            layer.vectors.append(WeightVector("mlp.global_scale", 1))
        }
        return layer
    }

    /// Nemotron-H's pattern: attention and experts, as letters or words.
    private func pattern(_ fields: ConfigFields) throws -> [Character] {
        let words = ["attention": "*", "full_attention": "*", "moe": "E"]
        var letters = fields.word("mtp_hybrid_override_pattern")
        if letters == nil, let list = fields.words("mtp_layers_block_type") {
            letters = list.map { words[$0] ?? "?" }.joined()
        }
        guard let letters, !letters.isEmpty, letters.count <= 16,
            letters.allSatisfy({ "*E".contains($0) })
        else {
            throw InputError(
                fields.place,
                "the pattern of its prediction layers is "
                    + (letters.map { "\"\($0.echoed())\"" } ?? "missing"),
                expected: "mtp_hybrid_override_pattern of * and E, such as *E")
        }
        return Array(letters)
    }
}

extension Attention {
    /// Whether it attends to all earlier tokens, with keys and values in the cache.
    var reachesAll: Bool {
        switch self {
        case .heads(let heads): heads.reach == .full
        case .latent: true
        case .recurrent, .none: false
        }
    }
}

extension Layer {
    /// The same attention with another network.
    func with(_ network: FeedForward) -> Layer {
        var copy = self
        copy.feedForward = network
        return copy
    }
}
