/// Names of requests as a trace writes them: any script, and different names stay different.
extension ByteCursor {
    /// The text between the quotes of a JSON string, with escapes decoded. O(bytes).
    func label(json range: Range<Int>) -> String {
        guard range.contains(where: { base[$0] == 0x5c }) else { return label(bytes(range)) }
        var text: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = base[index]
            index += 1
            guard byte == 0x5c, index < range.upperBound else {
                text.append(byte)
                continue
            }
            let escape = base[index]
            index += 1
            switch escape {
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "u"):
                text += Array(String(Character(scalar(&index, range.upperBound))).utf8)
            default: text.append(escape)
            }
        }
        return label(text)
    }

    /// The text of a CSV field; in a quoted field, doubled quotes are decoded. O(bytes).
    func label(csv range: Range<Int>) -> String {
        let field = bytes(range)
        let isQuoted = range.lowerBound > 0 && base[range.lowerBound - 1] == 0x22
        guard isQuoted, field.contains(0x22) else { return label(field) }
        var text: [UInt8] = []
        var isSecond = false
        for byte in field {
            isSecond = byte == 0x22 && !isSecond
            // The first of two is the escape, the second the quote.
            if !isSecond { text.append(byte) }
        }
        return label(text)
    }

    /// The text of any other JSON value, unchanged.
    func label(bare range: Range<Int>) -> String { label(bytes(range)) }

    private func bytes(_ range: Range<Int>) -> [UInt8] { range.map { base[$0] } }

    /// The character of four hexadecimal digits after `\u`, or of eight for a surrogate pair.
    private func scalar(_ index: inout Int, _ end: Int) -> Unicode.Scalar {
        func unit(_ at: Int) -> UInt32? {
            guard at + 4 <= end else { return nil }
            var value: UInt32 = 0
            for place in at..<(at + 4) {
                guard let digit = Character(Unicode.Scalar(base[place])).hexDigitValue else {
                    return nil
                }
                value = value << 4 | UInt32(digit)
            }
            return value
        }
        guard let high = unit(index) else { return "\u{fffd}" }
        index += 4
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xdc00, index + 6 <= end, base[index] == 0x5c,
            base[index + 1] == UInt8(ascii: "u"), let low = unit(index + 2),
            (0xdc00..<0xe000).contains(low)
        else { return "\u{fffd}" }
        index += 6
        return Unicode.Scalar(0x1_0000 + (high - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
    }

    /// UTF-8 unchanged; invalid bytes, and characters that no page can show, by number.
    private func label(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return bytes.reduce(into: "") { text, byte in
                text +=
                    byte >= 32 && byte < 127
                    ? String(Unicode.Scalar(byte)) : "\\x" + String(byte, radix: 16)
            }
        }
        return text.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
