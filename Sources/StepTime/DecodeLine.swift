/// The exact price of steps with the same decodes and nothing else, as their contexts grow:
///
///     base + (C · numerator / denominator) · unit + Cw · windowedSlope
///
/// in picoseconds. C is the sum of contexts (`StepLoad.decodeContext`), Cw the sum of contexts
/// clipped to the window; `/` rounds down.
@usableFromInline package struct DecodeLine: Equatable, Sendable {
    /// Price of the step at zero context, picoseconds.
    @usableFromInline package var base: Int64
    /// Units per `denominator` tokens of context.
    @usableFromInline package var numerator: Int64
    @usableFromInline package var denominator: Int64
    /// Picoseconds per unit.
    @usableFromInline package var unit: Int64
    /// Picoseconds per token of clipped context.
    @usableFromInline package var windowedSlope: Int64

    package init(
        base: Int64, numerator: Int64, denominator: Int64, unit: Int64, windowedSlope: Int64
    ) {
        self.base = base
        self.numerator = numerator
        self.denominator = denominator
        self.unit = unit
        self.windowedSlope = windowedSlope
    }

    /// The price at a sum of contexts. O(1).
    @inlinable @inline(__always)
    package func picoseconds(context: Int, windowedContext: Int = 0) -> Int64 {
        var units = Int64(context) * numerator
        // The denominator is nearly always 1, and a division takes longer than everything else
        // here.
        if denominator != 1 { units /= denominator }
        return base + units * unit + Int64(windowedContext) * windowedSlope
    }
}
