/// Reads and checks JSON5 in one pass and writes the same value as plain JSON. O(bytes).
struct JSON5Reader {
    let bytes: [UInt8]
    let place: String
    var position = 0
    var output: [UInt8] = []
    /// Deepest nesting of objects and lists: more than any configuration has, and safe for the
    /// stack.
    private static let deepest = 64

    /// The single value of a text as plain JSON. Throws the first problem, with its line.
    static func json(_ bytes: [UInt8], place: String) throws -> [UInt8] {
        var reader = JSON5Reader(bytes: bytes, place: place)
        try reader.checkEncoding()
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        try reader.value(depth: 0)
        try reader.space()
        if reader.position < bytes.count {
            throw reader.problem("more text after the value", "the end of the file")
        }
        return reader.output
    }

    /// Throws if the bytes are not UTF-8.
    private mutating func checkEncoding() throws {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw problem("the text is UTF-16", "UTF-8")
        }
        guard String(validating: bytes, as: UTF8.self) == nil else { return }
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): position += scalar.count
            case .emptyInput: return
            case .error(let length):
                let wrong = bytes[position..<min(bytes.count, position + length)]
                let shown = wrong.map { "\\x" + String($0, radix: 16) }.joined()
                throw problem("\(shown) is not UTF-8", "a text in UTF-8")
            }
        }
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// An error at the line of `position`, counted from 1. Lines end with LF, CR or both.
    func problem(_ what: String, _ expected: String) -> InputError {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.indices.count { index in
            before[index] == 0x0A
                || (before[index] == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A))
        }
        return InputError("\(place):\(line + 1)", what, expected: expected)
    }

    /// What was found here instead of what was expected.
    var found: String {
        guard let next else {
            return position == 0 ? "the text is empty" : "the text ends too early"
        }
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
        case UInt8(ascii: "\""), UInt8(ascii: "'"): write(try text())
        default: try bareValue()
        }
    }

    private mutating func object(depth: Int) throws {
        position += 1
        output.append(UInt8(ascii: "{"))
        var names: Set<String> = []
        while true {
            try space()
            if take("}") { break }
            let start = position
            let name = try key()
            guard names.insert(name).inserted else {
                position = start
                throw problem("the key \(name) stands twice", "it once")
            }
            if names.count > 1 { output.append(UInt8(ascii: ",")) }
            write(name)
            try space()
            guard take(":") else { throw problem(found, "a colon after \(name.echoed())") }
            output.append(UInt8(ascii: ":"))
            try value(depth: depth + 1)
            try space()
            if take(",") { continue }
            guard take("}") else { throw problem(found, "a comma or }") }
            break
        }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func list(depth: Int) throws {
        position += 1
        output.append(UInt8(ascii: "["))
        var count = 0
        while true {
            try space()
            if take("]") { break }
            if count > 0 { output.append(UInt8(ascii: ",")) }
            count += 1
            try value(depth: depth + 1)
            try space()
            if take(",") { continue }
            guard take("]") else { throw problem(found, "a comma or ]") }
            break
        }
        output.append(UInt8(ascii: "]"))
    }

    private mutating func key() throws -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try text() }
        let start = position
        let word = bareWord()
        guard let first = word.unicodeScalars.first, !("0"..."9").contains(first),
            !"-+.".unicodeScalars.contains(first)
        else {
            position = start
            throw problem(found, "a key or }")
        }
        if let odd = word.first(where: { "-+.".contains($0) }) {
            position = start
            let parts = word.split(separator: ".").map(String.init)
            let nested = odd == "." && parts.count == 2
            throw problem(
                "the key \(word) needs quotes",
                nested ? "\(parts[0]): { \(parts[1]): ... }" : "\"\(word)\"")
        }
        return word
    }

    /// Reads letters, digits and whatever else a number or an identifier may contain.
    mutating func bareWord() -> String {
        let start = position
        while let byte = next {
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "_$+-.".utf8.contains(byte)
            // White space beyond ASCII takes at most three bytes.
            guard isPlain || (byte >= 0x80 && spaceLength == 0) else { break }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func take(_ character: Character) -> Bool {
        guard next == character.asciiValue else { return false }
        position += 1
        return true
    }
}

extension JSON5Reader {
    /// Skips white space and comments.
    mutating func space() throws {
        while true {
            let length = spaceLength
            if length > 0 {
                position += length
            } else if comes("//") {
                while next != nil, lineEndLength == 0 { position += 1 }
            } else if comes("/*") {
                try comment()
            } else {
                return
            }
        }
    }

    private mutating func comment() throws {
        let start = position
        position += 2
        while position < bytes.count {
            if comes("*/") {
                position += 2
                return
            }
            position += 1
        }
        position = start
        throw problem("a comment without its end", "*/")
    }

    private func comes(_ mark: StaticString) -> Bool {
        position + 1 < bytes.count && bytes[position] == mark.utf8Start[0]
            && bytes[position + 1] == mark.utf8Start[1]
    }

    /// Bytes of the white space character here (ECMA-262, WhiteSpace and LineTerminator); 0 if
    /// none.
    private var spaceLength: Int {
        guard let next else { return 0 }
        if next == 0x20 || (0x09...0x0D).contains(next) { return 1 }
        guard next >= 0xC2, next <= 0xEF else { return 0 }
        guard
            let scalar = String(decoding: bytes[position...].prefix(3), as: UTF8.self)
                .unicodeScalars.first
        else { return 0 }
        let isSpace =
            scalar == "\u{FEFF}" || scalar == "\u{2028}" || scalar == "\u{2029}"
            || scalar.properties.generalCategory == .spaceSeparator
        return isSpace ? scalar.utf8.count : 0
    }

    /// Bytes of the line end here (LF, CR, U+2028, U+2029); 0 if none.
    var lineEndLength: Int {
        guard let next else { return 0 }
        if next == 0x0D {
            return position + 1 < bytes.count && bytes[position + 1] == 0x0A ? 2 : 1
        }
        if next == 0x0A { return 1 }
        let separators: [[UInt8]] = [[0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9]]
        return next == 0xE2 && separators.contains(Array(bytes[position...].prefix(3))) ? 3 : 0
    }
}
