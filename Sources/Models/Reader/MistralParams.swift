import Basics

/// Mistral's own form of a config (params.json), written in the names of a config.json.
///
/// Follows vLLM 0.33.0's `adapt_config_dict`: what the file leaves out has no class defaults.
struct MistralParams {
    private var fields: [String: JSONField]
    private let place: String

    /// A file's fields in the names of a config.json; the same if it is in no form of Mistral's.
    ///
    /// - Throws: `InputError` at the file for what is not read: experts without shared ones, mamba,
    ///   a format or an encoder of another kind.
    static func translated(
        _ fields: [String: JSONField], place: String
    ) throws -> [String: JSONField] {
        let type = fields["model_type"] ?? .null
        guard fields["dim"] != nil, fields["n_layers"] != nil, fields["architectures"] == nil,
            [.null, .string("transformer"), .string("mamba")].contains(type)
        else { return fields }
        var params = MistralParams(fields: fields, place: place)
        guard type != .string("mamba") else { throw params.unread("model_type \"mamba\"") }
        return try params.config()
    }

    private static let names = [
        "dim": "hidden_size", "norm_eps": "rms_norm_eps", "n_kv_heads": "num_key_value_heads",
        "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads",
        "hidden_dim": "intermediate_size", "activation": "hidden_act",
        "tied_embeddings": "tie_word_embeddings",
    ]
    private static let expertNames = [
        "route_every_n": "moe_layer_freq", "first_k_dense_replace": "first_k_dense_replace",
        "num_experts_per_tok": "num_experts_per_tok", "num_experts": "n_routed_experts",
        "expert_hidden_dim": "moe_intermediate_size", "routed_scale": "routed_scaling_factor",
        "num_shared_experts": "n_shared_experts", "num_expert_groups": "n_group",
        "num_expert_groups_per_tok": "topk_group",
    ]
    private static let audioNames = [
        "dim": "d_model", "n_layers": "encoder_layers", "hidden_dim": "encoder_ffn_dim",
        "n_heads": "encoder_attention_heads", "vocab_size": "vocab_size",
        "max_source_positions": "max_source_positions",
    ]

    private func unread(_ what: String) -> InputError {
        InputError(
            place, "\(what) is not read in Mistral's params.json",
            expected: "the checkpoint's config.json")
    }

    private func object(_ name: String) throws -> [String: JSONField]? {
        switch fields[name] {
        case nil, .null?: return nil
        case .object(let inner)?: return inner
        case let other?:
            throw InputError(
                place, "\(name) is \(other.description)", expected: "an object")
        }
    }

    private mutating func config() throws -> [String: JSONField] {
        for name in ["vocab_size", "n_heads", "n_kv_heads", "hidden_dim"] where fields[name] == nil
        {
            throw InputError(
                place, "\(name) is missing, and Mistral's params.json has no class defaults",
                expected: "the field, or the checkpoint's config.json")
        }
        for (name, usual) in Self.names {
            if let value = fields.removeValue(forKey: name) { fields[usual] = value }
        }
        fields["model_type"] = .string("mistral")
        setDefault("tie_word_embeddings", .bool(false))
        // Without config.json beside it.
        setDefault("max_position_embeddings", .number(128_000))
        // The class of the type has a window; this form has none unless it says so.
        setDefault("sliding_window", .null)
        try spreadWindows()
        let format = try quantization()
        fields["architectures"] = .array([.string(try architecture())])
        if let yarn = try object("yarn") {
            var rope = yarn
            rope["rope_type"] = .string("yarn")
            rope["rope_theta"] = fields["rope_theta"]
            fields["rope_parameters"] = .object(rope)
        }
        var config = try wrapped() ?? fields
        if let format { config["quantization_config"] = .object(format) }
        return config
    }

    private mutating func setDefault(_ name: String, _ value: JSONField) {
        if fields[name] == nil { fields[name] = value }
    }

    /// A window for every layer, or a list that repeats.
    private mutating func spreadWindows() throws {
        guard let field = fields["sliding_window"], field != .null else { return }
        guard let depth = fields["num_hidden_layers"]?.integer, (1...1024).contains(depth) else {
            return
        }
        var pattern = [field]
        if case .array(let items) = field { pattern = items }
        let sizes = pattern.filter { $0 != .null }
        guard let size = sizes.first, sizes.allSatisfy({ $0 == size }) else {
            throw unread("sliding_window of several sizes")
        }
        let layers = (0..<depth).map { layer in
            pattern[layer % pattern.count] == .null ? "full_attention" : "sliding_attention"
        }
        fields["layer_types"] = .array(layers.map(JSONField.string))
        fields["sliding_window"] = size
    }

    /// The format of the weights, as config.json has it.
    private mutating func quantization() throws -> [String: JSONField]? {
        guard var format = try object("quantization") else { return nil }
        fields["quantization"] = nil
        if format["qformat_weight"] == .string("fp8_e4m3") {
            let isMoving = format["qscheme_act"] == .string("NO_SCALES")
            return [
                "quant_method": .string("fp8"),
                "activation_scheme": .string(isMoving ? "dynamic" : "static"),
            ]
        }
        guard case .string(let method)? = format["quant_method"],
            method.lowercased().replacing("_", with: "-") == "compressed-tensors"
        else { throw unread("its quantization") }
        format["quant_method"] = .string("compressed-tensors")
        return format
    }

    /// The engine's class. Latent attention has the class of Mistral Large 3, with one dense
    /// network in every layer unless there are experts.
    private mutating func architecture() throws -> String {
        var experts = try object("moe")
        if experts == nil, fields["qk_nope_head_dim"]?.integer ?? 0 > 0 {
            experts = [
                "num_experts": .number(1), "num_shared_experts": .number(1),
                "num_experts_per_tok": .number(1), "route_every_n": .number(1),
                "num_expert_groups": .number(1), "num_expert_groups_per_tok": .number(1),
            ]
            experts?["first_k_dense_replace"] = fields["num_hidden_layers"]
            experts?["expert_hidden_dim"] = fields["intermediate_size"]
        }
        guard let experts else { return "MistralForCausalLM" }
        guard experts["num_shared_experts"]?.integer ?? 0 > 0 else {
            throw unread("moe without num_shared_experts")
        }
        for (name, usual) in Self.expertNames { fields[usual] = experts[name] }
        fields["moe"] = nil
        fields["model_type"] = .string("deepseek_v3")
        return "MistralLarge3ForCausalLM"
    }

    /// The fields of a model that sees or hears; nil for one that only reads.
    private mutating func wrapped() throws -> [String: JSONField]? {
        if let vision = try object("vision_encoder") {
            fields["vision_encoder"] = nil
            return [
                "model_type": .string("pixtral"), "vision_config": .object(vision),
                "architectures": .array([.string("PixtralForConditionalGeneration")]),
                "text_config": .object(fields),
            ]
        }
        guard let several = try object("multimodal") else { return nil }
        guard case .object(let whisper)? = several["whisper_model_args"],
            case .object(let encoder)? = whisper["encoder_args"],
            encoder["causal"] ?? .null != .bool(true)
        else { throw unread("multimodal without whisper_model_args, or with a causal encoder,") }
        var audio: [String: JSONField] = ["model_type": .string("whisper")]
        for (name, usual) in Self.audioNames { audio[usual] = encoder[name] }
        if case .object(let sound)? = encoder["audio_encoding_args"] {
            audio["num_mel_bins"] = sound["num_mel_bins"]
        }
        fields["multimodal"] = nil
        var config: [String: JSONField] = [
            "model_type": .string("voxtral"), "audio_config": .object(audio),
            "architectures": .array([.string("VoxtralForConditionalGeneration")]),
            "text_config": .object(fields),
        ]
        if case .object(let downsample)? = whisper["downsample_args"] {
            config["downsample_factor"] = downsample["downsample_factor"]
        }
        return config
    }
}
