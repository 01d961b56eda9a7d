import Foundation

extension JSON5Reader {
    /// Writes a text as a JSON string.
    mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                let digits = String(byte, radix: 16)
                output += Array("\\u00\(byte < 16 ? "0" : "")\(digits)".utf8)
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Reads the quoted text here and resolves its escapes.
    mutating func text() throws -> String {
        let quote = bytes[position]
        let start = position
        var text: [UInt8] = []
        position += 1
        while let byte = next, byte != quote {
            if byte == 0x0A || byte == 0x0D {
                position = start
                throw problem("a text without its closing quote", "the quote on the same line")
            }
            if byte == UInt8(ascii: "\\") {
                text += try escape()
            } else {
                text.append(byte)
                position += 1
            }
            // A null character would cut a path short.
            guard text.last != 0 else { throw problem("a null character in a text", "none") }
        }
        guard next == quote else {
            position = start
            throw problem("a text without its closing quote", "the quote")
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// The UTF-8 bytes of an escape.
    private mutating func escape() throws -> [UInt8] {
        let start = position
        position += 1
        if lineEndLength > 0 {
            position += lineEndLength
            return []
        }
        guard let byte = next else { throw problem("the text ends too early", "the quote") }
        position += 1
        switch byte {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "0"): return [0x00]
        case UInt8(ascii: "x"): return utf8(try hexadecimal(2, from: start))
        case UInt8(ascii: "u"): return try unicode(from: start)
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            position = start
            throw problem("an escape with a digit in a text", "\\u and four digits")
        default:
            // Any other escaped character, perhaps of several bytes, stands for itself.
            return [byte]
        }
    }

    private mutating func unicode(from start: Int) throws -> [UInt8] {
        let unit = try hexadecimal(4, from: start)
        guard UTF16.isSurrogate(UInt16(unit)) else { return utf8(unit) }
        let second = position
        if UTF16.isLeadSurrogate(UInt16(unit)), take("\\"), take("u") {
            let trail = try hexadecimal(4, from: second)
            if UTF16.isTrailSurrogate(UInt16(trail)) {
                return utf8(0x1_0000 + (unit & 0x3FF) << 10 + trail & 0x3FF)
            }
        }
        position = start
        throw problem("half of a surrogate pair in a text", "both halves, or the character itself")
    }

    private mutating func hexadecimal(_ digits: Int, from start: Int) throws -> UInt32 {
        let word = bytes[position...].prefix(digits)
        let isRight = word.count == digits && word.allSatisfy { Character(.init($0)).isHexDigit }
        guard isRight, let value = UInt32(String(decoding: word, as: UTF8.self), radix: 16) else {
            position = start
            throw problem("an escape that is none in a text", "\\u and four digits")
        }
        position += digits
        return value
    }

    private func utf8(_ scalar: UInt32) -> [UInt8] {
        Array(String(Unicode.Scalar(scalar)!).utf8)
    }

    /// Reads a number, true, false or null.
    mutating func bareValue() throws {
        let start = position
        let word = bareWord()
        if word.isEmpty { throw problem(found, "a value") }
        if ["true", "false", "null"].contains(word) {
            output += Array(word.utf8)
            return
        }
        let unsigned = String(word.drop { $0 == "+" || $0 == "-" })
        if ["NaN", "Infinity"].contains(unsigned), word.count - unsigned.count <= 1 {
            write(word)
            return
        }
        guard let number = try decimal(word, at: start) else {
            position = start
            let isNumber = unsigned.utf8.first.map { (0x30...0x39).contains($0) } ?? false
            throw problem(
                "\(word) is no \(isNumber ? "number" : "value")",
                isNumber ? "a number such as 12 or 0.5" : "quotes around a text")
        }
        output += Array(number.utf8)
    }

    /// A JSON5 number as JSON writes it, without loss; nil if it is not a number.
    private mutating func decimal(_ word: String, at start: Int) throws -> String? {
        var rest = Substring(word)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        let sign = isNegative ? "-" : ""
        if rest.hasPrefix("0x") || rest.hasPrefix("0X") {
            let digits = rest.dropFirst(2)
            let areHexadecimal = digits.utf8.allSatisfy { Character(.init($0)).isHexDigit }
            guard !digits.isEmpty, areHexadecimal else { return nil }
            guard let value = UInt64(digits, radix: 16) else { throw outOfRange(word, at: start) }
            return sign + String(value)
        }
        let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { "eE".contains($0) }
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        func areDigits(_ text: Substring) -> Bool { text.utf8.allSatisfy { (0x30...0x39) ~= $0 } }
        guard mantissa.count <= 2, mantissa.allSatisfy(areDigits),
            mantissa.contains(where: { !$0.isEmpty }),
            mantissa[0].count < 2 || !mantissa[0].hasPrefix("0")
        else { return nil }
        var text = sign + (mantissa[0].isEmpty ? "0" : mantissa[0])
        if mantissa.count == 2, !mantissa[1].isEmpty { text += "." + mantissa[1] }
        if parts.count == 2 {
            var exponent = parts[1]
            let isRaised = !exponent.hasPrefix("-")
            if !isRaised || exponent.hasPrefix("+") { exponent.removeFirst() }
            guard !exponent.isEmpty, areDigits(exponent) else { return nil }
            text += "e" + (isRaised ? "" : "-") + exponent
        }
        let isZero = mantissa.allSatisfy { $0.allSatisfy { $0 == "0" } }
        guard let value = Double(text), value.isFinite, isZero || value != 0 else {
            throw outOfRange(word, at: start)
        }
        return isZero ? sign + "0" : text
    }

    private mutating func outOfRange(_ word: String, at start: Int) -> InputError {
        position = start
        return problem("\(word) is out of range", "a number that 64 bits hold")
    }
}
