/// Reads the keys of a format's objects, with a memory of how they were spelled.
///
/// The lines of a file are nearly always alike: what stands between two values (comma, spaces,
/// quotes, key, colon, space) is what stood there in the line before. So the text that followed
/// each key's value is kept and compared as three words; only text that was not seen before is
/// scanned. The meaning is the scanner's: it once read these very bytes in this very place.
///
///     keys.begin()
///     while let key = try keys.next(&cursor) {
///         switch key { ... }
///     }
struct KeyReader<Key> {
    private let names: [(name: StaticString, key: Key)]
    private let other: Key
    /// Two for every place in an object: its beginning, after each key's value, after an unknown
    /// key's.
    private var memories: [Memory]
    private var place = 0

    /// Text that led to a key.
    private struct Memory {
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var masks: (UInt64, UInt64, UInt64) = (0, 0, 0)
        /// Bytes; 0 for none.
        var length = 0
        var key: Key
        var place = 0
    }

    /// Longest text that is remembered, bytes.
    private static var longest: Int { 24 }

    /// Names with what they stand for; `other` stands for every other name.
    init(_ names: [(name: StaticString, key: Key)], other: Key) {
        self.names = names
        self.other = other
        memories = .init(repeating: Memory(key: other), count: 2 * (names.count + 2))
    }

    /// Starts an object, whose brace is next but for white space.
    @inline(__always) mutating func begin() { place = 0 }

    /// The next key, with the cursor at its value, or nil when the object has ended.
    @inline(__always) mutating func next(_ cursor: inout ByteCursor) throws -> Key? {
        if place > 0, cursor.skip(0x7d) { return nil }
        if cursor.at &+ Self.longest &- 8 <= cursor.lastWord {
            let text = (
                cursor.word(cursor.at), cursor.word(cursor.at &+ 8), cursor.word(cursor.at &+ 16)
            )
            for index in 2 &* place...2 &* place &+ 1 {
                let memory = memories[index]
                let difference =
                    (text.0 ^ memory.words.0) & memory.masks.0
                    | (text.1 ^ memory.words.1) & memory.masks.1
                    | (text.2 ^ memory.words.2) & memory.masks.2
                let value = cursor.at &+ memory.length
                // A space there would have been part of the text.
                if difference == 0, memory.length > 0, value < cursor.end,
                    cursor.base[value] > 32
                {
                    cursor.at = value
                    place = memory.place
                    return memory.key
                }
            }
        }
        let (key, end) = try scan(cursor)
        cursor.at = end
        return key
    }

    @inline(never)
    private mutating func scan(_ start: ByteCursor) throws -> (key: Key?, end: Int) {
        var cursor = start
        var isFirst = place == 0
        if isFirst { try cursor.openObject() }
        guard try cursor.nextElement(0x7d, &isFirst) else { return (nil, cursor.at) }
        let range = try cursor.key()
        let known = names.firstIndex { cursor.matches(range, $0.name) }
        let key = known.map { names[$0].key } ?? other
        let next = 1 + (known ?? names.count)
        remember(start, through: cursor.at, key, next)
        place = next
        return (key, cursor.at)
    }

    private mutating func remember(
        _ start: ByteCursor, through end: Int, _ key: Key, _ next: Int
    ) {
        let length = end - start.at
        guard length <= Self.longest, start.at + Self.longest - 8 <= start.lastWord else { return }
        /// The bits of the word from a byte on that belong to the text.
        func mask(_ from: Int) -> UInt64 {
            length >= from + 8 ? .max : length <= from ? 0 : 1 << UInt64(8 * (length - from)) - 1
        }
        memories[2 * place + 1] = memories[2 * place]
        memories[2 * place] = Memory(
            words: (
                start.word(start.at), start.word(start.at + 8), start.word(start.at + 16)
            ),
            masks: (mask(0), mask(8), mask(16)), length: length, key: key, place: next)
    }
}
