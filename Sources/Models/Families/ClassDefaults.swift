import Basics
import Foundation

/// What the engine's configuration classes give for fields that a config.json leaves out, by
/// model_type.
///
/// The figures are Transformers 5.20.2's and vLLM 0.33.0's own classes, read from the classes
/// themselves: sizes, counts and flags that size a model. Left out are what a class reckons from
/// other fields (head_dim and num_key_value_heads where it has no number of its own, lists with an
/// entry a layer) and what sizes nothing. `text` names the type of a wrapper's decoder.
enum ClassDefaults {
    /// One type's fields; none for a type without class.
    static func fields(of type: String) -> [String: JSONField] {
        guard let text = entries[type],
            case .object(let fields)? = try? JSON5.decode(
                JSONField.self, from: Data(text.utf8), place: type)
        else { return [:] }
        return fields
    }

    /// Whether the engine has a class of the name.
    static func knows(_ type: String) -> Bool { entries[type] != nil }

    /// All types.
    static var types: [String] { entries.keys.sorted() }

    /// Types of files that the engine has no class for, read for `explain`: Transformers' classes.
    private static let others = """
        big_bird {tie_word_embeddings:true,max_position_embeddings:4096}
        longformer {tie_word_embeddings:true,max_position_embeddings:512}
        rwkv {tie_word_embeddings:false,context_length:1024}
        mpt {tie_word_embeddings:true,max_seq_len:2048}
        """

    /// An entry starts a line with the type's name; lines that begin with blanks go on.
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
