import Reports
import Simulator

/// Where a change of mean TTFT or TPOT comes from: the means of their parts in both runs, where
/// both runs divided their latencies (`output.latency_parts`).
struct PartChanges {
    struct Change: Encodable {
        /// "ttft" or "tpot".
        var latency: String
        /// As in latency.csv.
        var part: String
        var msBefore: Double
        var msAfter: Double
    }

    /// In the order of a request's life; parts in which nobody spent time are left out.
    private(set) var changes: [Change] = []

    init(_ comparison: Comparison) {
        self.init(before: comparison.before.figures, after: comparison.after.figures)
    }

    /// From figures by key of summary.json, milliseconds.
    init(before: [String: Double], after: [String: Double]) {
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

    /// A table; nil where the runs did not divide their latencies.
    var table: TextTable? {
        guard !changes.isEmpty else { return nil }
        var table = TextTable([
            "mean of", "TTFT before", "after", "change", "TPOT before", "after", "change",
        ])
        for part in LatencyParts.Part.allCases {
            let cells = ["ttft", "tpot"].map { latency in
                changes.first { $0.latency == latency && $0.part == part.column }
            }
            guard cells.contains(where: { $0 != nil }) else { continue }
            table.add([part.name] + cells.flatMap(Self.cells))
        }
        return table
    }

    private static func cells(_ change: Change?) -> [String] {
        guard let change else { return ["-", "-", "-"] }
        let difference = change.msAfter - change.msBefore
        let sign = difference < 0 ? "-" : "+"
        return [
            Quantity.duration(seconds: change.msBefore / 1000),
            Quantity.duration(seconds: change.msAfter / 1000),
            difference == 0 ? "0" : sign + Quantity.duration(seconds: abs(difference) / 1000),
        ]
    }
}
