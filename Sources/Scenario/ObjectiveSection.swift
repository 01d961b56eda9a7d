import Simulator

/// The limits of one latency: for each request, and for figures over all of them.
package struct LatencyLimits: Sendable, Equatable {
    /// A figure's limit.
    package struct Bound: Sendable, Equatable {
        package var statistic: LatencyStatistic
        package var milliseconds: Double

        /// A limit of a figure, milliseconds.
        package init(_ statistic: LatencyStatistic, milliseconds: Double) {
            self.statistic = statistic
            self.milliseconds = milliseconds
        }
    }

    /// Of each request for itself, milliseconds: above it a request is not good. Nil: no limit.
    package var each: Double?
    /// Of figures over all requests, in the order of `LatencyStatistic.rank`.
    package private(set) var bounds: [Bound] = []

    /// A limit of each request, or none.
    package init(each: Double? = nil) { self.each = each }

    /// Limits a figure, in place of its limit so far.
    package mutating func limit(_ statistic: LatencyStatistic, milliseconds: Double) {
        bounds.removeAll { $0.statistic == statistic }
        bounds.append(Bound(statistic, milliseconds: milliseconds))
        bounds.sort { $0.statistic.rank < $1.statistic.rank }
    }
}

/// What a service promises: limits of latencies and a share of good requests.
package struct ObjectiveLimits: Sendable, Equatable {
    package var timeToFirstToken = LatencyLimits()
    package var timePerOutputToken = LatencyLimits()
    package var endToEnd = LatencyLimits()
    /// Of gaps between tokens; `each`: of a request's own 99th percentile of them.
    package var interTokenLatency = LatencyLimits()
    /// The least share of requests that are good, 0 to 1; nil: not said.
    package var goodput: Double?

    /// Nothing promised.
    package init() {}

    /// The latencies by the names of their keys.
    package static let latencies:
        [(name: String, member: WritableKeyPath<ObjectiveLimits, LatencyLimits> & Sendable)] = [
            ("ttft", \.timeToFirstToken), ("tpot", \.timePerOutputToken),
            ("e2e", \.endToEnd), ("itl", \.interTokenLatency),
        ]

    /// Whether a single request can miss any of it.
    package var limitsRequests: Bool {
        Self.latencies.contains { self[keyPath: $0.member].each != nil }
    }

    /// These for a class: its limits of single requests, where it has none the general ones.
    func inheriting(_ general: Self) -> Self {
        var limits = self
        for (_, member) in Self.latencies where self[keyPath: member].each == nil {
            limits[keyPath: member].each = general[keyPath: member].each
        }
        return limits
    }

    /// What the simulation holds each request to.
    var objective: ServiceLevelObjective {
        var objective = ServiceLevelObjective()
        objective.timeToFirstToken = timeToFirstToken.each.map(picoseconds(milliseconds:))
        objective.timePerOutputToken = timePerOutputToken.each.map(picoseconds(milliseconds:))
        objective.endToEnd = endToEnd.each.map(picoseconds(milliseconds:))
        objective.interTokenTail = interTokenLatency.each.map(picoseconds(milliseconds:))
        return objective
    }

    /// What makes a request good: "TTFT at most 450 ms and TPOT at most 40 ms"; empty: nothing.
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
    /// The defaults are the limits of MLPerf Inference v5.0's interactive Llama-2-70B scenario:
    /// 450 ms to the first token, 40 ms per token after it.
    package struct ObjectiveSection: Sendable, Equatable {
        /// Of all requests.
        package var limits = ObjectiveLimits()
        /// Of classes, by name: a class's limit of single requests goes before the general one.
        package var classes: [String: ObjectiveLimits] = [:]

        /// The default limits.
        package init() {
            limits.timeToFirstToken.each = 450
            limits.timePerOutputToken.each = 40
        }

        /// Nothing promised: what a section that is given whole starts from.
        package static var none: Self {
            var section = Self()
            section.limits = ObjectiveLimits()
            return section
        }
    }
}
