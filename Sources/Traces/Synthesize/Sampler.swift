import Basics

/// A distribution prepared for drawing by its inverse: the same bits on every platform.
struct Sampler {
    private enum Form {
        case fixed(Double)
        case uniform(low: Double, width: Double)
        case weibull(scale: Double, inverseShape: Double)
        case lognormal(mu: Double, sigma: Double)
        case pareto(scale: Double, inverseAlpha: Double)
        case gamma(GammaQuantiles, scale: Double)
        case quantiles([(share: Double, value: Double)])
    }

    private let form: Form
    private let low: Double
    private let high: Double

    init(_ distribution: Distribution) {
        low = distribution.min ?? 0
        high = distribution.max ?? 1e15
        switch distribution.kind {
        case .fixed:
            form = .fixed(distribution.value!)
        case .uniform:
            form = .uniform(low: low, width: high - low)
        case .exponential:
            form = .weibull(scale: distribution.mean!, inverseShape: 1)
        case .lognormal:
            let mu = PortableMath.log(distribution.median!)
            // 1.2816 is the 90th percentile of the standard normal distribution.
            let sigma =
                distribution.sigma ?? (PortableMath.log(distribution.p90!) - mu) / 1.281_551_565_5
            form = .lognormal(mu: mu, sigma: sigma)
        case .gamma:
            let shape = 1 / (distribution.cv! * distribution.cv!)
            form = .gamma(GammaQuantiles(shape: shape), scale: distribution.mean! / shape)
        case .weibull:
            let shape = SpecialFunctions.weibullShape(cv: distribution.cv!)
            let scale =
                distribution.mean! / PortableMath.exp(PortableMath.logGamma(1 + 1 / shape))
            form = .weibull(scale: scale, inverseShape: 1 / shape)
        case .pareto:
            form = .pareto(scale: distribution.min!, inverseAlpha: 1 / distribution.alpha!)
        case .quantiles:
            form = .quantiles(distribution.points!.map { ($0[0], $0[1]) })
        }
    }

    /// Whether every draw is the same, so that no random number is used.
    var isFixed: Bool {
        if case .fixed = form { return true }
        return false
    }

    /// Draws a value. O(log points) at most.
    func draw(_ random: inout SeededRandom) -> Double {
        switch form {
        case .fixed(let value): clamp(value)
        case .lognormal: draw(normal: random.normal())
        default: quantile(random.uniform())
        }
    }

    /// The value at a standard normal deviate. Equal deviates give equally extreme values of every
    /// distribution, which makes correlated draws possible (a Gaussian copula).
    func draw(normal z: Double) -> Double {
        if case .lognormal(let mu, let sigma) = form {
            return clamp(PortableMath.exp(mu + sigma * z))
        }
        return quantile(SpecialFunctions.normalShare(z))
    }

    /// The value below which a share of the draws lies.
    func quantile(_ share: Double) -> Double {
        switch form {
        case .fixed(let value): return clamp(value)
        case .uniform(let low, let width): return low + width * share
        case .weibull(let scale, let inverseShape):
            let unit = -PortableMath.log(1 - min(share, 1 - 0x1p-53))
            return clamp(
                scale * (inverseShape == 1 ? unit : PortableMath.pow(unit, inverseShape)))
        case .lognormal(let mu, let sigma):
            let z = SpecialFunctions.normalQuantile(share)
            return clamp(PortableMath.exp(mu + sigma * z))
        case .pareto(let scale, let inverseAlpha):
            return clamp(scale / PortableMath.pow(1 - min(share, 1 - 0x1p-53), inverseAlpha))
        case .gamma(let table, let scale): return clamp(scale * table.quantile(share))
        case .quantiles(let points): return clamp(Self.interpolate(points, share))
        }
    }

    /// A value that draws exceed with a probability of less than one in 2⁵³.
    var largest: Double { quantile(1 - 0x1p-53) }

    /// The mean of the clamped values, by the midpoints of 4,096 equal shares.
    var mean: Double {
        let count = 4096
        var sum = 0.0
        for index in 0..<count { sum += quantile((Double(index) + 0.5) / Double(count)) }
        return sum / Double(count)
    }

    /// The mean of the values rounded down to whole numbers of at least 1, as turns are counted.
    var meanCount: Double {
        let count = 4096
        var sum = 0.0
        for index in 0..<count {
            sum += max(1, quantile((Double(index) + 0.5) / Double(count)).rounded(.down))
        }
        return sum / Double(count)
    }

    private func clamp(_ value: Double) -> Double { min(max(value, low), high) }

    private static func interpolate(
        _ points: [(share: Double, value: Double)], _ share: Double
    ) -> Double {
        var low = 0
        var high = points.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if points[middle].share <= share { low = middle } else { high = middle }
        }
        let (a, b) = (points[low], points[high])
        return a.value + (b.value - a.value) * (share - a.share) / (b.share - a.share)
    }
}
