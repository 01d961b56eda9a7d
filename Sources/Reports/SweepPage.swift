import Basics
import Experiments

/// A sweep's table for people: the best points, two Pareto fronts, and what each key changes.
package struct SweepPage: Sendable {
    let table: SweepTable
    let file: String

    /// Most rows of a list on the page; the file has all.
    static let most = 20

    /// The page of a table. `file` is its path.
    package init(_ table: SweepTable, file: String) {
        self.table = table
        self.file = file
    }

    /// The meaning of "best": the objective of the space, or the fewest GPUs if the table states
    /// none.
    var goal: ConfigurationSpace.Goal { table.goal ?? .gpus }

    /// The page as text. O(keys² x points).
    package var text: String {
        var parts = [summary]
        if table.ran.contains(true) {
            parts += [
                best,
                front(
                    table.throughputFront,
                    "Pareto front: tokens/s per user against tokens/s per GPU, most of both"),
                front(table.latencyFront, "Pareto front: p99 TTFT against GPUs, least of both"),
            ]
            if !table.keys.isEmpty { parts.append(effects) }
        }
        let notes = table.warnings + table.clocks
        if !notes.isEmpty { parts.append("Notes of the runs\n" + remarks(notes)) }
        return parts.joined(separator: "\n\n")
    }

    private var summary: String {
        let points = table.points.count
        var lines = [
            "\(Quantity.counted(points, "point")), \(Quantity.counted(table.runs, "run")): "
                + file.echoed()
        ]
        if table.failedPoints > 0 {
            lines.append(
                "\(Quantity.counted(table.failedPoints, "point")) failed"
                    + " (\(Quantity.counted(table.failedRuns, "run"))), left out of what follows:")
            lines.append(remarks(table.problems))
        }
        if let growing = table.growing { lines.append(growing) }
        return lines.joined(separator: "\n")
    }

    private func remarks(_ remarks: [SweepTable.Remark]) -> String {
        let shown = remarks.prefix(5).map { "  \(Quantity.counted($0.runs, "run")): \($0.text)" }
        let rest = remarks.count - shown.count
        return (shown + (rest > 0 ? ["  and \(rest) more in \(file.echoed())"] : []))
            .joined(separator: "\n")
    }

    private var best: String {
        let slo = table.isPromised ? "the SLO met, then " : ""
        return """
            Points, best first: \(slo)\(goal.order)
            \(list(table.ranked(by: goal)))\(unsaid)
            Means over a point's runs. Tokens are output tokens; per user: 1000 / mean TPOT in ms.
            """
    }

    private var unsaid: String {
        guard table.goal == nil else { return "" }
        return "\nRanked by GPUs: an earlier version of headway wrote the table, without its"
            + " objective."
    }

    private var showsLoad: Bool { table.isSteady.contains(false) }

    private static let header = [
        "GPUs", "TTFT p99", "TPOT mean", "E2E mean", "tokens/s", "per GPU", "per user",
    ]

    private func cells(_ place: Int) -> [String] {
        let tpot = figure("mean_tpot_ms", place)
        let slo = table.meets[place].map { [$0 ? "met" : "missed"] } ?? ["-"]
        return [String(table.points[place])] + table.values(at: place)
            + [
                Self.gpus(table.gpus[place]), Self.time(figure("p99_ttft_ms", place)),
                Self.time(tpot), Self.time(figure("mean_e2el_ms", place)),
                Self.rate(figure("output_throughput", place)),
                Self.rate(figure(SweepTable.Figure.perGPU.name, place)), Self.rate(1000 / tpot),
            ]
            + (table.isPromised ? slo : [])
            + (showsLoad ? [table.isSteady[place].map { $0 ? "steady" : "grows" } ?? "-"] : [])
    }

    private func figure(_ name: String, _ place: Int) -> Double {
        table.figures[SweepTable.Figure.place(name)][place]
    }

    private static func time(_ milliseconds: Double) -> String {
        milliseconds.isFinite ? Quantity.duration(seconds: milliseconds / 1000) : "-"
    }

    private static func rate(_ value: Double) -> String {
        value.isFinite ? Quantity.significant(value) : "-"
    }

    private static func gpus(_ value: Double) -> String {
        Int(exactly: value).map(Quantity.count) ?? Quantity.significant(value)
    }

    private func front(_ front: SweepFront, _ title: String) -> String {
        guard !front.members.isEmpty else { return "\(title)\nno point has both" }
        return title + "\n" + list(front.members.map(\.place))
    }

    /// The first points, as rows.
    private func list(_ places: [Int]) -> String {
        let figures =
            Self.header + (table.isPromised ? ["SLO"] : []) + (showsLoad ? ["queue"] : [])
        let keys = 1..<(1 + keyNames.count)
        var rows = TextTable(
            ["point"] + keyNames + figures,
            together: [keys, keys.upperBound..<(keys.upperBound + figures.count)])
        for place in places.prefix(Self.most) { rows.add(cells(place)) }
        let rest = places.count - min(places.count, Self.most)
        return rows.text + (rest > 0 ? "\n... and \(Quantity.count(rest)) more" : "")
    }
}

/// What each key changes.
extension SweepPage {
    /// Keys by their last component, if that tells them apart.
    private var keyNames: [String] {
        let short = table.keys.map { String($0.split(separator: ".").last ?? "") }
        return zip(table.keys, short).map { key, name in
            short.count { $0 == name } == 1 ? name : key
        }
    }

    /// Titles of `SweepTable.Figure.all`.
    private static let titles = [
        "TTFT mean", "TTFT p99", "TPOT mean", "TPOT p99", "E2E mean", "tokens/s", "per GPU",
    ]

    private var effects: String {
        let effects = table.effects
        var rows = TextTable([""] + effects.map { $0.keys.joined(separator: " + ") })
        rows.add(["values"] + effects.map { String($0.values) })
        for (title, figure) in zip(Self.titles, SweepTable.Figure.all) {
            rows.add(
                [title]
                    + effects.map { effect in
                        effect.changes.first { $0.figure == figure.name }.map(cell) ?? "-"
                    })
        }
        let idle = effects.filter { $0.matters == false }
            .map { $0.keys.joined(separator: " + ") }
        let threshold = Quantity.percent(SweepEffect.threshold, decimals: 0)
        let open = effects.filter { $0.matters == nil }
            .map { $0.keys.joined(separator: " + ") }
        let moving = open.isEmpty ? "Every key" : "Every other key"
        var verdict =
            idle.isEmpty
            ? "\(moving) changes one of these by \(threshold) or more."
            : "Does not matter here, no change of \(threshold): \(idle.joined(separator: ", "))."
        if open.count == effects.count { verdict = "" }
        if !open.isEmpty {
            verdict =
                "Not compared, as no two points that differ in nothing else have run: "
                + open.joined(separator: ", ") + "." + (verdict.isEmpty ? "" : "\n" + verdict)
        }
        return """
            What each key changes: the largest change between points that differ in nothing
            else, and the key's share of the variance
            \(rows.text)
            \(verdict)
            """
    }

    private func cell(_ change: SweepEffect.Change) -> String {
        guard let largest = change.largest else { return "-" }
        let share = change.varianceShare.map { Quantity.percent($0, decimals: 0) } ?? "-"
        return (largest.isFinite ? Quantity.percent(largest) : "from 0") + ", " + share
    }
}

extension ConfigurationSpace.Goal {
    /// How it ranks points, in words.
    var order: String {
        switch self {
        case .gpus: "fewest GPUs, then least mean E2E"
        case .latency: "least mean E2E, then fewest GPUs"
        case .throughput: "most output tokens/s, then fewest GPUs"
        case .cost: "fewest GPU-seconds per output token, then least mean E2E"
        }
    }
}

extension SweepTable {
    /// How many points are overloaded, in a sentence; nil if none are.
    var growing: String? {
        let count = points.indices.count { isSteady[$0] == false }
        guard count > 0 else { return nil }
        return Quantity.counted(count, "point")
            + " overloaded or with a growing queue: latencies there depend on the trace's length."
    }
}
