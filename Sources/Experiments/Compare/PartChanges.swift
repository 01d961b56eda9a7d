import Results
import Simulator

/// Where a change of mean TTFT or TPOT comes from: the means of their parts, if both runs broke
/// their latencies down (`output.latency_breakdown`).
package struct PartChanges {
    /// The change of one part's mean.
    package struct Change: Encodable {
        /// "ttft" or "tpot".
        package var latency: String
        /// The part's name in latency.csv.
        package var part: String
        package var msBefore: Double
        package var msAfter: Double
    }

    /// The changes in the order of a request's life, without parts that take no time in either run.
    package private(set) var changes: [Change] = []

    package init(_ comparison: Comparison) {
        self.init(before: comparison.before.figures, after: comparison.after.figures)
    }

    /// From figures by key of summary.json, milliseconds.
    package init(before: [String: Double], after: [String: Double]) {
        for latency in ["ttft", "tpot"] {
            for part in LatencyParts.Part.allCases {
                let key = RunSummary.MeanPart.key(latency, part)
                guard let before = before[key], let after = after[key], before > 0 || after > 0
                else { continue }
                changes.append(
                    Change(
                        latency: latency, part: part.column, msBefore: before, msAfter: after))
            }
        }
    }
}
