import Basics

/// Finds the first place where a text is not JSON5, or where an object names a key twice.
///
/// Foundation's decoder says only that something is wrong and keeps one of two equal keys; a
/// person needs the line. This walks the text once and builds nothing. O(bytes).
struct JSON5Check {
    /// What is wrong, and the line it is in, counted from 1.
    struct Problem: Error, Equatable {
        var line: Int
        var what: String
        var expected: String
    }

    private let bytes: [UInt8]
    private var position = 0
    /// Objects and lists inside one another: more than any configuration has, and few enough for
    /// the stack.
    private static let deepest = 64

    /// The first problem of a text, or nil for one JSON5 value and nothing else.
    static func firstProblem(in bytes: [UInt8]) -> Problem? {
        var check = JSON5Check(bytes: bytes)
        do {
            try check.value(depth: 0)
            try check.space()
            if check.position < bytes.count {
                throw check.problem("more text after the value", "the end of the file")
            }
            return nil
        } catch {
            return error as? Problem
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func problem(_ what: String, _ expected: String) -> Problem {
        let line = 1 + bytes.prefix(position).count(where: { $0 == 0x0A })
        return Problem(line: line, what: what, expected: expected)
    }

    private var found: String {
        guard let next else { return "the text ends too early" }
        let isPlain = (0x21...0x7E).contains(next)
        return isPlain ? "unexpected \(Character(Unicode.Scalar(next)))" : "unexpected byte \(next)"
    }

    private mutating func value(depth: Int) throws {
        try space()
        guard depth < Self.deepest else {
            throw problem("too many levels", "at most \(Self.deepest)")
        }
        switch next {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try list(depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try text()
        default: try bareValue()
        }
    }

    private mutating func object(depth: Int) throws {
        position += 1
        var names: Set<String> = []
        while true {
            try space()
            if take("}") { return }
            let start = position
            let name = try key()
            guard names.insert(name).inserted else {
                position = start
                throw problem("the key \(name) stands twice", "it once")
            }
            try space()
            guard take(":") else { throw problem(found, "a colon after \(name)") }
            try value(depth: depth + 1)
            try space()
            if take(",") { continue }
            guard take("}") else { throw problem(found, "a comma or }") }
            return
        }
    }

    private mutating func list(depth: Int) throws {
        position += 1
        while true {
            try space()
            if take("]") { return }
            try value(depth: depth + 1)
            try space()
            if take(",") { continue }
            guard take("]") else { throw problem(found, "a comma or ]") }
            return
        }
    }

    private mutating func key() throws -> String {
        let start = position
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
            try text()
            return String(decoding: bytes[(start + 1)..<(position - 1)], as: UTF8.self)
        }
        let word = bareWord()
        guard let first = word.first, !first.isNumber, first != "-", first != "+", first != "."
        else { throw problem(found, "a key or }") }
        return word
    }

    private mutating func text() throws {
        let quote = bytes[position]
        let start = position
        position += 1
        while let byte = next, byte != quote {
            if byte == 0x0A {
                position = start
                throw problem("a text without its closing quote", "the quote on the same line")
            }
            // An escaped character, a line's end included, cannot end the text.
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard next == quote else {
            position = start
            throw problem("a text without its closing quote", "the quote")
        }
        position += 1
    }

    private mutating func bareValue() throws {
        let start = position
        let word = bareWord()
        if word.isEmpty { throw problem(found, "a value") }
        let unsigned = word.drop { $0 == "+" || $0 == "-" }
        let isNumber = unsigned.first.map { $0.isNumber || $0 == "." } ?? false
        let literals = ["true", "false", "null", "NaN", "Infinity"]
        guard isNumber || literals.contains(String(unsigned)) else {
            position = start
            throw problem("\(word) is no value", "quotes around a text")
        }
        if isNumber, Double(word)?.isInfinite ?? false {
            throw problem("\(word.prefix(40)) is out of range", "a number below 1.8e308")
        }
    }

    /// Letters, digits and what else may stand in a number or an identifier.
    private mutating func bareWord() -> String {
        let start = position
        while let byte = next {
            let character = Character(Unicode.Scalar(byte))
            let belongs =
                byte >= 0x80 || character.isLetter || character.isNumber
                || "_$+-.".contains(character)
            guard belongs else { break }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character.asciiValue else { return false }
        position += 1
        return true
    }

    /// Skips white space and comments.
    private mutating func space() throws {
        while let byte = next {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                position += 1
            } else if byte == UInt8(ascii: "/"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "/")
            {
                while next != nil, next != 0x0A { position += 1 }
            } else if byte == UInt8(ascii: "/"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "*")
            {
                try comment()
            } else {
                return
            }
        }
    }

    private mutating func comment() throws {
        let start = position
        position += 2
        while position + 1 < bytes.count {
            if bytes[position] == UInt8(ascii: "*"), bytes[position + 1] == UInt8(ascii: "/") {
                position += 2
                return
            }
            position += 1
        }
        position = start
        throw problem("a comment without its end", "*/")
    }
}
