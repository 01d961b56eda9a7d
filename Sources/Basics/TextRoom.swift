/// Writes text straight into memory of a known size, without a `String` or a growing array.
///
///     try file.write(atMost: 64) { text in
///         text.put(1_234)
///         text.put(byte: 10)
///     }
///
/// Digits are stored eight at a time, so a number needs `slack` bytes of room beyond its own.
/// Inlinable because a row of a large file is a few dozen of these calls.
package struct TextRoom {
    @usableFromInline let memory: UnsafeMutableRawBufferPointer
    @usableFromInline var filled = 0

    /// Bytes of room that a number needs beyond its own digits.
    package static let slack = 8

    /// Text in the whole of `memory`, which must outlive it.
    @inlinable
    package init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    /// Bytes put so far.
    @inlinable
    package var count: Int { filled }

    /// Adds a byte. O(1).
    @inlinable @inline(__always)
    package mutating func put(byte: UInt8) {
        precondition(count < memory.count, "the text is longer than the room for it")
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        filled &+= 1
    }

    /// Adds bytes. O(bytes).
    @inlinable
    package mutating func put(_ bytes: [UInt8]) {
        precondition(bytes.count <= memory.count - count, "the text is longer than the room for it")
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyBytes(from: bytes)
        filled &+= bytes.count
    }

    /// Adds a text. O(bytes).
    @inlinable @inline(__always)
    package mutating func put(_ text: StaticString) {
        let more = text.utf8CodeUnitCount
        precondition(more <= memory.count - count, "the text is longer than the room for it")
        UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            .copyMemory(from: UnsafeRawBufferPointer(start: text.utf8Start, count: more))
        filled &+= more
    }

    /// Adds a decimal integer. O(digits / 8).
    @inlinable @inline(__always)
    package mutating func put(_ value: Int64) {
        if value < 0 { put(byte: 45) }
        put(magnitude: value.magnitude)
    }

    /// Adds the lowest `digits` (1...8) decimal digits of a number below 10⁸, with leading zeros.
    /// O(1).
    @inlinable @inline(__always)
    package mutating func put(_ value: UInt32, digits: Int) {
        precondition((1...8).contains(digits) && value < Self.tenToTheEight, "not eight digits")
        store(Self.digits(value) >> UInt64(truncatingIfNeeded: 8 &* (8 &- digits)), count: digits)
    }

    @usableFromInline static let tenToTheEight: UInt32 = 100_000_000

    @inlinable @inline(__always)
    mutating func put(magnitude: UInt64) {
        // Most counts in a row have a single digit.
        if magnitude < 10 { return put(byte: 48 &+ UInt8(truncatingIfNeeded: magnitude)) }
        guard magnitude < UInt64(Self.tenToTheEight) else { return putLarge(magnitude) }
        let digits = Self.digits(UInt32(truncatingIfNeeded: magnitude))
        // The lowest bytes are the leading zeros. The last digit always stays.
        let zeros = min(digits.trailingZeroBitCount >> 3, 7)
        store(digits >> UInt64(truncatingIfNeeded: 8 &* zeros), count: 8 &- zeros)
    }

    @usableFromInline
    mutating func putLarge(_ magnitude: UInt64) {
        let unit = UInt64(Self.tenToTheEight)
        put(magnitude: magnitude / unit)
        store(Self.digits(UInt32(magnitude % unit)), count: 8)
    }

    /// Stores the lowest bytes of a word as digits.
    @inlinable @inline(__always)
    mutating func store(_ digits: UInt64, count digitCount: Int) {
        precondition(memory.count - count >= 8, "the text is longer than the room for it")
        let text = (digits | 0x3030_3030_3030_3030).littleEndian
        memory.storeBytes(of: text, toByteOffset: count, as: UInt64.self)
        filled &+= digitCount
    }

    /// The eight decimal digits of a number, one per byte, the first in the lowest. Splits into
    /// fours, pairs and digits side by side, with reciprocals that are exact in each range.
    @inlinable @inline(__always)
    static func digits(_ value: UInt32) -> UInt64 {
        let fours = UInt64(value / 10_000) | UInt64(value % 10_000) << 32
        // ⌊x / 100⌋ = x · 10,486 >> 20 below 10⁴, ⌊x / 10⌋ = x · 103 >> 10 below 100.
        let hundreds = (fours &* 10_486) >> 20 & 0x7f_0000_007f
        let pairs = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (pairs &* 103) >> 10 & 0xf_000f_000f_000f
        return tens | (pairs &- tens &* 10) << 8
    }
}
