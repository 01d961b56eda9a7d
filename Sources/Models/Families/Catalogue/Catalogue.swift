import Basics
import Foundation

/// The models known by a common name.
package enum Catalogue {
    /// The names, sorted.
    package static let names: [String] = entries.map(\.name).sorted()

    /// The model of a catalogue name, or of a config.json file or its folder. Names ignore letter
    /// case, `_` versus `-`, and an organisation before a slash
    /// ("meta-llama/Llama-3.1-8B-Instruct"). A published suffix (-FP8, -NVFP4, -AWQ, -W4A16, -BF16)
    /// sets the weights' format.
    ///
    /// - Throws: `InputError` at `model.name` with the nearest names, or at the file.
    package static func model(named name: String) throws -> TransformerModel {
        if name.hasSuffix(".json") { return try HuggingFaceConfig.model(file: name) }
        if let inside = Snapshot.config(in: name) {
            return try HuggingFaceConfig.model(file: inside)
        }
        if FileSystem.isFolder(name), name.contains("/") {
            throw InputError(
                name, "is a folder without config.json or Mistral's params.json",
                expected: "a checkpoint's folder")
        }
        let (published, publisher) = spelled(name)
        if let refusal = PublishedFormat.refusal(published, publisher: publisher) { throw refusal }
        let format = PublishedFormat(published, publisher: publisher)
        let unformatted = format?.base ?? published
        if let entry = entry(of: unformatted) {
            var model = entry.build()
            model.name = entry.name
            if let context = entry.contexts[unformatted] {
                model.maxContext = context
                model.contextLimit = context
            }
            if let format { model.take(format) }
            return model
        }
        if FileSystem.exists(name), !FileSystem.isFolder(name) {
            throw InputError(
                name, "is a file that holds no model's configuration",
                expected: "a config.json, the folder of one, or a name of the catalogue")
        }
        throw unknown(name)
    }

    /// The entry of a published name without its format.
    private static func entry(of name: String) -> Entry? {
        let wanted = normalized(name)
        return entries.first { $0.contexts[name] != nil }
            ?? entries.first { $0.name == wanted || $0.aliases.contains(wanted) }
    }

    /// Whether `model(named:)` reads a file or a folder by this name.
    package static func isFile(_ name: String) -> Bool {
        name.hasSuffix(".json") || Snapshot.config(in: name) != nil
    }

    /// Whether a name is that of a model it has, in a format that is read or refused by name.
    package static func knows(_ name: String) -> Bool {
        let (published, publisher) = spelled(name)
        guard PublishedFormat.refusal(published, publisher: publisher) == nil else { return true }
        return entry(of: PublishedFormat(published, publisher: publisher)?.base ?? published) != nil
    }

    /// The error for a name that no entry has: the nearest names, and what always works.
    private static func unknown(_ name: String) -> InputError {
        let file = "the path of its config.json"
        let near = nearestNames(to: name)
        return InputError(
            "model.name", "unknown model \"\(name)\"",
            expected: near.isEmpty ? "a name of explain --list-models, or \(file)" : "",
            suggestion: near.isEmpty ? "" : "\(near.joined(separator: ", ")), or \(file)")
    }

    /// Up to three names near to an unknown one, the nearest first.
    package static func nearestNames(to word: String) -> [String] {
        let (published, publisher) = spelled(word)
        let wanted = normalized(PublishedFormat(published, publisher: publisher)?.base ?? published)
        var names: [String] = []
        for spelling in nearest(9, to: wanted, among: entries.flatMap(\.spellings)) {
            let name = entries.first { $0.spellings.contains(spelling) }?.name ?? spelling
            if !names.contains(name) { names.append(name) }
        }
        return Array(names.prefix(3))
    }

    /// The last part of a name in lower case with `-` between its words, and its publisher.
    fileprivate static func spelled(_ name: String) -> (name: String, publisher: String) {
        let parts = name.lowercased().split(separator: "/")
        let word = (parts.last ?? "").split(separator: "_").joined(separator: "-")
        return (word, parts.count > 1 ? String(parts[parts.count - 2]) : "")
    }

    /// A name as the catalogue writes it.
    static func normalized(_ name: String) -> String {
        var word = spelled(name).name
        let tags = ["-hf", "-instruct", "-chat", "-it", "-base", "-2507"]
        for tag in tags where word.hasSuffix(tag) || word.contains(tag + "-") {
            word = word.split(separator: tag, omittingEmptySubsequences: true).joined()
        }
        for publisher in ["meta-", "nvidia-", "c4ai-"] where word.hasPrefix(publisher) {
            return String(word.dropFirst(publisher.count))
        }
        return word
    }

    /// A name and how to make its model. Shapes are those of the published config.json files.
    struct Entry: Sendable {
        var name: String
        var aliases: [String] = []
        /// Published names, in small letters and without their format, whose config.json gives
        /// another `max_position_embeddings` than the entry's.
        var contexts: [String: Int] = [:]
        var build: @Sendable () -> TransformerModel

        /// All names, in small letters.
        var spellings: [String] { [name] + aliases + contexts.keys.sorted() }
    }

    /// The model of a published config.json's text.
    static func published(_ config: String) -> TransformerModel {
        do {
            return try HuggingFaceConfig.model(Data(config.utf8), place: "config.json")
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The models of one publisher or line.
    package struct Group: Sendable {
        package var family: String
        var entries: [Entry]

        init(_ family: String, _ entries: [Entry]) {
            self.family = family
            self.entries = entries
        }

        /// Its names that contain a word, itself or in another spelling; all if its own name does.
        package func names(with word: String) -> [String] {
            let word = Catalogue.spelled(word).name
            if family.lowercased().contains(word) || word.isEmpty { return entries.map(\.name) }
            return entries.filter { $0.spellings.contains { $0.contains(word) } }.map(\.name)
        }
    }

    /// The models by family.
    package static let groups: [Group] = [
        Group("Llama", llama + llamas), Group("Mistral", mistral + mixtral + mistrals),
        Group("Qwen", qwen2s + qwen + qwen3s + qwenExperts + qwenNext),
        Group("Qwen that see", qwenSeeing + qwen35s), Group("Gemma", gemmas + gemma),
        Group("Phi", phis + phi), Group("DeepSeek", deepSeeks + deepSeek),
        Group("Kimi", kimi + kimis), Group("GLM", glms), Group("MiniMax", miniMax + miniMaxes),
        Group("GPT", gptOSS + gpts + gpt), Group("OLMo", olmos), Group("Granite", granites),
        Group("Command", commands), Group("EXAONE", exaones), Group("Falcon", falcons),
        Group("OPT", opts), Group("StarCoder", starCoders), Group("InternLM", internLMs),
        Group("Nemotron", nemotrons), Group("Others", further + recurrent),
    ]

    static let entries: [Entry] = groups.flatMap(\.entries)
}

extension Catalogue.Entry {
    /// A model whose published config.json says it, read when it is asked for.
    init(
        _ name: String, aliases: [String] = [], contexts: [String: Int] = [:], config: String
    ) {
        self.init(name: name, aliases: aliases, contexts: contexts) {
            Catalogue.published(config)
        }
    }
}
