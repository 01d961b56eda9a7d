/// Paths as texts without losing a byte.
///
/// A path is bytes, a `String` is Unicode. A byte that is not part of valid UTF-8 becomes a
/// character of a private range, U+10FE80 to U+10FEFF (0x10FE00 + byte), and turns back into the
/// byte for system calls; the idea is that of Python's PEP 383. Characters of that range in a path
/// are themselves kept byte by byte, so that two paths never share a text. Messages show such a
/// byte as `\xE9`.
package enum PathText {
    private static let base: UInt32 = 0x10_FE00

    /// The text of a path, a word of the command line, or a name in a folder. O(bytes).
    package static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: { byte($0) != nil })
        {
            return text
        }
        var text = String.UnicodeScalarView()
        var rest = bytes[...]
        while let first = rest.first {
            let scalar = (1...4).lazy.compactMap { length in
                String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first
            }.first
            if let scalar, byte(scalar) == nil {
                text.append(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else {
                text.append(Unicode.Scalar(base + UInt32(first))!)
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    /// The bytes of a path from its text. O(bytes).
    package static func bytes(_ text: String) -> [UInt8] {
        // Only characters of the last plane begin with this byte.
        guard text.utf8.contains(0xF4) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            byte(scalar).map { [$0] } ?? Array(UTF8.encode(scalar)!)
        }
    }

    /// A path's text for people: bytes that are not UTF-8 appear as `\xE9`.
    package static func shown(_ text: String) -> String {
        guard text.utf8.contains(0xF4) else { return text }
        return text.unicodeScalars.map { byte($0).map(spelling) ?? String($0) }.joined()
    }

    static func spelling(_ byte: UInt8) -> String {
        "\\x" + String(byte, radix: 16, uppercase: true)
    }

    /// The byte that a private character stands for; nil for any other character.
    static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        (base + 0x80...base + 0xFF).contains(scalar.value) ? UInt8(scalar.value & 0xFF) : nil
    }
}

extension String {
    /// The path of `name` inside this folder.
    package func appending(pathComponent name: String) -> String {
        isEmpty || hasSuffix("/") ? self + name : self + "/" + name
    }

    /// The folder that holds this path: "a" for "a/b", "/" for "/a", "" (the working folder) for
    /// "a".
    package var containingFolder: String {
        var path = self[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "" }
        let folder = path[..<slash]
        return folder.isEmpty ? "/" : String(folder)
    }

    /// The last component of a path: "b" for "a/b" and "a/b/".
    package var lastPathName: String { split(separator: "/").last.map(String.init) ?? self }
}
