// Conversions between the integers that the simulator counts with, one by one.
//
// The standard library's are one generic initialiser, `@_transparent`: every call of it brings some
// 600 instructions of intermediate code, which the optimiser then folds to one machine instruction.
// That took a tenth of the time to compile Simulator, and more of Basics. These do the same, traps
// included; the type checker prefers them, since they are not generic. A pair that is absent here
// goes the standard library's way. `IntegerConversionsTests` holds both equal.

extension Int {
    /// The same number.
    @inlinable @inline(__always)
    package init(_ value: Int32) { self.init(truncatingIfNeeded: value) }

    /// The same number: both have 64 bits on every platform this runs on.
    @inlinable @inline(__always)
    package init(_ value: Int64) { self.init(truncatingIfNeeded: value) }
}

extension Int64 {
    /// The same number.
    @inlinable @inline(__always)
    package init(_ value: Int32) { self.init(truncatingIfNeeded: value) }

    /// The same number.
    @inlinable @inline(__always)
    package init(_ value: Int) { self.init(truncatingIfNeeded: value) }

    /// The same number; traps above the largest.
    @inlinable @inline(__always)
    package init(_ value: UInt64) {
        precondition(value <= UInt64(bitPattern: .max), "Not enough bits to represent the value")
        self.init(bitPattern: value)
    }
}

extension Int32 {
    /// The same number; traps outside of 32 bits.
    @inlinable @inline(__always)
    package init(_ value: Int) {
        self.init(truncatingIfNeeded: value)
        precondition(Int(self) == value, "Not enough bits to represent the value")
    }

    /// The same number; traps outside of 32 bits.
    @inlinable @inline(__always)
    package init(_ value: Int64) {
        self.init(truncatingIfNeeded: value)
        precondition(Int64(self) == value, "Not enough bits to represent the value")
    }
}

extension UInt64 {
    /// The same number; traps below zero.
    @inlinable @inline(__always)
    package init(_ value: Int) {
        precondition(value >= 0, "Negative value is not representable")
        self.init(truncatingIfNeeded: value)
    }

    /// The same number; traps below zero.
    @inlinable @inline(__always)
    package init(_ value: Int64) {
        precondition(value >= 0, "Negative value is not representable")
        self.init(bitPattern: value)
    }

    /// The same number.
    @inlinable @inline(__always)
    package init(_ value: UInt32) { self.init(truncatingIfNeeded: value) }

    /// The same number.
    @inlinable @inline(__always)
    package init(_ value: UInt8) { self.init(truncatingIfNeeded: value) }
}
