import Basics

extension ConfigFields {
    /// Width of the hidden state.
    func hiddenSize() throws -> Int { try size(Self.widthNames) }

    /// The fields that give the main dimensions.
    static let widthNames = ["hidden_size", "n_embd", "d_model"]
    static let depthNames = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"]
    static let vocabularyNames = ["padded_vocab_size", "vocab_size"]

    /// Number of layers. Its limit is far above any published depth; with the other limits no count
    /// overflows.
    func layerCount() throws -> Int {
        try size(Self.depthNames, most: 1024)
    }

    /// Words of the vocabulary.
    func vocabularySize() throws -> Int {
        try size(Self.vocabularyNames, most: 1 << 24)
    }

    /// Whether the output head shares the embedding's matrix.
    func tiesEmbeddings() throws -> Bool {
        let name = "tie_word_embeddings"
        guard isWrapped else { return try flag(name, default: false) }
        // A wrapper's own setting, or its class's, takes precedence over its decoder's.
        if outer[name] != nil { return try outside.flag(name, default: false) }
        if let around = ClassDefaults.fields(of: outerType)[name] { return around == .bool(true) }
        return try flag(name, default: false)
    }

    /// Elements per head: a field's value, else the hidden size over the heads.
    func headDim(_ names: [String], queries: Int) throws -> Int {
        if let width = try optionalSize(names, most: 8192) { return width }
        let hidden = try hiddenSize()
        guard hidden % queries == 0 else {
            throw InputError(
                place, "num_attention_heads \(queries) does not divide hidden_size \(hidden)",
                expected: "a divisor, or head_dim")
        }
        return max(1, hidden / queries)
    }

    /// A size divided by a number of parts. Throws if it does not divide evenly.
    func evenly(_ size: Int, over parts: Int, _ name: String, _ partsName: String) throws -> Int {
        guard size % parts == 0, size >= parts else {
            throw InputError(
                place, "\(partsName) \(parts) does not divide \(name) \(size)",
                expected: "a divisor")
        }
        return size / parts
    }

    /// The first layer of a kind within each `period` layers.
    func offset(_ name: String, default other: Int, within period: Int) throws -> Int {
        let offset = try count(name, default: min(other, period - 1))
        guard offset < period else {
            throw InputError(
                place, "\(name) is \(offset)", expected: "less than the period, \(period)")
        }
        return offset
    }

    /// The window in tokens; nil if missing or 0.
    func window() throws -> Int? {
        guard has("sliding_window") else { return nil }
        if case .number(0)? = self["sliding_window"] { return nil }
        return try size("sliding_window", most: 1 << 30)
    }

    /// PyTorch's name for the type of the checkpoint's numbers; nil if the file has none.
    ///
    /// - Throws: `InputError` for a type that no checkpoint is loaded from.
    func numberType() throws -> String? {
        let known = ["bfloat16", "float16", "half", "float32", "float", "auto", "float8_e4m3fn"]
        for name in ["torch_dtype", "dtype"] {
            guard let field = self[name] else { continue }
            var word = ""
            if case .string(let text) = field {
                word = text.hasPrefix("torch.") ? String(text.dropFirst(6)) : text
            }
            guard known.contains(word) else {
                throw InputError(
                    place, "\(name) is \(field.description)",
                    expected: "bfloat16, float16 or float32")
            }
            return word == "float" ? "float32" : word
        }
        return nil
    }

    /// The kinds of the layers, checked against their number; nil if the file has none.
    func layerTypes(layers: Int) throws -> [String]? {
        guard let field = self["layer_types"] else { return nil }
        guard let types = words("layer_types") else {
            throw InputError(
                place, "layer_types is \(field.description)",
                expected: "a list of \(layers) kinds of layers")
        }
        guard types.count == layers else {
            throw InputError(
                place, "layer_types has \(types.count) entries",
                expected: "one for each of \(layers) layers")
        }
        if let odd = types.first(where: { !Self.layerTypeNames.contains($0) }) {
            throw InputError(
                place, "layer_types has \"\(odd)\"",
                expected: Self.layerTypeNames.joined(separator: ", "))
        }
        if types.contains("sliding_attention"), !Self.windowNames.contains(where: { has($0) }) {
            throw InputError(
                place, "layer_types has \"sliding_attention\", and no field has a window",
                expected: "sliding_window, or full_attention")
        }
        return types
    }

    private static let windowNames = [
        "sliding_window", "sliding_window_size", "attention_window_size", "attention_window",
        "window_size", "sliding_window_pattern", "swa_window_size",
    ]

    /// Kinds of layers that configuration classes know (Transformers 5.20).
    private static let layerTypeNames = [
        "full_attention", "sliding_attention", "chunked_attention", "linear_attention", "attention",
        "conv", "mamba", "moe", "hybrid", "mlp", "hybrid_sliding", "indexed_attention",
        "qwen_sparse_attention",
    ]
}
