import Basics
import Foundation

/// Reads a checkpoint's JSON as Python's `json.loads` does, which the engine uses for config.json.
///
/// The last of two equal keys counts. NaN, Infinity, -Infinity and numbers beyond 64 bits are
/// numbers. Half a surrogate pair becomes the replacement character. Refuses comments, trailing
/// commas, single quotes, control characters in a text, a byte order mark, and invalid UTF-8.
/// (CPython 3.11's `json` module, with its default arguments.)
struct PythonJSON {
    private let bytes: [UInt8]
    private let place: String
    private var position = 0

    /// Deepest nesting of objects and lists. Python's own recursion ends near 1,000.
    private static let deepest = 500
    /// Most digits of an integer that Python converts (`sys.int_info.default_max_str_digits`).
    private static let mostDigits = 4300

    /// The single value of a file. O(bytes).
    ///
    /// - Throws: `InputError` at the file's line, counted from 1.
    static func value(_ data: Data, place: String) throws -> JSONField {
        var reader = PythonJSON(bytes: Array(data), place: place)
        return try reader.whole()
    }

    private init(bytes: [UInt8], place: String) {
        self.bytes = bytes
        self.place = place
    }

    private mutating func whole() throws -> JSONField {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw problem("a byte order mark", "none: Python's json refuses it")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw problem("the text is UTF-16", "UTF-8")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw problem("bytes that are not UTF-8", "a text in UTF-8")
        }
        skipSpace()
        if let next, !"{[\"-0123456789tfnNI".utf8.contains(next) {
            throw problem(
                "no JSON: it begins with \(found.dropFirst(11))",
                "a JSON object, as a Hugging Face config.json holds")
        }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else {
            throw problem("more text after the value", "the end of the file")
        }
        return value
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        let isHere = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        if isHere { position += count }
        return isHere
    }

    private mutating func value(depth: Int) throws -> JSONField {
        skipSpace()
        guard depth < Self.deepest else {
            throw problem("too many levels", "at most \(Self.deepest)")
        }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .string(try text())
        default: break
        }
        if take(word: "null") { return .null }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        if take(word: "NaN") { return .number(.nan) }
        if take(word: "Infinity") { return .number(.infinity) }
        if take(word: "-Infinity") { return .number(-.infinity) }
        return .number(try number())
    }

    private mutating func object(depth: Int) throws -> JSONField {
        position += 1
        var fields: [String: JSONField] = [:]
        skipSpace()
        if take("}") { return .object(fields) }
        while true {
            guard next == UInt8(ascii: "\"") else { throw problem(found, "a key in double quotes") }
            let name = try text()
            skipSpace()
            guard take(":") else { throw problem(found, "a colon after \(name.echoed())") }
            fields[name] = try value(depth: depth + 1)
            skipSpace()
            if take("}") { return .object(fields) }
            guard take(",") else { throw problem(found, "a comma or }") }
            skipSpace()
        }
    }

    private mutating func list(depth: Int) throws -> JSONField {
        position += 1
        var items: [JSONField] = []
        skipSpace()
        if take("]") { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw problem(found, "a comma or ]") }
        }
    }
}

extension PythonJSON {
    /// Reads a number: digits without a leading zero, a fraction, an exponent. One too large for 64
    /// bits is infinite if it has a fraction or an exponent, as in Python.
    private mutating func number() throws -> Double {
        let start = position
        _ = take("-")
        let digits = position
        if !take("0") {
            guard let byte = next, (0x31...0x39).contains(byte) else {
                position = start
                throw problem(found, "a value")
            }
            skipDigits()
        }
        let isLong = position - digits > Self.mostDigits
        let isWhole = !skipFraction()
        if isWhole, isLong {
            position = start
            throw problem("an integer of more than \(Self.mostDigits) digits", "fewer")
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return Double(text) ?? (text.hasPrefix("-") ? -.infinity : .infinity)
    }

    private mutating func skipDigits() {
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    }

    /// Skips a fraction and an exponent. Returns whether there was one.
    private mutating func skipFraction() -> Bool {
        let start = position
        func isDigit(_ at: Int) -> Bool {
            at < bytes.count && (0x30...0x39).contains(bytes[at])
        }
        if next == UInt8(ascii: "."), isDigit(position + 1) {
            position += 1
            skipDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            var first = position + 1
            if first < bytes.count, bytes[first] == UInt8(ascii: "+") || bytes[first] == 0x2D {
                first += 1
            }
            if isDigit(first) {
                position = first
                skipDigits()
            }
        }
        return position > start
    }

    /// Reads the quoted text here and resolves its escapes.
    private mutating func text() throws -> String {
        let start = position
        position += 1
        var plain = position
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[plain..<position]
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text += bytes[plain..<position]
                text += try escape()
                plain = position
            case ..<0x20: throw problem("a control character in a text", "\\n, \\t or \\u00..")
            default: position += 1
            }
        }
        position = start
        throw problem("a text without its closing quote", "the quote")
    }

    /// The UTF-8 bytes of an escape.
    private mutating func escape() throws -> [UInt8] {
        let start = position
        position += 1
        let byte = next
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte!]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return utf8(try unicode(from: start))
        default:
            position = start
            throw problem(
                "an escape that is none in a text", "\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
        }
    }

    /// The scalar of \u and four digits, or of a surrogate pair; half a pair gives the replacement
    /// character.
    private mutating func unicode(from start: Int) throws -> Unicode.Scalar {
        let unit = try hexadecimal(from: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let second = position
        if unit < 0xDC00, take("\\"), take("u"), let trail = try? hexadecimal(from: second),
            (0xDC00..<0xE000).contains(trail)
        {
            return Unicode.Scalar(0x1_0000 + (unit & 0x3FF) << 10 + trail & 0x3FF)!
        }
        position = second
        return "\u{FFFD}"
    }

    private mutating func hexadecimal(from start: Int) throws -> UInt32 {
        let word = bytes[min(position, bytes.count)...].prefix(4)
        let isRight = word.count == 4 && word.allSatisfy { Character(.init($0)).isHexDigit }
        guard isRight, let value = UInt32(String(decoding: word, as: UTF8.self), radix: 16) else {
            position = start
            throw problem("an escape that is none in a text", "\\u and four digits")
        }
        position += 4
        return value
    }

    private func utf8(_ scalar: Unicode.Scalar) -> [UInt8] { Array(String(scalar).utf8) }

    /// What was found here instead of what was expected.
    private var found: String {
        guard let next else {
            return position == 0 ? "the text is empty" : "the text ends too early"
        }
        let isPlain = (0x21...0x7E).contains(next)
        return isPlain ? "unexpected \(Character(Unicode.Scalar(next)))" : "unexpected byte \(next)"
    }

    /// An error at the line of `position`.
    private func problem(_ what: String, _ expected: String) -> InputError {
        let line = bytes[..<min(position, bytes.count)].count { $0 == 0x0A } + 1
        return InputError("\(place):\(line)", what, expected: expected)
    }
}
