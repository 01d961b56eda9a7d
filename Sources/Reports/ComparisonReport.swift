import Basics
import Experiments

/// Comparisons as text for a terminal, as Markdown for a pull request, and as JSON.
public struct ComparisonReport: Sendable {
    let ranking: Ranking

    /// The report on one or several candidates.
    public init(_ ranking: Ranking) { self.ranking = ranking }

    /// The page for a terminal.
    public var text: String { page(markdown: false).withoutWorkflowCommands }

    /// The same as Markdown.
    package var markdown: String { page(markdown: true).withoutWorkflowCommands }

    private func page(markdown: Bool) -> String {
        ([verdict(markdown: markdown)] + figures(markdown: markdown)).joined(separator: "\n\n")
    }

    /// The conclusion in one line; with several candidates, that of the best.
    func verdict(markdown: Bool) -> String {
        let sentence = ranking.entries.first?.verdict.sentence ?? ""
        return markdown ? "**\(Self.plain(sentence))**" : sentence
    }

    /// The figures behind the verdict.
    func figures(markdown: Bool) -> [String] {
        var parts: [String] = []
        if ranking.entries.count > 1 { parts.append(rankingTable(markdown)) }
        for (place, entry) in ranking.entries.enumerated() {
            let comparison = entry.comparison
            let title = "\(comparison.before.name.echoed()) → \(comparison.after.name.echoed())"
            parts.append(markdown ? "### \(Self.plain(title))" : title)
            if place > 0 {
                let sentence = entry.verdict.sentence
                parts.append(markdown ? "**\(Self.plain(sentence))**" : sentence)
            }
            if !comparison.changes.isEmpty { parts.append(changed(comparison, markdown)) }
            if comparison.changes.contains(where: { $0.key == "engine.block_size" }) {
                parts.append("Note: " + AttentionPages.withoutPrice)
            }
            if let note = Self.leftOut(comparison) { parts.append(note) }
            parts += Self.incomparable(comparison)
            parts += Self.chance(comparison).map { markdown ? Self.plain($0) : $0 }
            parts += Self.range(comparison).map { markdown ? Self.plain($0) : $0 }
            if entry.verdict.outcome != .identical {
                parts.append(metricTable(comparison, markdown))
                if let table = PartChanges(comparison).table {
                    parts.append(markdown ? table.markdown : table.text)
                }
                parts.append(contentsOf: movement(comparison, markdown))
            }
        }
        return parts + clocks.map { markdown ? Self.plain($0) : $0 }
    }

    /// The source of the runs' step times and their hosts, each once.
    private var clocks: [String] {
        let runs = [ranking.baseline] + ranking.entries.map(\.comparison.after)
        return ClockLine.lines(runs.map { ($0.name, $0.clock) })
    }

    /// The requests that the latencies cover, if some of a run's are left out.
    private static func leftOut(_ comparison: Comparison) -> String? {
        let all = comparison.pairedRequests
        guard comparison.measuredRequests < all else { return nil }
        let ends = [comparison.before, comparison.after].map { run in
            "the first \(Quantity.count(run.leftOut.start)) and the last "
                + Quantity.count(run.leftOut.end)
        }
        let words = ends[0] == ends[1] ? ends[0] : ends[0] + " of one, " + ends[1] + " of the other"
        return "Note: latencies are of the \(Quantity.count(comparison.measuredRequests)) of "
            + "\(Quantity.count(all)) requests between the runs' warm-up and cool-down (left out: "
            + words + ")"
    }

    /// The figures that are not shown side by side, and why.
    private static func incomparable(_ comparison: Comparison) -> [String] {
        let reasons = comparison.incomparable
        return Set(reasons.values).sorted().map { reason in
            let names = Figures.wholeRun.filter { reasons[$0] == reason }.map(Comparison.words)
            return "Note: without \(names.joined(separator: ", ")): \(reason)"
        }
    }

    /// Why the spread of nearby runs is not in the intervals.
    private static func chance(_ comparison: Comparison) -> [String] {
        guard !comparison.isIdentical else { return [] }
        return [comparison.before, comparison.after].compactMap { run in
            run.nearbyProblem.map {
                "Note: \(run.name.echoed()): \($0), so its intervals come from one run, and chance "
                    + "alone may move figures further; several seeds tell (headway gate)"
            }
        }
    }

    /// Where the runs left the range in which their clocks were measured.
    private static func range(_ comparison: Comparison) -> [String] {
        let (before, after) = (comparison.before, comparison.after)
        let shared = before.rangeWarnings.filter(after.rangeWarnings.contains)
        let alone = [before, after].flatMap { run in
            run.rangeWarnings.filter { !shared.contains($0) }.map { (run.name, $0) }
        }
        return (shared.map { ("both runs", $0) } + alone).map { name, line in
            "Note: \(name.echoed()): \(line.echoed(atMost: 1_000))"
        }
    }

    /// Escapes a text so that Markdown finds no markup in it.
    private static func plain(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "\\`*_[]<>#|&".contains(character) { result.append("\\") }
            result.append(character)
        }
    }

    private func rankingTable(_ markdown: Bool) -> String {
        var table = TextTable(
            ["rank", "run", Comparison.words(ranking.metric), "change", "95 % interval", "p"],
            alignments: [.right, .left])
        let baseline = ranking.entries[0].comparison.row(ranking.metric)?.before ?? 0
        table.add([
            "", ranking.baseline.name, Figures.text(baseline, ranking.metric), "baseline",
        ])
        for (rank, entry) in ranking.entries.enumerated() {
            guard let row = entry.comparison.row(ranking.metric) else { continue }
            table.add([
                String(rank + 1), entry.comparison.after.name, Figures.text(row.after, row.metric),
                row.relative.map(Comparison.percent) ?? "", Self.interval(row),
                entry.adjustedP.map(Self.probability) ?? "",
            ])
        }
        let note = "p is corrected for \(ranking.entries.count) candidates (Holm)."
        return (markdown ? table.markdown : table.text) + (markdown ? "\n\n" : "\n") + note
    }

    private func changed(_ comparison: Comparison, _ markdown: Bool) -> String {
        comparison.changes.map { change in
            let line =
                "\(change.key): \(change.before.echoed()) → \(change.after.echoed())"
            return markdown ? "- `\(line.replacing("`", with: "'"))`" : line
        }.joined(separator: "\n")
    }

    private func metricTable(_ comparison: Comparison, _ markdown: Bool) -> String {
        var table = TextTable(["", "before", "after", "change", "95 % interval", ""])
        for row in comparison.rows {
            let mark = row.isBetter.map { $0 ? "better" : "worse" } ?? ""
            table.add([
                Comparison.words(row.metric), Figures.text(row.before, row.metric),
                Figures.text(row.after, row.metric),
                row.relative.map(Comparison.percent) ?? "", Self.interval(row), mark,
            ])
        }
        return markdown ? table.markdown : table.text
    }

    private func movement(_ comparison: Comparison, _ markdown: Bool) -> [String] {
        let movement = Movement(comparison)
        guard movement.movedRequests > 0 else { return [] }
        var requests = TextTable(
            ["moved most", "arrival", "TTFT before", "after", "E2E before", "after"])
        for request in movement.requests {
            requests.add([
                "request \(request.id)", Quantity.duration(seconds: request.arrivalS),
                request.ttftMsBefore.map(Self.milliseconds) ?? "",
                request.ttftMsAfter.map(Self.milliseconds) ?? "",
                Self.milliseconds(request.e2elMsBefore), Self.milliseconds(request.e2elMsAfter),
            ])
        }
        var windows = TextTable(["arrivals between", "and", "requests", "E2E before", "after"])
        for window in movement.leadingWindows.prefix(3) {
            windows.add([
                Quantity.duration(seconds: window.startS),
                Quantity.duration(seconds: window.endS), Quantity.count(window.requests),
                Self.milliseconds(window.meanE2ELMsBefore),
                Self.milliseconds(window.meanE2ELMsAfter),
            ])
        }
        var note =
            "Of \(Quantity.counted(comparison.pairedRequests, "request")) "
            + "\(Quantity.count(movement.earlierRequests)) finish earlier, "
            + "\(Quantity.count(movement.laterRequests)) later"
        if comparison.attemptsInOneOnly > 0 {
            note +=
                "; clients sent requests again \(Quantity.count(comparison.attemptsInOneOnly)) "
                + "times in one run only, which no row pairs"
        }
        if comparison.finishedInOneOnly > 0 {
            note += "; \(comparison.finishedInOneOnly) finished in one run only"
        }
        if comparison.answersOfTwoLengths > 0 {
            note +=
                "; \(Quantity.counted(comparison.answersOfTwoLengths, "answer")) longer in one run "
                + "than in the other, so their times are not of the same work"
        }
        if markdown { return [note, requests.markdown, windows.markdown] }
        return [note, requests.text, windows.text]
    }

    private static func milliseconds(_ value: Double) -> String {
        Quantity.duration(seconds: value / 1000)
    }

    private static func interval(_ row: Comparison.Row) -> String {
        guard let interval = row.interval else { return "" }
        return Comparison.percent(interval.lowerBound) + " to "
            + Comparison.percent(interval.upperBound)
    }

    private static func probability(_ p: Double) -> String {
        p < 0.001 ? "< 0.001" : Quantity.decimal(p, 3)
    }
}
