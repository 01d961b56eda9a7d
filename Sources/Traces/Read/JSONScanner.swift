import Foundation

/// JSON scanning over a `ByteCursor`: only what traces need, in one pass, without building values.
extension ByteCursor {
    /// Moves past the brace that opens an object.
    mutating func openObject() throws {
        skipSpaces()
        guard skip(0x7b) else {
            throw ScanFailure(
                "not a JSON object: \(excerpt(from: at))", expected: "an object in braces")
        }
    }

    /// Moves past the bracket that opens an array; `name` is the key it belongs to.
    @inline(__always) mutating func openArray(_ name: StaticString) throws {
        skipSpaces()
        guard skip(0x5b) else {
            throw ScanFailure(
                "\(name) is not an array: \(excerpt(from: at))", expected: "[...]")
        }
    }

    /// Moves past a comma and a space if they are next, as between the numbers that Python writes.
    @inline(__always) mutating func skipCommaAndSpace() -> Bool {
        guard end &- at >= 2, base[at] == 0x2c, base[at &+ 1] == 32 else { return false }
        at &+= 2
        return true
    }

    /// Whether another element follows before `close`. Moves past the comma or the closer.
    /// `isFirst` starts as true; the caller keeps it for each object or array.
    @inline(__always)
    mutating func nextElement(_ close: UInt8, _ isFirst: inout Bool) throws -> Bool {
        skipSpaces()
        if skip(close) { return false }
        if isFirst {
            isFirst = false
        } else {
            guard skip(0x2c) else { throw unfinished() }
            skipSpaces()
        }
        guard at < end else { throw unfinished() }
        return true
    }

    /// The next key of an object, as a range of bytes between its quotes. Moves past its colon.
    @inline(__always) mutating func key() throws -> Range<Int> {
        let range = try stringRange()
        skipSpaces()
        guard skip(0x3a) else { throw unfinished() }
        skipSpaces()
        return range
    }

    /// The bytes between the quotes of a string, escapes not decoded.
    @inline(__always) mutating func stringRange() throws -> Range<Int> {
        guard skip(0x22) else {
            throw ScanFailure(
                "not a JSON string: \(excerpt(from: at))", expected: "text in double quotes")
        }
        let start = at
        var index = at
        while index <= lastWord, index < end {
            let bytes = word(index)
            let quotes = bytes ^ 0x2222_2222_2222_2222
            let escapes = bytes ^ 0x5c5c_5c5c_5c5c_5c5c
            // The lowest high bit marks the first zero byte, here a quote or a backslash.
            let ones: UInt64 = 0x0101_0101_0101_0101
            let found = ((quotes &- ones) & ~quotes | (escapes &- ones) & ~escapes) & (ones << 7)
            index &+= found.trailingZeroBitCount >> 3
            if found != 0 { break }
        }
        while index < end {
            let byte = base[index]
            if byte == 0x22 {
                at = index &+ 1
                return Range(uncheckedBounds: (start, index))
            }
            index &+= byte == 0x5c ? 2 : 1
        }
        at = end
        throw unfinished()
    }

    /// Whether a range of bytes equals a word.
    @inline(__always) func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return range.upperBound &- range.lowerBound == count
            && memcmp(base + range.lowerBound, word.utf8Start, count) == 0
    }

    /// The same for a word that is not known at compile time.
    func matches(_ range: Range<Int>, _ word: [UInt8]) -> Bool {
        range.count == word.count && memcmp(base + range.lowerBound, word, word.count) == 0
    }

    /// A range of bytes as text.
    func text(_ range: Range<Int>) -> String {
        String(
            decoding: UnsafeBufferPointer(start: base + range.lowerBound, count: range.count),
            as: UTF8.self)
    }

    /// Moves past `null` if it is next.
    mutating func skipNull() -> Bool {
        guard end - at >= 4, base[at] == 0x6e, matches(at..<(at + 4), "null") else {
            return false
        }
        at += 4
        return true
    }

    /// Moves past any value, however deep, without recursion. O(bytes).
    mutating func skipValue() throws {
        skipSpaces()
        var depth = 0
        repeat {
            guard at < end else { throw unfinished() }
            switch base[at] {
            case 0x22: _ = try stringRange()
            case 0x7b, 0x5b:
                depth += 1
                at += 1
            case 0x7d, 0x5d:
                guard depth > 0 else { throw unfinished() }
                depth -= 1
                at += 1
            case 0x2c, 0x3a, 32, 9, 10, 13:
                guard depth > 0 else { throw unfinished() }
                at += 1
            default:
                let start = at
                while at < end, isWordByte(base[at]) { at += 1 }
                guard at > start else {
                    throw ScanFailure("not JSON: \(excerpt(from: at))", expected: "a JSON value")
                }
            }
        } while depth > 0
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == 43 || byte == 45 || byte == 46
    }

    /// The failure for text that ends or is malformed inside a JSON value.
    func unfinished() -> ScanFailure {
        if at >= end {
            return ScanFailure(
                "the line ends inside a JSON value", expected: "a complete JSON object per line")
        }
        return fraction()
            ?? ScanFailure("not JSON: \(excerpt(from: at))", expected: "a JSON object per line")
    }

    /// The failure for a whole number followed by a fraction or exponent; nil for anything else.
    private func fraction() -> ScanFailure? {
        var (first, last) = (at, at)
        while first > 0, isWordByte(base[first - 1]) { first -= 1 }
        while last < end, isWordByte(base[last]) { last += 1 }
        guard first < at, at < last, base[first] &- 48 < 10 || base[first] == 45 else { return nil }
        var key = first
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
        while key > 0, isSpace(base[key - 1]) { key -= 1 }
        var name = "a number of a list"
        if key > 0, base[key - 1] == 0x3a {
            key -= 1
            while key > 0, isSpace(base[key - 1]) { key -= 1 }
            let close = key - 1
            var open = close - 1
            while open >= 0, base[open] != 0x22 { open -= 1 }
            guard close > 0, base[close] == 0x22, open >= 0 else { return nil }
            name = printable(open + 1..<close)
        }
        return ScanFailure(
            "\(name) is \(printable(first..<last))", expected: "a whole number, without . or e")
    }

    /// Calls `body` with each object from here to the end: in sequence, or as the elements of an
    /// array. Throws for anything else between, before or after them.
    mutating func eachObject(_ body: (inout ByteCursor) throws -> Void) throws {
        skipSpaces()
        if skip(0x5b) {
            var isFirst = true
            while try nextElement(0x5d, &isFirst) { try body(&self) }
            skipSpaces()
            guard isAtEnd else {
                throw ScanFailure(
                    "text follows the array: \(excerpt(from: at))", expected: "one array alone")
            }
        }
        while !isAtEnd {
            try body(&self)
            skipSpaces()
        }
    }

    /// Checks that nothing but white space follows.
    @inline(__always) mutating func finishLine() throws {
        skipSpaces()
        guard at == end else {
            throw ScanFailure(
                "text follows the object: \(excerpt(from: at))",
                expected: "one JSON object per line")
        }
    }
}
