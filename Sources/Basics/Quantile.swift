/// Quantiles of sorted values.
package enum Quantile {
    /// The value at a share (0...1) of `count` sorted values, at least one: at rank
    /// (count − 1) · share, straight between neighbours, as NumPy's default. `value` gives the
    /// value at a rank from 0. O(1) and two calls.
    package static func value(
        _ share: Double, of count: Int, at value: (Int) -> Double
    ) -> Double {
        let rank = Double(count - 1) * share
        let low = value(Int(rank))
        let high = value(min(Int(rank) + 1, count - 1))
        return low + (high - low) * (rank - rank.rounded(.down))
    }
}
