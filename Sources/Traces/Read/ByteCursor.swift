/// A scanning error inside a line. The caller adds the line's place.
struct ScanFailure: Error {
    let problem: String
    let expected: String

    init(_ problem: String, expected: String = "") {
        self.problem = problem
        self.expected = expected
    }

    /// The same, prefixed with what the file is taken for.
    func of(_ kind: String) -> ScanFailure {
        ScanFailure("\(kind): \(problem)", expected: expected)
    }

    /// The failure for a list that occurs twice in one object: the prompt would hold both.
    static func repeated(_ key: String) -> ScanFailure {
        ScanFailure("the key \(key) occurs twice", expected: "it once")
    }
}

/// A position in a buffer of ASCII text, with the scanners that all formats share.
///
/// Numbers are read as integers from their decimal digits: going through `Double` would give wrong
/// timestamps. Every scanner either moves past what it read or throws `ScanFailure`.
struct ByteCursor {
    let base: UnsafePointer<UInt8>
    let end: Int
    /// Eight bytes may be loaded from any index up to here; bytes after `end` are not digits.
    let lastWord: Int
    var at = 0

    /// `following` is the number of readable bytes after the buffer; the first of them ends a line.
    init(_ bytes: UnsafeRawBufferPointer, following: Int = 0) {
        // An empty buffer may have no address; the stand-in is never read.
        base =
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            ?? UnsafePointer(bitPattern: 1)!
        end = bytes.count
        lastWord = bytes.count + following - 8
    }

    /// The eight bytes from an index on, the first in the lowest byte.
    @inline(__always) func word(_ index: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
    }

    /// The number of decimal digits at the start of a word (0...8) and their value.
    ///
    /// All eight bytes are classified and converted at once, which saves a branch per digit. The
    /// conversion adds neighbours in pairs, then fours, then eights.
    @inline(__always) static func digits(_ word: UInt64) -> (count: Int, value: UInt64) {
        let raised = word ^ 0x3030_3030_3030_3030
        // A byte above 9 sets its high bit; only bytes above the first such one may be wrong.
        let others = ((raised &+ 0x7676_7676_7676_7676) | raised) & 0x8080_8080_8080_8080
        let count = others.trailingZeroBitCount >> 3
        guard count > 0 else { return (0, 0) }
        let aligned = raised << UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        let pairs = aligned &* 10 &+ (aligned >> 8)
        let low = (pairs & 0xff_0000_00ff) &* 0xf_4240_0000_0064
        let high = ((pairs >> 16) & 0xff_0000_00ff) &* 0x2710_0000_0001
        return (count, (low &+ high) >> 32)
    }

    var isAtEnd: Bool { at >= end }

    /// The byte at the position, 0 at the end.
    @inline(__always) var current: UInt8 { at < end ? base[at] : 0 }

    @inline(__always) mutating func skipSpaces() {
        while at < end, base[at] <= 32, Self.isSpace(base[at]) { at &+= 1 }
    }

    @inline(__always) private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 32 || byte == 10 || byte == 13 || byte == 9
    }

    /// Moves past `byte` if it is next.
    @inline(__always) mutating func skip(_ byte: UInt8) -> Bool {
        guard at < end, base[at] == byte else { return false }
        at += 1
        return true
    }

    /// Up to 24 printable characters from a position, for messages.
    func excerpt(from start: Int) -> String {
        var text = ""
        let isText = start < end && base[start] == 0x22
        for offset in isText ? 1..<24 : 0..<24 where start + offset < end {
            let byte = base[start + offset]
            // The next line, and what follows a text, do not help a reader.
            if byte == 10 || byte == 13 || isText && byte == 0x22 { break }
            text += byte >= 32 && byte < 127 ? String(UnicodeScalar(byte)) : "?"
        }
        if isText { return "the text \"\(text)\"" }
        return text.isEmpty ? "the end of the line" : "\"\(text)\""
    }

    /// A decimal integer with an optional sign.
    @inline(__always) mutating func integer(_ name: StaticString) throws -> Int64 {
        if let value = shortNatural() { return value }
        return try apart { try $0.slowInteger(name) }
    }

    /// Runs a rare or long scanner on a copy: a cursor whose address is not taken can stay in
    /// registers.
    @inline(__always) mutating func apart<Value>(
        _ scan: (inout ByteCursor) throws -> Value
    ) rethrows -> Value {
        var copy = self
        let value = try scan(&copy)
        at = copy.at
        return value
    }

    /// The number of 1 to 15 digits at the position, or nil for anything else.
    @inline(__always) mutating func shortNatural() -> Int64? {
        guard at <= lastWord else { return nil }
        let (count, value) = Self.digits(word(at))
        if count < 8 {
            guard count > 0 else { return nil }
            at &+= count
            return Int64(truncatingIfNeeded: value)
        }
        guard at &+ 8 <= lastWord else { return nil }
        let (more, rest) = Self.digits(word(at &+ 8))
        guard more < 8 else { return nil }
        at &+= 8 &+ more
        return Int64(truncatingIfNeeded: value &* Self.power(more) &+ rest)
    }

    /// 10 to the power 0...7.
    @inline(__always) private static func power(_ exponent: Int) -> UInt64 {
        var result: UInt64 = exponent & 1 == 0 ? 1 : 10
        if exponent & 2 != 0 { result &*= 100 }
        if exponent & 4 != 0 { result &*= 10_000 }
        return result
    }

    @inline(never)
    private mutating func slowInteger(_ name: StaticString) throws -> Int64 {
        let start = at
        let isNegative = skip(45)
        let first = at
        var value: Int64 = 0
        while at < end, base[at] &- 48 < 10 {
            let digit = Int64(base[at] - 48)
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = scaled.addingReportingOverflow(digit)
            guard !overflow, !carry else {
                throw ScanFailure(
                    "\(name) does not fit 64 bits: \(excerpt(from: start))",
                    expected: "a smaller number")
            }
            value = next
            at += 1
        }
        guard at > first else {
            at = start
            throw ScanFailure(
                "\(name) is not a number: \(excerpt(from: start))", expected: "an integer")
        }
        return isNegative ? -value : value
    }

    /// A decimal number (with optional fraction and exponent) times 10^`scale` (0...14), rounded
    /// down.
    @inline(__always) mutating func decimal(_ name: StaticString, scale: Int) throws -> Int64 {
        var scan = self
        if let whole = scan.shortNatural(), scan.current != 46, scan.current | 32 != 101 {
            let unit = scale < 8 ? Self.power(scale) : Self.power(scale &- 7) &* 10_000_000
            let (value, overflow) = whole.multipliedReportingOverflow(by: Int64(unit))
            if !overflow, value < Int64.max {
                at = scan.at
                return value
            }
        }
        return try apart { try $0.slowDecimal(name, scale: scale) }
    }

    /// A time or a delay: a `decimal` of at most `TraceRow.latest` in either direction.
    @inline(__always) mutating func time(_ name: StaticString, scale: Int) throws -> Int64 {
        let start = at
        let time = try decimal(name, scale: scale)
        guard (-TraceRow.latest...TraceRow.latest).contains(time) else { throw tooFar(name, start) }
        return time
    }

    /// The failure for a time beyond `TraceRow.latest`.
    @inline(never) func tooFar(_ name: StaticString, _ start: Int) -> ScanFailure {
        ScanFailure(
            "\(name) is more than 73 years from the clock's zero: \(excerpt(from: start))",
            expected: "a nearer time")
    }

    @inline(never)
    private mutating func slowDecimal(_ name: StaticString, scale: Int) throws -> Int64 {
        let start = at
        let isNegative = skip(45)
        let first = at
        var value: UInt64 = 0
        var exponent = scale
        var isCut = false
        while at < end, base[at] &- 48 < 10 {
            if accumulate(&value) == false { exponent += 1 }
            at += 1
        }
        var digits = at - first
        if skip(46) {
            let fraction = at
            while at < end, base[at] &- 48 < 10 {
                if accumulate(&value) { exponent -= 1 } else { isCut = true }
                at += 1
            }
            digits += at - fraction
        }
        guard digits > 0 else {
            at = start
            throw ScanFailure(
                "\(name) is not a number: \(excerpt(from: start))", expected: "a number")
        }
        if current | 32 == 101 {  // e or E
            at += 1
            _ = skip(43)
            let power = try integer(name)
            guard abs(power) < 100 else { throw tooLarge(name, start) }
            exponent += Int(power)
        }
        return try scaled(
            value, exponent, isNegative: isNegative, isCut: isCut, name: name, start: start)
    }

    /// Appends the current digit while the value has room. Returns false if the digit is dropped.
    @inline(__always) private func accumulate(_ value: inout UInt64) -> Bool {
        guard value < 1_000_000_000_000_000_000 else { return false }
        value = value &* 10 &+ UInt64(base[at] - 48)
        return true
    }

    private func scaled(
        _ value: UInt64, _ exponent: Int, isNegative: Bool, isCut: Bool, name: StaticString,
        start: Int
    ) throws -> Int64 {
        var result = value
        var isInexact = isCut
        if exponent > 0, result > 0 {
            for _ in 0..<exponent {
                let (next, overflow) = result.multipliedReportingOverflow(by: 10)
                if overflow { throw tooLarge(name, start) }
                result = next
            }
        } else if exponent < 0 {
            for _ in 0..<min(-exponent, 40) {
                isInexact = isInexact || result % 10 != 0
                result /= 10
            }
        }
        guard result <= UInt64(Int64.max) - 1 else { throw tooLarge(name, start) }
        let magnitude = Int64(result)
        return isNegative ? -magnitude - (isInexact ? 1 : 0) : magnitude
    }

    private func tooLarge(_ name: StaticString, _ start: Int) -> ScanFailure {
        ScanFailure(
            "\(name) does not fit 64 bits: \(excerpt(from: start))", expected: "a smaller number")
    }
}
