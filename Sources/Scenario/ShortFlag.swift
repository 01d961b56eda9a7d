import Basics

/// A flag cut short, as Python's argparse takes it where only one flag begins so.
enum ShortFlag {
    /// The flags that a word begins, sorted. The word has two dashes and at least a letter.
    static func whole(_ word: String, among flags: some Collection<String>) -> [String] {
        guard word.hasPrefix("--"), word.count > 2 else { return [] }
        return flags.filter { $0.hasPrefix(word) }.sorted()
    }

    /// The error for a word that begins several flags.
    static func ambiguous(_ word: String, _ flags: [String], place: String) -> InputError {
        let few = flags.prefix(4).joined(separator: ", ")
        return InputError(
            place, "\(word.echoed()) is the beginning of several flags",
            expected: "one of \(few)\(flags.count > 4 ? ", ..." : "")")
    }
}
