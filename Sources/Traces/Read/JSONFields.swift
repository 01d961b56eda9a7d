/// The keys of one JSON object and the positions of their values, for formats that are read whole.
///
///     var fields = try JSONFields(&cursor)
///     let prompt = try fields.tokens("input_tokens")
///     try fields.countOthers(&counters, unless: ["model"])
///
/// A value of null counts as a missing key. A key that occurs twice is refused.
struct JSONFields {
    private struct Field {
        let name: Range<Int>
        let value: Range<Int>
        var isUsed = false
    }

    private let cursor: ByteCursor
    private var fields: [Field] = []

    /// Most keys in an object: comparing all pairs stays cheap.
    static let most = 512

    /// Reads the object at the cursor and moves past it. O(bytes + keys²).
    init(_ cursor: inout ByteCursor) throws {
        var isFirst = true
        self.cursor = cursor
        try cursor.openObject()
        while try cursor.nextElement(0x7d, &isFirst) {
            let name = try cursor.key()
            let start = cursor.at
            try cursor.skipValue()
            guard fields.count < Self.most else {
                throw ScanFailure(
                    "an object of more than \(Self.most) keys", expected: "a row of a trace")
            }
            for field in fields where cursor.isEqual(field.name, name) {
                throw ScanFailure.repeated(cursor.printable(name))
            }
            fields.append(Field(name: name, value: start..<cursor.at))
        }
    }

    /// Whether a key is present and not null.
    func has(_ name: StaticString) -> Bool {
        fields.contains {
            cursor.matches($0.name, name) && !cursor.matches($0.value, "null")
        }
    }

    /// A cursor at a key's value; nil if the key is missing or its value null.
    private mutating func value(_ name: StaticString) -> (ByteCursor, end: Int)? {
        take(fields.firstIndex { cursor.matches($0.name, name) })
    }

    private mutating func take(_ index: Int?) -> (ByteCursor, end: Int)? {
        guard let index else { return nil }
        fields[index].isUsed = true
        let range = fields[index].value
        guard !cursor.matches(range, "null") else { return nil }
        var value = cursor
        value.at = range.lowerBound
        return (value, range.upperBound)
    }

    private mutating func read<Value>(
        _ name: StaticString, _ scan: (inout ByteCursor) throws -> Value
    ) throws -> Value? {
        try Self.read(value(name), "\(name)", scan)
    }

    /// The value of a key that the user names; nil if it is missing or null.
    mutating func value<Value>(
        named name: String, _ scan: (inout ByteCursor) throws -> Value
    ) throws -> Value? {
        let bytes = Array(name.utf8)
        return try Self.read(
            take(fields.firstIndex { cursor.matches($0.name, bytes) }), name.printableName, scan)
    }

    private static func read<Value>(
        _ place: (ByteCursor, end: Int)?, _ name: @autoclosure () -> String,
        _ scan: (inout ByteCursor) throws -> Value
    ) throws -> Value? {
        guard case (var value, let end)? = place else { return nil }
        let start = value.at
        let result = try scan(&value)
        guard value.at == end else {
            throw ScanFailure(
                "\(name()) is not a number that is read: \(value.excerpt(from: start))",
                expected: "a plain number")
        }
        return result
    }

    /// A whole number, possibly written with a fraction of zeros.
    mutating func tokens(_ name: StaticString) throws -> Int64? {
        try read(name) { try $0.wholeNumber(name) }
    }

    /// A decimal number of at least 0 times 10^`scale`, at most `TraceRow.latest`.
    mutating func duration(_ name: StaticString, scale: Int) throws -> Int64? {
        guard let time = try time(name, scale: scale) else { return nil }
        guard time >= 0 else {
            throw ScanFailure("\(name) is negative", expected: "at least 0")
        }
        return time
    }

    /// A decimal number times 10^`scale`, at most `TraceRow.latest` in either direction.
    mutating func time(_ name: StaticString, scale: Int) throws -> Int64? {
        try read(name) { try $0.time(name, scale: scale) }
    }

    /// A point in time: an ISO 8601 text, or nanoseconds since 1970.
    mutating func instant(_ name: StaticString) throws -> Int64? {
        try read(name) { try $0.instant() }
    }

    /// A priority of 32 bits.
    mutating func priority(_ name: StaticString) throws -> Int32? {
        try read(name) { try $0.priority() }
    }

    /// The identity of a text or a number; nil for an empty text.
    mutating func identity(_ name: StaticString) throws -> UInt64? {
        guard let id = try read(name, { try $0.identity(name) }) else { return nil }
        return id == cursor.hash(0..<0) ? nil : id
    }

    /// A text for a message or a comparison; nil for any other value.
    mutating func text(_ name: StaticString) -> String? {
        guard case (var value, _)? = value(name), value.current == 0x22,
            let range = try? value.stringRange()
        else { return nil }
        return value.printable(range)
    }

    /// Whether a key's value is true.
    mutating func isTrue(_ name: StaticString) -> Bool {
        guard case (let value, let end)? = value(name) else { return false }
        return value.matches(value.at..<end, "true")
    }

    /// Marks a key as used and returns the value it was found to have.
    mutating func take<Value>(_ name: StaticString, _ value: Value) throws -> Value {
        _ = self.value(name)
        return value
    }

    /// The object's names, one of each kind.
    mutating func labels(_ labels: [TraceLabel]) -> [String?] {
        var names: [String?] = []
        for label in labels { names.append(self.label(label)) }
        return names
    }

    /// The text or other value of the first of a label's keys that is present, then of the format's
    /// own keys for it; nil without any.
    mutating func label(_ label: TraceLabel, or others: [String] = []) -> String? {
        for name in label.keys + others {
            let bytes = Array(name.utf8)
            guard
                case (var value, let end)? = take(
                    fields.firstIndex { cursor.matches($0.name, bytes) })
            else { continue }
            if value.current == 0x22, let range = try? value.stringRange() {
                return value.label(json: range)
            }
            return value.label(bare: value.at..<end)
        }
        return nil
    }

    /// The first byte of a value; 0 without the key.
    func first(of name: StaticString) -> UInt8 {
        guard let field = fields.first(where: { cursor.matches($0.name, name) }) else { return 0 }
        return cursor.base[field.value.lowerBound]
    }

    /// The keys of a nested object.
    mutating func object(_ name: StaticString) throws -> JSONFields? {
        guard case (var value, _)? = value(name) else { return nil }
        return try JSONFields(&value)
    }

    /// Calls `body` with each element of a list, which must move past it. Returns false without the
    /// key.
    @discardableResult
    mutating func each(
        _ name: StaticString, _ body: (inout ByteCursor) throws -> Void
    ) throws -> Bool {
        guard case (var value, _)? = value(name) else { return false }
        var isFirst = true
        try value.openArray(name)
        while try value.nextElement(0x5d, &isFirst) { try body(&value) }
        return true
    }

    /// The block ids of a list, all whole blocks, appended to `segments`; nil without the key.
    mutating func blocks(
        _ name: StaticString, _ identity: inout BlockIdentity, space: Int64 = 0,
        into segments: inout [Segment]
    ) throws -> Int? {
        guard case (var value, _)? = value(name) else { return nil }
        return try identity.read(&value, space: space, into: &segments)
    }

    /// Counts (or, in strict mode, refuses) keys that no reader wants and that are not known to
    /// change nothing.
    func countOthers(_ counters: inout ReaderCounters, unless ignored: [StaticString]) throws {
        for field in fields where !field.isUsed {
            var value = cursor
            value.at = field.value.lowerBound
            try value.count(field.name, unless: ignored, &counters)
        }
    }
}

extension ByteCursor {
    /// Whether two ranges of bytes are equal.
    fileprivate func isEqual(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        one.count == other.count
            && UnsafeRawBufferPointer(start: base + one.lowerBound, count: one.count)
                .elementsEqual(
                    UnsafeRawBufferPointer(start: base + other.lowerBound, count: other.count))
    }
}
