import Experiments

/// The comparison as JSON: `baseline`, `ranked_by`, and `candidates` best first.
extension ComparisonReport: Encodable {
    private struct Page: Encodable {
        var baseline: String
        var rankedBy: String
        var candidates: [Candidate]
    }

    private struct Candidate: Encodable {
        var run: String
        var verdict: Verdict
        var adjustedP: Double?
        var configurationChanges: [ConfigurationChange]
        var metrics: [Metric]
        var latencyParts: [PartChanges.Change]
        var finishedInOneOnly: Int
        var answersOfTwoLengths: Int
        var measuredRequests: Int
        var attemptsInOneOnly: Int
        var movement: Movement
    }

    private struct Metric: Encodable {
        var metric: String
        var before: Double
        var after: Double
        var relativeChange: Double?
        var relativeLow: Double?
        var relativeHigh: Double?
        var adjustedP: Double?
        var direction: Figures.Direction
        var better: Bool?
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            Page(
                baseline: ranking.baseline.name, rankedBy: ranking.metric,
                candidates: ranking.entries.map(Self.candidate)))
    }

    private static func candidate(_ entry: Ranking.Entry) -> Candidate {
        let comparison = entry.comparison
        return Candidate(
            run: comparison.after.name, verdict: entry.verdict, adjustedP: entry.adjustedP,
            configurationChanges: comparison.changes,
            metrics: comparison.rows.map { row in
                Metric(
                    metric: row.metric, before: row.before, after: row.after,
                    relativeChange: row.relative, relativeLow: row.interval?.lowerBound,
                    relativeHigh: row.interval?.upperBound, adjustedP: row.adjustedP,
                    direction: row.direction, better: row.isBetter)
            },
            latencyParts: PartChanges(comparison).changes,
            finishedInOneOnly: comparison.finishedInOneOnly,
            answersOfTwoLengths: comparison.answersOfTwoLengths,
            measuredRequests: comparison.measuredRequests,
            attemptsInOneOnly: comparison.attemptsInOneOnly, movement: Movement(comparison))
    }
}
