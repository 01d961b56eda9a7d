import Basics
import Experiments
import Simulator

/// Where the time goes: the parts of TTFT and TPOT, of all requests and of the slowest 1 %.
struct PartsSection: Sendable {
    typealias Part = LatencyParts.Part

    /// The meaning of a part, in a few words.
    static let meanings: [Part: String] = [
        .queue: "waits for admission", .othersSteps: "admitted, not in the step that runs",
        .host: "GPUs wait for the host, or the API server", .prefill: "computes its prompt",
        .decode: "computes a token of its output",
        .interference: "other requests’ prefill lengthens its steps",
        .recompute: "computes again what a preemption lost", .preempted: "preempted, waits",
    ]

    /// The class of the style sheet that sets a part's colour.
    static func style(_ part: Part) -> String { "p\(part.rawValue)" }

    /// A bar for some requests.
    struct Bar: Sendable {
        let name: String
        let milliseconds: [Part: Double]

        /// From keys such as "mean_ttft_queue_ms".
        init(_ name: String, _ latency: String, _ means: [String: Double]) {
            self.name = name
            milliseconds = Dictionary(
                Part.allCases.compactMap { part in
                    means["mean_\(latency)_\(part.column)_ms"].map { (part, max(0, $0)) }
                }, uniquingKeysWith: { first, _ in first })
        }

        var sum: Double { Part.allCases.reduce(0) { $0 + (milliseconds[$1] ?? 0) } }

        func drawn(full: Double) -> StackedBar {
            StackedBar(
                parts: Part.allCases.map { part in
                    let value = milliseconds[part] ?? 0
                    return .init(
                        name: part.name, value: value, text: Drawn.milliseconds(value),
                        style: PartsSection.style(part))
                }, full: full)
        }
    }

    /// Bars of a run, by latency: "ttft" and "tpot".
    static func bars(_ run: ReportedRun, _ latency: String, prefix: String = "") -> [Bar] {
        guard let parts = run.data.parts else { return [] }
        return [
            Bar(prefix + "all requests", latency, parts.mean),
            Bar(prefix + "slowest 1 %", latency, parts.slowest1Percent),
        ].filter { $0.sum > 0 }
    }

    /// The bars of both latencies with their explanation, and a table.
    static func body(_ bars: [(title: String, bars: [Bar])]) -> HTML {
        let groups = bars.filter { !$0.bars.isEmpty }.map { title, bars -> HTML in
            let full = bars.map(\.sum).max() ?? 1
            let rows = bars.map { bar -> HTML in
                """
                <div class="bl">\(bar.name)<b>\(Drawn.milliseconds(bar.sum))</b></div>\
                \(bar.drawn(full: full).html)
                """
            }
            return "<h3>\(title)</h3>\(rows)"
        }
        let all = bars.flatMap(\.bars)
        let used = Part.allCases.filter { part in all.contains { ($0.milliseconds[part] ?? 0) > 0 }
        }
        let key = used.map { part -> HTML in
            """
            <li><i class="\(style(part))"></i><b>\(part.name)</b> \(meanings[part] ?? "")</li>
            """
        }
        return """
            <div class="bars">\(groups)</div><ul class="key2">\(key)</ul>\
            \(table(bars, used).html)
            """
    }

    private static func table(_ bars: [(title: String, bars: [Bar])], _ used: [Part]) -> DataTable {
        let columns = bars.flatMap { group in group.bars.map { "\(group.title), \($0.name)" } }
        let all = bars.flatMap(\.bars)
        func cell(_ value: Double, _ sum: Double) -> String {
            value > 0 ? "\(Drawn.milliseconds(value)) (\(Drawn.share(value / sum)))" : "–"
        }
        let rows = used.map { part in
            DataTable.Row(
                name: part.name, cells: all.map { cell($0.milliseconds[part] ?? 0, $0.sum) })
        }
        let sums = DataTable.Row(name: "sum", cells: all.map { Drawn.milliseconds($0.sum) })
        return DataTable(
            id: "parts-t", title: "Parts as a table", corner: "part", columns: columns,
            rows: rows + [sums])
    }

    /// The section of one run, or how to get it.
    static func of(_ run: ReportedRun) -> ReportPage.Section {
        ReportPage.Section(
            id: "parts", title: "Where the time goes",
            body: run.data.parts == nil
                ? missing(run)
                : "<p>\(words(run))</p>"
                    + body([
                        ("Time to first token", bars(run, "ttft")),
                        ("Time per output token", bars(run, "tpot")),
                    ]))
    }

    private static func missing(_ run: ReportedRun) -> HTML {
        let file = run.path("config.resolved.json")
        return """
            <p>This run did not divide its latencies. Make it again with the breakdown; its \
            schedule and figures stay the same:</p>\
            \(Commands(lines: [(
                "where the time of each request goes",
                "headway run \(file) --set output.latency_breakdown=true --out DIR"
            )]).html)
            """
    }

    /// The largest part on average and among the slowest 1 %.
    private static func words(_ run: ReportedRun) -> HTML {
        let sentences: [HTML] = [("TTFT", "ttft"), ("TPOT", "tpot")].flatMap {
            name, key -> [HTML] in
            let bars = bars(run, key)
            guard bars.count == 2 else { return [] }
            let largest = bars.map { bar -> (Part, Double) in
                let part = Part.allCases.max {
                    (bar.milliseconds[$0] ?? 0) < (bar.milliseconds[$1] ?? 0)
                }
                return (part ?? .queue, (bar.milliseconds[part ?? .queue] ?? 0) / bar.sum)
            }
            let (mean, slow) = (largest[0], largest[1])
            let share = Drawn.share(mean.1)
            if mean.0 == slow.0 {
                return [
                    """
                    Most of \(name) is <b>\(mean.0.name)</b>: \(share) on average, \
                    \(Drawn.share(slow.1)) in the slowest 1 %.
                    """
                ]
            }
            return [
                """
                Most of \(name) is <b>\(mean.0.name)</b> on average (\(share)), and \
                <b>\(slow.0.name)</b> in the slowest 1 % (\(Drawn.share(slow.1))).
                """
            ]
        }
        let rest = sentences.map { " \($0)" as HTML }
        return "Each request’s latency, divided into parts that sum to it.\(rest)"
    }
}
