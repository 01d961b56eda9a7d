import Basics
import Experiments

/// How evenly replicas are loaded: heat maps of each one's requests, queue and time.
enum ReplicaSection {
    /// Most rows of a map; more replicas are drawn as means of neighbours.
    private static let mostRows = 32

    /// One quantity of every replica.
    private struct Map {
        let key: String
        let title: String
        let values: [[Double]]
        let isShare: Bool
    }

    static func of(_ run: ReportedRun, id: String = "replicas") -> ReportPage.Section? {
        guard let body = body(run, id: id) else { return nil }
        return ReportPage.Section(id: id, title: "Replicas", body: body)
    }

    /// The maps of a run; nil without a request.
    static func body(_ run: ReportedRun, id: String) -> HTML? {
        guard let map = run.data.heatMap, let series = run.data.series else { return nil }
        let count = map.busyShare.count
        let size = (count + mostRows - 1) / mostRows
        let router = run.configuration.cluster.router.rawValue
        let bands =
            size > 1
            ? " Each row is the mean of \(size) neighbouring replicas." : ""
        let spread = spread(map)
        let running = map.running.map {
            Map(key: "running", title: "Running requests", values: $0, isShare: false)
        }
        let maps = [
            running, Map(key: "queue", title: "Queue, requests", values: map.queue, isShare: false),
            Map(key: "busy", title: "GPUs busy", values: map.busyShare, isShare: true),
        ].compactMap(\.self).map { draw($0, map, series, bandSize: size, id: id) }
        let whom =
            count == 1
            ? "One replica."
            : "\(Quantity.count(count)) replicas behind \(router).\(bands) \(spread)"
        return "<p>\(whom)</p>\(maps)"
    }

    /// How unlike the replicas are over the whole run.
    private static func spread(_ map: RunReportData.HeatMap) -> String {
        func mean(_ row: [Double]) -> Double { row.reduce(0, +) / Double(max(1, row.count)) }
        let busy = map.busyShare.map(mean)
        guard let least = busy.min(), let most = busy.max(), map.busyShare.count > 1 else {
            return ""
        }
        return
            "The busiest works \(Drawn.share(most)) of the time, the idlest \(Drawn.share(least))."
    }

    private static func draw(
        _ map: Map, _ data: RunReportData.HeatMap, _ series: RunReportData.Series, bandSize: Int,
        id: String
    ) -> HTML {
        let columns = map.values[0].count
        let span = Double(series.arrivals.count - 1) * series.windowS + series.lastWindowS
        let edges = (0...columns).map { min(Double($0) * data.windowS, span) }
        let bands = stride(from: 0, to: map.values.count, by: bandSize).map { first in
            let rows = map.values[first..<min(first + bandSize, map.values.count)]
            return (0..<columns).map { column in
                rows.reduce(0) { $0 + $1[column] } / Double(rows.count)
            }
        }
        let names = stride(from: 0, to: map.values.count, by: bandSize).map { first in
            let last = min(first + bandSize, map.values.count) - 1
            return first == last ? "\(first)" : "\(first)–\(last)"
        }
        let most = bands.flatMap(\.self).max() ?? 0
        let x = Axis.time(max(span, 1e-9))
        let table = "\(id)-\(map.key)"
        func text(_ value: Double) -> String {
            map.isShare ? Drawn.share(value) : Quantity.significant(value)
        }
        let heat = HeatMap(
            names: names, values: bands, x: x, edges: edges, most: map.isShare ? 1 : most,
            unit: map.isShare ? "100 %" : most > 0 ? text(most) : "none",
            label: "\(map.title) of each replica over time", table: table)
        let rows = (0..<columns).map { column in
            DataTable.Row(
                place: x.place((edges[column] + edges[column + 1]) / 2),
                name: Drawn.clock(edges[column], step: data.windowS),
                cells: bands.map { text($0[column]) })
        }
        let values = DataTable(
            id: table, title: "\(map.title) as a table", corner: "from",
            columns: names.map { "replica \($0)" }, rows: rows)
        return "<h3>\(map.title)</h3>\(heat.html)\(values.html)"
    }
}
