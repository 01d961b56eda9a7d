import Simulator

/// One promise of a service: a limit on a latency statistic, or on the share of good requests.
package struct ServiceRequirement: Sendable, Equatable {
    /// The limited figure.
    package enum Figure: Sendable, Equatable {
        /// "ttft", "tpot", "e2e" or "itl", and the statistic.
        case latency(String, LatencyStatistic)
        /// Good requests as a share of all.
        case goodput
    }

    package var figure: Figure
    /// The class of requests that it applies to; nil for all.
    package var className: String?
    /// The maximum in milliseconds, or the minimum share.
    package var limit: Double
    /// Classes that a promise to all requests leaves out: those with a share of their own.
    package var excepted: [String]
    /// Whether it is assumed, not promised (see `ServiceVerdict.assumedGoodput`).
    package var isAssumed: Bool

    /// A promise to a class, or to all requests.
    package init(
        _ figure: Figure, limit: Double, to className: String? = nil, except: [String] = [],
        isAssumed: Bool = false
    ) {
        self.figure = figure
        self.limit = limit
        self.className = className
        excepted = except
        self.isAssumed = isAssumed
    }

    /// "ttft_p99_ms" or "goodput"; for a class "gold.ttft_p99_ms".
    package var name: String {
        let own =
            switch figure {
            case .latency(let latency, let statistic): "\(latency)_\(statistic.name)_ms"
            case .goodput: "goodput"
            }
        return className.map { $0 + "." + own } ?? own
    }
}

/// Whether a run kept its promises.
///
/// A share of good requests is one of all requests, as `good_requests` of `num_prompts`: an aborted
/// request is not good. In a latency's figures requests that were rejected or did not end, and
/// attempts that a client gave up, count as never served: a percentile that reaches them is
/// infinite. Aborts recorded in a trace are the users' own and have no such latency.
package struct ServiceVerdict: Sendable, Equatable {
    /// One promise.
    package struct Line: Sendable, Equatable {
        package var requirement: ServiceRequirement
        /// The achieved value in the limit's unit; infinite if it reaches requests that were never
        /// served; nil if no request has such a figure.
        package var value: Double?
        package var isMet: Bool

        /// A promise with its result.
        package init(requirement: ServiceRequirement, value: Double?, isMet: Bool) {
            self.requirement = requirement
            self.value = value
            self.isMet = isMet
        }

        /// The factor by which it is missed; at most 1 if met. A share of bad requests is compared
        /// with the share that is allowed.
        package var excess: Double {
            guard let value else { return isMet ? 0 : .infinity }
            switch requirement.figure {
            case .latency:
                return requirement.limit > 0
                    ? value / requirement.limit : (isMet ? 1 : .infinity)
            case .goodput:
                let allowed = 1 - requirement.limit
                return allowed > 0 ? (1 - value) / allowed : (isMet ? 1 : .infinity)
            }
        }
    }

    package let lines: [Line]
    /// Whether each request has limits but no share of requests is promised. The share is then
    /// `assumedGoodput`.
    package var assumesGoodput: Bool { lines.contains(where: \.requirement.isAssumed) }

    /// The promised share of good requests if none is given: the percentile of MLPerf Inference
    /// v5.0's server scenario (99 % of requests within the limits).
    package static let assumedGoodput = 0.99

    /// Whether every promise was kept.
    package var isMet: Bool { lines.allSatisfy(\.isMet) }

    /// The promise missed by most, or the one nearest to its limit; the first among equals.
    package var worst: Line? {
        lines.reduce(nil) { worst, line in
            guard let worst else { return line }
            return line.excess > worst.excess ? line : worst
        }
    }

    /// Judges a run by its figures. O(n log n) in the requests for each percentile.
    package init(_ summary: RunSummary, _ requirements: [ServiceRequirement]) {
        lines = requirements.map { requirement in
            guard let population = Population(summary, requirement) else {
                // A part of a trace may hold no request of a class that the whole trace has. Whole
                // runs refuse such names.
                return Line(requirement: requirement, value: nil, isMet: true)
            }
            return population.judge(requirement)
        }
    }
}

/// The requests that a promise applies to.
private struct Population {
    let counters: Counters
    /// All requests, however they ended, and the good ones among them.
    let (asked, good): (Int, Int)
    let latencies: [String: LatencySummary]
    /// Requests that were never served.
    let never: Int

    /// Nil if no request is of that class.
    init?(_ summary: RunSummary, _ requirement: ServiceRequirement) {
        let givesUp = summary.client?.attempts != nil
        func never(_ counters: Counters) -> Int {
            counters.rejected + counters.unfinished + (givesUp ? counters.aborted : 0)
        }
        guard let className = requirement.className else {
            counters = summary.stretch?.counters ?? summary.counters
            let others = (summary.classes.first(where: \.isWanted)?.classes ?? [])
                .filter { requirement.excepted.contains($0.name) }
            asked = others.reduce(counters.requests) { $0 - $1.counters.requests }
            good = others.reduce(summary.goodRequests) { $0 - $1.goodRequests }
            guard others.isEmpty || asked > 0 else { return nil }
            self.never = never(counters)
            latencies = [
                "ttft": summary.timeToFirstToken, "tpot": summary.timePerOutputToken,
                "e2e": summary.endToEnd, "itl": summary.interTokenLatency,
            ]
            return
        }
        let classes = summary.classes.flatMap(\.classes)
        guard let members = classes.first(where: { $0.name == className }) else { return nil }
        counters = members.counters
        (asked, good) = (counters.requests, members.goodRequests)
        self.never = never(counters)
        var latencies = [
            "ttft": members.timeToFirstToken, "tpot": members.timePerOutputToken,
            "e2e": members.endToEnd,
        ]
        latencies["itl"] = members.interTokenLatency
        self.latencies = latencies
    }

    func judge(_ requirement: ServiceRequirement) -> ServiceVerdict.Line {
        switch requirement.figure {
        case .goodput:
            let share = asked > 0 ? Double(good) / Double(asked) : nil
            return .init(
                requirement: requirement, value: share,
                isMet: share.map { $0 >= requirement.limit } ?? false)
        case .latency(let name, let statistic):
            guard counters.finished + never > 0, let latency = latencies[name] else {
                return .init(requirement: requirement, value: nil, isMet: false)
            }
            let value = value(latency, statistic)
            // Requests of one token have no time per token that could be too long.
            return .init(
                requirement: requirement, value: value,
                isMet: value.map { $0 <= requirement.limit } ?? true)
        }
    }

    /// The figure, with requests that were never served ranked last.
    private func value(_ latency: LatencySummary, _ statistic: LatencyStatistic) -> Double? {
        guard never > 0 else { return latency.count > 0 ? latency.figure(statistic) : nil }
        guard case .percentile(let percent) = statistic, latency.count > 0 else {
            return .infinity
        }
        // Converts the rank among all to a rank among those that were served.
        let served = Double(latency.count - 1)
        let rank = percent / 100 * (served + Double(never))
        guard rank <= served else { return .infinity }
        return served > 0 ? latency.figure(.percentile(100 * rank / served)) : latency.maximum
    }
}

extension ServiceVerdict: Encodable {
    private enum Keys: String, CodingKey {
        case met, requirements
        case goodputAssumed = "goodput_assumed"
        case name, limit, value
        case neverServed = "never_served"
    }

    /// `{met, requirements: [{name, limit, value, met}]}`. An infinite value is absent, and
    /// `never_served` is true.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(isMet, forKey: .met)
        if assumesGoodput { try container.encode(true, forKey: .goodputAssumed) }
        var list = container.nestedUnkeyedContainer(forKey: .requirements)
        for line in lines {
            var entry = list.nestedContainer(keyedBy: Keys.self)
            try entry.encode(line.requirement.name, forKey: .name)
            try entry.encode(line.requirement.limit, forKey: .limit)
            if let value = line.value {
                if value.isFinite {
                    try entry.encode(value, forKey: .value)
                } else {
                    try entry.encode(true, forKey: .neverServed)
                }
            }
            try entry.encode(line.isMet, forKey: .met)
        }
    }
}
