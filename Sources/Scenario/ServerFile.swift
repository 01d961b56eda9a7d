import Basics

/// A file of server flags for `--config`: YAML with one flag per line.
///
/// Reads the part of YAML that such files use: `flag: value`, lists, maps by indentation or in
/// braces, quotes, comments, texts over several lines. Refuses the rest (anchors, tags) and
/// duplicate flags, with the line.
struct ServerFile {
    /// A flag of the file.
    struct Entry {
        var key: String
        var value: ConfigurationValue
        var line: Int
    }

    /// Flags in file order.
    private(set) var entries: [Entry] = []

    /// Largest such file in bytes, and most flags.
    private static let (largest, most) = (1_000_000, 1000)

    /// Reads a file, or the text of one that is not there. Throws `InputError` at the file and its
    /// line.
    init(_ file: String, text: String? = nil) throws {
        let text = try text ?? Self.text(file, "a vLLM config file (YAML)")
        let documents = try YAMLReader.documents(text, place: file, isLoose: false)
        guard let first = documents.first else { return }
        func error(_ line: Int, _ problem: String, _ expected: String) -> InputError {
            InputError("\(file):\(line)", problem, expected: expected)
        }
        guard documents.count == 1 else {
            throw error(documents[1].line, "begins another document", "one document")
        }
        let members = first.members
        guard !members.isEmpty else {
            throw error(first.line, "is \(first.plain.described)", "flag: value")
        }
        for (key, node) in members {
            guard entries.count < Self.most else {
                throw error(
                    node.line, "is one of more flags than the server has", "a config file")
            }
            let item = node.items?.first { !$0.members.isEmpty || $0.items != nil }
            guard item == nil || !node.isBlock else {
                throw error(
                    item!.line, "is a list of maps or lists", "items in braces, or plain ones")
            }
            entries.append(Entry(key: key, value: node.plain, line: node.line))
        }
    }

    /// The text of a file. Throws `InputError` if it is missing or too large.
    static func text(
        _ file: String, _ expected: String, place: String = "--serve"
    ) throws -> String {
        guard !file.isEmpty, FileSystem.exists(file) else {
            throw InputError(
                file.isEmpty ? place : file, "there is no such file", expected: expected)
        }
        let bytes = try InputFile.contents(file, atMost: largest, expected: expected)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError(file, "is not a text", expected: expected)
        }
        return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    }
}

extension YAMLNode {
    /// Whether it is a list by indentation.
    fileprivate var isBlock: Bool { if case .list = value { true } else { false } }
}
