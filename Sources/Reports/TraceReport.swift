import Basics
import Results
import Traces

/// A trace's statistics as JSON (snake_case keys).
public struct TraceReport: Encodable {
    /// Mean and quantiles of a length in tokens.
    struct Lengths: Encodable {
        let mean, p50, p90, p99, max: Double

        init(_ counts: LengthCounts) {
            let values = counts.quantiles([0.5, 0.9, 0.99])
            mean = counts.mean
            p50 = values[0]
            p90 = values[1]
            p99 = values[2]
            max = Double(counts.largest)
        }
    }

    let format: String
    let rows: Int
    let requests: Int
    let spanS: Double
    let requestRate: Double
    let arrivalCv: Double
    let peakOverMean1S, peakOverMean60S, dispersion1S, dispersion60S: Double
    let promptTokens, outputTokens: Lengths
    let laterTurns, aborts: Int
    /// Present for traces in which requests wait for others.
    let dependencyDepth, fanOut, branches, joins, toolWaits: Int?
    let toolWaitS: [String: Double]?
    /// Present for traces with measured latencies.
    let measured: MeasuredReport?
    let dropped, mended: [String: Int]
    let assumptions, notes: [String]
    /// Present for traces with content.
    let blockTokens: Int?
    let totalBlocks, uniqueBlocks: Int?
    let blockHitRatio, tokenHitRatio, requestsWithHit, blocksReused: Double?
    let lruBlockHitRatio: [String: Double]?
    let reuseGapS, reuseDistanceBlocks: [String: Double]?

    enum CodingKeys: String, CodingKey {
        case format, rows, requests, dropped, mended, assumptions, notes, aborts
        case spanS = "span_s"
        case requestRate = "request_rate"
        case arrivalCv = "arrival_cv"
        case peakOverMean1S = "peak_over_mean_1s"
        case peakOverMean60S = "peak_over_mean_60s"
        case dispersion1S = "dispersion_1s"
        case dispersion60S = "dispersion_60s"
        case promptTokens = "prompt_tokens"
        case outputTokens = "output_tokens"
        case laterTurns = "later_turns"
        case dependencyDepth = "dependency_depth"
        case fanOut = "fan_out"
        case branches, joins, measured
        case toolWaits = "tool_waits"
        case toolWaitS = "tool_wait_s"
        case blockTokens = "block_tokens"
        case totalBlocks = "total_blocks"
        case uniqueBlocks = "unique_blocks"
        case blockHitRatio = "block_hit_ratio"
        case tokenHitRatio = "token_hit_ratio"
        case requestsWithHit = "requests_with_hit"
        case blocksReused = "blocks_reused"
        case lruBlockHitRatio = "lru_block_hit_ratio"
        case reuseGapS = "reuse_gap_s"
        case reuseDistanceBlocks = "reuse_distance_blocks"
    }

    /// The figures of a trace.
    public init(_ info: TraceInfo) {
        format = info.notes.format.rawValue
        rows = info.notes.rows
        requests = info.arrivals.count
        spanS = info.arrivals.span
        requestRate = info.arrivals.rate
        arrivalCv = info.arrivals.variation
        peakOverMean1S = info.arrivals.peakOverMean.second
        peakOverMean60S = info.arrivals.peakOverMean.minute
        dispersion1S = info.arrivals.dispersion.second
        dispersion60S = info.arrivals.dispersion.minute
        promptTokens = Lengths(info.prompts)
        outputTokens = Lengths(info.outputs)
        laterTurns = info.laterTurns
        aborts = info.aborts
        let shape = info.dependencies
        dependencyDepth = shape?.depth
        fanOut = shape?.fanOut
        branches = shape?.branches
        joins = shape?.joins
        toolWaits = shape?.toolWaits
        toolWaitS = shape.flatMap { shape in
            shape.toolSeconds.count == 4
                ? Dictionary(
                    uniqueKeysWithValues: zip(["mean", "p50", "p90", "p99"], shape.toolSeconds))
                : nil
        }
        measured = info.notes.measured.map(MeasuredReport.init)
        let quirks = info.notes.quirks
        func counts(_ drops: Bool) -> [String: Int] {
            Dictionary(
                uniqueKeysWithValues: quirks.filter { $0.quirk.drops == drops }
                    .map { ($0.quirk.rawValue, $0.count) })
        }
        dropped = counts(true)
        mended = counts(false)
        assumptions = info.notes.assumptions
        notes = info.notes.remarks
        let reuse = info.reuse
        blockTokens = reuse == nil ? nil : info.blockTokens
        totalBlocks = reuse?.totalBlocks
        uniqueBlocks = reuse?.uniqueBlocks
        func share(_ part: Int, _ whole: Int) -> Double {
            whole > 0 ? Double(part) / Double(whole) : 0
        }
        blockHitRatio = reuse.map { share($0.hitBlocks, $0.totalBlocks) }
        tokenHitRatio = reuse.map { share($0.hitTokens, $0.baseTokens) }
        requestsWithHit = reuse.map { share($0.requestsWithHit, info.arrivals.count) }
        blocksReused = reuse.map { share($0.reusedBlocks, $0.uniqueBlocks) }
        lruBlockHitRatio = reuse.map { reuse in
            Dictionary(
                uniqueKeysWithValues: Self.shares.map { name, value in
                    (name, reuse.lruHitRatio(capacity: Int(Double(reuse.uniqueBlocks) * value)))
                })
        }
        reuseGapS = reuse.flatMap { Self.named($0.gapSeconds) }
        reuseDistanceBlocks = reuse.flatMap { Self.named($0.distances) }
    }

    /// Cache sizes as shares of the unique blocks.
    static let shares = [
        ("0.01", 0.01), ("0.05", 0.05), ("0.10", 0.1), ("0.25", 0.25), ("0.50", 0.5),
        ("1.00", 1.0),
    ]

    private static func named(_ values: [Double]) -> [String: Double]? {
        values.count == 3 ? ["p50": values[0], "p90": values[1], "p99": values[2]] : nil
    }
}

extension TraceReport {
    /// A page for a terminal: figures, arrivals over time, histograms of lengths.
    public static func text(_ info: TraceInfo) -> String {
        let report = TraceReport(info)
        var parts = [headline(report, info)]
        parts.append(lengthTable(report))
        parts.append(
            "Arrivals over \(Quantity.duration(seconds: report.spanS))\n"
                + Chart.sparkline(info.arrivals.series(parts: PageWidth.fitting(72, beside: 0))))
        parts.append("Prompt tokens\n" + histogram(info.prompts))
        parts.append("Output tokens\n" + histogram(info.outputs))
        if let measured = report.measured { parts.append(measured.text) }
        if let reuse = info.reuse { parts.append(reuseText(report, reuse)) }
        let quirks = info.notes.quirks.map { quirk, count in
            "  \(Quantity.count(count)) \(quirk.drops ? "dropped" : "mended"): "
                + quirk.words
        }
        if !quirks.isEmpty { parts.append("Rows\n" + quirks.joined(separator: "\n")) }
        if !report.assumptions.isEmpty {
            parts.append(
                "Assumed\n" + report.assumptions.map { "  " + $0 }.joined(separator: "\n"))
        }
        if !report.notes.isEmpty {
            parts.append("Notes\n" + report.notes.map { "  " + $0 }.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    private static func headline(_ report: TraceReport, _ info: TraceInfo) -> String {
        var lines = [
            "\(info.notes.path.echoed()): \(report.format),"
                + " \(Quantity.count(report.requests)) requests of"
                + " \(Quantity.count(report.rows)) rows",
            "rate \(Quantity.significant(report.requestRate)) req/s over "
                + Quantity.duration(seconds: report.spanS)
                + ", CV of gaps \(Quantity.significant(report.arrivalCv))",
            "busiest second \(Quantity.significant(report.peakOverMean1S))× the mean, minute "
                + "\(Quantity.significant(report.peakOverMean60S))×; dispersion "
                + "\(Quantity.significant(report.dispersion1S)) per second, "
                + "\(Quantity.significant(report.dispersion60S)) per minute",
        ]
        if info.hasCoarseClock {
            lines.append(
                "only \(Quantity.count(info.arrivals.distinctTimes)) distinct times: burstiness"
                    + " below a minute comes from the clock")
        }
        if report.laterTurns > 0 {
            lines.append("\(Quantity.count(report.laterTurns)) requests follow an earlier one")
        }
        if let shape = info.dependencies { lines += dependencyLines(shape) }
        if report.aborts > 0 { lines.append("\(Quantity.count(report.aborts)) are aborted") }
        return lines.joined(separator: "\n")
    }

    private static func dependencyLines(_ shape: DependencyShape) -> [String] {
        func count(_ number: Int) -> String { Quantity.count(number) }
        var lines = [
            "  depth \(count(shape.depth)), fan-out up to \(count(shape.fanOut))"
                + " (\(count(shape.branches)) branch), \(count(shape.joins)) wait for several"
                + (shape.joins > 0 ? " (up to \(count(shape.mostWaits)))" : "")
        ]
        if shape.toolWaits > 0 {
            let seconds = shape.toolSeconds.map { Quantity.duration(seconds: $0) }
            lines.append(
                "  \(count(shape.toolWaits)) wait for tools: mean \(seconds[0]), p50/p90/p99 "
                    + seconds[1...].joined(separator: " / "))
        }
        return lines
    }

    private static func lengthTable(_ report: TraceReport) -> String {
        var table = TextTable(["tokens", "mean", "p50", "p90", "p99", "max"])
        for (name, lengths) in [("prompt", report.promptTokens), ("output", report.outputTokens)] {
            table.add(
                [name]
                    + [lengths.mean, lengths.p50, lengths.p90, lengths.p99, lengths.max]
                    .map { Quantity.decimal(($0 + 0.5).rounded(.down), 0) })
        }
        return table.text
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

    private static func reuseText(_ report: TraceReport, _ reuse: BlockReuse.Result) -> String {
        let unit = report.blockTokens.map { "blocks of \($0) tokens" } ?? "chunks"
        var lines = [
            "Reuse of content, \(unit), infinite cache",
            "  \(Quantity.count(reuse.uniqueBlocks)) unique of "
                + "\(Quantity.count(reuse.totalBlocks)); hit "
                + Quantity.percent(report.blockHitRatio ?? 0, decimals: 2) + " of blocks, "
                + Quantity.percent(report.tokenHitRatio ?? 0, decimals: 2) + " of tokens; "
                + Quantity.percent(report.requestsWithHit ?? 0, decimals: 2)
                + " of requests hit; "
                + Quantity.percent(report.blocksReused ?? 0) + " of blocks come back",
        ]
        let held = shares.map { name, _ in
            Quantity.percent(report.lruBlockHitRatio?[name] ?? 0)
        }
        lines.append(
            "  LRU of 1/5/10/25/50/100 % of the unique blocks hits " + held.joined(separator: " / ")
        )
        if let gaps = report.reuseGapS, let distances = report.reuseDistanceBlocks {
            func three(_ values: [String: Double], _ print: (Double) -> String) -> String {
                ["p50", "p90", "p99"].map { print(values[$0] ?? 0) }.joined(separator: " / ")
            }
            lines.append(
                "  gap between uses p50/p90/p99 "
                    + three(gaps) { Quantity.decimal($0, 0) } + " s, distance "
                    + three(distances) { Quantity.decimal(($0 + 0.5).rounded(.down), 0) }
                    + " blocks")
        }
        return lines.joined(separator: "\n")
    }
}
