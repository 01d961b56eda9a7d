import Basics

/// Several candidates against one baseline, best first.
public struct Ranking: Sendable {
    /// A candidate's place.
    public struct Entry: Sendable {
        public var comparison: Comparison
        public var verdict: Verdict
        /// Two-sided p-value of the ranked metric, corrected over the candidates (Holm); nil for
        /// a metric without pairs.
        public var adjustedP: Double?
    }

    /// The figure that ranks, a key of summary.json.
    public let metric: String
    public let baseline: ComparedRun
    public let entries: [Entry]

    /// Ranks candidates by a metric. Throws `InputError` for an unknown metric and for runs over
    /// other requests than the baseline's.
    ///
    /// Without a metric it is the mean end-to-end latency, or the number of finished requests where
    /// a run finished none.
    public init(
        _ baseline: ComparedRun, _ candidates: [ComparedRun], by wanted: String? = nil
    ) throws {
        self.baseline = baseline
        let comparisons = try candidates.map { try Comparison(baseline, $0) }
        let haveLatencies = comparisons.allSatisfy { $0.row("mean_e2el_ms") != nil }
        let metric = wanted ?? (haveLatencies ? "mean_e2el_ms" : "completed")
        self.metric = metric
        for comparison in comparisons {
            guard let row = comparison.row(metric), row.direction != .neither else {
                let known = comparison.rows.filter { $0.direction != .neither }.map(\.metric)
                throw InputError(
                    "--by", "\(metric) does not rank runs", word: metric, among: known)
            }
        }
        let rows = comparisons.map { $0.row(metric)! }
        let pValues = rows.map { $0.change?.relative?.pValue ?? $0.change?.absolute.pValue }
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
}
