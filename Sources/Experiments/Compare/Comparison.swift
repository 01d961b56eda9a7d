import Basics
import Scenario
import Simulator

/// Two runs over the same requests, side by side.
package struct Comparison: Sendable {
    /// One figure of both runs, with its change.
    package struct Row: Sendable {
        /// Its key in summary.json.
        package var metric: String
        package var before: Double
        package var after: Double
        package var direction: Figures.Direction
        /// The paired change; nil for figures of a whole run, which have no pairs.
        package var change: PairedBootstrap.Change?
        /// Two-sided p-value, corrected over all rows that have one (Holm).
        package var adjustedP: Double?

        /// Whether the change is significant, at 5 % over all rows together.
        package var isSignificant: Bool { (adjustedP ?? 1) <= 0.05 }

        /// Whether the run got better; nil if the change is not significant or has no better
        /// direction.
        package var isBetter: Bool? {
            guard isSignificant, direction != .neither, isNoticeable else { return nil }
            return (after < before) == (direction == .lower)
        }

        /// The least relative change that a table can show, and that anyone should act upon.
        package static let least = 1e-4

        /// Whether the change is large enough to be called one.
        var isNoticeable: Bool { relative.map { abs($0) >= Self.least } ?? (before != after) }

        /// (after − before) / before; nil if undefined.
        package var relative: Double? { before == 0 ? nil : (after - before) / before }

        /// The 95 % interval of the relative change.
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
    /// Configuration keys that differ: path, value before, value after.
    package var changes: [ConfigurationChange]

    /// Requests that both runs include in their latencies, and that rows pair.
    package let measuredRequests: Int

    /// Requests that finished in only one run.
    package var finishedInOneOnly: Int
    /// Figures of whole runs that mean something else in each run, by key, with the reason.
    package let incomparable: [String: String]

    private static func incomparable(_ changes: [ConfigurationChange]) -> [String: String] {
        let keys = changes.map(\.key)
        var reasons: [String: String] = [:]
        if let key = keys.first(where: { $0.hasPrefix("output.") }) {
            let rates = ["request_throughput", "output_throughput", "request_goodput"]
            for figure in rates + Figures.perGPU.dropFirst() {
                reasons[figure] = "\(key) differs, so each is of another part of its run"
            }
        }
        if let key = keys.first(where: { $0.hasPrefix("slo.") }) {
            reasons["request_goodput"] = "\(key) differs, so each counts other requests as good"
        }
        return reasons
    }

    /// Pairs that finished in both runs, with answers of different length: engine.max_model_len or
    /// the way answers end cut one of them. Their times are not of the same work.
    package let answersOfTwoLengths: Int

    /// Whether the runs drew their routes with different seeds. How full the replicas are then
    /// differs for a whole short run, which blocks of one run do not show, so nothing is judged.
    package let isOfTwoDraws: Bool

    private static func isOfTwoDraws(
        _ before: ComparedRun, _ after: ComparedRun, _ changes: [ConfigurationChange]
    ) -> Bool {
        changes.contains { $0.key == "seed" }
            && [before, after].contains { run in
                let cluster = run.configuration.cluster
                return [.random, .powerOfTwo].contains(cluster.router) && cluster.replicas != 1
            }
    }

    /// The requests of both runs in pairs, without attempts that only one run's clients made.
    let shared: [(ComparedRequest, ComparedRequest)]
    /// Number of pairs, including margins.
    package var pairedRequests: Int { shared.count }
    /// Repeated attempts that only one run's clients made, which no row pairs.
    package let attemptsInOneOnly: Int

    /// Whether nothing differs: all times and counts are the same, and so are the digests, which
    /// also cover the counters.
    package var isIdentical: Bool {
        before.digest == after.digest && before.requests == after.requests
    }

    /// Compares two runs. Throws `InputError` if they are not over the same requests. O(draws ×
    /// requests).
    package init(_ before: ComparedRun, _ after: ComparedRun, seed: UInt64 = 1) throws {
        changes = try Self.checkPairs(before, after)
        incomparable = Self.incomparable(changes)
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
        isOfTwoDraws = Self.isOfTwoDraws(before, after, changes)
        var rows = Self.pairedRows(
            pairs, nearby: (before.nearby, after.nearby), isJudged: !isOfTwoDraws, seed: seed)
        if !isOfTwoDraws {
            let adjusted = Holm.adjusted(rows.map { Self.pValue($0) })
            for index in rows.indices { rows[index].adjustedP = adjusted[index] }
        }
        for key in Self.wholeRun(before, after) where incomparable[key] == nil {
            guard let old = before.figures[key], let new = after.figures[key] else { continue }
            rows.append(
                Row(
                    metric: key, before: old, after: new, direction: Figures.direction(key),
                    change: nil, adjustedP: nil))
        }
        self.rows = rows
    }

    /// The keys of whole runs to compare. Totals of different numbers of GPUs tell little, so those
    /// per GPU stand behind them.
    private static func wholeRun(_ before: ComparedRun, _ after: ComparedRun) -> [String] {
        guard before.figures["gpus"] != after.figures["gpus"] else { return Figures.wholeRun }
        return Figures.wholeRun.flatMap { $0 == "request_goodput" ? [$0] + Figures.perGPU : [$0] }
    }

    private static func pValue(_ row: Row) -> Double {
        row.change?.relative?.pValue ?? row.change?.absolute.pValue ?? 1
    }

    /// Pairs the requests of two runs by id. Clients may repeat a request in one run only; such an
    /// attempt is in no pair. O(requests).
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

    /// Refuses runs over different requests: arrivals, lengths and ids must be the same. Returns
    /// how their configurations differ.
    static func checkPairs(
        _ before: ComparedRun, _ after: ComparedRun
    ) throws -> [ConfigurationChange] {
        let changes = ConfigurationChange.between(before.configuration, after.configuration)
        let place = "\(before.name) and \(after.name)"
        guard !before.requests.isEmpty else { throw InputError(before.name, "has no requests") }
        // Repeated attempts do not count.
        let (first, second) = (
            before.requests.filter { $0.attempt == 1 }, after.requests.filter { $0.attempt == 1 }
        )
        guard first.count == second.count else {
            throw InputError(
                place, "have \(first.count) and \(second.count) requests",
                expected: "two runs over the same trace")
        }
        // The digest covers all records, so equal digests require equal rows.
        if before.digest == after.digest, before.requests != after.requests {
            throw InputError(
                place, "have the digest \(before.digest) and not the same requests",
                expected: "two runs as headway wrote them")
        }
        let workload = changes.first {
            // How an answer ends moves later turns alone.
            $0.key.hasPrefix("trace.") && $0.key != "trace.stop" || $0.key == "seed"
        }
        for (a, b) in zip(first, second) {
            var problem: String?
            if a.id != b.id { problem = "request \(min(a.id, b.id)) is in one of them only" }
            if problem == nil, a.promptTokens != b.promptTokens {
                problem =
                    "request \(a.id) has \(a.promptTokens) and \(b.promptTokens) prompt tokens"
            }
            // In closed loops and sessions, arrivals shift with the answers, which is allowed.
            // Another window, rate or seed is not.
            if problem == nil, a.arrival != b.arrival, let workload {
                problem = "request \(a.id) arrives at another time (\(workload.key) differs)"
            }
            if let problem {
                throw InputError(place, problem, expected: "two runs over the same trace")
            }
        }
        return changes
    }

    /// The keys of paired rows, for latencies that requests have.
    static let pairedMetrics = ["ttft", "tpot", "e2el", "queue"].flatMap { latency in
        ["mean", "median", "p90", "p99"].map { "\($0)_\(latency)_ms" }
    }

    /// The row of a metric.
    package func row(_ metric: String) -> Row? { rows.first { $0.metric == metric } }
}

/// A key with different values in two configurations.
package struct ConfigurationChange: Sendable, Encodable, Equatable {
    package var key: String
    package var before: String
    package var after: String

    /// The keys with different values, in the order of the reference.
    package static func between(_ a: Configuration, _ b: Configuration) -> [ConfigurationChange] {
        ConfigurationKey.all.compactMap { key in
            let (old, new) = (key.value(a), key.value(b))
            // Keys of output files do not affect results.
            let isFigures = ["output.warmup", "output.cooldown"].contains(key.path)
            guard old != new, isFigures || !key.path.hasPrefix("output.") else { return nil }
            // Without a seed the recipe's own applies, so giving that one changes nothing.
            if key.path == "seed", a.seedOfRequests == b.seedOfRequests { return nil }
            return ConfigurationChange(key: key.path, before: old.source, after: new.source)
        }
    }
}
