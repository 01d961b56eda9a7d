import Basics
import Experiments

/// The changes between two runs: configuration, figures with intervals, and requests.
enum MovementSection {
    /// The keys that differ.
    static func keys(_ changes: [ConfigurationChange]) -> HTML {
        guard !changes.isEmpty else {
            return "<p>The configurations are the same but for what is written to disk.</p>"
        }
        let rows = changes.map { change -> HTML in
            """
            <tr><th scope="row"><code>\(change.key)</code></th>\
            <td class="l">\(change.before.echoed())</td><td class="l">\(change.after.echoed())</td>\
            </tr>
            """
        }
        return """
            <div class="scroll"><table><thead><tr><th>key</th><th class="l">A</th>\
            <th class="l">B</th></tr></thead><tbody>\(rows)</tbody></table></div>

            """
    }

    /// Every figure before and after, with the interval of its change.
    static func figures(_ comparison: Comparison, _ runs: [ReportedRun]) -> HTML {
        let rows = comparison.rows.map { row -> HTML in
            let words = row.isBetter.map { $0 ? "better" : "worse" }
            let change = row.relative.map(Comparison.percent) ?? "–"
            let interval =
                row.interval.map {
                    "\(Comparison.percent($0.lowerBound)) to \(Comparison.percent($0.upperBound))"
                } ?? "–"
            let style = words.map { " class=\"\($0)\"" as HTML } ?? .none
            let reason = row.change == nil ? "whole run" : "not sure"
            return """
                <tr><th scope="row">\(Comparison.words(row.metric))</th>\
                <td>\(Figures.text(row.before, row.metric))</td>\
                <td>\(Figures.text(row.after, row.metric))</td><td\(style)>\(change)</td>\
                <td\(style)>\(words ?? reason)</td><td>\(interval)</td></tr>

                """
        }
        return """
            <p>\(Quantity.count(comparison.measuredRequests)) requests, paired. Intervals hold \
            95 %, from a block bootstrap over time; “better” and “worse” hold at 5 % over all rows \
            together (Holm).</p><div class="scroll"><table><thead><tr><th></th><th>A</th>\
            <th>B</th><th>change</th><th>verdict</th><th>95 % interval</th></tr></thead><tbody>
            \(objective(runs))\(rows)</tbody></table></div>

            """
    }

    /// Whether each run holds the SLO.
    private static func objective(_ runs: [ReportedRun]) -> HTML {
        let cells = runs.map { "<td>\($0.objectiveWords)</td>" as HTML }
        return "<tr><th scope=\"row\">SLO</th>\(cells)<td></td><td></td><td></td></tr>\n"
    }
}
