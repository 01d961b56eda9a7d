import Basics

/// The spread of a set of relative errors, in percent.
package struct ErrorSummary: Sendable, Equatable {
    package var count: Int
    /// Median and 90th percentile of the absolute errors.
    package var median: Double
    package var p90: Double
    /// Median of the signed errors; positive means predictions are too high.
    package var bias: Double

    /// Summarises errors in percent; nil if empty. O(n log n).
    package init?(_ errors: [Double]) {
        guard !errors.isEmpty else { return nil }
        count = errors.count
        let absolute = errors.map(\.magnitude).sorted()
        median = Self.quantile(absolute, 0.5)
        p90 = Self.quantile(absolute, 0.9)
        bias = Self.quantile(errors.sorted(), 0.5)
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        Quantile.value(share, of: sorted.count) { sorted[$0] }
    }
}
