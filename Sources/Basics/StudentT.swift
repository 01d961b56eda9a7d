/// Student's t distribution, bit-identical on every platform.
///
/// The distribution function is 1 − ½·I_x(ν/2, ½) with x = ν/(ν + t²) (Abramowitz and Stegun
/// 26.7.1). The regularised incomplete beta function comes from its continued fraction (ibid.
/// 26.5.8).
package enum StudentT {
    /// P(T ≤ t) for `freedom` degrees of freedom, a positive number. Fractions arise in Welch's
    /// test. Accurate to about 1e-11. O(1).
    package static func cumulative(_ t: Double, freedom: Double) -> Double {
        precondition(freedom > 0, "a t distribution needs degrees of freedom")
        guard t.isFinite else { return t > 0 ? 1 : 0 }
        let x = freedom / (freedom + t * t)
        let tail = 0.5 * incompleteBeta(x, freedom / 2, 0.5)
        return t > 0 ? 1 - tail : tail
    }

    /// The value that T exceeds with probability `tail`, between 0 and ½. O(1).
    package static func critical(tail: Double, freedom: Double) -> Double {
        precondition(tail > 0 && tail <= 0.5, "a tail is at most half of the distribution")
        var low = 0.0
        var high = 1.0
        while cumulative(-high, freedom: freedom) > tail, high < 1e12 { high *= 2 }
        // 100 halvings exhaust the 53 bits of a Double; often half as many do.
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if middle == low || middle == high { break }
            if cumulative(-middle, freedom: freedom) > tail { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The regularised incomplete beta function I_x(a, b).
    private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let front = PortableMath.exp(
            PortableMath.logGamma(a + b) - PortableMath.logGamma(a) - PortableMath.logGamma(b)
                + a * PortableMath.log(x) + b * PortableMath.log(1 - x))
        // The fraction converges fast only below the mean.
        if x < (a + 1) / (a + b + 2) { return front * fraction(x, a, b) / a }
        return 1 - front * fraction(1 - x, b, a) / b
    }

    /// The continued fraction by the modified Lentz method.
    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func safe(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / safe(1 - (a + b) * x / (a + 1))
        var result = d
        for m in 1...300 {
            let n = Double(m)
            for odd in [false, true] {
                let numerator =
                    odd
                    ? -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1))
                    : n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n))
                d = 1 / safe(1 + numerator * d)
                c = safe(1 + numerator / c)
                result *= d * c
            }
            if abs(d * c - 1) < 1e-15 { break }
        }
        return result
    }
}
