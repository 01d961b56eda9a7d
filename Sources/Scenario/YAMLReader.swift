import Basics

/// Reads YAML as people write it for servers: maps and lists by indentation or in brackets, quotes,
/// comments, texts over several lines (`|`, `>`), and documents.
///
/// Refuses the rest (tags; anchors unless they are asked for) with its line.
struct YAMLReader {
    /// A line that is not blank, without comment and indentation.
    private struct Line {
        var number: Int
        var indent: Int
        var text: Substring
    }

    /// Deepest nesting, and most values that aliases repeat.
    private static let (deepest, mostRepeated) = (32, 10_000)

    private let place: String
    private let readsAnchors: Bool
    private var lines: [Substring]
    private var at = 0
    private var anchors: [String: YAMLNode] = [:]
    private var repeated = 0

    /// The documents of a text. Throws `InputError` at `place` and the line.
    ///
    /// `isLoose`: anchors are read, and numbers of other bases are texts, as in files that have
    /// more than the server's flags.
    static func documents(_ text: String, place: String, isLoose: Bool) throws -> [YAMLNode] {
        var reader = YAMLReader(text, place: place, readsAnchors: isLoose)
        var documents: [YAMLNode] = []
        while reader.at < reader.lines.count {
            if let line = try reader.peek() {
                documents.append(try reader.block(line.indent, depth: 0))
                if let rest = try reader.peek() {
                    throw reader.error(rest, "is indented less than what is above", "key: value")
                }
            }
            // The line that ends the document.
            reader.at += 1
        }
        return documents
    }

    private init(_ text: String, place: String, readsAnchors: Bool) {
        self.place = place
        self.readsAnchors = readsAnchors
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    private func error(_ line: Line, _ problem: String, _ expected: String) -> InputError {
        InputError("\(place):\(line.number)", problem, expected: expected)
    }

    /// The next line; nil at the end of the document, where `at` stands at the line that ends it.
    private mutating func peek() throws -> Line? {
        while at < lines.count {
            let raw = lines[at]
            let indent = raw.prefix { $0 == " " }.count
            let text = ServerScalar.withoutComment(raw.dropFirst(indent))
            let line = Line(number: at + 1, indent: indent, text: text)
            if text.isEmpty {
                at += 1
                continue
            }
            if text.first == "\t" { throw error(line, "is indented with a tab", "blanks") }
            if readsAnchors, text.contains("{{") {
                throw error(
                    line, "is a template of Helm", "the rendered text (helm template)")
            }
            if indent == 0, text == "---" || text == "..." { return nil }
            return line
        }
        return nil
    }

    private static func isItem(_ text: Substring) -> Bool { text == "-" || text.hasPrefix("- ") }

    /// What stands at an indentation: a list, a map or a single value.
    private mutating func block(_ indent: Int, depth: Int) throws -> YAMLNode {
        guard let line = try peek() else { return YAMLNode(value: .scalar(.null), line: at) }
        guard depth < Self.deepest else { throw error(line, "is too deep", "fewer levels") }
        if Self.isItem(line.text) { return try list(at: line.indent, depth: depth) }
        if ServerScalar.member(line.text) != nil { return try map(at: indent, depth: depth) }
        at += 1
        return try value(line.text, of: line, above: indent - 1, depth: depth)
    }

    private mutating func list(at indent: Int, depth: Int) throws -> YAMLNode {
        var items: [YAMLNode] = []
        let number = at + 1
        while let line = try peek(), line.indent == indent, Self.isItem(line.text) {
            let item = line.text.dropFirst().drop { $0 == " " }
            let column = indent + line.text.count - item.count
            if !item.isEmpty, Self.isItem(item) || ServerScalar.member(item) != nil {
                // The item's first line, as if it stood below the dash.
                lines[at] = Substring(String(repeating: " ", count: column) + item)
                items.append(try block(column, depth: depth + 1))
            } else {
                at += 1
                items.append(try value(item, of: line, above: indent, depth: depth))
            }
        }
        if let line = try peek(), line.indent > indent {
            throw error(line, "is indented more than the list above", "- item")
        }
        return YAMLNode(value: .list(items), line: number)
    }

    private mutating func map(at indent: Int, depth: Int) throws -> YAMLNode {
        var members: [(key: String, value: YAMLNode)] = []
        let number = at + 1
        while let line = try peek(), line.indent >= indent {
            guard line.indent == indent else {
                throw error(line, "is indented more than what is above", "key: value")
            }
            if Self.isItem(line.text) { break }
            guard let (key, rest) = ServerScalar.member(line.text) else {
                throw error(line, "is \"\(String(line.text).echoed())\"", "key: value")
            }
            at += 1
            var found = try value(rest, of: line, above: indent, depth: depth)
            found.line = line.number
            if key == "<<", readsAnchors {
                members += found.members.filter { old in
                    !members.contains { $0.key == old.key }
                }
                continue
            }
            if let twice = members.firstIndex(where: { $0.key == key }) {
                // A member may be given again over one that was merged.
                guard readsAnchors, members[twice].value.line < number else {
                    throw error(line, "\(key.echoed()) stands here twice", "it once")
                }
                members.remove(at: twice)
            }
            members.append((key, found))
        }
        return YAMLNode(value: .map(members), line: number)
    }

    /// The value of a key or item: on its line, or indented below it.
    private mutating func value(
        _ rest: Substring, of line: Line, above indent: Int, depth: Int
    ) throws -> YAMLNode {
        guard depth < Self.deepest else { throw error(line, "is too deep", "fewer levels") }
        func node(_ value: ConfigurationValue) -> YAMLNode {
            YAMLNode(value: .scalar(value), line: line.number)
        }
        guard let first = rest.first else {
            guard let next = try peek() else { return node(.null) }
            let isList =
                Self.isItem(next.text) && next.indent >= indent
                && !Self.isItem(line.text)
            guard isList || next.indent > indent else { return node(.null) }
            return try block(next.indent, depth: depth + 1)
        }
        switch first {
        case "|" where Self.isText(rest), ">" where Self.isText(rest):
            return node(.text(text(rest, above: indent)))
        case "&" where readsAnchors:
            let name = rest.dropFirst().prefix { $0 != " " }
            let after = rest[name.endIndex...].drop { $0 == " " }
            let found = try value(after, of: line, above: indent, depth: depth)
            anchors[String(name)] = found
            return found
        case "*" where readsAnchors:
            guard let found = anchors[String(rest.dropFirst())] else {
                throw error(
                    line, "\(String(rest).echoed()) is not set above",
                    "&\(String(rest.dropFirst()).echoed())")
            }
            repeated += found.count
            guard repeated < Self.mostRepeated else {
                throw error(line, "repeats too much", "fewer aliases")
            }
            return found
        case "[", "{", "\"", "'": return node(try scalar(joined(rest), line))
        default:
            var whole = String(rest)
            while let next = try peek(), next.indent > indent {
                guard ServerScalar.member(next.text) == nil, !Self.isItem(next.text) else {
                    throw error(next, "is indented more than what is above", "key: value")
                }
                guard readsAnchors else {
                    throw error(next, "is indented more than the flag above holds", "flag: value")
                }
                whole += " " + next.text
                at += 1
            }
            return node(try scalar(whole[...], line))
        }
    }

    private func scalar(_ text: Substring, _ line: Line) throws -> ConfigurationValue {
        do {
            return try ServerScalar.value(text, isLoose: readsAnchors)
        } catch let problem as ServerScalar.Problem {
            // What holds a colon is a text to those who write it.
            if readsAnchors, let first = text.first, !"[{\"'&*!|>%@`".contains(first) {
                return .text(String(text))
            }
            throw error(line, problem.problem, problem.expected)
        }
    }

    /// A value with the lines below until its brackets and quotations are closed. O(characters).
    private mutating func joined(_ rest: Substring) -> Substring {
        var whole = rest
        var brackets = OpenBrackets()
        brackets.follow(rest)
        let start = at
        while !brackets.areClosed, at < lines.count, whole.utf8.count < 1 << 16 {
            let next = " " + ServerScalar.withoutComment(lines[at].drop { $0 == " " })
            at += 1
            whole += next
            brackets.follow(next[...])
        }
        // What is never closed is an error of its own line.
        guard brackets.areClosed else {
            at = start
            return rest
        }
        return whole
    }

    /// Whether this begins a text over several lines: `|`, `>-`, `|2+`.
    private static func isText(_ rest: Substring) -> Bool {
        rest.dropFirst().allSatisfy { "+-".contains($0) || $0.isWholeNumber }
    }

    /// A text over several lines, indented more than what it belongs to. `>` joins its lines.
    private mutating func text(_ mark: Substring, above indent: Int) -> String {
        var found: [Substring] = []
        while at < lines.count {
            let line = lines[at]
            let isBlank = line.allSatisfy { $0 == " " || $0 == "\t" }
            guard isBlank || line.prefix(while: { $0 == " " }).count > indent else { break }
            found.append(isBlank ? "" : line)
            at += 1
        }
        while found.last?.isEmpty == true { found.removeLast() }
        let margin = found.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        found = found.map { $0.dropFirst(margin) }
        guard mark.first == ">" else { return found.joined(separator: "\n") }
        // A blank line, and one that is indented more, keep their line ends.
        var text = ""
        for (index, line) in found.enumerated() {
            if index > 0 {
                let keeps = line.isEmpty || line.first == " " || found[index - 1].first == " "
                text += keeps ? "\n" : found[index - 1].isEmpty ? "" : " "
            }
            text += line
        }
        return text
    }
}

extension YAMLNode {
    /// How many values it holds.
    fileprivate var count: Int {
        switch value {
        case .scalar: 1
        case .list(let items): items.reduce(1) { $0 + $1.count }
        case .map(let members): members.reduce(1) { $0 + $1.value.count }
        }
    }
}

/// The brackets and quotations that are open in a text.
private struct OpenBrackets {
    private var open = 0
    private var quote: Character?
    private var isEscaped = false

    var areClosed: Bool { open <= 0 && quote == nil }

    mutating func follow(_ text: Substring) {
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if let mark = quote {
                isEscaped = character == "\\" && mark == "\""
                if character == mark { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if "[{".contains(character) {
                open += 1
            } else if "]}".contains(character) {
                open -= 1
            }
        }
    }
}
