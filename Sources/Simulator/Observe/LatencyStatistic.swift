/// A statistic of the latencies of requests.
package enum LatencyStatistic: Sendable, Hashable {
    case mean
    /// Above 0 and below 100; linear between the two values nearest to the rank.
    case percentile(Double)
    case maximum

    /// Parses "mean", "median", "p99", "p99.9" or "max"; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "mean": self = .mean
        case "max": self = .maximum
        case "median": self = .percentile(50)
        default:
            guard text.hasPrefix("p"), text.dropFirst().first?.isNumber == true,
                let percent = Double(text.dropFirst()), percent > 0, percent < 100
            else { return nil }
            self = .percentile(percent)
        }
    }

    /// The text form, as `init` reads it (the median as "p50").
    package var name: String {
        switch self {
        case .mean: "mean"
        case .percentile(let percent):
            "p" + (Int(exactly: percent).map(String.init) ?? String(percent))
        case .maximum: "max"
        }
    }

    /// Sort order: the mean, rising percentiles, the maximum.
    package var rank: Double {
        switch self {
        case .mean: 0
        case .percentile(let percent): percent
        case .maximum: 100
        }
    }
}
