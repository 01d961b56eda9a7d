import Basics

/// An estimate with its uncertainty: standard error and degrees of freedom.
///
/// An error of zero means certainty: all repetitions gave the same value.
package struct Estimate: Sendable, Equatable {
    package var value: Double
    package var error: Double
    /// Degrees of freedom of the error, more than 0.
    package var freedom: Double

    package init(value: Double, error: Double, freedom: Double) {
        self.value = value
        self.error = error
        self.freedom = freedom
    }

    /// The two-sided interval for the true value, with a confidence of 0.95 by default.
    package func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
        guard error > 0 else { return value...value }
        let reach = error * StudentT.critical(tail: (1 - confidence) / 2, freedom: freedom)
        return (value - reach)...(value + reach)
    }

    /// One-sided p-value of the hypothesis that the true value is at most `bound`. Small if it is
    /// larger.
    package func pValue(atMost bound: Double) -> Double {
        guard error > 0 else { return value > bound ? 0 : 1 }
        return StudentT.cumulative((bound - value) / error, freedom: freedom)
    }

    /// One-sided p-value of the hypothesis that the true value is at least `bound`.
    package func pValue(atLeast bound: Double) -> Double {
        guard error > 0 else { return value < bound ? 0 : 1 }
        return StudentT.cumulative((value - bound) / error, freedom: freedom)
    }

    /// Two-sided p-value of the hypothesis that the true value is 0.
    package var pValue: Double {
        guard error > 0 else { return value == 0 ? 1 : 0 }
        return min(1, 2 * StudentT.cumulative(-abs(value) / error, freedom: freedom))
    }
}

extension Estimate {
    /// The mean of values that differ only by chance: paired differences, one per seed. Nil for
    /// fewer than two.
    package init?(paired differences: [Double]) {
        guard differences.count > 1 else { return nil }
        let moments = Moments(differences)
        self.init(
            value: moments.mean, error: (moments.variance / moments.count).squareRoot(),
            freedom: moments.count - 1)
    }

    /// The difference of two means, second minus first, of independent values: Welch's test, with
    /// his degrees of freedom. Nil for fewer than two values on either side.
    package init?(from first: [Double], to second: [Double]) {
        guard first.count > 1, second.count > 1 else { return nil }
        let (a, b) = (Moments(first), Moments(second))
        let (va, vb) = (a.variance / a.count, b.variance / b.count)
        let variance = va + vb
        let spread = va * va / (a.count - 1) + vb * vb / (b.count - 1)
        self.init(
            value: b.mean - a.mean, error: variance.squareRoot(),
            freedom: spread > 0 ? variance * variance / spread : a.count + b.count - 2)
    }
}

extension Estimate {
    /// The error of a difference between one value of each side, from the spread of all values of
    /// each. A side of one value is taken to spread as the other. Nil for one value on each.
    init?(spreadOf first: [Double], and second: [Double]) {
        let sides = [first, second].filter { $0.count > 1 }.map { Moments($0) }
        guard let one = sides.first, let other = sides.last else { return nil }
        let variance = one.variance + other.variance
        let spread = sides.reduce(0) { $0 + $1.variance * $1.variance / ($1.count - 1) }
        // Satterthwaite's; with one side its own.
        let freedom = sides.count == 1 ? one.count - 1 : variance * variance / spread
        self.init(
            value: 0, error: variance.squareRoot(), freedom: variance > 0 ? freedom : one.count - 1)
    }

    /// Takes another estimate's error if its 95 % interval is the wider one.
    mutating func widen(to other: Estimate) {
        let reaches = [self, other].map { estimate in
            let range = estimate.interval()
            return range.upperBound - range.lowerBound
        }
        guard reaches[1] > reaches[0] else { return }
        (error, freedom) = (other.error, other.freedom)
    }
}

/// Mean and unbiased variance of some values.
struct Moments {
    let count: Double
    let mean: Double
    let variance: Double

    /// The standard deviation.
    var deviation: Double { variance.squareRoot() }

    init(_ values: [Double]) {
        count = Double(values.count)
        let mean = values.reduce(0, +) / count
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        variance = values.count > 1 ? squares / (count - 1) : 0
    }
}
