import Basics
import Experiments
import Models
import Scenario
import Traces

/// The report on a trace: rate, lengths, reuse, and what a KV cache would hit.
package struct TracePage: Sendable {
    private let path: String
    private let info: TraceInfo
    /// Hits by block size and cache size; nil if the trace has no content.
    private let study: PageStudy?
    /// Why there is no study.
    private let problem: String?

    /// Block sizes that attention kernels support.
    private static let blockSizes = [16, 32, 64, 128, 256, 512, 1024]

    /// Reads a trace twice: for its figures, and for its reuse if it has content. Throws what the
    /// readers throw.
    package init(_ path: String, options: TraceOptions) throws {
        guard !InputFile.isReadOnce(path) else {
            throw InputError(
                path, "comes through a pipe, and is read twice", expected: "a trace in a file")
        }
        self.path = path
        let (source, notes) = try openTrace(path, options: options)
        info = try TraceInfo(source, notes: notes)
        guard info.reuse != nil else {
            study = nil
            problem = "The trace holds lengths and no content, so nothing can be hit."
            return
        }
        let log = try ReuseLog(openTrace(path, options: options).source)
        let resolved = try Configuration().resolved()
        let engine = resolved.plan.engine
        let capacity = (engine.numGPUBlocks - 1) * engine.blockSize
        // A cache smaller than the longest request serves nothing.
        let least = log.longestRequest + (Self.blockSizes.last ?? 0)
        var setting = PageStudy.Setting(capacityTokens: max(capacity, least))
        // Losses count from the finest block, as those of `headway trace cache`.
        setting.pageSizes = [1] + Self.blockSizes
        setting.bytesPerToken = Double(
            KVCacheLayout(resolved.model, resolved.deployment).bytesPerToken)
        study = try PageStudy(log, setting: setting)
        problem = nil
    }

    private var arrivals: ArrivalStatistics { info.arrivals }

    /// The file's text.
    package var text: String {
        ReportPage(
            kind: "trace report", title: ReportedRun.short(path.lastPathName),
            mark: info.notes.format.rawValue, lead: lead, top: verdict.html + Tile.grid(tiles),
            sections: [rate, lengths, reuse, blocks, rows, next].compactMap(\.self),
            footer: """
                Figures are those of <code>headway trace info</code> and <code>headway trace \
                cache</code>. CV: standard deviation over mean of the gaps between arrivals.
                """
        ).text
    }

    private var lead: HTML {
        let turns =
            info.laterTurns > 0
            ? " \(Quantity.count(info.laterTurns)) follow an earlier one." : ""
        return """
            <p class="what"><b>\(Quantity.count(arrivals.count)) requests</b> in \
            \(Quantity.duration(seconds: arrivals.span)), \
            <b>\(Quantity.significant(arrivals.rate)) a second</b>.\(turns) \
            \(Quantity.count(info.notes.rows)) rows were read.</p>
            """
    }

    /// What the trace is like, and how much a cache helps.
    private var verdict: VerdictBlock {
        var details: [HTML] = []
        if let study, let row = study.rows.first(where: \.runs) {
            let best = study.best.map { " Blocks of \($0.pageTokens) tokens lose least." } ?? ""
            details.append(
                """
                The KV cache of one H100 serving Llama-3.1-8B hits \
                \(Drawn.share(row.atCapacity.lru)) of prompt tokens; an endless one hits \
                \(Drawn.share(row.infinite)).\(best)
                """)
        } else {
            details.append(HTML.text(problem ?? ""))
        }
        return VerdictBlock(
            tone: .plain,
            headline: "\(Quantity.significant(arrivals.rate)) requests/s, \(arrivals.words).",
            details: details)
    }

    private var tiles: [Tile] {
        let (prompts, outputs) = (
            info.prompts.quantiles([0.5, 0.99]), info.outputs.quantiles([0.5, 0.99])
        )
        func length(_ value: Double) -> String { Quantity.decimal((value + 0.5).rounded(.down), 0) }
        var tiles = [
            Tile(
                name: "Rate", value: Quantity.significant(arrivals.rate) + " requests/s",
                note: arrivals.peakOverMean.second.map {
                    "busiest second \(Quantity.significant($0))×"
                } ?? "over less than a second",
                key: "request_rate"),
            Tile(
                name: "Burstiness", value: Quantity.significant(arrivals.variation) + " CV",
                note: "1 for a Poisson process", key: "arrival_cv"),
            Tile(
                name: "Prompt", value: length(prompts[0]) + " tokens",
                note: "median; p99 \(length(prompts[1])), longest "
                    + Quantity.count(info.prompts.largest), key: "prompt_tokens"),
            Tile(
                name: "Output", value: length(outputs[0]) + " tokens",
                note: "median; p99 \(length(outputs[1])), longest "
                    + Quantity.count(info.outputs.largest), key: "output_tokens"),
        ]
        guard let reuse = info.reuse else { return tiles }
        func share(_ part: Int, _ whole: Int) -> String {
            whole > 0 ? Quantity.percent(Double(part) / Double(whole)) : "–"
        }
        tiles += [
            Tile(
                name: "Reuse", value: share(reuse.hitTokens, reuse.baseTokens),
                note: "of prompt tokens an endless cache hits", key: "token_hit_ratio"),
            Tile(
                name: "Requests that hit", value: share(reuse.requestsWithHit, arrivals.count),
                note: "with an endless cache", key: "requests_with_hit"),
            Tile(
                name: "Blocks", value: Quantity.count(reuse.uniqueBlocks),
                note: "in an endless cache; prompts use \(Quantity.count(reuse.totalBlocks))",
                key: "unique_blocks"),
            Tile(
                name: "Come back", value: share(reuse.reusedBlocks, reuse.uniqueBlocks),
                note: "of the distinct blocks", key: "blocks_reused"),
        ]
        return tiles
    }

    private var rate: ReportPage.Section {
        let parts = arrivals.series(parts: 120)
        let width = max(arrivals.span, 1e-9) / Double(max(1, parts.count))
        let x = Axis.time(max(arrivals.span, 1e-9))
        let points = parts.enumerated().map { index, count in
            ((Double(index) + 0.5) * width, Optional(count / width))
        }
        let table = DataTable(
            id: "rate-t", title: "Arrivals as a table", corner: "from",
            columns: ["requests/s", "requests"],
            rows: parts.enumerated().map { index, count in
                DataTable.Row(
                    place: x.place((Double(index) + 0.5) * width),
                    name: Drawn.clock(Double(index) * width, step: width),
                    cells: [
                        Quantity.significant(count / width),
                        Quantity.count(Int(exactly: count.rounded()) ?? 0),
                    ])
            })
        let curve = Curve(points)
        let most = points.compactMap(\.1).max() ?? 1
        let plot = Plot(
            x: x, y: .fromZero(to: most, steps: 3),
            lines: [
                .init(curve: curve, style: "c-a", isFilled: true),
                .init(curve: curve, style: "c-a"),
            ], label: "Arrivals per second over time", table: "rate-t", columns: [1],
            style: "wide")
        let figures = [
            arrivals.peakOverMean.minute.map {
                " The busiest minute has \(Quantity.significant($0)) times the mean rate."
            },
            arrivals.dispersionWords.map { " The dispersion is \($0) (1 for a Poisson process)." },
        ].compactMap(\.self).joined()
        let coarse =
            info.hasCoarseClock
            ? " Only \(Quantity.count(arrivals.distinctTimes)) distinct times: burstiness below a "
                + "minute comes from the clock." : ""
        return .init(
            id: "rate", title: "Arrivals",
            body: """
                <p>Requests per second.\(figures)\(coarse)</p>\(plot.html)<p class="val">\
                <output data-for="rate-t" data-cols="1"></output></p>\(table.html)
                """)
    }

    private var lengths: ReportPage.Section {
        var section = LatencySection(
            id: "lengths",
            lines: [("prompt", info.prompts, "c-a"), ("output", info.outputs, "c-b")].map {
                name, counts, style in
                LatencySection.Line(
                    name: name, style: style,
                    distribution: Distribution(
                        counts.entries.map { (value: Double(max(1, $0.length)), number: $0.number) }
                    ))
            }, limits: [])
        section.corner = "up to"
        section.text = { Quantity.significant($0) }
        section.axisText = Drawn.short
        section.titles = [
            ("All requests", "share up to a length"),
            ("The longest 10 %", "share longer than a length, both axes logarithmic"),
        ]
        return .init(
            id: "lengths", title: "Lengths",
            body: """
                <p>Tokens of prompts and outputs, on a logarithmic axis.</p>\(section.charts)
                """)
    }

    private var reuse: ReportPage.Section {
        guard let study, let finest = study.rows.first(where: \.runs) else {
            return .init(id: "reuse", title: "Reuse", body: "<p>\(problem ?? "")</p>")
        }
        return .init(id: "reuse", title: "Reuse", body: ReuseCharts.hits(study, finest))
    }

    private var blocks: ReportPage.Section? {
        study.map { .init(id: "blocks", title: "Block size", body: ReuseCharts.sizes($0)) }
    }

    private var rows: ReportPage.Section? {
        let quirks = info.notes.quirks.map { quirk, count in
            "\(Quantity.count(count)) rows \(quirk.drops ? "dropped" : "mended"): \(quirk.words)"
        }
        let all = quirks + info.notes.assumptions + info.notes.remarks
        guard !all.isEmpty else { return nil }
        return .init(id: "rows", title: "How it was read", body: TrustSection.remarks(all))
    }

    private var next: ReportPage.Section {
        let word = ShellWord.path(path)
        var commands = Commands()
        commands.lines = [
            (
                "replay it and see what users would feel",
                "headway run --trace \(word) --out results"
            ),
            ("the report of that run", "headway report results -o run.html"),
        ]
        if info.reuse != nil {
            commands.lines.append(
                ("hits of every block size and cache size", "headway trace cache \(word)"))
        }
        return .init(id: "next", title: "What to run next", body: commands.html)
    }
}
