import Basics
import Results
import Traces

/// A trace's statistics as JSON (snake_case keys).
package struct TraceReport: Encodable {
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
    /// Present if the trace is at least a second, or a minute, long.
    let peakOverMean1S, peakOverMean60S, dispersion1S, dispersion60S: Double?
    let promptTokens, outputTokens: Lengths
    let laterTurns, aborts: Int
    /// Present if requests wait for others.
    let dependencyDepth, fanOut, branches, joins, toolWaits: Int?
    let toolWaitS: [String: Double]?
    /// Present if the trace has measured latencies.
    let measured: MeasuredReport?
    let dropped, mended: [String: Int]
    let assumptions, notes: [String]
    /// Present if the trace has content.
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
    package init(_ info: TraceInfo) {
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
                uniqueKeysWithValues: Self.shares.map { share in
                    let capacity = Int(Double(reuse.uniqueBlocks) * share.value)
                    return (share.name, reuse.lruHitRatio(capacity: capacity))
                })
        }
        reuseGapS = reuse.flatMap { Self.named($0.gapSeconds) }
        reuseDistanceBlocks = reuse.flatMap { Self.named($0.distances) }
    }

    /// Cache sizes as shares of the unique blocks.
    static let shares: [(name: String, percent: String, value: Double)] = [
        ("0.01", "1 %", 0.01), ("0.05", "5 %", 0.05), ("0.10", "10 %", 0.1),
        ("0.25", "25 %", 0.25), ("0.50", "50 %", 0.5), ("1.00", "100 %", 1.0),
    ]

    private static func named(_ values: [Double]) -> [String: Double]? {
        values.count == 3 ? ["p50": values[0], "p90": values[1], "p99": values[2]] : nil
    }
}
