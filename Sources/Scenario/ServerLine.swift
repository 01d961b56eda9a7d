import Basics
import Foundation

/// Translates the command line of vLLM's server into keys of a configuration.
///
/// `vllm serve MODEL --tensor-parallel-size 4 --max-num-batched-tokens 8k`: by the table of
/// `ServerFlag`, each flag of vLLM 0.33.0 becomes a key, or a note that it has no effect or is not
/// modelled. Any other word is refused. Accepts what the server's own parser does: dashes or
/// underscores, `--flag=value`, unique abbreviations, `8k` and `8K`, JSON and dotted JSON, `-O3`, a
/// YAML file with `--config`.
package struct ServerLine: Sendable {
    /// A flag that was given.
    struct Given: Sendable {
        /// The flag as the user wrote it, without its value.
        var word: String
        var values: [String]
        /// Its place: the command line's flag, or a file and its line.
        var place: String

        /// Its form in a note: with a short value.
        var shown: String {
            let value = values.joined(separator: " ")
            let isShort = value.count <= 24 && !["true", "false", ""].contains(value)
            return word.echoed() + (isShort ? " " + value.echoed() : "")
        }
    }

    /// `key=value`, as for `--set`.
    package internal(set) var changes: [String] = []
    /// Notes on flags that are not simulated or have no effect, one sentence each.
    package internal(set) var notes: [String] = []
    /// The flag that set a key.
    var origins: [String: Given] = [:]
    /// The given flags, by name.
    var given: [String: Given] = [:]
    /// Separately given parts of JSON values, by the flag's name.
    private var parts: [String: ConfigurationValue] = [:]
    /// Variables of a script, and those of flags that matter not.
    var references = ShellReferences()
    var unset: [String] = []
    /// Flags that change nothing, as the user wrote them.
    var idle: [String] = []
    /// Flags of earlier releases that the newest one does not have.
    var former: [Given] = []

    /// Flags whose effect depends on the rest of a configuration.
    var quantization: Given?
    var expertParallel: Bool?
    var dataParallel = 1
    /// The error for a model that is not known. It counts unless a later change names a model.
    var unknownModel: InputError?

    /// Reads a line, a script or a manifest, or a file with one of them (`@FILE`, `FILE`,
    /// `FILE.yaml#SERVER`), or a file for the server's --config.
    ///
    /// - Throws: `InputError` at `--serve`, or at the file and its line, naming the flag as
    ///   written, if it is not understood or would clearly give another schedule.
    package init(_ text: String) throws {
        let pasted = try PastedText(text, place: "--serve", "vllm serve ...")
        let place = pasted.file ?? "--serve"
        let isYAML = [".yaml", ".yml"].contains { place.hasSuffix($0) }
        if isYAML || ServerText.looksLikeYAML(pasted.text) {
            let isOwn = isYAML && !ServerText.looksLikeYAML(pasted.text)
            let documents =
                isOwn ? [] : try YAMLReader.documents(pasted.text, place: place, isLoose: true)
            if ServerManifest.isManifest(documents) {
                try read(ServerManifest(documents, place: place).server(named: pasted.choice))
            } else {
                try read(file: place, text: pasted.text)
            }
        } else {
            try read(ServerProgram.arguments(pasted.text))
        }
        try translate()
        if !namesModel, unknownModel == nil {
            notes.append(
                "--serve: the line names no model, for which vLLM takes Qwen/Qwen3-0.6B: the "
                    + "configuration's model is served")
        }
    }

    /// Whether the line names the model.
    var namesModel: Bool { origins["model.name"] != nil }

    /// The names that the server answers to; nil: not known.
    var names: [String]? {
        let flags = ["served-model-name", "model_tag", "model"]
        let names = flags.lazy.compactMap { given[$0]?.values }.first
        guard let names, !names.contains(where: { references.unknown(in: $0) != nil }) else {
            return nil
        }
        return names
    }

    /// An error about one of the changes. Names the flag that the user typed, not the key.
    func blamed(_ error: InputError, _ change: String) -> InputError {
        guard let origin = origins[String(change.prefix { $0 != "=" })] else { return error }
        return InputError(
            origin.place, "\(origin.word.echoed()) \(error.problem)", expected: error.expected,
            suggestion: error.suggestion)
    }

    /// An error at a key. Names the flag that set the key, unless a change after the line did.
    func blamed(_ error: InputError, after changes: [String]) -> InputError {
        let isChanged = changes.contains { $0.hasPrefix(error.place + "=") }
        return isChanged ? error : blamed(error, error.place)
    }

    /// An error at a flag.
    static func error(_ given: Given, _ problem: String, _ expected: String) -> InputError {
        InputError(given.place, "\(given.word.echoed()) \(problem)", expected: expected)
    }

    private mutating func read(_ start: ServerProgram.Start) throws {
        notes += start.notes + start.references.notes(place: "--serve")
        references = start.references
        for (key, name, value) in start.assigned {
            changes.append("\(key)=\(value)")
            origins[key] = Given(word: name, values: [value], place: "--serve")
        }
        var rest = start.words[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("-O") {
                try readLevel(word, &rest)
            } else if Self.isFlag(word) {
                try read(word, &rest)
            } else {
                try takeModel(word)
            }
        }
        noteUnset()
        for (name, value) in parts { given[name]?.values = [value.json] }
        // Flags on the line take precedence over the file that it names.
        guard let config = given["config"] else { return }
        let line = given
        let file = config.values[0]
        try read(file: file, text: start.files[file])
        if line["model_tag"] != nil { given["model"] = nil }
        given.merge(line) { _, line in line }
    }

    /// Whether a word is a flag rather than a value: -1 and "-a b" are values.
    static func isFlag(_ word: String) -> Bool {
        word.hasPrefix("-") && word.count > 1 && Double(word) == nil
            && !word.prefix { $0 != "=" }.contains(" ")
    }

    /// Reads `-O3`, `-O=3` or `-O 3`.
    private mutating func readLevel(_ word: String, _ rest: inout ArraySlice<String>) throws {
        var value = String(word.dropFirst(2))
        guard !value.hasPrefix(".") else {
            throw InputError(
                "--serve", "\(word.echoed()) is no level", expected: "-cc\(value.echoed())")
        }
        if value.hasPrefix("=") { value.removeFirst() }
        if value.isEmpty, let next = rest.first, Int(next) != nil { value = rest.removeFirst() }
        given["optimization-level"] = Given(word: "-O", values: [value], place: "--serve")
    }

    private mutating func takeModel(_ word: String) throws {
        if let found = references.unknown(in: word), given["model_tag"] != nil {
            throw found.error(place: "--serve", in: "")
        }
        guard !word.isEmpty else {
            throw InputError("--serve", "has an empty word", expected: "a model or a flag")
        }
        guard given["model_tag"] == nil else {
            throw InputError(
                "--serve",
                "\(word.echoed()) is not a flag, and the model is "
                    + given["model_tag"]!.values[0].echoed(),
                expected: "one model, and flags of vllm serve")
        }
        given["model_tag"] = Given(word: "the model", values: [word], place: "--serve")
    }

    private mutating func read(_ word: String, _ rest: inout ArraySlice<String>) throws {
        let (written, value) = Self.halves(word)
        var (head, path) = (written, [String]())
        if let dot = written.firstIndex(of: ".") {
            head = String(written[..<dot])
            path = written[written.index(after: dot)...].split(
                separator: ".", omittingEmptySubsequences: false
            ).map(String.init)
        }
        var entry = Given(word: written, values: [], place: "--serve")
        let (flag, isNegated) = try Self.flag(head, entry)
        if !path.isEmpty {
            guard flag.kind == .json else {
                throw Self.error(entry, "has no parts", head + " and its value")
            }
            entry.values = try Self.value(entry, value, &rest)
            if let found = references.unknown(in: entry.values[0]) {
                throw found.error(place: entry.place, in: entry.word)
            }
            return try take(entry, at: path, of: flag)
        }
        switch flag.kind {
        case .toggle, .bare:
            guard value == nil else { throw Self.error(entry, "takes no value", "it alone") }
            entry.values = [isNegated ? "false" : "true"]
        case .texts, .integers:
            entry.values = value.map { [$0] } ?? []
            while value == nil, let next = rest.first, !Self.isFlag(next) {
                entry.values.append(rest.removeFirst())
            }
            guard !entry.values.isEmpty else {
                throw Self.error(entry, "has no value", "one or more")
            }
        default: entry.values = try Self.value(entry, value, &rest)
        }
        entry.values = try known(entry, of: flag)
        guard parts[flag.name] == nil else {
            throw Self.error(entry, "is given whole beside its parts", "all of it in one place")
        }
        let note = "--serve: \(written.echoed()) is given twice: the last counts"
        if given[flag.name] != nil, !notes.contains(note) { notes.append(note) }
        given[flag.name] = entry
    }

    /// A word split at its first "=".
    private static func halves(_ word: String) -> (String, String?) {
        guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }

    private static func value(
        _ entry: Given, _ value: String?, _ rest: inout ArraySlice<String>
    ) throws -> [String] {
        if let value { return [value] }
        guard let next = rest.first, !isFlag(next) else {
            throw error(entry, "has no value", "one")
        }
        rest.removeFirst()
        return [next]
    }

    /// The flag of a word: a full name, or a unique abbreviation.
    static func flag(
        _ head: String, _ entry: Given
    ) throws -> (flag: ServerFlag, isNegated: Bool) {
        let isLong = head.hasPrefix("--")
        let word = isLong ? head.replacing("_", with: "-") : head
        if let known = ServerFlag.named(word) ?? ServerFlag.former(word) { return known }
        let flags = ShortFlag.whole(word, among: ServerFlag.words)
        if flags.count == 1 { return ServerFlag.named(flags[0])! }
        if flags.count > 1 { throw ShortFlag.ambiguous(entry.word, flags, place: entry.place) }
        // A word of one or two letters would be near to any short flag.
        let near = ServerFlag.words.filter { $0.hasPrefix("--") == isLong }
        throw InputError(
            entry.place, "\(head.echoed()) is not a flag of vllm serve", word: head,
            among: head.count > 4 ? near : [], otherwise: "a flag of vLLM 0.33.0's server")
    }

    /// Most parts of a dotted flag.
    private static let deepest = 32

    /// Takes a part of a JSON value: `--compilation-config.cudagraph_capture_sizes+ 1,2`.
    private mutating func take(_ entry: Given, at path: [String], of flag: ServerFlag) throws {
        var (path, value) = (path, ServerValue.part(entry.values[0]))
        if path.last?.hasSuffix("+") == true {
            path[path.count - 1].removeLast()
            let words = entry.values[0].split(separator: ",").map(String.init)
            value = .list(words.map(ServerValue.part))
        }
        guard !path.contains("") else { throw Self.error(entry, "has an empty part", "a name") }
        guard path.count <= Self.deepest else {
            throw Self.error(entry, "has \(path.count) parts", "at most \(Self.deepest)")
        }
        let word = String(entry.word.prefix { $0 != "." })
        let other = given[flag.name]?.word ?? word
        // The server would keep only the parts of one of the two spellings.
        guard word.replacing("_", with: "-") == other.replacing("_", with: "-") else {
            throw Self.error(entry, "stands beside \(other.echoed())", "one form of the flag")
        }
        guard parts[flag.name] != nil || given[flag.name] == nil else {
            throw Self.error(entry, "is a part of what is given whole", "all of it in one place")
        }
        var whole = parts[flag.name] ?? .object([:])
        whole.merge(value, at: path[...])
        parts[flag.name] = whole
        given[flag.name] = Given(word: word, values: [], place: entry.place)
    }

    /// Reads the flags of a YAML file, and refuses duplicates.
    private mutating func read(file: String, text: String? = nil) throws {
        var said: Set<String> = []
        for item in try ServerFile(file, text: text).entries {
            let entry = Given(
                word: item.key, values: item.value.words, place: "\(file):\(item.line)")
            guard item.key != "config" else {
                throw Self.error(entry, "stands in such a file", "the flags themselves")
            }
            var (flag, isNegated) = try Self.flag("--" + item.key, entry)
            guard said.insert(flag.name).inserted else {
                throw Self.error(entry, "stands here twice, with - and with _", "it once")
            }
            var values = entry
            switch (flag.kind, item.value) {
            case (.toggle, .boolean(let value)), (.bare, .boolean(let value)):
                if !value, flag.kind == .bare { continue }
                values.values = [String(value != isNegated)]
            case (.toggle, _), (.bare, _):
                throw Self.error(entry, "is \(item.value.described)", "true or false")
            case (_, .boolean(let value)):
                throw Self.error(entry, "is \(value)", "a value")
            case (_, .list(let items)) where flag.kind != .texts && flag.kind != .integers:
                throw Self.error(entry, "is a list of \(items.count)", "one value")
            case (_, .list([])): continue
            case (_, .null) where flag.usual == "null": continue
            default: isNegated = false
            }
            values.values = try ServerValue.checked(values, of: flag)
            given[flag.name] = values
        }
    }
}
