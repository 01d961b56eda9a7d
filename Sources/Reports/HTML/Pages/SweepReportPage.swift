import Basics
import Experiments

/// The report on a sweep: two Pareto fronts over all its points, and what each key changes.
package struct SweepReportPage: Sendable {
    /// A configuration that ran.
    package struct Point: Sendable {
        /// Its number in the table.
        package let number: Int
        /// The value of each key.
        package let values: [String]
        package let gpus: Double
        /// Output tokens per second per user, and per GPU.
        package let perUser: Double
        package let perGPU: Double
        /// In milliseconds.
        package let p99TTFT: Double
        /// Whether it kept the promises; nil without promises.
        package let meets: Bool?

        package init(
            number: Int, values: [String], gpus: Double, perUser: Double, perGPU: Double,
            p99TTFT: Double, meets: Bool?
        ) {
            self.number = number
            self.values = values
            self.gpus = gpus
            self.perUser = perUser
            self.perGPU = perGPU
            self.p99TTFT = p99TTFT
            self.meets = meets
        }
    }

    /// How a key, or keys that vary together, changes a figure: its share of the variance, and the
    /// lowest and highest of its means.
    package struct Change: Sendable {
        package let keys: String
        package let figure: String
        package let share: Double?
        package let lowest: Double?
        package let highest: Double?

        package init(
            keys: String, figure: String, share: Double?, lowest: Double?, highest: Double?
        ) {
            self.keys = keys
            self.figure = figure
            self.share = share
            self.lowest = lowest
            self.highest = highest
        }
    }

    /// The table's path.
    let file: String
    let keys: [String]
    /// Runs in the table, and how many failed.
    let runs: Int
    let failed: Int
    let points: [Point]
    /// Indices in `points`, ascending along the x axis.
    let throughputFront: [Int]
    let latencyFront: [Int]
    let changes: [Change]
    /// The index of the best point, and the order that makes it best; nil if none ran.
    var best: (place: Int, order: String)?
    /// What to keep in mind.
    let notes: [String]

    /// Most points drawn in addition to those of a front.
    private static let most = 2_000

    package init(
        file: String, keys: [String], runs: Int, failed: Int, points: [Point],
        throughputFront: [Int], latencyFront: [Int], changes: [Change], notes: [String]
    ) {
        self.file = file
        self.keys = keys
        self.runs = runs
        self.failed = failed
        self.points = points
        self.throughputFront = throughputFront
        self.latencyFront = latencyFront
        self.changes = changes
        self.notes = notes
    }

    /// The file's text.
    package var text: String {
        ReportPage(
            kind: "sweep report", title: ReportedRun.short(file.lastPathName), mark: "",
            lead: lead, top: verdict.html,
            sections: [throughput, latency, sensitivity, remarks, next].compactMap(\.self),
            footer: """
                Figures are means over the runs of a point. A point is on a front when no other is \
                better in both of its figures.
                """
        ).text
    }

    private var lead: HTML {
        let words = failed > 0 ? ", \(Quantity.count(failed)) of them failed" : ""
        return """
            <p class="what"><b>\(Quantity.count(points.count)) configurations</b> over \
            \(Quantity.counted(keys.count, "key")), \(Quantity.counted(runs, "run"))\(words).</p>
            """
    }

    private var verdict: VerdictBlock {
        guard !points.isEmpty else {
            return VerdictBlock(tone: .bad, headline: "No configuration ran.", details: [])
        }
        let first: [HTML] =
            best.map { ["Best, by \($0.order): \(words(points[$0.place]))"] } ?? []
        let promised = points.filter { $0.meets != nil }
        guard !promised.isEmpty else {
            return VerdictBlock(
                tone: .plain, headline: "No SLO is promised.",
                details: ["Points are judged by throughput and latency alone."] + first)
        }
        let good = promised.filter { $0.meets == true }
        return VerdictBlock(
            tone: good.isEmpty ? .bad : .good,
            headline: """
                \(Quantity.count(good.count)) of \(Quantity.count(promised.count)) configurations \
                hold the SLO.
                """,
            details: good.isEmpty ? [] : first)
    }

    /// "engine.block_size=16, cluster.replicas=2".
    private func words(_ point: Point) -> String {
        zip(keys, point.values).map { "\($0)=\($1)" }.joined(separator: ", ").echoed(atMost: 400)
    }

    private var throughput: ReportPage.Section {
        .init(
            id: "throughput", title: "Throughput",
            body: """
                <p>Output tokens per second of a user against those of a GPU: up and to the right \
                is better.</p>\(chart(
                    id: "throughput-t", front: throughputFront,
                    names: ("tokens/s per user", "tokens/s per GPU"), \.perUser, \.perGPU,
                    text: Quantity.significant))
                """)
    }

    private var latency: ReportPage.Section {
        .init(
            id: "ttft", title: "Latency and cost",
            body: """
                <p>p99 TTFT against GPUs: down and to the left is better.</p>\(chart(
                    id: "ttft-t", front: latencyFront, names: ("GPUs", "p99 TTFT"), \.gpus,
                    \.p99TTFT, text: Drawn.milliseconds))
                """)
    }

    private func chart(
        id: String, front: [Int], names: (String, String), _ x: KeyPath<Point, Double>,
        _ y: KeyPath<Point, Double>, text: (Double) -> String
    ) -> HTML {
        let valid = points.indices.filter {
            points[$0][keyPath: x].isFinite && points[$0][keyPath: y].isFinite
        }
        let step = max(1, (valid.count + Self.most - 1) / Self.most)
        let others = valid.enumerated().filter { $0.offset % step == 0 }.map(\.element)
        let all = others + front
        guard !all.isEmpty else { return "<p>No configuration has these figures.</p>" }
        let xAxis = Axis.fromZero(to: all.map { points[$0][keyPath: x] }.max() ?? 1)
        let yAxis = Axis.fromZero(
            to: all.map { points[$0][keyPath: y] }.max() ?? 1,
            label: y == \.p99TTFT ? Drawn.round(milliseconds:) : Drawn.short)
        func curve(_ places: [Int]) -> Curve {
            Curve(places.map { (points[$0][keyPath: x], points[$0][keyPath: y]) })
        }
        let plot = Plot(
            x: xAxis, y: yAxis,
            lines: [
                .init(curve: curve(others), style: "c-a", isDotted: true),
                .init(curve: curve(front), style: "c-b"),
                .init(curve: curve(front), style: "c-b front", isDotted: true),
            ], label: "\(names.1) against \(names.0), and the Pareto front", table: id,
            columns: [1, 2], style: "ecdf")
        let table = DataTable(
            id: id, title: "The front as a table", corner: "point",
            columns: [names.0, names.1, "SLO"] + keys,
            rows: front.map { place in
                let point = points[place]
                let met = point.meets.map { $0 ? "✓ holds" : "✗ missed" } ?? "–"
                return DataTable.Row(
                    place: xAxis.place(point[keyPath: x]), name: String(point.number),
                    cells: [
                        Self.amount(point[keyPath: x]), text(point[keyPath: y]), met,
                    ] + point.values.map { $0.echoed(atMost: 80) })
            })
        let thinned = step > 1 ? "<p>One point in \(step) is drawn.</p>" as HTML : .none
        return """
            <h3>\(names.1) against \(names.0)</h3>\(plot.html)
            <p class="val"><output data-for="\(id)" data-cols="1,2"></output></p>\
            \(thinned)\(table.html)
            """
    }

    /// A rate, or a number of GPUs, which is whole.
    private static func amount(_ value: Double) -> String {
        Int(exactly: value).map(Quantity.count) ?? Quantity.significant(value)
    }

    private var sensitivity: ReportPage.Section? {
        guard !changes.isEmpty else { return nil }
        let rows = changes.sorted { ($0.share ?? 0) > ($1.share ?? 0) }.map { change -> HTML in
            let share = change.share ?? 0
            func text(_ value: Double?) -> String {
                value.map { Figures.text($0, change.figure) } ?? "–"
            }
            return """
                <tr><th scope="row"><code>\(change.keys)</code></th>\
                <td class="l">\(Comparison.words(change.figure))</td>\
                <td>\(text(change.lowest))</td><td>\(text(change.highest))</td>\
                <td class="w"><div class="mini"><i class="p3" style="width:\
                \(Drawn.percent(min(1, max(0, share))))"></i></div>\
                \(change.share.map { Drawn.share($0) } ?? "–")</td></tr>

                """
        }
        return .init(
            id: "sensitivity", title: "Sensitivity",
            body: """
                <p>What each key changes while the others are averaged: the least and the most of \
                a figure’s means over its values, and the share of the figure’s variance that is \
                between them.</p><div class="scroll"><table class="sens"><thead><tr><th>key</th>\
                <th class="l">figure</th><th>least</th><th>most</th><th class="w">share of \
                variance</th></tr></thead><tbody>
                \(rows)</tbody></table></div>

                """)
    }

    private var remarks: ReportPage.Section? {
        notes.isEmpty
            ? nil : .init(id: "notes", title: "Notes", body: TrustSection.remarks(notes))
    }

    private var next: ReportPage.Section {
        .init(
            id: "next", title: "What to run next",
            body: Commands(lines: [
                ("every point and figure as rows", "column -s, -t \(ShellWord.path(file)) | less")
            ]).html)
    }
}
