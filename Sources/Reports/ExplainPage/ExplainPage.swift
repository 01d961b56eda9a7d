import Basics
import Experiments
import Results

/// One self-contained page of a model's step, phase by phase: two scenarios side by side, with
/// sliders that read a table in the page. It loads nothing from elsewhere.
package struct ExplainPage {
    private let grid: ExplainGrid

    /// A page of a grid.
    package init(_ grid: ExplainGrid) { self.grid = grid }

    /// The page's HTML.
    ///
    /// - Throws: what encoding the table throws.
    package func html() throws -> String {
        let step =
            grid.tokens == 1
            ? "One decode step" : "One step of \(Quantity.count(grid.tokens)) new tokens each"
        return PageDocument(
            title: "Headway: one step", generator: "headway explain",
            style: PageStyle.text + PageStyle.charts + PageStyle.narrow + Self.style,
            body: """
                <header><p class="over"><span>Headway · explain</span></p>
                <h1>\(step), phase by phase</h1>
                <p class="what">Where the FLOPs, the bytes and the time of one step go. Choose two
                scenarios; the last column shows what the change buys. Every cell equals what
                the scenario's command prints.</p></header>
                <noscript><p>The sliders need JavaScript. <code>headway explain</code> prints the
                same figures in a terminal.</p></noscript>
                <div class="pair"><fieldset id="a"><legend>A</legend></fieldset>
                <fieldset id="b"><legend>B</legend></fieldset></div>
                <p class="say" id="say" aria-live="polite"></p>
                <div class="scroll phases"><table><caption>Phases. FLOPs and bytes over all GPUs,
                time on each.</caption><thead id="head"></thead><tbody id="body"></tbody></table>
                </div>
                <footer><ul id="notes"></ul>
                <p>A bar is a phase's share of its step. Bound: what the phase waits for. Notes on
                the clock and on memory are those of the smallest batch.</p></footer>
                """,
            data: .json(try jsonText(grid, pretty: false)), script: Self.script
        ).text
    }
}
