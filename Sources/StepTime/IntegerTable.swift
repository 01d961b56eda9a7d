/// A monotone function of a count in whole picoseconds, tabulated for 0...last and extended with
/// the last slope.
@usableFromInline struct IntegerTable: Sendable, Equatable {
    @usableFromInline private(set) var values: [Int64]
    @usableFromInline let slope: Int64

    /// Largest table, entries: 262,144 counts take 2 MB.
    static let largest = 1 << 18
    /// Counts below this are evaluated individually. Above, 128 knots per octave are joined by
    /// straight lines, at most 1e-5 off for the smooth forms used here.
    private static let exactBelow = 256

    /// Tabulates `seconds` of each count. Complexity: O(last) additions and O(log last)
    /// evaluations beyond the first 256.
    init(through last: Int, _ seconds: (Double) -> Double) {
        let last = min(max(last, 1), Self.largest)
        values = []
        values.reserveCapacity(last + 1)
        var slope: Int64 = 0
        while values.count <= min(last, Self.exactBelow) {
            values.append(Self.picoseconds(seconds(Double(values.count))))
        }
        if values.count > 1 { slope = values[values.count - 1] - values[values.count - 2] }
        while values.count <= last {
            let from = values.count - 1
            let octave = Int.bitWidth - 1 - from.leadingZeroBitCount
            let step = Int64(1) << Int64(max(0, octave - 7))
            let start = values[from]
            let rise = max(0, Self.picoseconds(seconds(Double(from + Int(step)))) - start)
            slope = rise / step
            for offset in 1...step where values.count <= last {
                // start + rise * offset / step, in parts that cannot overflow 64 bits.
                values.append(start + slope * offset + rise % step * offset / step)
            }
        }
        self.slope = max(0, slope)
    }

    /// Largest value kept, beyond any that a plan allows (`StepTime.longestStep`). Larger ones are
    /// clamped to it.
    static let most: Int64 = 1_000_000_000_000_000_000

    /// Whole picoseconds of a duration of at least 0, `most` for anything longer.
    static func picoseconds(_ seconds: Double) -> Int64 {
        let picoseconds = (seconds * 1e12).rounded()
        return picoseconds < Double(most) ? Int64(picoseconds) : most
    }

    /// The value at a count that may exceed any 64-bit integer.
    func bound(_ count: Double) -> Double {
        let last = values.count - 1
        guard count > Double(last) else { return Double(values[Int(count)]) }
        return Double(values[last]) + (count - Double(last)) * Double(slope)
    }

    /// This table with every count from 1 up to the last of `sizes` rounded up to the next size.
    /// `sizes` ascend.
    func padded(to sizes: [Int]) -> IntegerTable {
        var table = self
        var place = 0
        for count in 1..<max(2, min(values.count, (sizes.last ?? 0) + 1)) {
            while place < sizes.count, sizes[place] < count { place += 1 }
            if place < sizes.count { table.values[count] = self[sizes[place]] }
        }
        return table
    }

    /// Replaces the values of the counts that are evaluated individually.
    mutating func refine(_ seconds: (Int) -> Double) {
        for count in 1...min(values.count - 1, Self.exactBelow) {
            values[count] = Self.picoseconds(seconds(count))
        }
    }

    /// The value at a count of at least 0. O(1).
    @inlinable @inline(__always)
    subscript(count: Int) -> Int64 {
        let last = values.count - 1
        return count <= last ? values[count] : values[last] + Int64(count - last) * slope
    }
}
