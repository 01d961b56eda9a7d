/// A line chart over two axes: an SVG that stretches with the page, with texts beside it that do
/// not.
struct Plot: Sendable {
    /// A line, or the area under it, with a class of the style sheet.
    struct Line: Sendable {
        let curve: Curve
        let style: String
        var isFilled = false
        /// Dots at the points instead of a line.
        var isDotted = false
    }

    /// A value of the x axis that must not be exceeded.
    struct Limit: Sendable {
        let value: Double
        let label: String
        let style: String
    }

    let x: Axis
    let y: Axis
    var lines: [Line]
    var limits: [Limit] = []
    /// Its description for a screen reader.
    let label: String
    /// The table whose rows run along x, and the columns drawn here.
    let table: String
    var columns: [Int] = []
    /// Classes of the style sheet, which set the height.
    var style = ""

    private static let width = 1000.0
    private static let height = 300.0

    var html: HTML {
        """
        <div class="plot lim\(limits.count) \(style)" tabindex="0" role="img" \
        aria-label="\(label)" data-table="\(table)" \
        data-cols="\(columns.map(String.init).joined(separator: ","))">
        \(yLabels)\
        <div class="area"><svg viewBox="0 0 1000 300" preserveAspectRatio="none" \
        aria-hidden="true">\(grid)\(drawn)</svg>\(limits.map(line))<i class="xh"></i></div>
        \(x.labels)</div>

        """
    }

    private var grid: HTML {
        var strong = Path()
        var faint = Path()
        for tick in x.ticks {
            strong.move(x.place(tick.value) * Self.width, 0)
            strong.line(x.place(tick.value) * Self.width, Self.height)
        }
        for value in x.minor {
            faint.move(x.place(value) * Self.width, 0)
            faint.line(x.place(value) * Self.width, Self.height)
        }
        for tick in y.ticks {
            strong.move(0, (1 - y.place(tick.value)) * Self.height)
            strong.line(Self.width, (1 - y.place(tick.value)) * Self.height)
        }
        return "<path class=\"g2\" d=\"\(faint.data)\"/><path class=\"g\" d=\"\(strong.data)\"/>"
    }

    private var drawn: [HTML] {
        lines.map { line in
            let (width, height) = (Self.width, Self.height)
            let path =
                line.isDotted
                ? line.curve.dots(x, y, width: width, height: height)
                : line.isFilled
                    ? line.curve.area(x, y, width: width, height: height)
                    : line.curve.line(x, y, width: width, height: height)
            let kind = line.isDotted ? "pts" : line.isFilled ? "fl" : "ln"
            return "<path class=\"\(kind) \(line.style)\" d=\"\(path.data)\"/>"
        }
    }

    /// A limit as a dashed line up to its label, which has its own row above the chart, on the side
    /// with more space.
    private func line(_ limit: Limit) -> HTML {
        let place = x.place(limit.value)
        let order = limits.firstIndex { $0.label == limit.label } ?? 0
        let side = place > 0.7 ? "left" : "right"
        return """
            <b class="lim \(limit.style) \(side) row\(order)" \
            style="left:\(Drawn.percent(place))"><span>\(limit.label)</span></b>
            """
    }

    private var yLabels: HTML {
        let labels = y.ticks.map { tick -> HTML in
            "<span style=\"top:\(Drawn.percent(1 - y.place(tick.value)))\">\(tick.label)</span>"
        }
        return "<div class=\"yt\" aria-hidden=\"true\">\(labels)</div>"
    }
}

extension Axis {
    /// The labels under a chart; those at its ends are moved inside.
    var labels: HTML {
        let labels = ticks.map { tick -> HTML in
            let place = place(tick.value)
            let edge = place > 0.97 ? "end" : place < 0.02 ? "start" : ""
            return """
                <span class="\(edge)" style="left:\(Drawn.percent(place))">\(tick.label)</span>
                """
        }
        return "<div class=\"xt\" aria-hidden=\"true\">\(labels)</div>"
    }
}

/// The legend of a chart: a swatch and a name for each line, with space for the value under the
/// pointer.
struct Legend: Sendable {
    struct Entry: Sendable {
        let name: String
        let style: String
        /// The column of the chart's table; nil if there is none.
        var column: Int?
    }

    let entries: [Entry]
    /// The table of the values.
    let table: String

    var html: HTML {
        let items = entries.map { entry -> HTML in
            let value =
                entry.column.map {
                    "<output data-for=\"\(table)\" data-col=\"\($0)\"></output>" as HTML
                } ?? .none
            return """
                <li><svg viewBox="0 0 22 8" aria-hidden="true"><path class="ln \(entry.style)" \
                d="M1 4H21"/></svg>\(entry.name)\(value)</li>
                """
        }
        return """
            <ul class="legend">\(items)<li class="at"><output data-for="\(table)" data-col="0">\
            </output></li></ul>

            """
    }
}
