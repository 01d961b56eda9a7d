import Basics

/// YAML values on one line: words, quoted text, lists in brackets and maps in braces, with the
/// types that YAML 1.1 gives to words.
enum ServerScalar {
    /// Why a value cannot be read.
    struct Problem: Error {
        var problem: String
        var expected: String
    }

    /// Deepest nesting of brackets.
    private static let deepest = 32

    /// A line without its trailing comment and blanks. A comment starts with a # at the start or
    /// after a blank.
    static func withoutComment(_ line: Substring) -> Substring {
        var quote: Character?
        var isEscaped = false
        var before: Character = " "
        for index in line.indices {
            let character = line[index]
            if isEscaped {
                isEscaped = false
            } else if let open = quote {
                isEscaped = character == "\\" && open == "\""
                if character == open { quote = nil }
            } else if character == "#", before.isWhitespace {
                return trimmed(line[..<index])
            } else if character == "'" || character == "\"",
                " [{,:-".contains(before) || before.isWhitespace
            {
                quote = character
            }
            before = character
        }
        return trimmed(line)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// Splits `key: value`; nil if the text is not of that form. The value may be empty.
    static func member(_ text: Substring) -> (key: String, rest: Substring)? {
        if let quote = text.first, quote == "\"" || quote == "'" {
            guard let end = text.dropFirst().firstIndex(of: quote) else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.hasPrefix(":"), rest.count == 1 || rest.dropFirst().first == " " else {
                return nil
            }
            return (String(text[text.index(after: text.startIndex)..<end]), blank(rest.dropFirst()))
        }
        guard !"[{&*!|>%@`?".contains(text.first ?? "[") else { return nil }
        var colon = text.startIndex
        while let found = text[colon...].firstIndex(of: ":") {
            let after = text.index(after: found)
            if after == text.endIndex || text[after] == " " {
                guard found > text.startIndex else { return nil }
                return (String(trimmed(text[..<found])), blank(text[after...]))
            }
            colon = after
        }
        return nil
    }

    private static func blank(_ text: Substring) -> Substring { text.drop { $0 == " " } }

    /// Reads a whole value. `isLoose`: a number in another base is a text.
    static func value(_ text: Substring, isLoose: Bool = false) throws -> ConfigurationValue {
        var rest = text
        let value = try read(&rest, ends: "", depth: 0, isLoose)
        guard blank(rest).isEmpty else {
            throw Problem(
                problem: "\"\(String(blank(rest)).echoed())\" follows a value",
                expected: "one value")
        }
        return value
    }

    private static func read(
        _ rest: inout Substring, ends: String, depth: Int, _ isLoose: Bool
    ) throws -> ConfigurationValue {
        guard depth < deepest else {
            throw Problem(problem: "has too many brackets", expected: "fewer levels")
        }
        rest = blank(rest)
        switch rest.first {
        case "'", "\"": return .text(try quotation(&rest))
        case "[": return try list(&rest, depth, isLoose)
        case "{": return try map(&rest, depth, isLoose)
        case let mark? where "&*!|>%@`".contains(mark):
            throw Problem(
                problem: "\"\(mark)\" begins what is not read of YAML",
                expected: "a plain value, a quotation, a list or a map")
        default:
            var word = rest
            if !ends.isEmpty { word = rest.prefix { !ends.contains($0) } }
            rest = rest[word.endIndex...]
            word = trimmed(word)
            guard ends.isEmpty == false || !word.contains(": ") else {
                throw Problem(
                    problem: "\"\(String(word).echoed())\" holds a colon", expected: "quotes")
            }
            return try plain(String(word), isLoose)
        }
    }

    private static func list(
        _ rest: inout Substring, _ depth: Int, _ isLoose: Bool
    ) throws -> ConfigurationValue {
        var items: [ConfigurationValue] = []
        rest = blank(rest.dropFirst())
        while rest.first != "]" {
            guard !rest.isEmpty else { throw unclosed("[") }
            items.append(try read(&rest, ends: ",]", depth: depth + 1, isLoose))
            try separate(&rest, "]")
        }
        rest.removeFirst()
        return .list(items)
    }

    private static func map(
        _ rest: inout Substring, _ depth: Int, _ isLoose: Bool
    ) throws -> ConfigurationValue {
        var members: [String: ConfigurationValue] = [:]
        rest = blank(rest.dropFirst())
        while rest.first != "}" {
            guard !rest.isEmpty else { throw unclosed("{") }
            let isQuoted = rest.first == "\"" || rest.first == "'"
            var key = ""
            if isQuoted {
                key = try quotation(&rest)
            } else {
                let word = rest.prefix { !":,}".contains($0) }
                key = String(trimmed(word))
                rest = rest[word.endIndex...]
            }
            rest = blank(rest)
            guard rest.first == ":", !key.isEmpty else {
                throw Problem(problem: "has a member without a value", expected: "{key: value}")
            }
            guard members[key] == nil else {
                throw Problem(
                    problem: "\(key.echoed()) stands here twice", expected: "it once")
            }
            rest.removeFirst()
            members[key] = try read(&rest, ends: ",}", depth: depth + 1, isLoose)
            try separate(&rest, "}")
        }
        rest.removeFirst()
        return .object(members)
    }

    /// Skips a comma, which is required before anything but the end.
    private static func separate(_ rest: inout Substring, _ end: Character) throws {
        rest = blank(rest)
        if rest.first == "," {
            rest = blank(rest.dropFirst())
        } else if rest.first != end {
            throw unclosed(end == "]" ? "[" : "{")
        }
    }

    private static func unclosed(_ mark: String) -> Problem {
        Problem(problem: "\"\(mark)\" is not closed on its line", expected: "it on one line")
    }

    private static func quotation(_ rest: inout Substring) throws -> String {
        let quote = rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote {
                guard quote == "'", rest.first == "'" else { return text }
                rest.removeFirst()
                text.append("'")
            } else if character == "\\", quote == "\"" {
                let escapes: [Character: Character] = [
                    "n": "\n", "t": "\t", "\"": "\"", "\\": "\\", "/": "/",
                ]
                guard let mark = rest.popFirst(), let meant = escapes[mark] else {
                    throw Problem(
                        problem: "has an escape that is not read", expected: "single quotes")
                }
                text.append(meant)
            } else {
                text.append(character)
            }
        }
        throw Problem(problem: "a quotation is not closed on its line", expected: "it on one line")
    }

    /// A word as a value of its YAML 1.1 type.
    private static func plain(_ word: String, _ isLoose: Bool) throws -> ConfigurationValue {
        switch word {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .boolean(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
            return .boolean(false)
        default: break
        }
        // YAML 1.1 reads these as octal or sexagesimal numbers.
        if !isLoose,
            word.wholeMatch(of: /[-+]?0[0-9_xXbB][0-9a-fA-F_]*|[-+]?[0-9]+(:[0-5]?[0-9])+/) != nil
        {
            throw Problem(
                problem: "\(word.echoed()) is a number in another base", expected: "quotes")
        }
        if word.wholeMatch(of: /[-+]?[0-9][0-9_]*/) != nil,
            let number = Int(word.filter { $0 != "_" })
        {
            return .integer(number)
        }
        if word.wholeMatch(of: /[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?/) != nil,
            let number = Double(word), number.isFinite
        {
            return .number(number)
        }
        return .text(word)
    }
}
