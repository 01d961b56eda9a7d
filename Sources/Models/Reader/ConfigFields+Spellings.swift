import Basics

extension ConfigFields {
    /// Fields that a class takes for another one, by model_type. A value in the file counts before
    /// that of the field's own name (Transformers 5.24's configuration classes, which pop them from
    /// their keywords; Moondream's stand in an object). Other spellings are alternatives in the
    /// readers' lists of names.
    private static let spellings: [String: [(field: String, of: String)]] = [
        "bloom": [("n_embed", "hidden_size")],
        "falcon": [("n_embed", "hidden_size")],
        "RefinedWeb": [("n_embed", "hidden_size")],
        "RefinedWebModel": [("n_embed", "hidden_size")],
        "moondream3_text": [
            ("dim", "hidden_size"), ("n_layers", "num_hidden_layers"),
            ("n_heads", "num_attention_heads"), ("n_kv_heads", "num_key_value_heads"),
            ("ff_dim", "intermediate_size"), ("max_context", "max_position_embeddings"),
            ("moe.start_layer", "moe_start_layer"), ("moe.n_experts", "moe_num_experts"),
            ("moe.n_experts_per_tok", "num_experts_per_tok"),
            ("moe.expert_inner_dim", "moe_expert_inner_dim"),
        ],
    ]

    /// A decoder's fields with those set that its class has under another spelling.
    static func spelled(_ fields: [String: JSONField], type: String) -> [String: JSONField] {
        var fields = fields
        for (field, name) in spellings[type] ?? [] {
            if let value = value(field, in: fields), value != .null { fields[name] = value }
        }
        return fields
    }

    /// The value at a path: names of objects and of a field, with points between them.
    private static func value(_ path: String, in fields: [String: JSONField]) -> JSONField? {
        let names = path.split(separator: ".").map(String.init)
        var found = fields[names[0]]
        for name in names.dropFirst() {
            guard case .object(let inner)? = found else { return nil }
            found = inner[name]
        }
        return found
    }

    /// A main dimension of a decoder.
    private struct Dimension {
        /// Its usual field.
        var name: String
        /// All fields that give it.
        var names: [String]
        /// Parts of a name that would give it.
        var hints: [String]
        /// The least value that can be meant.
        var least: Int
    }

    private static let dimensions = [
        Dimension(
            name: "hidden_size", names: widthNames,
            hints: ["hidden", "embed", "embd", "d_model", "model_dim", "width"], least: 17),
        Dimension(
            name: "num_hidden_layers", names: depthNames, hints: ["layer", "depth", "block"],
            least: 2),
        Dimension(
            name: "num_attention_heads", names: HeadRule().queries, hints: ["head"], least: 2),
        Dimension(name: "vocab_size", names: vocabularyNames, hints: ["vocab"], least: 17),
        Dimension(
            name: "num_key_value_heads", names: HeadRule().keyValues,
            hints: ["kv_head", "key_value", "query_group", "kv_group"], least: 1),
    ]

    /// Refuses a file that lacks a main dimension and has a field that looks like it under a name
    /// that its class does not read: the class's default would be a model of another size.
    ///
    /// Call it when the readers are through, which decides what is read.
    func refuseUnreadDimensions() throws {
        for dimension in Self.dimensions {
            guard asked.names.contains(where: dimension.names.contains),
                !dimension.names.contains(where: isInFile)
            else { continue }
            for name in unreadSizes(dimension.least)
            where dimension.hints.contains(where: name.lowercased().contains) {
                throw InputError(
                    place,
                    "\(dimension.name) is missing, and the class of model_type "
                        + "\"\(type.echoed())\" does not read \(name.echoed()) "
                        + "(\(self[name]?.description ?? ""))",
                    expected: "\(dimension.name)")
            }
        }
    }

    /// Whether the file decides a field, rather than the class's default.
    private func isInFile(_ name: String) -> Bool {
        if let value = decoder[name], value != .null { return true }
        return defaults[name] == nil && has(name)
    }

    /// The decoder's integers from `least` on that no reader has asked for, its class does not
    /// know and give no other dimension, in alphabetical order.
    private func unreadSizes(_ least: Int) -> [String] {
        decoder.keys.sorted().filter { name in
            guard let number = decoder[name]?.integer, number >= least else { return false }
            return !asked.names.contains(name) && defaults[name] == nil
                && !Self.dimensions.contains { $0.names.contains(name) }
        }
    }
}

/// The names of fields that readers have asked a file for.
final class AskedNames {
    private(set) var names: Set<String> = []

    func note(_ name: String) { names.insert(name) }
}
