import Basics
import Foundation

/// A file of server flags for `--config`: YAML with one flag per line.
///
/// Reads the part of YAML that such files use: `flag: value`, lists, maps by indentation or in
/// braces, quotes, comments. Refuses the rest (anchors, tags, text over several lines) and
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

    /// A line that is not blank, without comment and indentation.
    private struct Line {
        var number: Int
        var indent: Int
        var text: Substring
    }

    /// Largest such file in bytes, most flags, and deepest nesting.
    private static let (largest, most, deepest) = (1_000_000, 1000, 32)

    private let file: String
    private var lines: ArraySlice<Line> = []

    /// Throws `InputError` at the file and its line.
    init(_ file: String) throws {
        self.file = file
        let text = try Self.text(file, "a vLLM config file (YAML)")
        try split(text)
        guard let first = lines.first else { return }
        guard first.indent == 0 else { throw error(first, "is indented", "a flag at the margin") }
        try readFlags()
    }

    /// The text of a file. Throws `InputError` if it is missing or too large.
    static func text(_ file: String, _ expected: String) throws -> String {
        guard !file.isEmpty, FileSystem.exists(file) else {
            throw InputError(
                file.isEmpty ? "--serve" : file, "there is no such file", expected: expected)
        }
        let bytes = try InputFile.contents(file, atMost: largest, expected: expected)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError(file, "is not a text", expected: expected)
        }
        return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    }

    private func error(_ line: Line, _ problem: String, _ expected: String) -> InputError {
        InputError("\(file):\(line.number)", problem, expected: expected)
    }

    private mutating func split(_ text: String) throws {
        var all: [Line] = []
        for (index, raw) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        )
        .enumerated() {
            let indent = raw.prefix { $0 == " " }.count
            var line = Line(number: index + 1, indent: indent, text: raw.dropFirst(indent))
            line.text = ServerScalar.withoutComment(line.text)
            if line.text.isEmpty { continue }
            guard line.text.first != "\t" else {
                throw error(line, "is indented with a tab", "blanks")
            }
            if line.text == "---", all.isEmpty { continue }
            guard !["---", "..."].contains(line.text) else {
                throw error(line, "begins another document", "one document")
            }
            all.append(line)
        }
        lines = all[...]
    }

    private mutating func readFlags() throws {
        while let line = lines.first {
            guard line.indent == 0 else {
                throw error(line, "is indented more than the flag above holds", "flag: value")
            }
            let (key, rest) = try member(line)
            lines.removeFirst()
            guard !entries.contains(where: { $0.key == key }) else {
                throw error(line, "\(key.echoed()) stands here twice", "it once")
            }
            guard entries.count < Self.most else {
                throw error(line, "is one of more flags than the server has", "a config file")
            }
            entries.append(
                Entry(key: key, value: try value(rest, of: line, depth: 1), line: line.number))
        }
    }

    /// Reads `key: value` from a line.
    private func member(_ line: Line) throws -> (key: String, rest: Substring) {
        guard let (key, rest) = ServerScalar.member(line.text) else {
            throw error(line, "is \"\(String(line.text).echoed())\"", "flag: value")
        }
        return (key, rest)
    }

    /// The value of a key: on its line, or indented below it.
    private mutating func value(
        _ rest: Substring, of line: Line, depth: Int
    ) throws -> ConfigurationValue {
        guard depth < Self.deepest else { throw error(line, "is too deep", "fewer levels") }
        if !rest.isEmpty { return try scalar(rest, line) }
        guard let next = lines.first else { return .null }
        let isItem = next.text == "-" || next.text.hasPrefix("- ")
        if isItem, next.indent >= line.indent { return try list(at: next.indent) }
        guard next.indent > line.indent else { return .null }
        return try map(at: next.indent, depth: depth)
    }

    private mutating func list(at indent: Int) throws -> ConfigurationValue {
        var items: [ConfigurationValue] = []
        while let line = lines.first, line.indent == indent,
            line.text == "-" || line.text.hasPrefix("- ")
        {
            lines.removeFirst()
            let item = line.text.dropFirst().drop { $0 == " " }
            guard ServerScalar.member(item) == nil, !item.hasPrefix("- ") else {
                throw error(line, "is a list of maps or lists", "items in braces, or plain ones")
            }
            items.append(try scalar(item, line))
        }
        if let line = lines.first, line.indent > indent {
            throw error(line, "is indented more than the list above", "- item")
        }
        return .list(items)
    }

    private mutating func map(at indent: Int, depth: Int) throws -> ConfigurationValue {
        var members: [String: ConfigurationValue] = [:]
        while let line = lines.first, line.indent >= indent {
            guard line.indent == indent else {
                throw error(line, "is indented more than what is above", "key: value")
            }
            let (key, rest) = try member(line)
            lines.removeFirst()
            guard members[key] == nil else {
                throw error(line, "\(key.echoed()) stands here twice", "it once")
            }
            members[key] = try value(rest, of: line, depth: depth + 1)
        }
        return .object(members)
    }

    private func scalar(_ text: Substring, _ line: Line) throws -> ConfigurationValue {
        do {
            return try ServerScalar.value(text)
        } catch let problem as ServerScalar.Problem {
            throw error(line, problem.problem, problem.expected)
        }
    }
}
