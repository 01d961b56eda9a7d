/// The XXH64 digest of bytes, as `xxhsum -H64` prints it (Yann Collet, xxHash specification 0.8,
/// seed 0). It processes a few bytes per cycle.
///
/// Not cryptographic: it detects accidental changes (a digit, a truncation, another run's file),
/// but does not resist an adversary.
package struct ContentDigest: Sendable {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
    /// Bytes folded in at once: eight for each of four lanes.
    private static let stripe = 32

    private var lane1 = prime1 &+ prime2
    private var lane2 = prime2
    private var lane3: UInt64 = 0
    private var lane4 = 0 &- prime1
    private var length: UInt64 = 0
    /// The bytes after the last whole stripe.
    private var rest: [UInt8] = []

    /// The digest of nothing.
    package init() {}

    /// The sixteen lower-case hexadecimal digits of the digest of `bytes`. O(bytes).
    package static func hexadecimal(of bytes: UnsafeRawBufferPointer) -> String {
        var digest = ContentDigest()
        digest.add(bytes)
        return digest.hexadecimal
    }

    /// Adds bytes to the digest. How they are split over calls does not matter. O(bytes).
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var bytes = bytes
        if !rest.isEmpty {
            let taken = min(Self.stripe - rest.count, bytes.count)
            rest.append(contentsOf: bytes.prefix(taken))
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(taken))
            guard rest.count == Self.stripe else { return }
            let whole = rest
            whole.withUnsafeBytes { fold($0) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count / Self.stripe * Self.stripe
        fold(UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
        rest.append(contentsOf: bytes.dropFirst(whole))
    }

    /// Folds whole stripes in.
    private mutating func fold(_ bytes: UnsafeRawBufferPointer) {
        var (a, b, c, d) = (lane1, lane2, lane3, lane4)
        var offset = 0
        while offset < bytes.count {
            a = Self.round(a, Self.word(bytes, offset))
            b = Self.round(b, Self.word(bytes, offset &+ 8))
            c = Self.round(c, Self.word(bytes, offset &+ 16))
            d = Self.round(d, Self.word(bytes, offset &+ 24))
            offset &+= Self.stripe
        }
        (lane1, lane2, lane3, lane4) = (a, b, c, d)
    }

    /// Sixteen lower-case hexadecimal digits of the digest so far. O(1).
    package var hexadecimal: String {
        var value = length
        if length < UInt64(Self.stripe) {
            value &+= Self.prime5
        } else {
            var sum = Self.rotated(lane1, 1) &+ Self.rotated(lane2, 7)
            sum = sum &+ Self.rotated(lane3, 12) &+ Self.rotated(lane4, 18)
            for lane in [lane1, lane2, lane3, lane4] {
                sum = (sum ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
            }
            value &+= sum
        }
        rest.withUnsafeBytes { Self.foldRest($0, into: &value) }
        value = (value ^ value >> 33) &* Self.prime2
        value = (value ^ value >> 29) &* Self.prime3
        value ^= value >> 32
        return value.hexadecimal
    }

    private static func foldRest(_ bytes: UnsafeRawBufferPointer, into value: inout UInt64) {
        var offset = 0
        while bytes.count - offset >= 8 {
            value ^= round(0, word(bytes, offset))
            value = rotated(value, 27) &* prime1 &+ prime4
            offset += 8
        }
        if bytes.count - offset >= 4 {
            let half = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
            value = rotated(value ^ UInt64(half) &* prime1, 23) &* prime2 &+ prime3
            offset += 4
        }
        for byte in bytes.dropFirst(offset) {
            value = rotated(value ^ UInt64(byte) &* prime5, 11) &* prime1
        }
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 &- count)
    }
}
