/// A whole divided into parts, as one bar.
struct StackedBar: Sendable {
    struct Part: Sendable {
        let name: String
        let value: Double
        /// The value with its unit.
        let text: String
        /// The class of the style sheet that sets the colour.
        let style: String
    }

    let parts: [Part]
    /// The value that fills the page's width.
    let full: Double

    private var sum: Double { parts.reduce(0) { $0 + $1.value } }

    /// The bar, with the names of the parts that are wide enough.
    var html: HTML {
        let boxes = shown.map { part, width -> HTML in
            let share = sum > 0 ? part.value / sum : 0
            let words = "\(part.name): \(part.text), \(Drawn.share(share))"
            let inside: HTML =
                width > 0.15
                ? "<span>\(part.name)<br><b>\(part.text)</b> \(Drawn.share(share))</span>" : .none
            return """
                <div class="\(part.style)" style="width:\(Drawn.percent(width))" \
                title="\(words)">\(inside)</div>
                """
        }
        return "<div class=\"bar\" role=\"img\" aria-label=\"\(words)\">\(boxes)</div>"
    }

    /// The bar as a thin line, for a row of a table.
    var thin: HTML {
        let boxes = shown.map { part, width -> HTML in
            let words = "\(part.name): \(part.text)"
            return """
                <i class="\(part.style)" style="width:\(Drawn.percent(width))" title="\(words)"></i>
                """
        }
        return "<div class=\"mini\" role=\"img\" aria-label=\"\(words)\">\(boxes)</div>"
    }

    private var shown: [(Part, Double)] {
        parts.filter { $0.value > 0 && full > 0 }.map { ($0, $0.value / full) }
    }

    private var words: String {
        parts.filter { $0.value > 0 }.map { "\($0.name) \($0.text)" }.joined(separator: ", ")
    }
}
