import Basics
import Foundation

/// Defaults of the engine's configuration classes for fields missing in a config.json, by
/// model_type.
///
/// The figures come from the classes of Transformers 5.20.2 and vLLM 0.33.0 themselves: sizes,
/// counts and flags that size a model. Left out are fields that a class derives from others
/// (head_dim and num_key_value_heads unless it has a number of its own, lists with an entry per
/// layer) and fields that size nothing. `text` names the type of a wrapper's decoder.
enum ClassDefaults {
    /// One type's fields; empty for a type without a class.
    static func fields(of type: String) -> [String: JSONField] {
        guard let text = entries[type],
            case .object(let fields)? = try? JSON5.decode(
                JSONField.self, from: Data(text.utf8), place: type)
        else { return [:] }
        return fields
    }

    /// Whether the engine has a class for the type.
    static func knows(_ type: String) -> Bool { entries[type] != nil }

    /// All types.
    static var types: [String] { entries.keys.sorted() }

    /// Types that the engine has no class for, supported by `explain`: Transformers' classes.
    private static let others = """
        big_bird {tie_word_embeddings:true,max_position_embeddings:4096}
        longformer {tie_word_embeddings:true,max_position_embeddings:512}
        rwkv {tie_word_embeddings:false,context_length:1024}
        mpt {tie_word_embeddings:true,max_seq_len:2048}
        """

    /// An entry starts with the type's name; indented lines continue it.
    private static let entries: [String: String] = {
        var entries: [String: String] = [:]
        var name = ""
        for line in (first + "\n" + second + "\n" + others).split(separator: "\n") {
            guard !line.hasPrefix(" ") else {
                entries[name, default: ""] += line.drop { $0 == " " }
                continue
            }
            let parts = line.split(separator: " ", maxSplits: 1)
            name = String(parts[0])
            entries[name] = parts.count > 1 ? String(parts[1]) : "{}"
        }
        return entries
    }()
}
