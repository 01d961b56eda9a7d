import Foundation
import Reports

extension GateResult {
    /// The answer as a page for a terminal.
    public var text: String {
        var table = TextTable(
            ["case", "metric", "baseline", "now", "worse by", "95 % interval", "margin", ""],
            alignments: [.left, .left])
        for finding in findings {
            table.add([
                finding.caseName, finding.metric, finding.number(finding.baseline),
                finding.number(finding.now), finding.amount(finding.worsening),
                finding.low.map { _ in
                    "\(finding.amount(finding.low)) to \(finding.amount(finding.high))"
                } ?? "",
                finding.margin == nil ? "exact" : finding.amount(finding.margin),
                finding.status == .pass ? "pass" : finding.status.rawValue.uppercased(),
            ])
        }
        let notes = findings.filter { $0.status != .pass }.map {
            "\($0.caseName) \($0.metric): \($0.note)"
        }
        let costs = costs.map { "\n" + $0.text + "\n" }
        return ([table.text + "\n"] + notes + costs + [verdict]).joined(separator: "\n")
    }

    /// One sentence.
    public var verdict: String {
        let count = findings.count { $0.status == status }
        let over = "\(findings.count) checks over \(seeds) \(seeds == 1 ? "seed" : "seeds")"
        return switch status {
        case .pass: "\(suite): pass, \(over)."
        case .regression: "\(suite): \(count) regressed, of \(over)."
        case .inconclusive: "\(suite): \(count) inconclusive, of \(over)."
        }
    }

    /// JUnit XML: a test case per check; regressions and inconclusive checks are failures.
    public var junit: String {
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
                    + Self.escaped(finding.sentence) + "\"/>")
            lines.append("  </testcase>")
        }
        lines.append("</testsuite>")
        return lines.joined(separator: "\n") + "\n"
    }

    /// GitHub workflow commands: an error per regression, a warning per inconclusive check, a
    /// notice when all is well.
    public var githubAnnotations: String {
        let lines = findings.filter { $0.status != .pass }.map { finding in
            let level = finding.status == .regression ? "error" : "warning"
            let title = Self.escapedProperty("\(suite): \(finding.caseName) \(finding.metric)")
            return "::\(level) title=\(title)::\(Self.escapedData(finding.sentence))"
        }
        return lines.isEmpty
            ? "::notice title=\(Self.escapedProperty(suite))::\(Self.escapedData(verdict))"
            : lines.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    /// Workflow commands end at a line break and take percent escapes.
    private static func escapedData(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func escapedProperty(_ text: String) -> String {
        escapedData(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

extension GateFinding {
    /// The finding in one sentence.
    var sentence: String {
        guard let worsening, let low, let high, let margin else { return note }
        return "\(metric) of \(caseName) is \(amount(worsening)) worse "
            + "(95 % interval \(amount(low)) to \(amount(high)), margin \(amount(margin))): \(note)"
    }

    fileprivate func number(_ value: Double?) -> String {
        value.map(Quantity.significant) ?? ""
    }

    /// An amount of worsening: a percentage for relative margins.
    fileprivate func amount(_ value: Double?) -> String {
        guard let value else { return "" }
        if isRelative { return Comparison.percent(value) }
        return (value > 0 ? "+" : "") + Quantity.significant(value)
    }
}
