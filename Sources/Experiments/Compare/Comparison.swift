import Basics
import Scenario
import Simulator

/// Two runs over the same requests, side by side.
package struct Comparison: Sendable {
    /// A figure of both runs with the change between them.
    package struct Row: Sendable {
        /// Its key in summary.json.
        package var metric: String
        package var before: Double
        package var after: Double
        package var direction: Figures.Direction
        /// The paired change; nil for figures of a run as a whole, which have no pairs.
        package var change: PairedBootstrap.Change?
        /// Two-sided p-value, corrected over the rows that have one (Holm).
        package var adjustedP: Double?

        /// Whether the change is more than chance, at 5 % over all rows together.
        package var isSignificant: Bool { (adjustedP ?? 1) <= 0.05 }

        /// Which way the run moved; nil where nothing is certain or neither way is better.
        package var isBetter: Bool? {
            guard isSignificant, direction != .neither, before != after else { return nil }
            return (after < before) == (direction == .lower)
        }

        /// (after − before) / before; nil where it has no meaning.
        package var relative: Double? { before == 0 ? nil : (after - before) / before }

        /// The interval of the relative change at 95 %.
        package var interval: ClosedRange<Double>? {
            guard let change, let relative = change.relative else { return nil }
            let range = relative.interval()
            let low = PortableMath.exp(range.lowerBound) - 1
            return low...max(low, PortableMath.exp(range.upperBound) - 1)
        }
    }

    package var before: ComparedRun
    package var after: ComparedRun
    package var rows: [Row]
    /// Keys of the configuration that differ: path, value before, value after.
    package var changes: [ConfigurationChange]

    /// Requests that neither run leaves out of its latencies: those that rows pair.
    package let measuredRequests: Int

    /// Requests that finished in one run only.
    package var finishedInOneOnly: Int
    /// Pairs that finished in both runs, with answers of different length: engine.max_model_len or
    /// the way answers end cut one of them. Their times are not of the same work.
    package let answersOfTwoLengths: Int

    /// The requests of both runs, in pairs: without sendings that one run's clients made alone.
    let shared: [(ComparedRequest, ComparedRequest)]
    /// How many pairs there are, margins included.
    package var pairedRequests: Int { shared.count }
    /// Sendings of requests after the first that one run's clients made alone, which no row pairs.
    package let attemptsInOneOnly: Int

    /// Whether nothing differs: every request of one has the times and counts it has in the other,
    /// and the digests, which cover the counters too, are the same.
    package var isIdentical: Bool {
        before.digest == after.digest && before.requests == after.requests
    }

    /// Compares two runs. Throws `InputError` when they are not over the same requests.
    /// O(draws × requests).
    package init(_ before: ComparedRun, _ after: ComparedRun, seed: UInt64 = 1) throws {
        changes = try Self.checkPairs(before, after)
        self.before = before
        self.after = after
        let shared = Self.pairs(before, after)
        self.shared = shared
        attemptsInOneOnly = before.requests.count + after.requests.count - 2 * shared.count
        let order = shared.indices.sorted {
            (shared[$0].0.arrival, $0) < (shared[$1].0.arrival, $1)
        }
        let pairs = order.map { shared[$0] }.filter { pair in
            let name = pair.0.pairName
            return !before.leftOutNames.contains(name) && !after.leftOutNames.contains(name)
        }
        guard !pairs.isEmpty else {
            throw InputError(
                "\(before.name) and \(after.name)",
                "have no request that neither leaves out of its figures",
                expected: "output.warmup and output.cooldown that leave some in both")
        }
        measuredRequests = pairs.count
        finishedInOneOnly = pairs.count { $0.0.isFinished != $0.1.isFinished }
        answersOfTwoLengths = pairs.count {
            $0.0.isFinished && $0.1.isFinished && $0.0.outputTokens != $0.1.outputTokens
        }
        var rows = Self.pairedRows(pairs, seed: seed)
        let adjusted = Holm.adjusted(rows.map { Self.pValue($0) })
        for index in rows.indices { rows[index].adjustedP = adjusted[index] }
        for key in Figures.wholeRun {
            guard let old = before.figures[key], let new = after.figures[key] else { continue }
            rows.append(
                Row(
                    metric: key, before: old, after: new, direction: Figures.direction(key),
                    change: nil, adjustedP: nil))
        }
        self.rows = rows
    }

    private static func pValue(_ row: Row) -> Double {
        row.change?.relative?.pValue ?? row.change?.absolute.pValue ?? 1
    }

    /// The requests of two runs that have the same ones, in pairs, by id. Clients that send a
    /// request again may do so in one run only: such a sending is in no pair. O(requests).
    static func pairs(
        _ before: ComparedRun, _ after: ComparedRun
    ) -> [(ComparedRequest, ComparedRequest)] {
        let (old, new) = (before.requests, after.requests)
        var (left, right) = (0, 0)
        var pairs: [(ComparedRequest, ComparedRequest)] = []
        while left < old.count, right < new.count {
            let (a, b) = (old[left].pairName, new[right].pairName)
            if a == b { pairs.append((old[left], new[right])) }
            if a <= b { left += 1 }
            if b <= a { right += 1 }
        }
        return pairs
    }

    /// Refuses runs over other requests: the arrivals, lengths and ids must be common to both.
    /// Returns what their configurations differ in.
    static func checkPairs(
        _ before: ComparedRun, _ after: ComparedRun
    ) throws -> [ConfigurationChange] {
        let changes = ConfigurationChange.between(before.configuration, after.configuration)
        let place = "\(before.name) and \(after.name)"
        guard !before.requests.isEmpty else { throw InputError(before.name, "has no requests") }
        // However often they were sent again.
        let (first, second) = (
            before.requests.filter { $0.attempt == 1 }, after.requests.filter { $0.attempt == 1 }
        )
        guard first.count == second.count else {
            throw InputError(
                place, "have \(first.count) and \(second.count) requests",
                expected: "two runs over the same trace")
        }
        // The digest is one over all records: with it goes every row.
        if before.digest == after.digest, before.requests != after.requests {
            throw InputError(
                place, "have the digest \(before.digest) and not the same requests",
                expected: "two runs as headway wrote them")
        }
        let workload = changes.first { $0.key.hasPrefix("trace.") || $0.key == "seed" }
        for (a, b) in zip(first, second) {
            var problem: String?
            if a.id != b.id { problem = "request \(min(a.id, b.id)) is in one of them only" }
            if problem == nil, a.promptTokens != b.promptTokens {
                problem =
                    "request \(a.id) has \(a.promptTokens) and \(b.promptTokens) prompt tokens"
            }
            // Closed loops and sessions move arrivals with the answers, which is fair; another
            // window, rate or seed is not.
            if problem == nil, a.arrival != b.arrival, let workload {
                problem = "request \(a.id) arrives at another time (\(workload.key) differs)"
            }
            if let problem {
                throw InputError(place, problem, expected: "two runs over the same trace")
            }
        }
        return changes
    }

    /// The latencies, paired request by request.
    private static func pairedRows(
        _ pairs: [(ComparedRequest, ComparedRequest)], seed: UInt64
    ) -> [Row] {
        typealias Latency = @Sendable (ComparedRequest) -> Double?
        let latencies: [(String, Latency)] = [
            ("ttft", { $0.timeToFirstToken }), ("tpot", { $0.timePerOutputToken }),
            ("e2el", { $0.endToEnd }), ("queue", { $0.queueTime }),
        ]
        let statistics: [(String, Statistic)] = [
            ("mean", .mean), ("median", .percentile(50)), ("p90", .percentile(90)),
            ("p99", .percentile(99)),
        ]
        var rows: [Row] = []
        for (name, latency) in latencies {
            let values = pairs.compactMap { a, b -> (Double, Double)? in
                guard let old = latency(a), let new = latency(b) else { return nil }
                return (old, new)
            }
            guard !values.isEmpty else { continue }
            let bootstrap = PairedBootstrap(
                before: values.map(\.0), after: values.map(\.1), seed: seed)
            for (prefix, statistic) in statistics {
                let change = bootstrap.change(of: statistic)
                rows.append(
                    Row(
                        metric: "\(prefix)_\(name)_ms", before: change.before,
                        after: change.after, direction: .lower, change: change, adjustedP: nil))
            }
        }
        return rows
    }

    /// The keys of the rows that have pairs, where requests have such latencies.
    static let pairedMetrics = ["ttft", "tpot", "e2el", "queue"].flatMap { latency in
        ["mean", "median", "p90", "p99"].map { "\($0)_\(latency)_ms" }
    }

    /// The row of a metric.
    package func row(_ metric: String) -> Row? { rows.first { $0.metric == metric } }
}

/// A key that two configurations set differently.
package struct ConfigurationChange: Sendable, Encodable, Equatable {
    package var key: String
    package var before: String
    package var after: String

    /// The keys whose values differ, in the order of the reference.
    package static func between(_ a: Configuration, _ b: Configuration) -> [ConfigurationChange] {
        ConfigurationKey.all.compactMap { key in
            let (old, new) = (key.value(a), key.value(b))
            // What is written to disk changes no result.
            let isFigures = ["output.warmup", "output.cooldown"].contains(key.path)
            guard old != new, isFigures || !key.path.hasPrefix("output.") else { return nil }
            // No seed and the recipe's own one draw the same requests.
            if key.path == "seed", a.seedOfRequests == b.seedOfRequests { return nil }
            return ConfigurationChange(key: key.path, before: old.source, after: new.source)
        }
    }
}
