import Basics
import Experiments
import Scenario
import Simulator

/// An upgrade study as text for a terminal, as Markdown, and as JSON.
package struct UpgradeReport: Sendable {
    private let study: UpgradeStudy

    /// The report of a study.
    package init(_ study: UpgradeStudy) { self.study = study }

    /// The page for a terminal.
    package var text: String { page(markdown: false).withoutWorkflowCommands }

    /// The same as Markdown.
    package var markdown: String { page(markdown: true).withoutWorkflowCommands }

    private func page(markdown: Bool) -> String {
        func title(_ words: String) -> String { markdown ? "### \(words)" : words }
        let comparison = ComparisonReport(study.ranking)
        var parts = [comparison.verdict(markdown: markdown), title(headline)]
        parts += comparison.figures(markdown: markdown)
        if !study.findings.isEmpty {
            parts.append(title("What the releases do differently"))
            parts.append(study.findings.map(describe).joined(separator: "\n"))
        }
        parts.append(title("Where the schedules part"))
        parts.append(contentsOf: parting(markdown))
        if !study.isIdentical, !study.costs.isEmpty {
            parts.append(title("Which requests it affects"))
            parts.append(markdown ? costs.markdown : costs.text)
            if let worst { parts.append(worst) }
        }
        if !study.isIdentical {
            parts.append(title("How to get the old behaviour back"))
            parts.append(remedy)
        }
        parts.append(study.notes.map { "Note: \($0)" }.joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }

    private var headline: String {
        let (old, new) = (study.versions.before, study.versions.after)
        let defaults =
            study.pinsDefaults
            ? "both with the defaults of \(min(old, new))"
            : "each with its own defaults where the configuration is silent"
        return "vLLM \(old) and \(new) on the same requests, \(defaults)"
    }

    /// For example "S4, which blocks …: every full block → by default …; no effect here".
    private func describe(_ finding: UpgradeFinding) -> String {
        let cause = finding.cause
        let name = cause.number.map { "\($0), \(cause.words)" } ?? "default of \(cause.words)"
        return "- \(name): \(cause.before) → \(cause.after). \(effect(finding))."
    }

    private func effect(_ finding: UpgradeFinding) -> String {
        if let failure = finding.failure {
            return "Could not be tried by itself: \(failure)"
        }
        guard finding.hasEffect else { return "No effect on this trace" }
        let parts =
            finding.partsAtS.map { "first difference after \(Quantity.duration(seconds: $0))" }
            ?? "no difference in any step"
        return "Without it: \(parts), "
            + Quantity.counted(finding.requestsLeft, "request") + " with other times"
    }

    private func parting(_ markdown: Bool) -> [String] {
        guard let parting = study.difference.parting else {
            let steps = Quantity.count(study.difference.stepsBefore)
            return ["The schedules are the same in all \(steps) steps."]
        }
        let states = study.difference.states(parting)
        return [
            study.difference.headline(parting) + " " + why,
            markdown ? states.markdown : states.text,
        ]
    }

    /// The rule by which the schedules differ first.
    private var why: String {
        let first = study.findings.filter(\.partsFirst).map(\.cause)
        if !first.isEmpty {
            let names = first.map { cause in
                cause.number.map { "\($0) (\(cause.words))" } ?? "the default of \(cause.words)"
            }
            return first.count == 1
                ? "\(names[0].prefix(1).uppercased())\(names[0].dropFirst()) parts them: with the "
                    + "old behaviour in that alone this step is the same."
                : "Each of these alone would keep this step the same: "
                    + names.joined(separator: "; ") + "."
        }
        guard !study.joint.isEmpty else {
            return "No single rule parts them, nor do all of them together."
        }
        return "Several act together: "
            + study.joint.map(\.name).joined(separator: ", ")
            + ". With the old behaviour in all of these this step is the same."
    }

    private var costs: TextTable {
        let latencies = ["TTFT", "E2E"].flatMap { ["\($0) before", "after", "change"] }
        var table = TextTable(
            ["", "requests", "tokens hit before", "after"] + latencies,
            together: [2..<4, 4..<7, 7..<10])
        for (place, cost) in study.costs.enumerated() {
            if place == 0 || study.costs[place - 1].kind != cost.kind {
                table.add(heading: Self.heading(cost.kind))
            }
            table.add(
                [
                    "  " + cost.group, Quantity.count(cost.requests),
                    Quantity.decimal(cost.hitTokensBefore, 0),
                    Quantity.decimal(cost.hitTokensAfter, 0),
                ] + Self.cells(cost.ttftMsBefore, cost.ttftMsAfter)
                    + Self.cells(cost.e2elMsBefore, cost.e2elMsAfter))
        }
        return table
    }

    private static func heading(_ kind: UpgradeCost.Kind) -> String {
        switch kind {
        case .prompt: "prompt tokens"
        case .priority: "priority"
        case .hits: "prefix hit"
        case .preemptions: "preemptions"
        }
    }

    private static func cells(_ before: Double, _ after: Double) -> [String] {
        [
            Quantity.duration(seconds: before / 1000), Quantity.duration(seconds: after / 1000),
            before > 0 ? Comparison.percent(after / before - 1) : "",
        ]
    }

    /// Which group pays most, among those with at least a twentieth of the requests.
    private var worst: String? {
        let all = study.costs.filter { $0.kind == .prompt }.reduce(0) { $0 + $1.requests }
        let worst = study.costs.filter { 20 * $0.requests >= all }
            .max { $0.relative < $1.relative }
        guard let worst, worst.relative > 0 else { return nil }
        let toFirst =
            worst.ttftMsBefore > 0
            ? "TTFT \(Comparison.percent(worst.ttftMsAfter / worst.ttftMsBefore - 1)), " : ""
        return "Requests with \(worst.name) lose most: \(toFirst)E2E "
            + "\(Comparison.percent(worst.relative)), means over "
            + Quantity.counted(worst.requests, "request") + "."
    }

    private var remedy: String {
        let effective = study.findings.filter(\.hasEffect).map(\.cause)
        let stuck = effective.filter { $0.setting == nil }.map(\.name)
        let none =
            stuck.isEmpty
            ? ""
            : "No option of vLLM \(study.versions.after) turns back "
                + stuck.joined(separator: ", ") + "."
        guard let remedy = study.remedy else {
            return none.isEmpty ? "No rule or default alone makes the difference." : none
        }
        let unsaid = remedy.settings.filter { !ServerFlag.says($0) }
        let settings =
            remedy.settings.map { "    --set \($0)" }.joined(separator: "\n")
            + (unsaid.isEmpty
                ? ""
                : "\n\nFor a run here only: no flag of vLLM's server that Headway knows sets "
                    + unsaid.joined(separator: ", ") + ".")
        let then =
            "With \(remedy.settings.count == 1 ? "it" : "these") vLLM "
            + "\(study.versions.after) "
        let left = Quantity.counted(remedy.requestsLeft, "request")
        let old = study.versions.before
        let times = "; other times for \(left)."
        var result = then + "decides every step as \(old) does" + times
        if remedy.isComplete {
            result = then + "schedules these requests as \(old) does, step for step."
        } else if let time = remedy.partsAtS {
            let clock = Quantity.duration(seconds: time)
            result = then + "still parts from \(old) after \(clock)" + times
        }
        return ([settings, result] + (none.isEmpty ? [] : [none])).joined(separator: "\n\n")
    }
}

extension UpgradeReport: Encodable {
    private enum Key: String, CodingKey {
        case versions, pinsDefaults, isIdentical, comparison, stepsBefore, stepsAfter, parting
        case causes, joint, costs, remedy, notes
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(
            [study.versions.before.description, study.versions.after.description],
            forKey: .versions)
        try container.encode(study.pinsDefaults, forKey: .pinsDefaults)
        try container.encode(study.isIdentical, forKey: .isIdentical)
        try container.encode(ComparisonReport(study.ranking), forKey: .comparison)
        try container.encode(study.difference.stepsBefore, forKey: .stepsBefore)
        try container.encode(study.difference.stepsAfter, forKey: .stepsAfter)
        try container.encodeIfPresent(study.difference.parting, forKey: .parting)
        try container.encode(study.findings, forKey: .causes)
        try container.encode(study.joint.map(\.name), forKey: .joint)
        try container.encode(study.costs, forKey: .costs)
        try container.encodeIfPresent(study.remedy, forKey: .remedy)
        try container.encode(study.notes, forKey: .notes)
    }
}
