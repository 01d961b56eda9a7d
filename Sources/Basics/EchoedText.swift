/// Shows text from outside (a name, a path, a key, a value, a child's output) safely in an error, a
/// table or a page: one line without control characters, of bounded length.
///
///     "a\u{1b}[31m\nb".echoed() == #"a\u{1b}[31m\nb"#
///
/// Escapes control characters (C0, DEL, C1), line and paragraph separators, and invisible format
/// characters, which could reorder a line (U+202E) or hide in it (U+200B). A backslash stays as it
/// is, so echoing twice changes nothing.
extension StringProtocol {
    /// The text on one line. Leaves out its middle beyond `limit` characters (Unicode scalars, the
    /// ellipsis included) or `bytes` bytes of UTF-8. Costs O(limit) for a plain long text.
    package func echoed(atMost limit: Int = 200, bytes: Int = .max) -> String {
        let fits = utf8.count <= limit && utf8.count <= bytes
        if fits, utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return String(self) }
        let scalars = unicodeScalars
        guard scalars.prefix(limit + 1).count > limit else {
            return Echo.fitted(scalars.map(Echo.spelling)[...], limit, bytes)
        }
        // What lies beyond `limit` from either end is never shown.
        let head = scalars.prefix(limit).map(Echo.spelling)
        return Echo.shortened(
            head[...], scalars.suffix(limit).map(Echo.spelling)[...], limit, bytes)
    }
}

private enum Echo {
    /// A scalar as itself, or escaped if it must not be shown.
    static func spelling(_ scalar: Unicode.Scalar) -> String {
        if (0x20...0x7E).contains(scalar.value) { return String(scalar) }
        if let byte = PathText.byte(scalar) { return PathText.spelling(byte) }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            switch scalar {
            case "\n": return "\\n"
            case "\r": return "\\r"
            case "\t": return "\\t"
            default: return "\\u{\(String(scalar.value, radix: 16))}"
            }
        default: return String(scalar)
        }
    }

    static func fitted(_ spelled: ArraySlice<String>, _ limit: Int, _ bytes: Int) -> String {
        let fits =
            spelled.reduce(0) { $0 + $1.unicodeScalars.count } <= limit
            && spelled.reduce(0) { $0 + $1.utf8.count } <= bytes
        return fits ? spelled.joined() : shortened(spelled, spelled, limit, bytes)
    }

    /// The beginning of `head`, an ellipsis (three bytes), and the end of `tail`, shorter.
    static func shortened(
        _ head: ArraySlice<String>, _ tail: ArraySlice<String>, _ limit: Int, _ bytes: Int
    ) -> String {
        let (characters, room) = (limit - 1, min(bytes, 4 * limit) - 3)
        let first = taken(head, characters * 3 / 5, room * 3 / 5)
        let last = taken(tail.reversed()[...], characters * 2 / 5, room * 2 / 5)
        return first.joined() + "…" + last.reversed().joined()
    }

    /// As many of the first escaped characters as fit.
    private static func taken(
        _ spelled: ArraySlice<String>, _ limit: Int, _ bytes: Int
    ) -> ArraySlice<String> {
        var (characters, size) = (0, 0)
        return spelled.prefix { text in
            characters += text.unicodeScalars.count
            size += text.utf8.count
            return characters <= limit && size <= bytes
        }
    }
}
