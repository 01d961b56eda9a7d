import Basics

/// Errors for files that cannot be read, or that the engine does not serve.
extension HuggingFaceConfig {
    /// The error for a wrapper that the engine serves around a decoder that no rule reads.
    static func unreadClass(_ name: String, _ fields: ConfigFields) -> InputError {
        InputError(
            fields.place,
            "\(name.echoed()) is served by vLLM 0.33.0 and read by no rule here: "
                + "nothing says how its layers are made",
            expected: "a class of the table in the article Families")
    }

    /// The error for an unknown family: which usual decoder fields are missing, and the nearest
    /// type.
    static func unknown(_ names: [String], _ fields: ConfigFields) -> InputError {
        let type = fields.type
        if let name = names.first, let fate = Architectures.fates[name],
            let reason = why(fate, name)
        {
            return InputError(
                fields.place, reason + ", and its layers are read by no rule here",
                expected: "a class of the table in the article Families")
        }
        let plain = [
            "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "intermediate_size", "vocab_size",
        ]
        let missing = fields.missing(plain)
        let kinds = fields.missing([
            "layer_types", "num_experts", "kv_lora_rank", "sliding_window", "state_size",
        ])
        var problem = "model_type \"\(type.echoed())\" is not known"
        if let name = names.first { problem += " (class \(name.echoed()))" }
        if !missing.isEmpty {
            problem += "; a decoder's fields that it lacks: " + missing.joined(separator: ", ")
        }
        if kinds.count < 5 {
            problem += "; its layers may be of several kinds"
        }
        return InputError(
            fields.place, problem, word: type,
            among: (Array(Architectures.rulesOfTypes.keys) + Array(Families.all.keys)).sorted(),
            otherwise: "model_type and architectures of a family of the article Families")
    }

    /// The error if the engine knows no class for the file's type: neither its own nor
    /// Transformers', and the file brings no code. Nil if something reads it.
    static func unknownType(_ fields: ConfigFields) -> InputError? {
        let type = fields.outerType
        guard fields.object("auto_map") == nil, !ClassDefaults.knows(type),
            Architectures.rule(ofType: type) == nil
        else { return nil }
        return refusal(
            "vLLM 0.33.0 has no class for model_type \"\(type.echoed())\", and the file brings no "
                + "code of its own (auto_map)", fields)
    }

    /// Why the engine does not serve a file whose class it does not take; nil if no reason is
    /// known.
    static func unserved(_ name: String?, _ fields: ConfigFields) -> InputError? {
        guard let name else {
            return refusal(
                "without architectures vLLM 0.33.0 takes the bare class of model_type "
                    + "\"\(fields.outerType.echoed())\", which pools and generates nothing", fields)
        }
        let reason =
            Architectures.fates[name].flatMap { why($0, name) }
            ?? "\(name.echoed()) is not a class of vLLM 0.33.0"
        return refusal(reason, fields)
    }

    private static func refusal(_ problem: String, _ fields: ConfigFields) -> InputError {
        InputError(
            fields.place, problem, expected: "a class it serves, or model.allow_unserved=true")
    }

    private static func why(_ fate: Architectures.Fate, _ name: String) -> String? {
        switch fate {
        case .removed(let last):
            "\(name.echoed()) is not served by vLLM 0.33.0 (the last to serve it is \(last))"
        case .plugIn: "\(name.echoed()) is served by vLLM 0.33.0 only with a plug-in"
        case .read, .wrapper: nil
        }
    }
}
