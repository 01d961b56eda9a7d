/// One line of JSON, an object, read with the scanner of the trace readers.
package enum JSONLine {
    /// Calls `body` with every key (escapes not decoded) and the bytes of its value. Returns false
    /// if the line is not exactly one object. O(bytes).
    package static func eachMember(
        of line: UnsafeRawBufferPointer,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: line[range])
        }
        var cursor = ByteCursor(line)
        var isFirst = true
        do {
            try cursor.openObject()
            while try cursor.nextElement(0x7d, &isFirst) {
                let key = try cursor.key()
                let start = cursor.at
                try cursor.skipValue()
                body(part(key), part(start..<cursor.at))
            }
        } catch {
            return false
        }
        cursor.skipSpaces()
        return cursor.isAtEnd
    }
}
