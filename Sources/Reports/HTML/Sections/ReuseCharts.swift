import Basics
import Traces

/// What a KV cache would hit on a trace, by its size and by its block size.
enum ReuseCharts {
    /// The hits of LRU and the most that any replacement policy could hit, by cache size.
    static func hits(_ study: PageStudy, _ row: PageStudy.Row) -> HTML {
        guard let first = row.curve.first, let last = row.curve.last else {
            return "<p>The trace has no prompt.</p>"
        }
        let x = Axis.logarithmic(
            from: Double(first.capacityTokens), to: Double(last.capacityTokens),
            label: Drawn.short)
        let most = max(row.infinite, row.curve.map(\.optimal).max() ?? 0)
        let y = Axis.fromZero(to: most) { Drawn.number($0 * 100) + " %" }
        func curve(_ value: (PageStudy.Point) -> Double) -> Curve {
            Curve(row.curve.map { (Double($0.capacityTokens), value($0)) })
        }
        let plot = Plot(
            x: x, y: y,
            lines: [
                .init(curve: curve(\.optimal), style: "c-b"),
                .init(curve: curve(\.lru), style: "c-a"),
            ],
            limits: [
                .init(
                    value: Double(study.setting.capacityTokens),
                    label: "an H100 serving Llama-3.1-8B", style: "c-e2e")
            ].filter { x.contains($0.value) },
            label: "Share of prompt tokens that a prefix cache hits, by its size",
            table: "hits-t", columns: [1, 2], style: "ecdf")
        let legend = Legend(
            entries: [
                .init(name: "LRU", style: "c-a", column: 1),
                .init(name: "the most possible", style: "c-b", column: 2),
            ], table: "hits-t")
        let table = DataTable(
            id: "hits-t", title: "Hits as a table", corner: "cache",
            columns: ["LRU", "the most possible", "blocks"],
            rows: row.curve.map { point in
                DataTable.Row(
                    place: x.place(Double(point.capacityTokens)),
                    name: Quantity.count(point.capacityTokens) + " tokens",
                    cells: [
                        Drawn.share(point.lru), Drawn.share(point.optimal),
                        Quantity.count(point.pages),
                    ])
            })
        return """
            <p>Share of prompt tokens that the prefix cache of one replica hits, by its size in \
            tokens, one request at a time, with blocks of \(row.pageTokens) tokens. The upper line \
            is what no replacement can exceed, because it knows the future. An endless cache hits \
            \(Drawn.share(row.infinite)).</p>\(legend.html)\(plot.html)\(table.html)
            """
    }

    /// The loss of each block size at the capacity.
    static func sizes(_ study: PageStudy) -> HTML {
        let best = study.best?.pageTokens
        let rows = study.rows.filter(\.runs).map { row -> HTML in
            let mark = row.pageTokens == best ? " ← loses least" : ""
            return """
                <tr><th scope="row">\(row.pageTokens) tokens\(mark)</th>\
                <td>\(Drawn.share(row.atCapacity.lru))</td>\
                <td>\(Drawn.share(row.atCapacity.optimal))</td>\
                <td>\(Drawn.share(row.infinite))</td>\
                <td>\(Drawn.share(row.lostHits))</td><td>\(Drawn.share(row.fragmentation))</td></tr>

                """
        }
        return """
            <p>A cache of \(Quantity.count(study.setting.capacityTokens)) tokens. Finer blocks hit \
            more and leave less room empty; attention kernels run multiples of 16. Lost hits are \
            those that blocks of one token would have.</p>\
            <div class="scroll"><table><thead><tr><th>block</th><th>LRU hits</th>\
            <th>most possible</th><th>endless cache</th><th>hits lost</th><th>room empty</th></tr>\
            </thead><tbody>
            \(rows)</tbody></table></div>

            """
    }
}
