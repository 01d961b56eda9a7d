import Basics
import Experiments

/// The distributions of latencies: all requests, the slowest ones, and percentiles.
struct LatencySection: Sendable {
    /// A line of the charts.
    struct Line: Sendable {
        let name: String
        /// A class of the style sheet.
        let style: String
        let distribution: Distribution
        var isDrawn = true
    }

    /// The prefix of its charts' ids.
    let id: String
    let lines: [Line]
    var limits: [Plot.Limit] = []
    /// The x axis's name and unit in the table.
    var corner = "within"
    var text: @Sendable (Double) -> String = Drawn.milliseconds
    var axisText: @Sendable (Double) -> String = Drawn.round(milliseconds:)
    /// Title and explanation of each chart.
    var titles = [
        ("All requests", "share within a time"),
        ("The slowest 10 %", "share slower than a time, both axes logarithmic"),
    ]

    /// Number of times for which the table lists shares; the charts read from them.
    private static let steps = 120
    /// With fewer requests there is no tail to draw.
    private static let leastForTail = 20

    /// A run's latencies.
    init(_ run: ReportedRun) {
        id = "latency"
        lines = [
            ("TTFT", "ttft", "c-ttft"), ("TPOT", "tpot", "c-tpot"), ("ITL", "itl", "c-itl"),
            ("E2E", "e2el", "c-e2e"), ("queueing", "queue", "c-queue"),
        ].compactMap { name, key, style in
            run.data.latencies[key].map {
                Line(
                    name: name, style: style, distribution: Distribution($0), isDrawn: key != "itl")
            }
        }.filter { $0.distribution.count > 0 }
        limits = Self.limits([run], ["ttft", "tpot", "e2e", "itl"])
    }

    init(id: String, lines: [Line], limits: [Plot.Limit]) {
        self.id = id
        self.lines = lines.filter { $0.distribution.count > 0 }
        self.limits = limits
    }

    /// The limits of runs, each named once.
    static func limits(_ runs: [ReportedRun], _ latencies: [String]) -> [Plot.Limit] {
        var found: [Plot.Limit] = []
        for latency in latencies {
            for run in runs {
                for limit in run.namedLimits(latency) {
                    let label = "\(limit.name) ≤ \(Drawn.round(milliseconds: limit.milliseconds))"
                    guard !found.contains(where: { $0.label == label }), found.count < 6 else {
                        continue
                    }
                    found.append(
                        Plot.Limit(
                            value: limit.milliseconds, label: label, style: "c-" + latency))
                }
            }
        }
        return found
    }

    private var drawn: [Line] { lines.filter(\.isDrawn) }

    /// The value axis: covers the lines, and the limits unless these are far away.
    private var x: Axis {
        let most = drawn.compactMap { $0.distribution.points.last?.value }.max() ?? 10
        // Zeros, as for a queue in which no request waited, have no position on the axis.
        let least =
            drawn.compactMap { line in
                line.distribution.points.first { $0.share >= 0.01 && $0.value > most / 1e5 }?.value
            }.min() ?? max(most / 10, 1e-6)
        let high = max(most, least * 1.5)
        let near = limits.map(\.value).filter { $0 > least / 3 && $0 < high * 30 }
        let low = max(min(least, near.min() ?? least), high / 1e6)
        return .logarithmic(from: low, to: max(high, near.max() ?? high), label: axisText)
    }

    /// The charts, their legend and the table behind them.
    var charts: HTML {
        guard !drawn.isEmpty else {
            return "<p>No request has such a latency.</p>"
        }
        let x = self.x
        // The leftmost limit gets the highest label, so that no line crosses another's.
        let near = limits.filter { x.contains($0.value) }.sorted { $0.value > $1.value }
        let names = drawn.map(\.name).joined(separator: ", ")
        let columns = lines.indices.filter { lines[$0].isDrawn }.map { $0 + 1 }
        let all = Plot(
            x: x, y: .share,
            lines: drawn.map { Plot.Line(curve: $0.distribution.curve, style: $0.style) },
            limits: near, label: "Share of requests within a time, logarithmic axis: \(names)",
            table: id + "-t", columns: columns, style: "ecdf")
        guard drawn.contains(where: { $0.distribution.count >= Self.leastForTail }) else {
            return "\(legend.html)\(heading(0))\(all.html)\(table(x).html)"
        }
        return """
            \(legend.html)<div class="two"><div>\(heading(0))\(all.html)</div>\
            <div>\(heading(1))\(tail(x, near, columns, names))</div></div>
            \(table(x).html)
            """
    }

    private func heading(_ chart: Int) -> HTML {
        "<h3>\(titles[chart].0)</h3><p class=\"sub\">\(titles[chart].1)</p>"
    }

    private func tail(
        _ x: Axis, _ limits: [Plot.Limit], _ columns: [Int], _ names: String
    ) -> HTML {
        let most = drawn.map(\.distribution.count).max() ?? 1
        let least = max(1 / Double(max(most, 20)), 1e-6)
        return Plot(
            x: x, y: .falling(from: 0.1, to: min(least, 0.05)),
            lines: drawn.map { Plot.Line(curve: $0.distribution.tail(from: 0.1), style: $0.style) },
            limits: limits, label: "Share of requests slower than a time: \(names)",
            table: id + "-t", columns: columns, style: "ecdf tail"
        ).html
    }

    private var legend: Legend {
        Legend(
            entries: lines.enumerated().filter { $0.element.isDrawn }.map {
                .init(name: $0.element.name, style: $0.element.style, column: $0.offset + 1)
            }, table: id + "-t")
    }

    private func table(_ x: Axis) -> DataTable {
        let rows = (0...Self.steps).map { step -> DataTable.Row in
            let place = Double(step) / Double(Self.steps)
            let value = x.value(at: place)
            return DataTable.Row(
                place: place, name: "\(corner) " + text(value),
                cells: lines.map { Drawn.share($0.distribution.share(within: value)) })
        }
        return DataTable(
            id: id + "-t", title: "Distribution as a table", corner: "requests",
            columns: lines.map(\.name), rows: rows)
    }

    /// Means and percentiles of summary.json.
    static func percentiles(_ run: ReportedRun) -> HTML {
        let columns = [
            ("TTFT", "ttft"), ("TPOT", "tpot"), ("ITL", "itl"), ("E2E", "e2el"),
            ("queueing", "queue"),
        ]
        let rows = ["mean", "median", "p90", "p95", "p99", "max"].map { statistic -> HTML in
            let cells = columns.map { _, key -> HTML in
                let name = "\(statistic)_\(key)_ms"
                return "<td data-key=\"\(name)\">\(run.latency(name))</td>"
            }
            return "<tr><th scope=\"row\">\(statistic)</th>\(cells)</tr>"
        }
        let limits = columns.map { _, key -> HTML in
            let limit = run.eachLimit(key == "e2el" ? "e2e" : key)
            return "<td>\(limit.map(Drawn.round(milliseconds:)) ?? "–")</td>"
        }
        let head = columns.map { "<th scope=\"col\">\($0.0)</th>" as HTML }
        return """
            <div class="scroll fit"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\(rows)\
            <tr class="limit"><th scope="row">limit of each</th>\(limits)</tr></tbody></table></div>

            """
    }

    /// The section of one run.
    static func of(_ run: ReportedRun) -> ReportPage.Section {
        ReportPage.Section(
            id: "latency", title: "Latency",
            body: """
                <p>Time is on a logarithmic axis. Dashed lines are limits of the SLO. Point at a \
                chart, or focus it and use ← →, to read values.</p>
                \(LatencySection(run).charts)\(percentiles(run))
                """)
    }
}
