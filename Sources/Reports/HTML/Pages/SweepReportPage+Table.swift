import Basics
import Experiments

extension SweepReportPage {
    /// The report on a sweep's table. O(keys² x points).
    package init(_ table: SweepTable) {
        let ran = table.points.indices.filter { table.ran[$0] }
        // Indices among the points that ran.
        let places = Dictionary(
            ran.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let tpot = table.figures[SweepTable.Figure.place("mean_tpot_ms")]
        let ttft = table.figures[SweepTable.Figure.place("p99_ttft_ms")]
        let perGPU = table.figures[SweepTable.Figure.all.count - 1]
        let points = ran.map { place in
            Point(
                number: table.points[place], values: table.values(at: place),
                gpus: table.gpus[place], perUser: tpot[place] > 0 ? 1000 / tpot[place] : .nan,
                perGPU: perGPU[place], p99TTFT: ttft[place], meets: table.meets[place])
        }
        let changes = table.effects.flatMap { effect in
            effect.changes.map { change in
                Change(
                    keys: effect.keys.joined(separator: " + "), figure: change.figure,
                    share: change.varianceShare, lowest: change.lowest, highest: change.highest)
            }
        }
        let remarks = table.problems + table.warnings + table.clocks
        self.init(
            file: table.file, keys: table.keys, runs: table.runs, failed: table.failedRuns,
            points: points,
            throughputFront: table.throughputFront.members.compactMap { places[$0.place] },
            latencyFront: table.latencyFront.members.compactMap { places[$0.place] },
            changes: changes,
            notes: (table.growing.map { [$0] } ?? [])
                + remarks.map { "\(Quantity.counted($0.runs, "run")): \($0.text)" })
        let goal = table.goal ?? .gpus
        best = table.ranked(by: goal).first.flatMap { places[$0] }.map { ($0, goal.order) }
    }

    /// Whether a file is a sweep's table, judged by its first bytes.
    package static func isTable(_ path: String) -> Bool {
        guard let records = try? CSVRecords(path), let header = try? records.next() else {
            return false
        }
        return CSVRecords.fields(header).prefix(4).map(CSVRecords.text)
            == ["space", "runs", "run", "point"]
    }
}
