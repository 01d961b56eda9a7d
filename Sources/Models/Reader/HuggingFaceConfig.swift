import Basics
import Foundation

/// Reads a model's shape from a Hugging Face config.json.
///
///     let model = try HuggingFaceConfig.model(file: "models/Qwen3-8B/config.json")
///
/// `architectures` and `model_type` select the family as they select the engine's class. A missing
/// field takes the default of its type's class.
package enum HuggingFaceConfig {
    /// The model of a config.json file, or of the snapshot folder that contains one.
    ///
    /// - Throws: `InputError` naming the file and the field.
    package static func model(file path: String) throws -> TransformerModel {
        // Real files have a few kilobytes; anything beyond this is another file.
        let data = try Data(
            InputFile.contents(
                path, atMost: 16_000_000, expected: "a Hugging Face config.json"))
        var model = try model(data, place: path)
        try readNeighbour(of: path, into: &model)
        try Snapshot.read(beside: path, into: &model)
        try Snapshot.readGeneration(beside: path, into: &model)
        return model
    }

    /// The model of a config.json's bytes; `place` names it in errors.
    package static func model(_ data: Data, place: String) throws -> TransformerModel {
        let fields = try ConfigFields(data, place: place)
        guard !fields.outerType.isEmpty else {
            throw InputError(place, "model_type is missing", expected: "a known family's name")
        }
        let choice = try choice(fields)
        guard let family = Families.all[choice.rule] else { throw unreadClass(choice.name, fields) }
        var model = try family.model(fields)
        model.name = folderName(place)
        model.architecture = choice.architecture
        model.unserved = choice.unserved
        model.lastRelease = choice.lastRelease
        model.firstRelease = choice.architecture.flatMap { Architectures.firstRelease(of: $0) }
        model.storesWide = try fields.numberType() == "float32"
        readPredictor(fields, into: &model)
        try fields.refuseUnreadDimensions()
        if fields.isWrapped || choice.isWrapper { try Towers.add(to: &model, fields) }
        try readWeights(fields, into: &model)
        return model
    }

    /// The rule that reads a file.
    struct Choice {
        var rule: String
        /// The class or type that selected it.
        var name: String
        var architecture: String?
        var isWrapper = false
        /// Why the engine does not serve it; nil if it does.
        var unserved: InputError?
        /// The last release that serves it.
        var lastRelease: String?
    }

    /// Selects by the first class that the engine knows, else by the type.
    static func choice(_ fields: ConfigFields) throws -> Choice {
        let names = try Self.names(fields)
        for name in names {
            switch Architectures.fates[name] {
            case .read(let rule):
                var choice = Choice(rule: rule, name: name, architecture: name)
                choice.unserved = unknownType(fields)
                return choice
            case .wrapper:
                return try wrapped(name, fields)
            case .removed, .plugIn, nil: continue
            }
        }
        guard let rule = Architectures.rule(ofType: fields.type) else {
            throw unknown(names, fields)
        }
        var choice = Choice(rule: rule, name: fields.type, architecture: names.first)
        choice.isWrapper = fields.isWrapped
        choice.unserved = unserved(names.first, fields)
        if let name = names.first, case .removed(let last)? = Architectures.fates[name] {
            choice.lastRelease = last
        }
        return choice
    }

    /// The names in `architectures`.
    private static func names(_ fields: ConfigFields) throws -> [String] {
        guard let field = fields.outer["architectures"], field != .null else { return [] }
        guard case .array(let items) = field else {
            throw InputError(
                fields.place, "architectures is \(field.description)",
                expected: "a list of classes' names")
        }
        return try items.map { item in
            guard case .string(let name) = item else {
                throw InputError(
                    fields.place, "architectures has \(item.description)",
                    expected: "names of classes")
            }
            return name
        }
    }

    /// Selects the rule for a wrapper's decoder: by its own class if it names one, else by its
    /// type.
    private static func wrapped(_ name: String, _ fields: ConfigFields) throws -> Choice {
        if let rule = Architectures.decodersOfClasses[name] {
            return Choice(rule: rule, name: name, architecture: name, isWrapper: true)
        }
        if fields.isWrapped, let inner = fields.words("architectures")?.first,
            case .read(let rule)? = Architectures.fates[inner]
        {
            return Choice(rule: rule, name: name, architecture: name, isWrapper: true)
        }
        guard let rule = Architectures.rule(ofType: fields.type) else {
            throw unreadClass("\(name) around model_type \"\(fields.type)\"", fields)
        }
        return Choice(rule: rule, name: name, architecture: name, isWrapper: true)
    }

    /// The model's name: that of the folder with the config.json.
    private static func folderName(_ place: String) -> String {
        let parts = place.split(separator: "/")
        return (parts.count > 1 ? parts[parts.count - 2] : place[...]).echoed()
    }
}
