import Basics
import Foundation

/// Parses values of server flags as the server's own parser does.
enum ServerValue {
    /// A flag's values in normal form: counts as integers, JSON unchanged.
    ///
    /// - Throws: `InputError` at the flag for what the server's parser refuses.
    static func checked(_ entry: ServerLine.Given, of flag: ServerFlag) throws -> [String] {
        try entry.values.map { value in
            if value == "None", flag.usual == "null" { return value }
            let value = try read(value, entry, flag.kind)
            guard flag.choices.isEmpty || flag.choices.contains(value) else {
                guard flag.kind == .text || flag.kind == .texts else {
                    throw ServerLine.error(
                        entry, "is \(value)", "one of " + flag.choices.joined(separator: ", "))
                }
                throw InputError(
                    entry.place, "\(entry.word.echoed()) is \"\(value.echoed())\"", word: value,
                    among: flag.choices)
            }
            return value
        }
    }

    private static func read(
        _ value: String, _ entry: ServerLine.Given, _ kind: ServerFlag.Kind
    ) throws -> String {
        func refuse(_ expected: String) -> InputError {
            ServerLine.error(entry, "is \"\(value.echoed())\"", expected)
        }
        switch kind {
        case .toggle, .bare, .text, .texts: return value
        case .integer, .integers:
            guard let number = integer(value) else { throw refuse("an integer") }
            return String(number)
        case .length where ["auto", "-1"].contains(value.lowercased()): return "auto"
        case .count, .length:
            if let number = count(value) { return String(number) }
            throw refuse(
                value.contains(".") && value.last?.isUppercase == true
                    ? "a whole number with K, M, G or T, which are powers of 1024"
                    : "an integer, such as 8192, 8k (8000) or 8K (8192)")
        case .number:
            guard let number = Double(value), number.isFinite, !value.lowercased().contains("x")
            else { throw refuse("a number") }
            return plain(number)
        case .json:
            guard (try? parsed(value)) != nil else { throw refuse("JSON") }
            return value
        }
    }

    /// Parses as Python's int: underscores between digits are allowed.
    static func integer(_ text: String) -> Int? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard !parts.contains("") else { return nil }
        return Int(parts.joined())
    }

    /// Parses "8192", "8k" (8,000), "8K" (8,192), "25.6k" (25,600); nil for anything else.
    /// (`human_readable_int` of vLLM 0.33: lower-case suffixes are powers of 1000, rounded down;
    /// upper-case ones powers of 1024, whole numbers only.)
    static func count(_ text: String) -> Int? {
        let word = text.trimmingCharacters(in: .whitespaces)
        guard let last = word.last, let power = "kmgt".firstIndex(of: Character(last.lowercased()))
        else { return integer(word) }
        let digits = word.dropLast()
        let exponent = "kmgt".distance(from: "kmgt".startIndex, to: power) + 1
        if last.isUppercase {
            guard let number = Int(digits), number >= 0 else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: 1 << (10 * exponent))
            return overflow ? nil : product
        }
        guard digits.wholeMatch(of: /[0-9]+(\.[0-9]+)?/) != nil, let number = Double(digits)
        else { return nil }
        let factor = (0..<exponent).reduce(1.0) { product, _ in product * 1000 }
        return Int(exactly: (number * factor).rounded(.towardZero))
    }

    /// A JSON value.
    static func parsed(_ text: String) throws -> ConfigurationValue {
        try .parse(Data(text.utf8), place: "--serve")
    }

    /// The value of a part of a JSON value: JSON, a count, or text.
    static func part(_ text: String) -> ConfigurationValue {
        if let value = try? parsed(text) { return value }
        return count(text).map { .integer($0) } ?? .text(text)
    }

    /// Whether values equal a flag's default, or another value that changes nothing.
    static func changesNothing(_ values: [String], _ flag: ServerFlag) -> Bool {
        guard values.count == 1 else { return false }
        let value = values[0]
        if value == flag.usual || flag.harmless.contains(value) { return true }
        switch flag.kind {
        case .toggle, .bare: return value == "false" && flag.usual == "null"
        case .number, .integer: return Double(value) == Double(flag.usual) && Double(value) != nil
        case .json:
            let isEmpty = (try? parsed(value)) == .object([:])
            return value == "null" || isEmpty && flag.usual != "null"
        default: return value == "None" && flag.usual == "null"
        }
    }
}

extension ConfigurationValue {
    /// Sets a value at a path. Objects are merged, lists joined, other values replaced.
    mutating func merge(_ value: ConfigurationValue, at path: ArraySlice<String>) {
        guard let name = path.first else {
            if case .list(let old) = self, case .list(let new) = value {
                self = .list(old + new)
            } else {
                self = value
            }
            return
        }
        var members: [String: ConfigurationValue] = [:]
        if case .object(let old) = self { members = old }
        var inner = members[name] ?? .null
        inner.merge(value, at: path.dropFirst())
        members[name] = inner
        self = .object(members)
    }

    /// The value as JSON on one line, with sorted keys.
    var json: String {
        switch self {
        case .text(let text):
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            let data = try? encoder.encode(text)
            return data.map { String(decoding: $0, as: UTF8.self) } ?? source
        case .list(let values): return "[" + values.map(\.json).joined(separator: ", ") + "]"
        case .object(let members):
            let pairs = members.keys.sorted().map { "\(Self.text($0).json): \(members[$0]!.json)" }
            return "{" + pairs.joined(separator: ", ") + "}"
        default: return source
        }
    }

    /// The words for a command line: a list's items, else one word.
    var words: [String] {
        switch self {
        case .null: ["None"]
        case .text(let text): [text]
        case .list(let values):
            values.flatMap { item in
                if case .list = item { [item.json] } else { item.words }
            }
        case .object: [json]
        default: [source]
        }
    }
}
