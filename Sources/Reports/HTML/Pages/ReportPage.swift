import Basics

/// A report as one HTML file: what ran, links, sections.
package struct ReportPage: Sendable {
    /// A part of the page.
    struct Section: Sendable {
        /// The target of its link.
        let id: String
        /// Its heading, and the text of its link above all sections.
        let title: String
        var link: String?
        let body: HTML

        var html: HTML {
            """
            <section id="\(id)" aria-labelledby="\(id)-h"><h2 id="\(id)-h">\(title)</h2>
            \(body)</section>

            """
        }
    }

    /// The kind of report: "run report".
    let kind: String
    let title: String
    /// A mark beside the kind, such as a digest.
    let mark: String
    /// The text under the title.
    let lead: HTML
    /// The content between the lead and the links to the sections.
    let top: HTML
    let sections: [Section]
    let footer: HTML

    /// The file's text. O(its length).
    package var text: String {
        let links = sections.map { section -> HTML in
            "<a href=\"#\(section.id)\">\(section.link ?? section.title)</a>"
        }
        return PageDocument(
            title: "Headway: \(title)", generator: "headway report",
            style: PageStyle.text + PageStyle.charts + PageStyle.narrow,
            body: """
                <header><p class="over"><span>Headway · \(kind)</span><span>\(mark)</span></p>
                <h1>\(title)</h1>
                \(lead)
                <div id="top">\(top)</div>
                <nav aria-label="Sections">\(links)</nav></header>
                \(sections.map(\.html))
                <footer>\(footer)</footer>
                """,
            script: PageScript.text
        ).text
    }
}

/// A figure in large print.
struct Tile: Sendable {
    let name: String
    let value: String
    /// The text under the value.
    let note: String
    /// The share of a limit that is used; nil without a limit.
    var use: Double?
    /// The key of summary.json that the value shows.
    let key: String

    var html: HTML {
        // The unit is smaller than its number.
        let cut = value.lastIndex(of: " ")
        let number = cut.map { String(value[..<$0]) } ?? value
        let unit = cut.map { String(value[$0...]) } ?? ""
        let meter: HTML =
            use.map { use in
                """
                <div class="meter\(use > 1 ? " over" : "")"><i style="width:\
                \(Drawn.percent(min(1, max(0, use))))"></i></div>
                """
            } ?? .none
        return """
            <div class="tile" data-key="\(key)"><h3>\(name)</h3><p><b>\(number)</b>\(unit)</p>\
            <small>\(note)</small>\(meter)</div>

            """
    }

    /// Several tiles.
    static func grid(_ tiles: [Tile]) -> HTML {
        "<div class=\"tiles\">\(tiles.map(\.html))</div>"
    }
}

/// Commands to paste, each with a line that says what it is for.
struct Commands: Sendable {
    var lines: [(purpose: String, command: String)] = []

    var html: HTML {
        let rows = lines.map { line -> HTML in
            "<i># \(line.purpose)</i>\n\(line.command)\n"
        }
        return "<pre tabindex=\"0\">\(rows)</pre>"
    }
}
