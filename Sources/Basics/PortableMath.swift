import Foundation

/// Elementary functions that give the same bits on every platform.
///
/// The C library's `exp`, `log` and `pow` differ in the last bit between systems, so a table or a
/// random length rounded from them could differ between two machines. These functions use only IEEE
/// 754 addition, multiplication, division and bit operations, which are exact everywhere. Accuracy:
/// about 2 units in the last place over the range used here.
public enum PortableMath {
    private static let ln2High = 6.931_471_803_691_238_16e-01
    private static let ln2Low = 1.908_214_929_270_587_70e-10

    /// The natural logarithm of a positive finite number. O(1).
    ///
    /// Method: x = 2^k · m with m in [√½, √2); log m = 2·atanh(s), s = (m−1)/(m+1), by its series.
    public static func log(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return x == 0 ? -.infinity : (x < 0 ? .nan : x) }
        var (exponent, mantissa) = parts(x)
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa *= 0.5
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        // Written out so that the compiler does the divisions.
        var series = (1.0 / 23) * square
        series = (series + 1.0 / 21) * square
        series = (series + 1.0 / 19) * square
        series = (series + 1.0 / 17) * square
        series = (series + 1.0 / 15) * square
        series = (series + 1.0 / 13) * square
        series = (series + 1.0 / 11) * square
        series = (series + 1.0 / 9) * square
        series = (series + 1.0 / 7) * square
        series = (series + 1.0 / 5) * square
        series = (series + 1.0 / 3) * square
        return exponent * ln2High + (2 * s + (2 * s * series + exponent * ln2Low))
    }

    /// The exponent of a positive finite number, and its significand in [1, 2).
    private static func parts(_ x: Double) -> (exponent: Double, significand: Double) {
        guard x >= .leastNormalMagnitude else { return (Double(x.exponent), x.significand) }
        let bits = x.bitPattern
        return (
            Double(Int(bits >> 52) - 1023),
            Double(bitPattern: bits & 0xf_ffff_ffff_ffff | 0x3ff0_0000_0000_0000)
        )
    }

    /// e to the power x. O(1).
    ///
    /// Method: x = k·ln 2 + r with |r| ≤ ½ ln 2; exp r by its Taylor series to the 14th power.
    public static func exp(_ x: Double) -> Double {
        guard x > -745, !x.isNaN else { return x.isNaN ? x : 0 }
        guard x < 709.7 else { return .infinity }
        let k = (x / 0.693_147_180_559_945_3).rounded()
        let r = (x - k * ln2High) - k * ln2Low
        // Written out, as above.
        var sum = 1 + r / 14
        sum = 1 + r / 13 * sum
        sum = 1 + r / 12 * sum
        sum = 1 + r / 11 * sum
        sum = 1 + r / 10 * sum
        sum = 1 + r / 9 * sum
        sum = 1 + r / 8 * sum
        sum = 1 + r / 7 * sum
        sum = 1 + r / 6 * sum
        sum = 1 + r / 5 * sum
        sum = 1 + r / 4 * sum
        sum = 1 + r / 3 * sum
        sum = 1 + r / 2 * sum
        sum = 1 + r * sum
        let half = Int(k) / 2
        return sum * power(of2: half) * power(of2: Int(k) - half)
    }

    /// 2 to a power from -1022 to 1023. O(1).
    private static func power(of2 exponent: Int) -> Double {
        Double(bitPattern: UInt64(1023 + exponent) << 52)
    }

    /// x to the power y for x ≥ 0. O(1).
    public static func pow(_ x: Double, _ y: Double) -> Double {
        if y == 0 || x == 1 { return 1 }
        if x == 0 { return y > 0 ? 0 : .infinity }
        return exp(y * log(x))
    }

    /// The p-norm of two non-negative numbers, (aᵖ + bᵖ)^(1/p): a smooth maximum for large p.
    package static func pNorm(_ a: Double, _ b: Double, _ p: Double) -> Double {
        let larger = max(a, b)
        guard larger > 0 else { return 0 }
        return larger * pow(1 + pow(min(a, b) / larger, p), 1 / p)
    }

    /// ln Γ(x) for x > 0, by Stirling's series above 8 and the recurrence below. Error under
    /// 1e-11.
    package static func logGamma(_ x: Double) -> Double {
        var z = x
        var product = 1.0
        while z < 8 {
            product *= z
            z += 1
        }
        let r = 1 / (z * z)
        let series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r / 1680))) / z
        let halfLogTwoPi = 0.918_938_533_204_672_7
        return (z - 0.5) * log(z) - z + halfLogTwoPi + series - log(product)
    }
}
