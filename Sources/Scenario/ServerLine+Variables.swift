import Basics

/// What becomes of variables that a line's text does not set.
extension ServerLine {
    /// A flag's values in normal form. A value that is not known counts where the flag changes
    /// nothing here, and is refused elsewhere.
    mutating func known(_ entry: Given, of flag: ServerFlag) throws -> [String] {
        let found = entry.values.compactMap { references.unknown(in: $0) }.first
        guard let found else { return try ServerValue.checked(entry, of: flag) }
        switch flag.verdict {
        case .noEffect,
            .notModelled where flag.name != "hf-overrides":
            unset.append("\(entry.word.echoed()) \(found.text.echoed())")
            return entry.values
        case .used where ["model", "model_tag"].contains(flag.name): return entry.values
        default: throw found.error(place: entry.place, in: entry.word)
        }
    }

    /// Notes the variables of flags that change nothing here.
    mutating func noteUnset() {
        guard !unset.isEmpty else { return }
        notes.append(
            "--serve: not known, and of no effect here: " + unset.joined(separator: ", "))
    }

    /// Leaves a model that a variable names to a later `model.name`.
    mutating func leaveModel(_ found: ShellReferences.Unknown, _ entry: Given) {
        guard unknownModel == nil else { return }
        let error = found.error(place: entry.place, in: entry.word)
        unknownModel = InputError(
            error.place, error.problem, expected: error.expected + ", or model.name (--set)")
        notes.append("--serve: \(error.problem): model.name is served in its place")
    }
}
