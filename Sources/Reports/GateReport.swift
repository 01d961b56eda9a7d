import Basics
import Experiments
import Foundation

extension GateResult {
    /// The answer as a page for a terminal. No line of it is a workflow command.
    public var text: String {
        let notes =
            findings.filter { $0.status != .pass }.map {
                "\($0.caseName.echoed()) \($0.metric): \($0.note)"
            } + self.notes.map { "Note: " + $0 }
            + ClockLine.lines(clocks.map { ($0.caseName, $0.clock) })
        let means =
            findings.contains { $0.worsening != nil }
            ? ["", figures.text, "", meaning, ""] : [""]
        let costs = costs.map { "\n" + $0.text + "\n" }
        return ([verdict, "", changes.text] + means + notes + costs).joined(separator: "\n")
            .trimmingCharacters(in: .newlines)
            .withoutWorkflowCommands
    }

    /// What the figures of both tables mean.
    private var meaning: String {
        let relative = """
            Relative limits: geometric means over seeds ± geometric standard deviation, change is \
            now / baseline - 1. Absolute limits: means ± standard deviation, change is \
            now - baseline
            """
        let hasPoints = findings.contains { !$0.isRelative && Figures.isShare($0.metric) }
        return relative + (hasPoints ? "; pp are percentage points, 50 % to 52 % is +2 pp." : ".")
    }

    /// The changes, and how large they may be.
    private var changes: TextTable {
        var table = TextTable(
            ["case", "metric", "change", "95 % interval", "limit", ""], alignments: [.left, .left])
        for finding in findings {
            table.add([
                finding.caseName, finding.metric, finding.change(finding.worsening),
                finding.interval, finding.margin == nil ? "exact" : finding.change(finding.margin),
                finding.status == .pass ? "pass" : finding.status.rawValue.uppercased(),
            ])
        }
        return table
    }

    /// Both sides, with their deviation over seeds.
    private var figures: TextTable {
        var table = TextTable(["case", "metric", "baseline", "now"], alignments: [.left, .left])
        for finding in findings where finding.worsening != nil {
            table.add([
                finding.caseName, finding.metric,
                finding.figure(finding.baseline) + finding.spread(finding.baselineDeviation),
                finding.figure(finding.now) + finding.spread(finding.nowDeviation),
            ])
        }
        return table
    }

    /// One sentence.
    package var verdict: String {
        let count = findings.count { $0.status == status }
        let name = suite.echoed()
        let checks = Quantity.counted(findings.count, "check")
        let over = "\(checks) over " + Quantity.counted(seeds, "seed")
        return switch status {
        case .pass: "\(name): pass, \(over)."
        case .regression: "\(name): \(count) regressed, of \(over)."
        case .inconclusive: "\(name): \(count) inconclusive, of \(over)."
        }
    }

    /// JUnit XML with one test case per check. Regressions and inconclusive checks are failures.
    /// Well-formed for any names.
    package var junit: String {
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        let failures = findings.count { $0.status != .pass }
        lines.append(
            "<testsuite name=\"\(Self.escaped(suite))\" tests=\"\(findings.count)\" "
                + "failures=\"\(failures)\">")
        for finding in findings {
            let head =
                "  <testcase classname=\"\(Self.escaped(suite)).\(Self.escaped(finding.caseName))"
                + "\" name=\"\(Self.escaped(finding.metric))\""
            guard finding.status != .pass else {
                lines.append(head + "/>")
                continue
            }
            lines.append(head + ">")
            lines.append(
                "    <failure type=\"\(finding.status.rawValue)\" message=\""
                    + Self.escaped(finding.sentence, atMost: 2000) + "\"/>")
            lines.append("  </testcase>")
        }
        lines.append("</testsuite>")
        return lines.joined(separator: "\n") + "\n"
    }

    /// GitHub workflow commands: an error per regression, a warning per inconclusive check, a
    /// notice if all is well.
    package var githubAnnotations: String {
        let lines = findings.filter { $0.status != .pass }.map { finding in
            let level = finding.status == .regression ? "error" : "warning"
            let title = "\(suite.echoed()): \(finding.caseName.echoed()) \(finding.metric)"
            return "::\(level) title=\(Self.escapedProperty(title))::"
                + Self.escapedData(finding.sentence)
        }
        return lines.isEmpty
            ? "::notice title=\(Self.escapedProperty(suite.echoed()))::\(Self.escapedData(verdict))"
            : lines.joined(separator: "\n")
    }

    /// A text as an attribute's value. Control characters, which XML 1.0 cannot hold even as
    /// references, are written out, as are the two scalars that its `Char` excludes.
    private static func escaped(_ text: String, atMost limit: Int = 200) -> String {
        text.echoed(atMost: limit)
            .replacing("\u{fffe}", with: "\\u{fffe}").replacing("\u{ffff}", with: "\\u{ffff}")
            .replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    /// Workflow commands end at a line break and use percent escapes.
    private static func escapedData(_ text: String) -> String {
        text.withoutWorkflowCommands.replacing("%", with: "%25").replacing("\r", with: "%0D")
            .replacing("\n", with: "%0A")
    }

    private static func escapedProperty(_ text: String) -> String {
        escapedData(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

extension GateFinding {
    /// The finding in one sentence.
    var sentence: String {
        let name = "\(metric) of \(caseName.echoed())"
        guard worsening != nil else { return "\(name): \(note)" }
        return "\(name): \(figure(baseline)) → \(figure(now)), \(change(worsening)) "
            + "(95 % interval \(interval), limit \(change(margin))): \(note)"
    }

    /// A figure with its unit.
    fileprivate func figure(_ value: Double?) -> String {
        value.map { Figures.text($0, metric) } ?? ""
    }

    /// A deviation, to follow its mean.
    fileprivate func spread(_ deviation: Double?) -> String {
        guard let deviation else { return "" }
        return " ±"
            + (isRelative
                ? Comparison.percent(deviation).drop { $0 == "+" }
                : Figures.difference(deviation, metric).drop { $0 == "+" })
    }

    /// A worsening as a change of the figure: a percentage for relative margins.
    fileprivate func change(_ worsening: Double?) -> String {
        guard let worsening else { return "" }
        let change = sign * worsening
        return isRelative ? Comparison.percent(change) : Figures.difference(change, metric)
    }

    /// The interval of the change, the lower end first.
    fileprivate var interval: String {
        guard let low, let high else { return "" }
        let ends = sign < 0 ? (high, low) : (low, high)
        let (from, to) = (change(ends.0), change(ends.1))
        // The unit of points once, so that the row stays narrow.
        return (to.hasSuffix(" pp") ? from.replacing(" pp", with: "") : from) + " to " + to
    }
}
