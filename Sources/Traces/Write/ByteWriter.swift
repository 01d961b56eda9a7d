/// Builds text as bytes, without a `String` per value.
struct ByteWriter {
    var bytes: [UInt8] = []

    @inline(__always) mutating func put(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always) mutating func put(byte: UInt8) { bytes.append(byte) }

    /// A text in quotes, as JSON. O(bytes).
    mutating func put(json text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 || byte == 0x5c { bytes.append(0x5c) }
            // Names hold no control characters (`ByteCursor.label`).
            bytes.append(byte < 32 ? 0x20 : byte)
        }
        bytes.append(0x22)
    }

    /// A decimal integer.
    mutating func put(_ value: Int64) {
        var magnitude = value.magnitude
        if value < 0 { bytes.append(45) }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var at = room.count
            repeat {
                at -= 1
                room[at] = 48 + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[at...]))
        }
    }

    /// An integer with leading zeros.
    mutating func put(_ value: Int64, digits: Int) {
        var unit: Int64 = 1
        for _ in 1..<digits { unit *= 10 }
        var left = value
        while unit > 0 {
            bytes.append(48 + UInt8(truncatingIfNeeded: left / unit % 10))
            left %= unit
            unit /= 10
        }
    }

    /// `value` / 10^`decimals`, with as many decimals as it needs.
    mutating func put(_ value: Int64, decimals: Int) {
        var unit: Int64 = 1
        for _ in 0..<decimals { unit *= 10 }
        put(value / unit)
        var fraction = value % unit
        guard fraction > 0 else { return }
        put(".")
        var digits = decimals
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        put(fraction, digits: digits)
    }
}
