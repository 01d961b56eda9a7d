import Basics
import Foundation
import Models
import Simulator
import Traces

extension Configuration {
    /// Largest configuration file, bytes. A trace given by mistake is refused at once.
    static let largestFile = 1_000_000

    /// Reads a configuration from a file (nil: the defaults) and applies `key.path=value` changes
    /// in order. Throws `InputError` naming the file, line or key of any mistake.
    public static func read(file: String?, changes: [String] = []) throws -> Configuration {
        try read(file: file, serve: nil, changes: changes)
    }

    /// Like `read(file:changes:)`, but first applies a server's line and a benchmark's. Errors in
    /// these name their flag.
    package static func read(
        file: String?, serve: ServerLine?, bench: BenchmarkLine? = nil, changes: [String] = []
    ) throws -> Configuration {
        var configuration = Configuration()
        if let file {
            do {
                try configuration.apply(.parse(contents(of: file), place: file), place: file)
            } catch {
                throw mistaken(file) ?? error
            }
            configuration.resolvePaths(against: file)
        }
        if let serve {
            let before = configuration
            // The model first: what other flags mean depends on it.
            let named = changes.last { key(ofChange: $0) == "model.name" }
            if let named { try configuration.apply(change: named) }
            try configuration.apply(serve, keepsModel: named != nil)
            configuration.given.besideServer = before.engineKeys.filter { path, value in
                configuration.engineKeys[path] == value && serve.origins[path] == nil
            }.map { "\($0)=\($1)" }.sorted()
        }
        for change in bench?.changes ?? [] {
            // Both lines name the model: the server's says what it serves, so it wins over the
            // benchmark's.
            if serve?.namesModel == true, change.hasPrefix("model.name=") { continue }
            do {
                try configuration.apply(change: change)
            } catch let error as InputError {
                throw bench?.blamed(error, change) ?? error
            }
        }
        for change in changes { try configuration.apply(change: change) }
        try serve?.refuseFormer(under: configuration.engine.version)
        return configuration
    }

    /// The keys that a server's line could set and that were given other values than the defaults,
    /// with these.
    private var engineKeys: [String: String] {
        let usual = Configuration()
        var keys: [String: String] = [:]
        for key in ConfigurationKey.all
        where gives(key.path) && (key.path == "model.weights" || ServerFlag.sets(key.path)) {
            let value = key.value(self)
            if value != key.value(usual) { keys[key.path] = value.described }
        }
        return keys
    }

    /// The error for a file that is a trace or a recipe rather than a configuration; nil for
    /// others.
    private static func mistaken(_ file: String) -> InputError? {
        guard !InputFile.isReadOnce(file) else { return nil }
        if let other = otherVerbs(file) { return other }
        let isRecipe = (try? Recipe.read(file)) != nil
        guard isRecipe || (try? Traces.openTrace(file, options: TraceOptions())) != nil else {
            return nil
        }
        return InputError(
            file, "is a \(isRecipe ? "recipe" : "trace"), no configuration",
            expected: "--set trace.file=\(file), or headway run --trace \(file)")
    }

    /// The error for a file of another verb, or a run's folder; nil for others.
    private static func otherVerbs(_ file: String) -> InputError? {
        if FileSystem.isFolder(file) {
            let inside = file.appending(pathComponent: "config.resolved.json")
            guard FileSystem.exists(inside) else { return nil }
            return InputError(
                file, "is a run's folder, no configuration", expected: "\(inside), its own")
        }
        guard let data = try? contents(of: file),
            case .object(let members)? = try? ConfigurationValue.parse(data, place: file)
        else { return nil }
        if members["cases"] != nil {
            return InputError(
                file, "is a gate's suite, no configuration", expected: "headway gate \(file)")
        }
        guard members["keys"] != nil || members["points"] != nil, members["base"] != nil else {
            return nil
        }
        return InputError(
            file, "is a space of configurations, no single one",
            expected: "headway sweep \(file), or headway tune \(file)")
    }

    /// Applies an object of sections. Visits keys in alphabetical order, so that the first error
    /// does not depend on hashing.
    package mutating func apply(_ value: ConfigurationValue, place: String) throws {
        guard case .object = value else {
            throw InputError(
                place, "holds \(value.described)",
                expected: "an object of sections such as { engine: { block_size: 16 } }")
        }
        try apply(value, at: "", place: place)
    }

    /// The whole path of the key that a change `key.path=value` sets.
    package static func key(ofChange change: String) -> String {
        let path = String(change.prefix { $0 != "=" })
        return FormerSpelling.of(path)?.key ?? shortForms[path] ?? path
    }

    /// Applies one `key.path=value`. The value is JSON5, or a bare word for keys that take text.
    package mutating func apply(change: String) throws {
        guard let equals = change.firstIndex(of: "=") else {
            throw InputError(
                "--set", "\"\(change)\" has no value", expected: "KEY=VALUE")
        }
        let path = String(change[..<equals])
        let text = String(change[change.index(after: equals)...])
        if let former = FormerSpelling.of(path) {
            given.insert(former: former)
            return try apply(change: former.key + "=" + (former.words[text] ?? text))
        }
        let full = Self.shortForms[path] ?? path
        guard let key = ConfigurationKey.all.first(where: { $0.path == full }) else {
            throw Self.unknown(path, place: "--set")
        }
        var value = ConfigurationValue.text(text)
        let quoted = text.hasPrefix("\"") || text.hasPrefix("'")
        if !key.takesText || quoted || text == "null" {
            // A value that is not JSON5 stays text; the key then reports what it expects.
            value = (try? .parse(Data(text.utf8), place: "--set")) ?? value
        }
        try store(value, key: key, place: "--set " + path)
    }

    private mutating func apply(
        _ value: ConfigurationValue, at prefix: String, place: String
    ) throws {
        guard case .object(let members) = value else {
            throw InputError(
                "\(place): \(prefix.dropLast())", "is \(value.described)",
                expected: "an object with the keys "
                    + Self.names(after: prefix).joined(separator: ", "))
        }
        for name in members.keys.sorted() {
            let path = prefix + name
            let isObject = if case .object = members[name]! { true } else { false }
            if let full = Self.shortForms[path], !isObject,
                let key = ConfigurationKey.all.first(where: { $0.path == full })
            {
                try store(members[name]!, key: key, place: "\(place): \(path)")
            } else if let former = FormerSpelling.of(path) {
                try apply(former, members[name]!, place: "\(place): \(path)")
            } else if let key = ConfigurationKey.all.first(where: { $0.path == path }) {
                try store(members[name]!, key: key, place: "\(place): \(path)")
            } else if isSection(path) {
                try apply(members[name]!, at: path + ".", place: place)
            } else {
                throw Self.unknown(path, place: place)
            }
        }
    }

    /// Sections that may hold a single value, and the key that it sets.
    private static let shortForms = ["engine.host": "engine.host.profile"]

    /// The current key for a path, which may be an old spelling or a short form.
    package static func key(of path: String) -> String {
        FormerSpelling.of(path)?.key ?? shortForms[path] ?? path
    }

    /// Whether a path is the parent of any key, current or old.
    private func isSection(_ path: String) -> Bool {
        ConfigurationKey.all.contains { $0.path.hasPrefix(path + ".") }
            || FormerSpelling.all.contains { $0.path.hasPrefix(path + ".") }
    }

    /// Stores the value of a key's old spelling, and records the spelling for a note.
    private mutating func apply(
        _ former: FormerSpelling, _ value: ConfigurationValue, place: String
    ) throws {
        given.insert(former: former)
        var value = value
        if case .text(let word) = value { value = .text(former.words[word] ?? word) }
        let key = ConfigurationKey.all.first { $0.path == former.key }!
        try store(value, key: key, place: place)
    }

    private mutating func store(
        _ value: ConfigurationValue, key: ConfigurationKey, place: String
    ) throws {
        let before = engine.version.release.defaults
        if key.store(value, &self) {
            given.insert(key.path)
            return followDefaults(from: before)
        }
        if let mistake = key.mistake(value) {
            throw InputError(
                place + mistake.place, mistake.problem, expected: mistake.expected,
                suggestion: mistake.suggestion)
        }
        if case .text(let word) = value, !key.words.isEmpty {
            throw InputError(
                place, "is \(value.described)", word: word, among: key.words,
                otherwise: key.expected)
        }
        throw InputError(place, "is \(value.described)", expected: key.expected)
    }

    private static func unknown(_ path: String, place: String) -> InputError {
        let known = ConfigurationKey.all.map(\.path)
        if known.contains(where: { $0.hasPrefix(path + ".") }) {
            return InputError(
                "\(place): \(path)", "is a section, not a key",
                expected: "one of " + names(after: path + ".").joined(separator: ", "))
        }
        let name = path.split(separator: ".").last.map(String.init) ?? path
        if path == "engine." + name, let flag = ServerFlag.refusal(ofKey: name) {
            return InputError(
                "\(place): \(path)", flag.problem, expected: "", suggestion: flag.key)
        }
        let parent = path.hasSuffix("." + name) ? String(path.dropLast(name.count)) : ""
        // Suggests in this order: the right name elsewhere, a sibling's name with a typo, any path
        // with a typo.
        let moved = known.first { $0.hasSuffix("." + name) }
        let former = FormerSpelling.all.map(\.path).filter { $0.hasPrefix(parent) }
            .map { String($0.dropFirst(parent.count)) }
        let sibling =
            nearest(to: name, among: names(after: parent)).map { parent + $0 }
            ?? nearest(to: name, among: former).map { parent + $0 }
        let lastNames = known.map { String($0.split(separator: ".").last!) }
        let misplaced = nearest(to: name, among: lastNames)
            .flatMap { near in known.first { $0.hasSuffix("." + near) } }
        let suggestion = moved ?? sibling ?? nearest(to: path, among: known) ?? misplaced
        let siblings = "one of " + names(after: parent).joined(separator: ", ")
        return InputError(
            "\(place): \(path)", "unknown key", expected: suggestion == nil ? siblings : "",
            suggestion: suggestion ?? "")
    }

    /// The names directly under a prefix such as "engine.", in order.
    private static func names(after prefix: String) -> [String] {
        var names: [String] = []
        for key in ConfigurationKey.all where key.path.hasPrefix(prefix) {
            let name = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names.isEmpty ? sectionsAndSeed : names
    }

    private static var sectionsAndSeed: [String] { ConfigurationKey.sections + ["seed"] }

    private static func contents(of file: String) throws -> Data {
        let wanted = "a configuration (JSON5)"
        guard FileSystem.exists(file) else {
            throw InputError(file, "there is no such file", expected: wanted)
        }
        return try Data(InputFile.contents(file, atMost: largestFile, expected: wanted))
    }

    /// Makes relative paths relative to the folder of the file that names them.
    package mutating func resolvePaths(against file: String) {
        let folder = file.containingFolder
        changePaths { path in
            path.hasPrefix("/") || folder.isEmpty
                ? path : FileSystem.simplified(folder.appending(pathComponent: path))
        }
    }

    /// The same with absolute paths, for a file that may be moved.
    package var withAbsolutePaths: Configuration {
        var copy = self
        copy.changePaths(FileSystem.absolute)
        return copy
    }

    private mutating func changePaths(_ change: (String) -> String) {
        // "-" is standard input.
        trace.file = trace.file.map { $0 == "-" ? $0 : change($0) }
        stepTime.file = stepTime.file.map(change)
        if stepTime.profile.hasSuffix(".json") { stepTime.profile = change(stepTime.profile) }
        if let host = engine.host.profile, host.hasSuffix(".json") {
            engine.host.profile = change(host)
        }
        if model.name.hasSuffix(".json") || Snapshot.config(in: change(model.name)) != nil {
            model.name = change(model.name)
        }
        if let draft = engine.specModel,
            draft.hasSuffix(".json") || Snapshot.config(in: change(draft)) != nil
        {
            engine.specModel = change(draft)
        }
    }
}
