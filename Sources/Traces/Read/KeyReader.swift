/// Reads the keys of a format's objects, and remembers how they were written.
///
/// The lines of a file are nearly always alike: what lies between two values (comma, spaces,
/// quotes, key, colon, space) is the same as in the line before. So the text that followed each
/// key's value is kept and compared as three words, and only text not seen before is scanned. The
/// result is the scanner's: it once read these very bytes in this very place.
///
/// A key that occurs twice in an object is refused, even if it is written in two ways.
///
///     keys.begin()
///     while let key = try keys.next(&cursor) {
///         switch key {
///         case .other: try keys.pass(&cursor, &counters)
///         ...
///         }
///     }
struct KeyReader<Key: Equatable> {
    private let names: [(name: [UInt8], key: Key)]
    private let other: Key
    /// Other names: those known to change nothing, then unknown ones that occurred.
    private var others: [[UInt8]]
    private let ignored: Int
    /// The place of `model` among the ignored names.
    private let modelPlace: Int?
    /// Two for every place in an object: its beginning, and after each name's value.
    private var memories: [Memory]
    private var place = 0
    /// Names whose values are wanted as texts, the first of each kind that an object has; and the
    /// values found.
    private var wanted: [(name: [UInt8], kind: Int, rank: Int)] = []
    /// The place in `wanted` of each name in `others`.
    private var wantedOthers: [Int?] = []
    private var found: [(rank: Int, text: String)?] = []
    /// Whether some value was found.
    private(set) var hasFound = false
    /// One bit for each known key that this object has had.
    private var seen: UInt64 = 0

    /// Text that led to a key.
    private struct Memory {
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var masks: (UInt64, UInt64, UInt64) = (0, 0, 0)
        /// In bytes; 0 for none.
        var length = 0
        var key: Key
        var place = 0
        /// The key's bit in `seen`; 0 for names that may occur twice.
        var bit: UInt64 = 0
    }

    /// Longest text remembered, in bytes.
    private static var longest: Int { 24 }

    /// Names and their keys. `other` is the key of every other name; those in `ignored` are known
    /// to change nothing here.
    init(_ names: [(name: String, key: Key)], ignored: [String] = [], other: Key) {
        precondition(names.count <= 64, "a bit for each name")
        self.names = names.map { (Array($0.name.utf8), $0.key) }
        self.other = other
        self.ignored = ignored.count
        modelPlace = ignored.firstIndex(of: "model")
        others = ignored.map { Array($0.utf8) }
        wantedOthers = ignored.map { _ in nil }
        let places = 1 + names.count + ignored.count
        memories = .init(repeating: Memory(key: other), count: 2 * places)
    }

    /// Starts an object, whose brace comes next after optional white space.
    @inline(__always) mutating func begin() {
        place = 0
        seen = 0
    }

    /// Moves past the value of a key that is `other`, and counts it unless it is known to change
    /// nothing.
    mutating func pass(_ cursor: inout ByteCursor, _ counters: inout ReaderCounters) throws {
        let index = place - 1 - names.count
        if !wanted.isEmpty, let name = wantedOthers[index] { return try look(&cursor, name) }
        if index == modelPlace { cursor.countModel(&counters) }
        if index >= ignored { try cursor.count(others[index], &counters) }
        try cursor.skipValue()
    }

    /// Keeps the values of `other` keys that have a name of these kinds.
    mutating func look(for labels: [TraceLabel]) {
        found = labels.map { _ in nil }
        wanted = labels.enumerated().flatMap { kind, label in
            label.keys.enumerated().map { (Array($1.utf8), kind, $0) }
        }
        wantedOthers = others.map(wantedPlace)
    }

    private func wantedPlace(_ name: [UInt8]) -> Int? { wanted.firstIndex { $0.name == name } }

    /// Takes the value of the first name of each kind that the object had, and forgets it; empty
    /// if it had none.
    mutating func takeFound() -> [String?] {
        guard hasFound else { return [] }
        defer {
            for kind in found.indices { found[kind] = nil }
            hasFound = false
        }
        return found.map { $0?.text }
    }

    private mutating func look(_ cursor: inout ByteCursor, _ name: Int) throws {
        let (_, kind, rank) = wanted[name]
        let start = cursor.at
        let isText = cursor.current == 0x22
        try cursor.skipValue()
        guard rank < found[kind]?.rank ?? .max else { return }
        var value = cursor
        value.at = start
        hasFound = true
        if isText {
            found[kind] = (rank, value.label(json: try value.stringRange()))
        } else if !cursor.matches(start..<cursor.at, "null") {
            found[kind] = (rank, cursor.label(bare: start..<cursor.at))
        }
    }

    /// The next key, with the cursor at its value; nil at the end of the object.
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
                    if seen & memory.bit != 0 { throw repeated(memory.place) }
                    seen |= memory.bit
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
        var memory = Memory(key: other)
        if let known = names.firstIndex(where: { cursor.matches(range, $0.name) }) {
            memory.key = names[known].key
            memory.place = 1 + known
            // All names of a key have the bit of the first.
            memory.bit = 1 << UInt64(names.firstIndex { $0.key == memory.key }!)
        } else {
            memory.place = 1 + names.count + other(cursor, range)
        }
        if seen & memory.bit != 0 { throw repeated(memory.place) }
        seen |= memory.bit
        remember(start, through: cursor.at, memory)
        place = memory.place
        return (memory.key, cursor.at)
    }

    /// The index of a name among the others; adds it if it is new.
    private mutating func other(_ cursor: ByteCursor, _ range: Range<Int>) -> Int {
        if let index = others.firstIndex(where: { cursor.matches(range, $0) }) { return index }
        if others.count - ignored >= UnknownKeys.most {
            // The last one stands for all later ones.
            others[others.count - 1] = Array("other keys".utf8)
            wantedOthers[others.count - 1] = nil
            return others.count - 1
        }
        others.append(Array(cursor.text(range).utf8))
        wantedOthers.append(wantedPlace(others[others.count - 1]))
        memories += [Memory(key: other), Memory(key: other)]
        return others.count - 1
    }

    private func repeated(_ place: Int) -> ScanFailure {
        let spellings = names.filter { $0.key == names[place - 1].key }
            .map { String(decoding: $0.name, as: UTF8.self) }
        return .repeated(spellings.joined(separator: " or "))
    }

    private mutating func remember(
        _ start: ByteCursor, through end: Int, _ memory: Memory
    ) {
        let length = end - start.at
        guard length <= Self.longest, start.at + Self.longest - 8 <= start.lastWord else { return }
        /// The bits of the word from byte `from` on that belong to the text.
        func mask(_ from: Int) -> UInt64 {
            length >= from + 8 ? .max : length <= from ? 0 : 1 << UInt64(8 * (length - from)) - 1
        }
        memories[2 * place + 1] = memories[2 * place]
        var memory = memory
        memory.words = (start.word(start.at), start.word(start.at + 8), start.word(start.at + 16))
        memory.masks = (mask(0), mask(8), mask(16))
        memory.length = length
        memories[2 * place] = memory
    }
}
