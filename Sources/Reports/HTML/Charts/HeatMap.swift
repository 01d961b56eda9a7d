import Basics

/// Values over time for several rows, as cells in ten shades of one colour, which colour-blind
/// readers can tell apart as well.
struct HeatMap: Sendable {
    /// The names of the rows.
    let names: [String]
    /// By row, then by window.
    let values: [[Double]]
    let x: Axis
    /// Where windows begin on that axis, plus the end of the last one.
    let edges: [Double]
    /// The value of the darkest shade.
    let most: Double
    let unit: String
    let label: String
    let table: String

    private static let width = 1000.0
    private static let rowHeight = 20.0
    private static let shades = 10

    private var height: Double { Double(values.count) * Self.rowHeight }

    var html: HTML {
        let size = min(360, max(60, values.count * (values.count > 16 ? 11 : 22)))
        return """
            <div class="plot heat" tabindex="0" role="img" aria-label="\(label)" \
            data-table="\(table)" data-rows="\(values.count)">
            \(rowLabels)<div class="area" style="height:\(size)px">\
            <svg viewBox="0 0 1000 \(Drawn.number(height))" preserveAspectRatio="none" \
            aria-hidden="true">\(cells)</svg><i class="xh"></i></div>\(x.labels)</div>
            \(key)
            """
    }

    private func shade(_ value: Double) -> Int {
        guard most > 0, value > 0 else { return 0 }
        return min(Self.shades - 1, Int(value / most * Double(Self.shades - 1) + 0.5))
    }

    /// One path per shade.
    private var cells: [HTML] {
        var paths = [Path](repeating: Path(), count: Self.shades)
        for (row, values) in values.enumerated() {
            var start = 0
            while start < values.count {
                let shade = shade(values[start])
                var end = start + 1
                while end < values.count, self.shade(values[end]) == shade { end += 1 }
                let left = x.place(edges[start]) * Self.width
                let right = x.place(edges[end]) * Self.width
                paths[shade].box(
                    left, Double(row) * Self.rowHeight + 0.75, right - left, Self.rowHeight - 1.5)
                start = end
            }
        }
        return paths.enumerated().filter { !$0.element.data.isEmpty }.map { shade, path in
            "<path class=\"h h\(shade)\" d=\"\(path.data)\"/>"
        }
    }

    private var rowLabels: HTML {
        let step = max(1, (names.count + 15) / 16)
        let labels = names.enumerated().filter { $0.offset % step == 0 }.map { row, name -> HTML in
            let place = (Double(row) + 0.5) / Double(max(1, names.count))
            return "<span style=\"top:\(Drawn.percent(place))\">\(name)</span>"
        }
        return "<div class=\"yt\" aria-hidden=\"true\">\(labels)</div>"
    }

    private var key: HTML {
        let boxes = (0..<Self.shades).map { shade -> HTML in
            "<path class=\"h h\(shade)\" d=\"M\(shade * 18) 0h17v12h-17z\"/>"
        }
        return """
            <p class="key"><span>0</span><svg viewBox="0 0 180 12" aria-hidden="true">\(boxes)\
            </svg><span>\(unit)</span><output data-heat="\(table)"></output></p>

            """
    }
}
