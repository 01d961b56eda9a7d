/// A part of a JSON text, for files with many numbers: `jsonText`, which looks every value's type
/// up, takes ten times as long. Its text is that of `jsonText`, in one line.
indirect enum JSONPiece {
    case text(String)
    case integer(Int64)
    /// What JSON cannot write becomes a string, as in `jsonText`.
    case number(Double)
    case list([JSONPiece])
    /// Its members in any order; those without a value are left out.
    case object([String: JSONPiece?])
    /// Absent values become null.
    case numbers([Double?])
    case integers([Int])

    /// Appends its text.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .text(let text): Self.put(text, to: &bytes)
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): Self.put(value, to: &bytes)
        case .list(let pieces):
            Self.put(pieces, "[", "]", to: &bytes) { $0.write(to: &$1) }
        case .object(let members):
            let present = members.compactMap { key, piece in piece.map { (key, $0) } }
            Self.put(present.sorted { $0.0 < $1.0 }, "{", "}", to: &bytes) { member, bytes in
                Self.put(member.0, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.1.write(to: &bytes)
            }
        case .numbers(let values):
            Self.put(values, "[", "]", to: &bytes) { value, bytes in
                if let value { Self.put(value, to: &bytes) } else { bytes += "null".utf8 }
            }
        case .integers(let values):
            Self.put(values, "[", "]", to: &bytes) { $1 += String($0).utf8 }
        }
    }

    private static func put<Element>(
        _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar,
        to bytes: inout [UInt8], _ write: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for place in elements.indices {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            write(elements[place], &bytes)
        }
        bytes.append(UInt8(ascii: close))
    }

    private static func put(_ value: Double, to bytes: inout [UInt8]) {
        guard value.isFinite else {
            return put(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf", to: &bytes)
        }
        let text = value.description
        bytes += text.hasSuffix(".0") ? text.utf8.dropLast(2) : text.utf8[...]
    }

    private static func put(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes += "\\u".utf8
                bytes += String(repeating: "0", count: 4 - digits.utf8.count).utf8
                bytes += digits.utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
