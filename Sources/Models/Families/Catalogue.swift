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
    /// - Throws: `InputError` at `model.name` with the nearest name, or at the file.
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
        let format = PublishedFormat(published, publisher: publisher)
        let unformatted = format?.base ?? published
        let wanted = normalized(unformatted)
        let entry =
            entries.first { $0.contexts[unformatted] != nil }
            ?? entries.first { $0.name == wanted || $0.aliases.contains(wanted) }
        if let entry {
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
        throw InputError(
            "model.name", "unknown model \"\(name)\"", word: wanted, among: names,
            otherwise: "one of \(names.joined(separator: ", ")), or the path of a config.json")
    }

    /// Whether `model(named:)` reads a file or a folder by this name.
    package static func isFile(_ name: String) -> Bool {
        name.hasSuffix(".json") || Snapshot.config(in: name) != nil
    }

    /// The last part of a name in lower case with `-` between its words, and its publisher.
    private static func spelled(_ name: String) -> (name: String, publisher: String) {
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
        return word.hasPrefix("meta-") ? String(word.dropFirst(5)) : word
    }

    /// A name and how to make its model. Shapes are those of the published config.json files.
    struct Entry: Sendable {
        var name: String
        var aliases: [String] = []
        /// Published names, in small letters and without their format, whose config.json gives
        /// another `max_position_embeddings` than the entry's.
        var contexts: [String: Int] = [:]
        var build: @Sendable () -> TransformerModel
    }

    /// The model of a published config.json's text.
    static func published(_ config: String) -> TransformerModel {
        do {
            return try HuggingFaceConfig.model(Data(config.utf8), place: "config.json")
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static let entries: [Entry] = denseEntries + expertEntries
}
