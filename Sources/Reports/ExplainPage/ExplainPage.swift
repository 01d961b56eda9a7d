import Basics
import Experiments
import Foundation
import Results

/// One self-contained page of a model's decode step, phase by phase: two scenarios side by side,
/// with sliders that read a table in the page. It loads nothing from elsewhere.
public struct ExplainPage {
    private let grid: ExplainGrid

    /// A page of a table.
    public init(_ grid: ExplainGrid) { self.grid = grid }

    /// The page's HTML.
    ///
    /// - Throws: what encoding the table throws.
    public func html() throws -> String {
        // "</" would end the script that holds the table.
        let data = try jsonText(grid, pretty: false).replacing("<", with: "\\u003c")
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none';\
            style-src 'unsafe-inline';script-src 'unsafe-inline';img-src data:">
            <link rel="icon" href="data:,"><title>Headway: one decode step</title>
            <style>\(Self.style)</style></head>
            <body><main>
            <header><p class="over">Headway · explain</p><h1>One decode step, phase by phase</h1>
            <p class="what">Where the FLOPs, the bytes and the time of one step go. Choose two
            scenarios; the last column shows what the change buys. Every cell equals what
            <code>headway explain</code> prints.</p></header>
            <noscript><p>The sliders need JavaScript. <code>headway explain</code> prints the same
            figures in a terminal.</p></noscript>
            <div class="pair"><fieldset id="a"><legend>A</legend></fieldset>
            <fieldset id="b"><legend>B</legend></fieldset></div>
            <p class="say" id="say" aria-live="polite"></p>
            <div class="scroll"><table><caption>Phases. FLOPs and bytes over all GPUs, time on
            each.</caption><thead id="head"></thead><tbody id="body"></tbody></table></div>
            <footer><p>Step times on \(Self.escaped(grid.gpu)): \(Self.escaped(grid.clock)).
            A bar is a phase's share of its step. Bound: what the phase waits for.</p></footer>
            </main><script type="application/json" id="d">\(data)</script>
            <script>\(Self.script)</script></body></html>

            """
    }

    /// Text that is no markup.
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
