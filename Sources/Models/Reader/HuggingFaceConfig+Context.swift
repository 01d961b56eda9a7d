import Basics

extension ConfigFields {
    /// A model's context lengths, in tokens.
    struct Context {
        /// The default length.
        var usual: Int
        /// The longest length that may be set.
        var limit: Int
        /// Positions in the file before rotary scaling: the size of a table of learned positions.
        var positions: Int
    }

    /// Largest context allowed.
    private static let longest = 1 << 30

    /// The fields with a model's number of positions; the smallest counts.
    private static let lengthNames = [
        "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length",
        "max_target_positions", "max_sequence_length", "max_seq_length", "seq_len",
    ]

    /// Rotary kinds whose factor the engine does not apply to the length.
    private static let unscaledKinds: Set = [
        "yarn", "deepseek_yarn", "llama3", "longrope", "su", "deepseek_llama_scaling",
    ]

    /// The lengths that vLLM 0.33.0 derives (`_get_and_verify_max_len`): the smallest field, or
    /// `model_max_length` instead if present, times the factor of linear, dynamic and other rotary
    /// scaling.
    func context() throws -> Context {
        var found: [Int] = []
        for name in Self.lengthNames where has(name) {
            found.append(try size(name, most: Self.longest))
        }
        if found.isEmpty, has("context_length") {
            found = [try size("context_length", most: Self.longest)]
        }
        guard let positions = found.min() else {
            // vLLM defaults to 2,048 and accepts any other length.
            return Context(usual: 2048, limit: .max, positions: 2048)
        }
        let rotary = try rotary(isGemma3: type.contains("gemma3"))
        let own = has("model_max_length") ? try size("model_max_length", most: Self.longest) : nil
        let length = (Double(own ?? positions) * rotary.factor).rounded(.down)
        guard length <= Double(Self.longest) else {
            throw InputError(
                place, "its rope factor makes a context of \(length) tokens",
                expected: "at most \(Self.longest)")
        }
        let limit = max(1, Int(length))
        var usual = limit
        if rotary.isLong, has("original_max_position_embeddings") {
            usual = min(limit, try size("original_max_position_embeddings", most: Self.longest))
        }
        return Context(usual: usual, limit: max(limit, own ?? 0), positions: positions)
    }

    /// Rotary kinds that the engine supports (`get_rope`, plus "mrope" and "su", which it renames).
    private static let rotaryNames: Set = [
        "default", "linear", "dynamic", "ntk", "yarn", "deepseek_yarn", "llama3", "mllama4",
        "longrope", "su", "mrope", "xdrope", "proportional", "openpangu", "none",
        "deepseek_llama_scaling",
    ]

    /// Those that require a factor.
    private static let factorKinds: Set = ["linear", "yarn", "deepseek_yarn", "llama3"]

    /// The factor of rotary scaling on the length, and whether the kind has a short and a long
    /// form.
    private func rotary(isGemma3: Bool) throws -> (factor: Double, isLong: Bool) {
        var factor = 1.0
        var isLong = false
        for fields in try rotaryKinds() {
            let kind = fields["rope_type"] ?? fields["type"]
            var name = "default"
            if case .string(let word)? = kind { name = word }
            guard Self.rotaryNames.contains(name) else {
                throw InputError(
                    place, "rope_type is \"\(name.echoed())\"",
                    word: name, among: Self.rotaryNames.sorted(),
                    otherwise: "a kind that vLLM 0.33.0 has")
            }
            guard fields["factor"].map({ $0 != .null }) ?? !Self.factorKinds.contains(name) else {
                throw InputError(
                    place, "rope_type is \"\(name)\" without factor", expected: "a factor")
            }
            isLong = isLong || name == "longrope" || name == "su"
            guard let value = fields["factor"], value != .null, !isGemma3,
                !Self.unscaledKinds.contains(name)
            else { continue }
            guard case .number(let number) = value, number > 0, number.isFinite else {
                throw InputError(
                    place, "the rope factor is \(value.description)",
                    expected: "a number above 0")
            }
            factor = number
        }
        return (factor, isLong)
    }

    /// The rotary settings: one object, or one per kind of layer, by name.
    private func rotaryKinds() throws -> [[String: JSONField]] {
        let names = ["rope_scaling", "rope_parameters"]
        guard let name = names.first(where: { has($0) }) else { return [] }
        guard let fields = object(name) else {
            throw InputError(place, "\(name) is no object", expected: "rope_type and factor")
        }
        guard !["rope_type", "type", "factor"].contains(where: { fields[$0] != nil }) else {
            return [fields]
        }
        let kinds = fields.keys.sorted().compactMap { key -> [String: JSONField]? in
            if case .object(let kind)? = fields[key] { kind } else { nil }
        }
        return kinds.isEmpty ? [fields] : kinds
    }
}
