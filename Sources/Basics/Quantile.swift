/// Quantiles of sorted values.
package enum Quantile {
    /// The value at a share (0...1) of `count` sorted values, at least one. Interpolates linearly
    /// at rank (count − 1) · share, as NumPy does by default. `value` returns the value at a rank
    /// from 0. O(1) and two calls.
    package static func value(
        _ share: Double, of count: Int, at value: (Int) -> Double
    ) -> Double {
        let rank = Double(count - 1) * share
        let low = value(Int(rank))
        let high = value(min(Int(rank) + 1, count - 1))
        return low + (high - low) * (rank - rank.rounded(.down))
    }
}
