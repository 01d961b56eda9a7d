import Basics

/// The few special functions that distributions need, from `PortableMath` alone.
enum SpecialFunctions {
    /// The share of a standard normal distribution below z (Abramowitz and Stegun 26.2.17, error
    /// under 7.5e-8).
    static func normalShare(_ z: Double) -> Double {
        let x = abs(z)
        let t = 1 / (1 + 0.231_641_9 * x)
        let polynomial =
            t
            * (0.319_381_530
                + t
                * (-0.356_563_782
                    + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))))
        let density = 0.398_942_280_401_432_7 * PortableMath.exp(-x * x / 2)
        let upper = density * polynomial
        return z < 0 ? upper : 1 - upper
    }

    /// The standard normal deviate below which a share lies (Abramowitz and Stegun 26.2.23, error
    /// under 4.5e-4: used for means only).
    static func normalQuantile(_ share: Double) -> Double {
        let p = min(max(share, 0x1p-53), 1 - 0x1p-53)
        let t = (-2 * PortableMath.log(min(p, 1 - p))).squareRoot()
        let above = 2.515_517 + t * (0.802_853 + t * 0.010_328)
        let below = 1 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308))
        let x = t - above / below
        return p < 0.5 ? -x : x
    }

    /// The shape of the Weibull distribution with a coefficient of variation, by bisection: cv² =
    /// Γ(1 + 2/k) / Γ(1 + 1/k)² − 1 falls as k rises.
    static func weibullShape(cv: Double) -> Double {
        var low = 0.1
        var high = 40.0
        for _ in 0..<60 {
            let k = (low + high) / 2
            let ratio =
                PortableMath.exp(
                    PortableMath.logGamma(1 + 2 / k) - 2 * PortableMath.logGamma(1 + 1 / k)) - 1
            if ratio > cv * cv { low = k } else { high = k }
        }
        return (low + high) / 2
    }
}

/// The quantiles of a gamma distribution of scale 1, as a table.
///
/// The density of y = ln x, e^(k·y − e^y) / Γ(k), is smooth for every shape k, so the trapezoidal
/// rule on an even grid of y integrates it to about ten digits. Between grid points y is
/// interpolated. Shapes from 1/400 to 400.
struct GammaQuantiles {
    private let start: Double
    private let step: Double
    private let shares: [Double]

    init(shape: Double) {
        let cells = 4096
        // Below `start` lies at most e^-30 of the mass, as the share below x is at most
        // x^k / Γ(k+1); above `end` less still.
        start = (PortableMath.logGamma(shape + 1) - 30) / shape
        let end = PortableMath.log(shape + 12 * shape.squareRoot() + 40)
        step = (end - start) / Double(cells)
        let peak = shape * PortableMath.log(shape) - shape
        var sum = 0.0
        var before = 0.0
        var cumulative: [Double] = [0]
        for index in 0...cells {
            let y = start + step * Double(index)
            let density = PortableMath.exp(shape * y - PortableMath.exp(y) - peak)
            if index > 0 {
                sum += (before + density) / 2
                cumulative.append(sum)
            }
            before = density
        }
        shares = cumulative.map { $0 / sum }
    }

    /// The value below which a share lies. O(log cells).
    func quantile(_ share: Double) -> Double {
        var low = 0
        var high = shares.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if shares[middle] <= share { low = middle } else { high = middle }
        }
        let width = shares[high] - shares[low]
        let inside = width > 0 ? (share - shares[low]) / width : 0
        return PortableMath.exp(start + step * (Double(low) + inside))
    }
}

/// Ranks drawn with probability proportional to 1 / (rank + 1)^exponent.
struct Zipf {
    private var cumulative: [Double] = []

    init(count: Int, exponent: Double) {
        var sum = 0.0
        cumulative.reserveCapacity(count)
        for rank in 0..<count {
            sum += 1 / PortableMath.pow(Double(rank + 1), exponent)
            cumulative.append(sum)
        }
    }

    /// A rank from 0. O(log count).
    func draw(_ random: inout SeededRandom) -> Int {
        let target = random.uniform() * cumulative[cumulative.count - 1]
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] <= target { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
