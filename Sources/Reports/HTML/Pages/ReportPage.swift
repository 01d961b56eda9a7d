import Basics

/// A report as one HTML file: what ran, links, sections.
package struct ReportPage: Sendable {
    /// A part of the page.
    struct Section: Sendable {
        /// The target of its link.
        let id: String
        /// Its heading, and its link above all sections.
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

    /// What kind of report it is: "run report".
    let kind: String
    let title: String
    /// Beside the kind: a digest, say.
    let mark: String
    /// Under the title.
    let lead: HTML
    /// Between the lead and the links to the sections.
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

/// A figure in large letters.
struct Tile: Sendable {
    let name: String
    let value: String
    /// Beneath the value.
    let note: String
    /// The share of a limit that is used; nil: there is none.
    var use: Double?
    /// The key of summary.json that the value shows.
    let key: String

    var html: HTML {
        // A unit is smaller than its number.
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

    /// Several of them.
    static func grid(_ tiles: [Tile]) -> HTML {
        "<div class=\"tiles\">\(tiles.map(\.html))</div>"
    }
}

/// Commands that can be pasted, each with a line that says what for.
struct Commands: Sendable {
    var lines: [(purpose: String, command: String)] = []

    var html: HTML {
        let rows = lines.map { line -> HTML in
            "<i># \(line.purpose)</i>\n\(line.command)\n"
        }
        return "<pre tabindex=\"0\">\(rows)</pre>"
    }
}
