import Basics
import Simulator

/// The limits of one latency: per request, and for figures over all requests.
package struct LatencyLimits: Sendable, Equatable {
    /// A figure's limit.
    package struct Bound: Sendable, Equatable {
        package var statistic: LatencyStatistic
        package var milliseconds: Double

        /// A figure's limit, milliseconds.
        package init(_ statistic: LatencyStatistic, milliseconds: Double) {
            self.statistic = statistic
            self.milliseconds = milliseconds
        }
    }

    /// Limit per request, milliseconds. A request above it is not good. Nil: no limit.
    package var each: Double?
    /// Limits of figures over all requests, in the order of `LatencyStatistic.rank`.
    package private(set) var bounds: [Bound] = []

    /// Limits with at most a limit per request.
    package init(each: Double? = nil) { self.each = each }

    /// Sets or replaces the limit of a figure.
    package mutating func limit(_ statistic: LatencyStatistic, milliseconds: Double) {
        bounds.removeAll { $0.statistic == statistic }
        bounds.append(Bound(statistic, milliseconds: milliseconds))
        bounds.sort { $0.statistic.rank < $1.statistic.rank }
    }
}

/// A service level objective: limits of latencies and a share of good requests.
package struct ObjectiveLimits: Sendable, Equatable {
    package var timeToFirstToken = LatencyLimits()
    package var timePerOutputToken = LatencyLimits()
    package var endToEnd = LatencyLimits()
    /// Limits of the gaps between tokens. `each` limits a request's own 99th percentile.
    package var interTokenLatency = LatencyLimits()
    /// Least share of good requests, 0 to 1; nil: not given.
    package var goodput: Double?

    /// No limits.
    package init() {}

    /// The latencies by the names of their keys.
    package static let latencies:
        [(name: String, member: WritableKeyPath<ObjectiveLimits, LatencyLimits> & Sendable)] = [
            ("ttft", \.timeToFirstToken), ("tpot", \.timePerOutputToken),
            ("e2e", \.endToEnd), ("itl", \.interTokenLatency),
        ]

    /// Whether any latency is limited per request.
    package var limitsRequests: Bool {
        Self.latencies.contains { self[keyPath: $0.member].each != nil }
    }

    /// These limits for a class: per-request limits that it lacks come from the general ones.
    package func inheriting(_ general: Self) -> Self {
        var limits = self
        for (_, member) in Self.latencies where self[keyPath: member].each == nil {
            limits[keyPath: member].each = general[keyPath: member].each
        }
        return limits
    }

    /// The objective that the simulation checks for each request.
    var objective: ServiceLevelObjective {
        var objective = ServiceLevelObjective()
        objective.timeToFirstToken = timeToFirstToken.each.map(picoseconds(milliseconds:))
        objective.timePerOutputToken = timePerOutputToken.each.map(picoseconds(milliseconds:))
        objective.endToEnd = endToEnd.each.map(picoseconds(milliseconds:))
        objective.interTokenTail = interTokenLatency.each.map(picoseconds(milliseconds:))
        return objective
    }

    /// What makes a request good: "TTFT at most 450 ms and TPOT at most 40 ms"; empty without
    /// limits.
    package var description: String {
        let names = ["ttft": "TTFT", "tpot": "TPOT", "e2e": "E2E", "itl": "a request's p99 ITL"]
        let limits = Self.latencies.compactMap { name, member in
            self[keyPath: member].each.map { "\(names[name]!) at most \(plain($0)) ms" }
        }
        guard limits.count > 1 else { return limits.first ?? "" }
        return limits.dropLast().joined(separator: ", ") + " and " + limits[limits.count - 1]
    }
}

extension Configuration {
    /// When a request counts as good, and what the service promises.
    ///
    /// The defaults are the limits of MLPerf Inference v5.0's interactive Llama-2-70B scenario: 450
    /// ms to the first token, 40 ms per token after it.
    package struct ObjectiveSection: Sendable, Equatable {
        /// For all requests.
        package var limits = ObjectiveLimits()
        /// For classes, by name. A class's per-request limits take precedence over the general
        /// ones.
        package var classes: [String: ObjectiveLimits] = [:]

        /// What makes a request good: "TTFT at most 450 ms; TTFT at most 100 ms (gold)". Empty
        /// without limits of single requests.
        package var description: String {
            let own = classes.keys.sorted().compactMap { name -> String? in
                let limits = classes[name]!
                guard limits.limitsRequests else { return nil }
                return "\(limits.inheriting(self.limits).description) (\(name.echoed()))"
            }
            return (limits.limitsRequests ? [limits.description] + own : own)
                .joined(separator: "; ")
        }

        /// The default limits.
        package init() {
            limits.timeToFirstToken.each = 450
            limits.timePerOutputToken.each = 40
        }

        /// No limits: the starting point of a section that is given whole.
        package static var none: Self {
            var section = Self()
            section.limits = ObjectiveLimits()
            return section
        }
    }
}
