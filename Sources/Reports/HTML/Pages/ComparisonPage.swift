import Basics
import Experiments

/// The report on several runs: two are paired request by request, more are overlaid.
package struct ComparisonPage: Sendable {
    /// Most runs that one chart shows as lines.
    package static let most = 8

    private let runs: [ReportedRun]
    /// One pair for every run but the first.
    private let pairs: [ReportedPair]

    /// Compares each run with the first. O(draws × requests) each. Throws `InputError` for more
    /// runs than colours, and for a folder that differs from what its run wrote.
    package init(_ runs: [ReportedRun]) throws {
        guard runs.count <= Self.most else {
            throw InputError(
                "report", "\(runs.count) runs are given", expected: "at most \(Self.most)")
        }
        self.runs = runs
        pairs = try runs.dropFirst().map { try ReportedPair(runs[0], $0) }
    }

    /// "A", "B" and so on.
    private func letter(_ index: Int) -> String {
        String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))
    }

    private func style(_ index: Int) -> String { "r\(index)" + (index > 3 ? " dash" : "") }

    /// A run's letter and its folder.
    private func name(_ index: Int) -> String {
        "\(letter(index)) \(ReportedRun.short(runs[index].folder.lastPathName))"
    }

    /// The file's text.
    package var text: String {
        let isTwo = runs.count == 2
        var sections: [ReportPage.Section] = []
        if isTwo, let comparison = pairs[0].comparison {
            sections.append(
                .init(
                    id: "keys", title: "What was changed",
                    body: MovementSection.keys(comparison.changes)))
            sections.append(
                .init(
                    id: "change", title: "What it does",
                    body: MovementSection.figures(comparison, runs)))
        } else {
            sections += [figures, keys].compactMap(\.self)
        }
        sections.append(latency)
        if isTwo {
            sections += [time, replicas, parts].compactMap(\.self)
        }
        sections += [trust, next].compactMap(\.self)
        return ReportPage(
            kind: "comparison of runs", title: title, mark: "", lead: lead,
            top: verdicts.map(\.html).joined, sections: sections, footer: RunPage.footer
        ).text
    }

    private var title: String {
        let names = runs.map { ReportedRun.short($0.folder.lastPathName) }
        return runs.count == 2
            ? "\(names[0]) against \(names[1])" : "\(runs.count) runs: \(names[0]) and others"
    }

    private var lead: HTML {
        let items = runs.indices.map { index -> HTML in
            let run = runs[index]
            return """
                <li><svg viewBox="0 0 22 8" aria-hidden="true"><path class="ln \(style(index))" \
                d="M1 4H21"/></svg>\(letter(index)): \(run.folder.echoed()) <output>digest \
                \(run.digest)</output></li>
                """
        }
        let first = runs[0]
        return """
            <p class="what"><b>\(first.requestWords)</b> of \
            <b>\(first.traceName)</b>, <b>\(first.modelName)</b> on \(first.gpus) × \
            \(first.configuration.hardware.gpu.echoed(atMost: 40)) in A.</p>\
            <ul class="legend">\(items)</ul>
            """
    }

    /// The conclusion of each comparison.
    private var verdicts: [VerdictBlock] {
        pairs.enumerated().map { offset, pair in
            let other = letter(offset + 1)
            guard let verdict = pair.verdict else {
                return VerdictBlock(
                    tone: .plain, headline: "A and \(other) are not paired.",
                    details: [
                        """
                        \(pair.problem ?? ""). Their figures stand side by side. Whether a \
                        difference is more than chance is not known.
                        """
                    ])
            }
            let words: [Verdict.Outcome: (VerdictBlock.Tone, HTML)] = [
                .identical: (.plain, "\(other) is identical to A."),
                .better: (.good, "\(other) is better than A."),
                .worse: (.bad, "\(other) is worse than A."),
                .tradeOff: (.plain, "\(other) is a trade-off."),
                .undecided: (.plain, "\(other) is judged neither better nor worse than A."),
            ]
            let (tone, headline) = words[verdict.outcome] ?? (.plain, "\(other)")
            return VerdictBlock(
                tone: tone, headline: headline, details: [HTML.text(verdict.sentence)])
        }
    }

    /// The figures of every run in a table.
    private var figures: ReportPage.Section {
        let keys = [
            "completed", "request_goodput", "mean_ttft_ms", "p99_ttft_ms", "mean_tpot_ms",
            "p99_tpot_ms", "p99_itl_ms", "mean_e2el_ms", "p99_e2el_ms", "mean_queue_ms",
            "output_throughput", "prefix_hit_rate", "peak_kv_use", "preemptions",
            "mean_batch_size", "gpu_busy_share",
        ]
        let rows = keys.filter { key in runs.contains { $0.figure(key) != nil } }.map {
            key -> HTML in
            let cells = runs.map { run -> HTML in
                let text = run.figure(key).map { Figures.text($0, key) } ?? "–"
                return "<td data-key=\"\(key)\">\(text)</td>"
            }
            return "<tr><th scope=\"row\">\(Comparison.words(key))</th>\(cells)</tr>"
        }
        let promises = runs.map { "<td>\($0.objectiveWords)</td>" as HTML }
        let head = runs.indices.map { "<th scope=\"col\">\(name($0))</th>" as HTML }
        return .init(
            id: "figures", title: "Figures",
            body: """
                <div class="scroll"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\
                <tr><th scope="row">SLO</th>\(promises)</tr>\(rows)</tbody></table></div>

                """)
    }

    /// The keys in which any run differs from the first, with every run's value.
    private var keys: ReportPage.Section? {
        let changes = runs.dropFirst().map {
            ConfigurationChange.between(runs[0].configuration, $0.configuration)
        }
        let first = changes.flatMap(\.self).reduce(into: [ConfigurationChange]()) { found, change in
            if !found.contains(where: { $0.key == change.key }) { found.append(change) }
        }
        guard !first.isEmpty else { return nil }
        let rows = first.map { change -> HTML in
            let values =
                [change.before]
                + changes.map { list in
                    list.first { $0.key == change.key }?.after ?? change.before
                }
            let cells = values.map { "<td>\($0.echoed(atMost: 80))</td>" as HTML }
            return "<tr><th scope=\"row\"><code>\(change.key)</code></th>\(cells)</tr>"
        }
        let head = runs.indices.map { "<th scope=\"col\">\(letter($0))</th>" as HTML }
        return .init(
            id: "keys", title: "What was changed",
            body: """
                <div class="scroll"><table><thead><tr><th>key</th>\(head)</tr></thead>\
                <tbody>\(rows)</tbody></table></div>

                """)
    }

    /// The distributions of each latency, one line per run.
    private var latency: ReportPage.Section {
        let charts = [
            ("TTFT", "ttft", "ttft"), ("TPOT", "tpot", "tpot"), ("E2E", "e2el", "e2e"),
        ].map { title, key, limit -> HTML in
            let lines = runs.indices.compactMap { index in
                runs[index].data.latencies[key].map {
                    LatencySection.Line(
                        name: name(index), style: style(index), distribution: Distribution($0))
                }
            }
            let section = LatencySection(
                id: "latency-" + key, lines: lines,
                limits: LatencySection.limits(runs, [limit]))
            return "<h3>\(title)</h3>\(section.charts)"
        }
        return .init(
            id: "latency", title: "Latency",
            body: """
                <p>Time is on a logarithmic axis. Dashed lines are limits of the SLO. Point at a \
                chart, or focus it and use ← →, to read values.</p>\(charts)
                """)
    }

    private var time: ReportPage.Section? {
        let sources = runs.indices.compactMap { index in
            runs[index].data.series.map {
                TimeSection.Source(name: letter(index), style: "r\(index)", series: $0)
            }
        }
        guard sources.count == runs.count else { return nil }
        let section = TimeSection(
            sources: sources, tellsHits: runs.contains { $0.hitsUnknown == nil })
        return .init(
            id: "time", title: "Over time",
            body: """
                <p>All replicas together, from each run’s first arrival on. A dashed line is the \
                second quantity of its chart.</p>\(section.html)
                """)
    }

    private var replicas: ReportPage.Section? {
        let maps = runs.indices.compactMap { index -> HTML? in
            ReplicaSection.body(runs[index], id: "replicas-\(index)")
                .map { "<h3>\(name(index))</h3>\($0)" }
        }
        return maps.isEmpty ? nil : .init(id: "replicas", title: "Replicas", body: maps.joined)
    }

    private var parts: ReportPage.Section? {
        let groups = [("Time to first token", "ttft"), ("Time per output token", "tpot")].map {
            title, key in
            (
                title: title,
                bars: runs.indices.flatMap { index in
                    PartsSection.bars(runs[index], key, prefix: letter(index) + ", ")
                }
            )
        }
        guard groups.contains(where: { !$0.bars.isEmpty }) else { return nil }
        return .init(
            id: "parts", title: "Where the time goes", body: PartsSection.body(groups))
    }

    /// The source of step times, and the runs' warnings, each once with the runs it belongs to.
    private var trust: ReportPage.Section {
        var remarks: [(text: String, letters: [String])] = []
        for index in runs.indices {
            let version = runs[index].engineVersion.map { "Schedule: vLLM \($0)." }
            let all = [version, "Clock: \(runs[index].clock)."].compactMap(\.self)
            for text in all + runs[index].warnings {
                if let known = remarks.firstIndex(where: { $0.text == text }) {
                    if remarks[known].letters.last != letter(index) {
                        remarks[known].letters.append(letter(index))
                    }
                } else {
                    remarks.append((text, [letter(index)]))
                }
            }
        }
        return .init(
            id: "trust", title: "How far to trust them", link: "Trust",
            body: TrustSection.remarks(
                remarks.map { remark in
                    remark.letters.count == runs.count
                        ? remark.text
                        : "\(remark.letters.joined(separator: ", ")): \(remark.text)"
                }))
    }

    private var next: ReportPage.Section {
        let words = runs.map { ShellWord.path($0.folder) }
        var commands = Commands()
        commands.lines.append(
            ("the same comparison as text", "headway compare " + words.joined(separator: " ")))
        commands.lines.append(
            ("one run by itself", "headway report \(words[words.count - 1]) -o run.html"))
        if runs.count == 2 {
            let paths = runs.map { $0.path("config.resolved.json") }
            commands.lines.append(
                (
                    "the first step at which the schedules part",
                    "headway diff \(paths[0]) \(paths[1])"
                ))
        }
        return .init(id: "next", title: "What to run next", body: commands.html)
    }
}
