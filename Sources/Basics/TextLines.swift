/// The lines of a table that are not blank, with their numbers counted from 1. Line ends are LF,
/// CRLF or CR. Skips a byte order mark.
///
///     for (number, line) in TextLines(text) { ... }
///
/// Blank lines cost no memory, however many there are. O(bytes).
package struct TextLines: Sequence, IteratorProtocol {
    private let text: String
    private var position: String.Index
    private var number = 0

    /// Reads the lines of a text.
    package init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
        position = text.utf8.startIndex
        if text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) {
            position = text.utf8.index(position, offsetBy: 3)
        }
    }

    package mutating func next() -> (number: Int, text: Substring)? {
        let bytes = text.utf8
        while position < bytes.endIndex {
            let start = position
            var isBlank = true
            var end = start
            while end < bytes.endIndex, bytes[end] != 10, bytes[end] != 13 {
                if bytes[end] != 32, bytes[end] != 9 { isBlank = false }
                end = bytes.index(after: end)
            }
            position = end
            if position < bytes.endIndex {
                let isReturn = bytes[position] == 13
                position = bytes.index(after: position)
                if isReturn, position < bytes.endIndex, bytes[position] == 10 {
                    position = bytes.index(after: position)
                }
            }
            number += 1
            if !isBlank { return (number, text[start..<end]) }
        }
        return nil
    }
}
