import Basics

/// A distribution of token counts or seconds in a recipe.
///
/// In JSON5 a number is a fixed value; everything else is an object with a `kind`:
///
///     { kind: "lognormal", median: 120, p90: 500, max: 4000 }
///     { kind: "quantiles", points: [[0, 1], [0.5, 129], [0.9, 424], [1, 1000]] }
///
/// Every kind takes `min` and `max`, to which values are clamped.
package struct Distribution: Codable, Equatable, Sendable {
    /// The families.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// Always `value`.
        case fixed
        /// Uniform between `min` and `max`.
        case uniform
        /// Exponential with `mean`; rounded down it is geometric.
        case exponential
        /// Lognormal with `median` and either `p90` or `sigma` (of the logarithm).
        case lognormal
        /// Gamma with `mean` and `cv` (standard deviation over mean).
        case gamma
        /// Weibull with `mean` and `cv`.
        case weibull
        /// Pareto with scale `min` and tail exponent `alpha`.
        case pareto
        /// Empirical: `points` [[share, value], ...] from share 0 to share 1, linear in between.
        case quantiles
    }

    package var kind: Kind
    package var value: Double?
    package var min: Double?
    package var max: Double?
    package var mean: Double?
    package var median: Double?
    package var p90: Double?
    package var sigma: Double?
    package var cv: Double?
    package var alpha: Double?
    package var points: [[Double]]?

    /// Always the same value.
    package static func fixed(_ value: Double) -> Distribution {
        Distribution(kind: .fixed, value: value)
    }

    /// Lognormal by its median and 90th percentile, clamped to `min`...`max`.
    package static func lognormal(
        median: Double, p90: Double, min: Double = 1, max: Double
    ) -> Distribution {
        Distribution(kind: .lognormal, min: min, max: max, median: median, p90: p90)
    }

    /// Exponential by its mean, clamped to `min`...`max`.
    package static func exponential(mean: Double, min: Double, max: Double) -> Distribution {
        Distribution(kind: .exponential, min: min, max: max, mean: mean)
    }

    init(
        kind: Kind, value: Double? = nil, min: Double? = nil, max: Double? = nil,
        mean: Double? = nil, median: Double? = nil, p90: Double? = nil
    ) {
        self.kind = kind
        self.value = value
        self.min = min
        self.max = max
        self.mean = mean
        self.median = median
        self.p90 = p90
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, value, min, max, mean, median, p90, sigma, cv, alpha, points
    }

    package init(from decoder: any Decoder) throws {
        if let number = try? decoder.singleValueContainer().decode(Double.self) {
            self.init(kind: .fixed, value: number)
            if let problem { throw decoder.invalid(problem) }
            return
        }
        let keys = try decoder.known(CodingKeys.self)
        self.init(kind: try keys.decode(Kind.self, forKey: .kind))
        value = try keys.decodeIfPresent(Double.self, forKey: .value)
        min = try keys.decodeIfPresent(Double.self, forKey: .min)
        max = try keys.decodeIfPresent(Double.self, forKey: .max)
        mean = try keys.decodeIfPresent(Double.self, forKey: .mean)
        median = try keys.decodeIfPresent(Double.self, forKey: .median)
        p90 = try keys.decodeIfPresent(Double.self, forKey: .p90)
        sigma = try keys.decodeIfPresent(Double.self, forKey: .sigma)
        cv = try keys.decodeIfPresent(Double.self, forKey: .cv)
        alpha = try keys.decodeIfPresent(Double.self, forKey: .alpha)
        points = try keys.decodeIfPresent([[Double]].self, forKey: .points)
        if let problem { throw decoder.invalid(problem) }
    }

    /// What is wrong with the parameters; nil if nothing is.
    private var problem: String? {
        let all = [value, min, max, mean, median, p90, sigma, cv, alpha].compactMap { $0 }
        if all.contains(where: { !$0.isFinite || $0 < 0 || $0 > 1e15 }) {
            return "every parameter must be between 0 and 1e15"
        }
        if let min, let max, min > max { return "min must not exceed max" }
        let isComplete: Bool =
            switch kind {
            case .fixed: value != nil
            case .uniform: min != nil && max != nil
            case .exponential: (mean ?? 0) > 0
            case .lognormal: (median ?? 0) > 0 && (sigma != nil || (p90 ?? 0) >= (median ?? 0))
            case .gamma, .weibull: (mean ?? 0) > 0 && (0.05...20).contains(cv ?? 0)
            case .pareto: (min ?? 0) > 0 && (alpha ?? 0) > 0
            case .quantiles: points.map(Self.areQuantiles) ?? false
            }
        return isComplete ? nil : "\(kind.rawValue) needs \(Self.needs(kind))"
    }

    private static func areQuantiles(_ points: [[Double]]) -> Bool {
        points.count >= 2 && points.allSatisfy { $0.count == 2 && $0[1] >= 0 && $0[1] <= 1e15 }
            && points[0][0] == 0 && points[points.count - 1][0] == 1
            && zip(points, points.dropFirst()).allSatisfy { $0[0] < $1[0] && $0[1] <= $1[1] }
    }

    private static func needs(_ kind: Kind) -> String {
        switch kind {
        case .fixed: "value"
        case .uniform: "min and max"
        case .exponential: "mean above 0"
        case .lognormal: "median above 0 and p90 (at least the median) or sigma"
        case .gamma, .weibull: "mean above 0 and cv from 0.05 to 20"
        case .pareto: "min above 0 and alpha above 0"
        case .quantiles: "points [[0, least], ..., [1, most]], both columns rising"
        }
    }
}
