import Basics

/// The models known by a common name.
public enum Catalogue {
    /// Names in alphabetical order.
    public static let names: [String] = entries.map(\.name).sorted()

    /// The model of a name, or of the config.json at a path. Letter case, `_` for `-` and an
    /// organisation before a slash ("meta-llama/Llama-3.1-8B-Instruct") do not matter in names;
    /// -FP8 and -BF16 in a name are the format of its weights.
    ///
    /// - Throws: `InputError` at `model.name` that suggests the nearest name, or at the file.
    public static func model(named name: String) throws -> TransformerModel {
        if name.hasSuffix(".json") { return try HuggingFaceConfig.model(file: name) }
        let wanted = normalized(name)
        if let entry = entries.first(where: { $0.name == wanted || $0.aliases.contains(wanted) }) {
            var model = entry.build()
            model.name = entry.name
            setFormat(name, of: &model)
            return model
        }
        throw InputError(
            "model.name", "unknown model \"\(name)\"", word: wanted, among: names,
            otherwise: "one of \(names.joined(separator: ", ")), or the path of a config.json")
    }

    /// Takes the format that a published name ends in: Llama-3.1-70B-Instruct-FP8 is no bf16.
    private static func setFormat(_ name: String, of model: inout TransformerModel) {
        let words = name.lowercased().split(whereSeparator: { "-_/".contains($0) })
        if words.contains("bf16") {
            model.nativeWeights = .bf16
        } else if words.contains("fp8"), model.nativeWeights == .bf16 {
            model.nativeWeights = .fp8
        }
    }

    /// A name in the catalogue's spelling.
    static func normalized(_ name: String) -> String {
        var word = String(name.split(separator: "/").last ?? "").lowercased()
            .split(separator: "_").joined(separator: "-")
        let tags = ["-hf", "-instruct", "-chat", "-it", "-base", "-fp8", "-bf16", "-2507"]
        for tag in tags where word.hasSuffix(tag) || word.contains(tag + "-") {
            word = word.split(separator: tag, omittingEmptySubsequences: true).joined()
        }
        return word.hasPrefix("meta-") ? String(word.dropFirst(5)) : word
    }

    /// A name and how its model is made; the shapes are those of the published config.json.
    struct Entry: Sendable {
        var name: String
        var aliases: [String] = []
        var build: @Sendable () -> TransformerModel
    }

    static let entries: [Entry] = denseEntries + expertEntries
}
