import Basics
import Experiments
import Simulator

extension PartChanges {
    /// A table; nil if the runs did not divide their latencies.
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
