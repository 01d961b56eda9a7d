import Basics

/// Several candidates against one baseline, best first.
public struct Ranking: Sendable {
    /// A ranked candidate.
    package struct Entry: Sendable {
        package var comparison: Comparison
        package var verdict: Verdict
        /// Two-sided p-value of the ranking metric, corrected over the candidates (Holm); nil for a
        /// metric without pairs.
        package var adjustedP: Double?
    }

    /// The ranking figure, a key of summary.json.
    public let metric: String
    package let baseline: ComparedRun
    package let entries: [Entry]

    /// Ranks candidates by a metric. nil: by mean E2E latency; if nothing finished, by the first of
    /// TTFT, queue time and finished requests that all runs have.
    ///
    /// Throws `InputError` for an unknown metric and for runs over other requests than the
    /// baseline's.
    package init(
        _ baseline: ComparedRun, _ candidates: [ComparedRun], by wanted: String? = nil
    ) throws {
        // Other requests are refused before any run is made again.
        for candidate in candidates { _ = try Comparison.checkPairs(baseline, candidate) }
        var runs = [baseline] + candidates
        ComparedRun.addNearbyRuns(to: &runs)
        self.baseline = runs[0]
        let comparisons = try runs.dropFirst().map { try Comparison(runs[0], $0) }
        func ranks(_ metric: String) -> Bool {
            comparisons.allSatisfy { ($0.row(metric)?.direction ?? .neither) != .neither }
        }
        if let wanted, !ranks(wanted) { throw Self.refusal(of: wanted, comparisons) }
        let usual = ["mean_e2el_ms", "mean_ttft_ms", "mean_queue_ms"]
        let metric = wanted ?? usual.first(where: ranks) ?? "completed"
        self.metric = metric
        let rows = try comparisons.map { comparison in
            guard let row = comparison.row(metric) else {
                throw InputError(
                    comparison.after.name, "nothing finished, and its summary lacks \(metric)",
                    expected: "a folder that headway run --out wrote")
            }
            return row
        }
        let pValues = zip(comparisons, rows).map { comparison, row in
            comparison.isOfTwoDraws
                ? nil : row.change?.relative?.pValue ?? row.change?.absolute.pValue
        }
        let adjusted = Holm.adjusted(pValues.map { $0 ?? 1 })
        let order = comparisons.indices.sorted { one, other in
            let (a, b) = (rows[one], rows[other])
            if a.after == b.after { return one < other }
            return (a.after < b.after) == (a.direction == .lower)
        }
        entries = order.map { index in
            Entry(
                comparison: comparisons[index], verdict: Verdict(comparisons[index]),
                adjustedP: pValues[index] == nil ? nil : adjusted[index])
        }
    }

    /// Why a metric cannot rank the runs.
    private static func refusal(of metric: String, _ comparisons: [Comparison]) -> InputError {
        if let reason = comparisons.compactMap({ $0.incomparable[metric] }).first {
            return InputError(
                "--by", "\(metric) cannot rank these runs: \(reason)",
                expected: "runs that have these keys in common, or another metric")
        }
        if Comparison.pairedMetrics.contains(metric),
            let run = comparisons.first(where: { $0.row(metric) == nil })
        {
            return InputError(
                "--by",
                "no request has a \(metric) in both \(run.before.name) and \(run.after.name)",
                expected: "a metric of what finished, such as completed")
        }
        let rows = comparisons.flatMap(\.rows).filter { $0.direction != .neither }
        let known = rows.map(\.metric).reduce(into: [String]()) { names, name in
            if !names.contains(name) { names.append(name) }
        }
        return InputError(
            "--by", "\(metric) does not rank runs", word: metric, among: known)
    }
}
