/// A 64-bit FNV-1a digest over 64-bit words. It identifies runs and schedules.
///
/// Per word: `value = (value ^ word) * 0x100000001b3 mod 2^64`. Not cryptographic: it detects
/// differences, but does not resist an adversary.
@usableFromInline package struct Fingerprint: Equatable, Sendable {
    /// The digest so far.
    package var value: UInt64 {
        @inlinable get { folded }
    }
    @usableFromInline var folded: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The digest of no words.
    @inlinable
    package init() {}

    /// Adds one word. O(1).
    @inlinable
    package mutating func add(_ word: UInt64) {
        folded = (folded ^ word) &* 0x100_0000_01b3
    }

    /// Adds one signed word, as its two's complement.
    @inlinable
    package mutating func add(_ word: Int) {
        add(UInt64(bitPattern: Int64(word)))
    }

    /// Sixteen lower-case hexadecimal digits.
    package var hexadecimal: String { value.hexadecimal }
}

extension UInt64 {
    /// Sixteen lower-case hexadecimal digits.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
