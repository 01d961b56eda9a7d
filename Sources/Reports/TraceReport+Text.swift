import Basics
import Traces

extension ArrivalStatistics {
    /// The regularity of the arrivals, in words.
    var words: String {
        switch regularity {
        case .unclear: "too few to say how they arrive"
        case .smooth: "smoother than Poisson"
        case .nearPoisson: "near-Poisson"
        case .bursty: "bursty"
        case .veryBursty: "very bursty"
        }
    }

    /// The busiest second and minute, as far as the trace is that long; nil without either.
    var peakWords: String? {
        func times(_ unit: String, _ peak: Double?) -> String? {
            peak.map { "busiest \(unit) \(Quantity.significant($0)) times" }
        }
        guard let second = times("second", peakOverMean.second) else { return nil }
        let minute = times("minute", peakOverMean.minute).map { ", " + $0 } ?? ""
        return second + " the mean rate" + minute
    }

    /// The dispersion per second and per minute, as far as the trace is that long; nil without
    /// either.
    var dispersionWords: String? {
        guard let second = dispersion.second else { return nil }
        let minute = dispersion.minute.map { ", \(Quantity.significant($0)) per minute" } ?? ""
        return "\(Quantity.significant(second)) per second" + minute
    }
}

extension TraceReport {
    /// A page for a terminal: first the kind of load, then figures, arrivals over time, histograms
    /// of lengths, reuse, and how the file was read.
    ///
    /// - Parameter reading: how the file was said to be read, as words for a shell: flags of
    ///   `headway trace`, and those of `headway run`.
    package static func text(
        _ info: TraceInfo, reading: (flags: String, settings: String) = ("", "")
    ) -> String {
        let report = TraceReport(info)
        var parts = [verdict(report, info), lengthTable(report)]
        if report.spanS > 0 { parts.append(arrivals(report, info)) }
        parts.append("Prompt tokens\n" + histogram(info.prompts))
        parts.append("Output tokens\n" + histogram(info.outputs))
        if let measured = report.measured { parts.append(measured.text) }
        if let reuse = info.reuse { parts += reuseTables(report, reuse) }
        if let shape = info.dependencies, shape.branches + shape.joins + shape.toolWaits > 0 {
            parts.append(graph(shape))
        }
        let quirks = info.notes.quirks.map { quirk, count in
            "  \(Quantity.count(count)) \(quirk.drops ? "dropped" : "mended"): "
                + quirk.words
        }
        parts += [
            ("Rows", quirks), ("Assumed", report.assumptions.map { "  " + $0 }),
            ("Notes", report.notes.map { "  " + $0 }),
        ].compactMap { title, lines in
            lines.isEmpty ? nil : title + "\n" + lines.joined(separator: "\n")
        }
        // A name with line breaks or similar characters cannot be pasted.
        let path = info.notes.path
        let isPipe = path == InputFile.standardName
        if path == path.echoed(atMost: 4_096), !path.isEmpty, !isPipe, report.requests > 0 {
            parts.append(next(report, info, reading))
        }
        return parts.joined(separator: "\n\n")
    }

    // MARK: - The verdict

    /// The kind of load, what a request needs, how much a cache helps, and whether the trace
    /// replays unchanged.
    private static func verdict(_ report: TraceReport, _ info: TraceInfo) -> String {
        let name = info.notes.path.split(separator: "/").last.map { "\($0)".echoed() + ": " } ?? ""
        let load = load(report, info)
        let lines = [
            (load.0, name + load.1), turns(report), request(report), cache(report, info),
            ("Replay", replay(report, info)),
        ].compactMap(\.self)
        return lines.map { padded($0.0, to: 14, .left) + $0.1 }.joined(separator: "\n")
    }

    private static func load(_ report: TraceReport, _ info: TraceInfo) -> (String, String) {
        let requests = requests(report.requests)
        guard report.requests > 0 else { return ("EMPTY", "no request can be replayed") }
        guard report.spanS > 0 else {
            return report.requests == 1
                ? ("SINGLE", requests)
                : ("BATCH", "\(requests) at once: throughput decides, not latency")
        }
        let rate = "\(Quantity.significant(report.requestRate))/s"
        let clock =
            info.hasCoarseClock
            ? "on a clock of \(Quantity.count(info.arrivals.distinctTimes)) ticks"
            : info.arrivals.words
        return (
            2 * report.laterTurns > report.requests ? "SESSIONS" : "OPEN LOAD",
            "\(requests) in \(Quantity.duration(seconds: report.spanS)), \(rate), \(clock)"
        )
    }

    private static func turns(_ report: TraceReport) -> (String, String)? {
        guard report.laterTurns > 0 else { return nil }
        let share = Double(report.laterTurns) / Double(report.requests)
        let depth = report.dependencyDepth.map { ", up to \(Quantity.count($0)) in a row" } ?? ""
        return (
            "Turns",
            "\(Quantity.counted(report.laterTurns, "request")) (\(Quantity.percent(share))) "
                + "\(report.laterTurns == 1 ? "follows" : "follow") another's answer\(depth)"
        )
    }

    private static func request(_ report: TraceReport) -> (String, String)? {
        guard report.requests > 0 else { return nil }
        let prompt = report.promptTokens.mean
        let new =
            report.tokenHitRatio.map { " (\(whole(prompt * (1 - $0))) new to an endless cache)" }
        return (
            "Mean request",
            "\(whole(prompt)) prompt\(new ?? ""), \(whole(report.outputTokens.mean)) output tokens"
        )
    }

    private static func cache(_ report: TraceReport, _ info: TraceInfo) -> (String, String)? {
        guard report.requests > 0 else { return nil }
        guard let hit = report.tokenHitRatio, let reuse = info.reuse else {
            return ("Prefix cache", "unknown: the trace holds lengths and no content")
        }
        let most = "hits at most \(Quantity.percent(hit)) of prompt tokens"
        let tenth = Int(Double(reuse.uniqueBlocks) * 0.1)
        guard let held = report.lruBlockHitRatio?["0.10"], tenth > 0, reuse.comingBack > 0 else {
            return ("Prefix cache", most)
        }
        let kept = Quantity.percent(held / reuse.comingBack)
        guard let size = info.blockTokens else {
            // A chunk counts as held wherever it occurs, but as a hit only after the same chunks.
            return (
                "Prefix cache",
                "\(most). Room for a tenth of the unique chunks finds \(kept) of those that come "
                    + "back, at any place"
            )
        }
        return (
            "Prefix cache",
            "\(most). Room for a tenth of the unique blocks (\(Quantity.count(tenth * size)) "
                + "tokens) keeps \(kept) of these hits"
        )
    }

    private static func replay(_ report: TraceReport, _ info: TraceInfo) -> String {
        let file = "\(info.notes.path.echoed()) (\(report.format))"
        let dropped = report.dropped.values.reduce(0, +)
        let mended = report.mended.values.reduce(0, +)
        var changes: [String] = []
        if dropped > 0 { changes.append("\(Quantity.count(dropped)) dropped") }
        if mended > 0 { changes.append("\(Quantity.count(mended)) mended") }
        if !report.assumptions.isEmpty {
            changes.append(Quantity.counted(report.assumptions.count, "assumption"))
        }
        let aborted =
            report.aborts > 0
            ? "; \(Quantity.counted(report.aborts, "request")) "
                + "\(report.aborts == 1 ? "is" : "are") aborted"
            : ""
        let rows = "\(Quantity.counted(report.rows, "row")) of \(file)"
        return changes.isEmpty
            ? "as it is: \(rows)\(aborted)"
            : "\(rows), \(changes.joined(separator: ", ")) (below)\(aborted)"
    }

    private static func next(
        _ report: TraceReport, _ info: TraceInfo, _ reading: (flags: String, settings: String)
    ) -> String {
        let file = ShellWord.path(info.notes.path)
        func command(_ verb: String, _ words: String) -> String {
            [verb, file, words].filter { !$0.isEmpty }.joined(separator: " ")
        }
        var commands = [command("headway run --trace", reading.settings)]
        if report.tokenHitRatio ?? 0 > 0 {
            commands.append(command("headway trace cache", reading.flags))
        }
        return commands.enumerated().map { index, command in
            padded(index == 0 ? "Next" : "", to: 14, .left) + command
        }.joined(separator: "\n")
    }

    // MARK: - The figures

    private static func lengthTable(_ report: TraceReport) -> String {
        var table = TextTable(["tokens", "mean", "p50", "p90", "p99", "max"])
        for (name, lengths) in [("prompt", report.promptTokens), ("output", report.outputTokens)] {
            table.add(
                [name]
                    + [lengths.mean, lengths.p50, lengths.p90, lengths.p99, lengths.max].map(whole))
        }
        return table.text
    }

    private static func arrivals(_ report: TraceReport, _ info: TraceInfo) -> String {
        var lines = [
            "Arrivals over \(Quantity.duration(seconds: report.spanS)), CV of their gaps "
                + Quantity.significant(report.arrivalCv),
            Chart.sparkline(info.arrivals.series(parts: PageWidth.fitting(72, beside: 0))),
        ]
        if let peaks = info.arrivals.peakWords { lines.append(peaks) }
        if let spread = info.arrivals.dispersionWords {
            lines.append("dispersion (Poisson: 1) " + spread)
        }
        if info.hasCoarseClock {
            lines.append(
                "only \(Quantity.count(info.arrivals.distinctTimes)) distinct times: burstiness"
                    + " below a minute comes from the clock")
        }
        return lines.joined(separator: "\n")
    }

    /// How requests wait for one another, if they are not plain chains.
    private static func graph(_ shape: DependencyShape) -> String {
        func count(_ number: Int) -> String { Quantity.count(number) }
        var lines = [
            "\(count(shape.followers)) wait for an earlier request, at most "
                + "\(count(shape.depth)) in a row",
            "\(count(shape.branches)) are waited for by several, at most by "
                + count(shape.fanOut),
            "\(count(shape.joins)) wait for several"
                + (shape.joins > 0 ? ", at most for \(count(shape.mostWaits))" : ""),
        ]
        if shape.toolWaits > 0 {
            let seconds = shape.toolSeconds.map { Quantity.duration(seconds: $0) }
            lines.append(
                "\(count(shape.toolWaits)) wait for tools: mean \(seconds[0]), p50 \(seconds[1]), "
                    + "p90 \(seconds[2]), p99 \(seconds[3])")
        }
        return "Turns\n" + lines.map { "  " + $0 }.joined(separator: "\n")
    }

    /// Bars by octave of length.
    private static func histogram(_ counts: LengthCounts) -> String {
        var octaves = [Int](repeating: 0, count: 32)
        for (length, number) in counts.entries {
            octaves[Int.bitWidth - 1 - max(1, length).leadingZeroBitCount] += number
        }
        let used = octaves.indices.filter { octaves[$0] > 0 }
        guard let low = used.first, let high = used.last else { return "" }
        return Chart.bars(
            (low...high).map { octave in
                (
                    "\(Quantity.count(1 << octave))…", Double(octaves[octave]),
                    Quantity.percent(Double(octaves[octave]) / Double(counts.count))
                )
            }, width: 40)
    }

    private static func reuseTables(
        _ report: TraceReport, _ reuse: BlockReuse.Result
    ) -> [String] {
        let unit = report.blockTokens.map { "blocks of \($0) tokens" } ?? "chunks"
        let name = report.blockTokens == nil ? "chunks" : "blocks"
        let facts = """
            Reuse of content, \(unit)
              prompts use \(Quantity.count(reuse.totalBlocks)) \(name); an endless cache ends with \
            \(Quantity.count(reuse.uniqueBlocks)), of which \
            \(Quantity.percent(report.blocksReused ?? 0)) come back
              it hits \(Quantity.percent(report.blockHitRatio ?? 0, decimals: 2)) of \
            \(name), \(Quantity.percent(report.tokenHitRatio ?? 0, decimals: 2)) of tokens
              \(Quantity.percent(report.requestsWithHit ?? 0, decimals: 2)) of requests hit
            """
        var sizes = TextTable(["LRU cache (of unique \(name))"] + shares.map(\.percent))
        sizes.add(
            ["\(name) held"]
                + shares.map { Quantity.count(Int(Double(reuse.uniqueBlocks) * $0.value)) })
        sizes.add(
            [report.blockTokens == nil ? "found, at any place" : "\(name) hit"]
                + shares.map { Quantity.percent(report.lruBlockHitRatio?[$0.name] ?? 0) })
        guard let gaps = report.reuseGapS, let distances = report.reuseDistanceBlocks else {
            return [facts, sizes.text]
        }
        let quantiles = ["p50", "p90", "p99"]
        var uses = TextTable(["between two uses of one"] + quantiles)
        uses.add(["time"] + quantiles.map { Quantity.duration(seconds: gaps[$0] ?? 0) })
        uses.add(["other \(name)"] + quantiles.map { whole(distances[$0] ?? 0) })
        return [facts, sizes.text, uses.text]
    }

    private static func requests(_ count: Int) -> String {
        Quantity.counted(count, "request")
    }

    /// A mean or quantile of whole numbers, rounded to the nearest.
    private static func whole(_ value: Double) -> String {
        Quantity.decimal((value + 0.5).rounded(.down), 0)
    }
}
