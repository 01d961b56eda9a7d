/// What a reader met inside a line; the line's place is added where the line is known.
struct ScanFailure: Error {
    let problem: String
    let expected: String

    init(_ problem: String, expected: String = "") {
        self.problem = problem
        self.expected = expected
    }
}

/// A position in a buffer of ASCII text, with the scanners that all formats share.
///
/// Numbers are read as integers from their decimal digits: going through `Double` would give
/// wrong timestamps. Every scanner either moves past what it read or throws `ScanFailure`.
struct ByteCursor {
    let base: UnsafePointer<UInt8>
    let end: Int
    var at = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is ever read from the stand-in.
        base =
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            ?? UnsafePointer(bitPattern: 1)!
        end = bytes.count
    }

    var isAtEnd: Bool { at >= end }

    /// The byte at the position, 0 at the end.
    @inline(__always) var current: UInt8 { at < end ? base[at] : 0 }

    @inline(__always) mutating func skipSpaces() {
        while at < end, base[at] == 32 || base[at] == 9 || base[at] == 10 || base[at] == 13 {
            at += 1
        }
    }

    /// Moves past `byte` if it is next.
    @inline(__always) mutating func skip(_ byte: UInt8) -> Bool {
        guard at < end, base[at] == byte else { return false }
        at += 1
        return true
    }

    /// Up to 24 characters from a position, for messages, printable ones only.
    func excerpt(from start: Int) -> String {
        var text = ""
        for index in start..<min(end, start + 24) {
            let byte = base[index]
            text += byte >= 32 && byte < 127 ? String(UnicodeScalar(byte)) : "?"
        }
        return text.isEmpty ? "the end of the line" : "\"\(text)\""
    }

    /// A decimal integer with an optional sign.
    @inline(__always) mutating func integer(_ name: StaticString) throws -> Int64 {
        let start = at
        let isNegative = skip(45)
        var value: UInt64 = 0
        let first = at
        while at < end {
            let digit = base[at] &- 48
            guard digit < 10 else { break }
            // 18 digits always fit; longer ones are checked below.
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        let digits = at - first
        if digits == 0 || digits > 18 {
            return try slowInteger(name, from: start)
        }
        return isNegative ? -Int64(value) : Int64(value)
    }

    @inline(never)
    private mutating func slowInteger(_ name: StaticString, from start: Int) throws -> Int64 {
        at = start
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

    /// A decimal number (fraction and exponent allowed) times 10^`scale`, rounded down.
    mutating func decimal(_ name: StaticString, scale: Int) throws -> Int64 {
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

    /// Appends the current digit while the value has room; false when the digit is left out.
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
