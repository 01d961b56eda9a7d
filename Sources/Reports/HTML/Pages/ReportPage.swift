import Basics

/// A report as one HTML file that needs nothing else: styles, script, drawings and data are in it,
/// and its content security policy lets nothing out.
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
        let page: HTML = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="headway report">
            <link rel="icon" href="data:,">
            <title>Headway: \(title)</title>
            <style>
            \(PageStyle.text)\(PageStyle.charts)\(PageStyle.narrow)
            </style></head><body><main>
            <header><p class="over"><span>Headway · \(kind)</span><span>\(mark)</span></p>
            <h1>\(title)</h1>
            \(lead)
            <div id="top">\(top)</div>
            <nav aria-label="Sections">\(links)</nav></header>
            \(sections.map(\.html))
            <footer>\(footer)</footer>
            </main>
            <script>
            \(PageScript.text)
            </script></body></html>

            """
        return page.text
    }

    /// Nothing is fetched; styles and the script of the page itself run.
    private static let policy: HTML = """
        default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
        img-src data:; base-uri 'none'; form-action 'none'
        """
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
