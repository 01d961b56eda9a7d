import Basics
import Experiments

/// The run over time: small charts over one time axis, to be read together.
struct TimeSection: Sendable {
    /// A run's series, at the times of the trace.
    struct Source: Sendable {
        let name: String
        /// A class of the style sheet; nil for that of the quantity.
        let style: String?
        let series: RunReportData.Series
    }

    /// A line in a small chart.
    private struct Line: Sendable {
        let name: String
        let style: String
        var isFilled = false
        let value: @Sendable (RunReportData.Series, Int) -> Double?
    }

    /// A small chart.
    private struct Chart: Sendable {
        let title: String
        let unit: String
        let lines: [Line]
        /// Whether values are shares of 1.
        var isShare = false
        /// Whether it shows what the prefix cache hits.
        var isOfHits = false
    }

    let sources: [Source]
    /// Whether the cache's hits mean something.
    var tellsHits = true

    private var charts: [Chart] {
        tellsHits ? Self.charts : Self.charts.filter { !$0.isOfHits }
    }

    private static let charts: [Chart] = [
        Chart(
            title: "Arrivals", unit: "requests/s",
            lines: [
                Line(name: "arrive", style: "c-a", isFilled: true) {
                    Self.rate($0, $0.arrivals, $1)
                },
                Line(name: "finish", style: "c-b") { Self.rate($0, $0.finished, $1) },
            ]),
        Chart(
            title: "Queue", unit: "requests",
            lines: [
                Line(name: "wait for admission", style: "c-queue", isFilled: true) { $0.queue[$1] }
            ]),
        Chart(
            title: "Running", unit: "requests",
            lines: [Line(name: "run", style: "c-a", isFilled: true) { $0.running[$1] }]),
        Chart(
            title: "Batch", unit: "requests a step",
            lines: [Line(name: "batch", style: "c-a", isFilled: true) { $0.meanBatchSize[$1] }]),
        Chart(
            title: "Prefill", unit: "tokens/s",
            lines: [
                Line(name: "prefill", style: "c-a", isFilled: true) {
                    Self.rate($0, $0.prefillTokens, $1)
                }
            ]),
        Chart(
            title: "Output", unit: "tokens/s",
            lines: [
                Line(name: "output", style: "c-a", isFilled: true) {
                    Self.rate($0, $0.deliveredTokens, $1)
                }
            ]),
        Chart(
            title: "KV cache in use", unit: "of blocks",
            lines: [Line(name: "KV use", style: "c-a", isFilled: true) { $0.kvUse[$1] }],
            isShare: true),
        Chart(
            title: "Prefix cache hits", unit: "of prompt tokens",
            lines: [Line(name: "hits", style: "c-a", isFilled: true) { $0.hitRate[$1] }],
            isShare: true, isOfHits: true),
        Chart(
            title: "Preemptions", unit: "in a window",
            lines: [Line(name: "preempt", style: "c-tpot", isFilled: true) { $0.preemptions[$1] }]),
        Chart(
            title: "A step runs, its host's part included", unit: "of the time",
            lines: [Line(name: "busy", style: "c-a", isFilled: true) { $0.busyShare[$1] }],
            isShare: true),
    ]

    /// A window's count per second; nil in a last window that is too short to have a rate.
    private static func rate(
        _ series: RunReportData.Series, _ counts: [Double], _ window: Int
    ) -> Double? {
        let seconds = series.seconds(window)
        return seconds >= max(1e-9, window > 0 ? 0.05 * series.windowS : 0)
            ? counts[window] / seconds : nil
    }

    /// Seconds from the first window of any source to the end of the last.
    private var span: Double {
        sources.map { Self.end($0.series) }.max() ?? 1
    }

    private static func end(_ series: RunReportData.Series) -> Double {
        Double(series.arrivals.count - 1) * series.windowS + series.lastWindowS
    }

    /// The charts, with the table that they share.
    var html: HTML {
        let x = Axis.time(span)
        var column = 1
        let charts = charts.map { chart -> HTML in
            defer { column += chart.lines.count * sources.count }
            return small(chart, x, from: column)
        }
        return "<div class=\"grid\">\(charts)</div>\(table(x).html)"
    }

    private func small(_ chart: Chart, _ x: Axis, from column: Int) -> HTML {
        let curves = lines(chart)
        let most = curves.compactMap { line in line.curve.points.compactMap(\.y).max() }.max() ?? 0
        let label = chart.isShare ? { Drawn.number($0 * 100) + " %" } : Drawn.short
        let columns = Array(column..<(column + names(chart).count))
        let plot = Plot(
            x: x, y: .fromZero(to: most, steps: 2, label: label), lines: curves,
            label: "\(chart.title), \(chart.unit), over time", table: "time-t", columns: columns,
            style: "t")
        let peak =
            most > 0
            ? "at most \(chart.isShare ? Drawn.share(most) : Quantity.significant(most))" : "none"
        let names = names(chart).count > 1 ? legend(chart, column).html : .none
        return """
            <div class="sm"><h3>\(chart.title) <em>\(chart.unit), \(peak)</em><output \
            data-for="time-t" data-cols="\(columns.map(String.init).joined(separator: ","))">\
            </output></h3>\(names)\(plot.html)</div>

            """
    }

    private func legend(_ chart: Chart, _ column: Int) -> Legend {
        Legend(
            entries: names(chart).map { .init(name: $0.name, style: $0.style) }, table: "time-t")
    }

    /// The lines of a chart: for each quantity, one per source.
    private func names(_ chart: Chart) -> [(name: String, style: String)] {
        chart.lines.enumerated().flatMap { index, line in
            sources.map { source in
                let own = chart.lines.count > 1 ? line.name : ""
                guard let style = source.style else { return (line.name, line.style) }
                let name = own.isEmpty ? source.name : "\(source.name) \(own)"
                return (name, style + (index > 0 ? " dash" : ""))
            }
        }
    }

    private func lines(_ chart: Chart) -> [Plot.Line] {
        let names = names(chart)
        return chart.lines.enumerated().flatMap { index, line in
            sources.enumerated().flatMap { place, source in
                let series = source.series
                let points = series.arrivals.indices.map { window in
                    (
                        (Double(window) * series.windowS + series.seconds(window) / 2),
                        line.value(series, window)
                    )
                }
                let drawn = Plot.Line(
                    curve: Curve(points), style: names[index * sources.count + place].style)
                let area = Plot.Line(curve: drawn.curve, style: drawn.style, isFilled: true)
                return line.isFilled && sources.count == 1 ? [area, drawn] : [drawn]
            }
        }
    }

    /// The windows of the source with the most windows, and the other sources' values at those
    /// times.
    private func table(_ x: Axis) -> DataTable {
        let finest = sources.map(\.series).max { $0.arrivals.count < $1.arrivals.count }
        guard let finest else {
            return DataTable(id: "time-t", title: "", corner: "", columns: [], rows: [])
        }
        let columns = charts.flatMap { chart in
            names(chart).map { name in
                name.name.hasPrefix(chart.title) || chart.lines.count == 1 && sources.count == 1
                    ? chart.title : "\(chart.title): \(name.name)"
            }
        }
        let rows = finest.arrivals.indices.map { window -> DataTable.Row in
            let start = Double(window) * finest.windowS
            let middle = start + finest.seconds(window) / 2
            let cells = charts.flatMap { chart in
                chart.lines.flatMap { line in
                    sources.map { cell(chart, line, $0.series, at: middle) }
                }
            }
            return DataTable.Row(
                place: x.place(middle), name: Drawn.clock(start, step: finest.windowS),
                cells: cells)
        }
        return DataTable(
            id: "time-t", title: "Time series as a table", corner: "from", columns: columns,
            rows: rows)
    }

    private func cell(
        _ chart: Chart, _ line: Line, _ series: RunReportData.Series, at time: Double
    ) -> String {
        let window = Int(min(time / series.windowS, 1e6))
        guard series.arrivals.indices.contains(window), time <= Self.end(series),
            let value = line.value(series, window)
        else { return "–" }
        return chart.isShare ? Drawn.share(value) : Quantity.significant(value)
    }

    /// The section of one run.
    static func of(_ run: ReportedRun) -> ReportPage.Section? {
        guard let series = run.data.series else { return nil }
        let words = [
            "steady": "The load is steady.", "growing": "The load grows.",
            "rising": "The load rises.", "falling": "The load falls.",
            "unclear": "Whether the load is steady is not known: it varies too much.",
        ]
        let steady = run.steadiness.flatMap { words[$0] } ?? ""
        let window = Drawn.round(milliseconds: series.windowS * 1000)
        let section = TimeSection(
            sources: [.init(name: "", style: nil, series: series)],
            tellsHits: run.hitsUnknown == nil)
        return ReportPage.Section(
            id: "time", title: "Over time",
            body: """
                <p>All replicas together, means over windows of \(window). \(steady)</p>
                \(section.html)
                """)
    }
}
