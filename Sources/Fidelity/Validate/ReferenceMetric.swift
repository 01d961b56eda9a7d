import Basics
import Simulator

/// A measured figure's name in a reference file, with its units.
enum ReferenceMetric {
    enum Latency: String {
        case ttft
        case tpot
        case itl
        case e2e
        case e2el
    }

    /// A statistic of a latency, over requests or gaps.
    enum LatencyStatistic {
        case mean
        case percentile(Double)
    }

    case latency(Latency, LatencyStatistic)
    case outputThroughput
    case requestThroughput
    case unknown

    init(_ name: String) {
        switch name {
        case "output_throughput":
            self = .outputThroughput
            return
        case "request_throughput":
            self = .requestThroughput
            return
        default: break
        }
        let parts = name.split(separator: "_").map(String.init)
        let statistics: [String: LatencyStatistic] = [
            "mean": .mean, "median": .percentile(50), "p50": .percentile(50),
            "p90": .percentile(90), "p95": .percentile(95), "p99": .percentile(99),
        ]
        if parts.count == 2, let latency = Latency(rawValue: parts[0]),
            let statistic = statistics[parts[1]]
        {
            self = .latency(latency, statistic)
        } else {
            self = .unknown
        }
    }

    /// Units by their names in files, with the factor to the predicted unit: milliseconds, or
    /// tokens or requests per second.
    private var units: KeyValuePairs<String, Double> {
        switch self {
        case .latency:
            [
                "ms": 1, "s": 1e3, "us": 1e-3, "ns": 1e-6, "msec": 1, "milliseconds": 1,
                "sec": 1e3, "seconds": 1e3, "µs": 1e-3, "μs": 1e-3, "microseconds": 1e-3,
            ]
        case .outputThroughput:
            [
                "tokens/s": 1, "tok/s": 1, "tok/s total": 1, "tokens/s total": 1, "token/s": 1,
                "tokens/min": 1.0 / 60, "tok/min": 1.0 / 60,
            ]
        case .requestThroughput:
            [
                "requests/s": 1, "req/s": 1, "request/s": 1, "requests/min": 1.0 / 60,
                "req/min": 1.0 / 60,
            ]
        case .unknown: [:]
        }
    }

    /// Converts a value to the predicted unit; a blank unit is that one. Keeps values of unknown
    /// figures. Throws `InputError` for a unit that the figure does not have.
    func converted(_ value: Double, from unit: String, place: String) throws -> Double {
        if case .unknown = self { return value }
        guard !unit.isEmpty else { return value }
        guard let known = units.first(where: { $0.key == unit.lowercased() }) else {
            throw InputError(
                place, "unit is \"\(unit)\"",
                expected: units.prefix(4).map(\.key).joined(separator: ", "))
        }
        return value * known.value
    }

    /// The figure of a run; nil if no request gave one.
    func value(_ result: RunResult) -> Double? {
        switch self {
        case .unknown: return nil
        case .outputThroughput: return rate(result.counters.outputTokens, result)
        case .requestThroughput: return rate(result.counters.finished, result)
        case .latency(let latency, let statistic):
            let histogram =
                switch latency {
                case .ttft: result.timeToFirstToken
                case .tpot: result.timePerOutputToken
                case .itl: result.interTokenLatency
                case .e2e, .e2el: result.endToEnd
                }
            guard histogram.count > 0 else { return nil }
            switch statistic {
            case .mean: return histogram.mean * 1e-9
            case .percentile(let percent): return Double(histogram.nearestRank(percent)) * 1e-9
            }
        }
    }

    private func rate(_ count: Int, _ result: RunResult) -> Double? {
        count > 0 && result.duration > 0 ? Double(count) / result.duration : nil
    }
}
