/// A sum of squares of picoseconds. In integers, so that it does not depend on the order.
///
/// The square of a 63-bit value has 126 bits. Some hundreds of years of latencies would overflow
/// 128 bits, so overflows are counted.
struct SquareSum: Sendable, Equatable {
    private var low: UInt128 = 0
    private var overflows: Int64 = 0

    /// Adds a duration's square. O(1).
    @inline(__always)
    mutating func add(_ value: Int64) {
        let square = UInt64(value).multipliedFullWidth(by: UInt64(value))
        add(UInt128(square.high) << 64 | UInt128(square.low))
    }

    /// Adds another sum. O(1).
    mutating func merge(_ other: SquareSum) {
        add(other.low)
        overflows += other.overflows
    }

    @inline(__always)
    private mutating func add(_ square: UInt128) {
        let (sum, isOver) = low.addingReportingOverflow(square)
        low = sum
        overflows += isOver ? 1 : 0
    }

    /// The sum, rounded.
    var value: Double { Double(low) + Double(overflows) * 0x1p128 }
}

/// Sums of squares of request latencies.
struct LatencySquares: Sendable, Equatable {
    var timeToFirstToken = SquareSum()
    var timePerOutputToken = SquareSum()
    var endToEnd = SquareSum()
    var queueTime = SquareSum()

    /// Adds other sums. O(1).
    mutating func merge(_ other: LatencySquares) {
        timeToFirstToken.merge(other.timeToFirstToken)
        timePerOutputToken.merge(other.timePerOutputToken)
        endToEnd.merge(other.endToEnd)
        queueTime.merge(other.queueTime)
    }
}
