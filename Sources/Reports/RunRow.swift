import Basics
import Simulator

/// The few figures of a run that fit in a row of a comparison.
package struct RunRow: Encodable, Sendable {
    let meanTtftMs, p99TtftMs, meanTpotMs, p99TpotMs, meanE2ELMs: Double
    let prefixHitRatio: Double
    let preemptions: Int
    let rejected: Int

    /// The figures of a run.
    package init(_ result: RunResult) {
        meanTtftMs = result.timeToFirstToken.mean * 1e-9
        p99TtftMs = Double(result.timeToFirstToken.percentile(99)) * 1e-9
        meanTpotMs = result.timePerOutputToken.mean * 1e-9
        p99TpotMs = Double(result.timePerOutputToken.percentile(99)) * 1e-9
        meanE2ELMs = result.endToEnd.mean * 1e-9
        let counters = result.counters
        prefixHitRatio =
            counters.queriedTokens > 0
            ? Double(counters.hitTokens) / Double(counters.queriedTokens) : 0
        preemptions = counters.preemptions
        rejected = counters.rejected
    }

    /// The names of the cells.
    package static let header = [
        "TTFT mean", "TTFT p99", "TPOT mean", "TPOT p99", "E2E mean", "prefix hit", "preempted",
        "rejected",
    ]

    /// The cells of a row.
    package var cells: [String] {
        [meanTtftMs, p99TtftMs, meanTpotMs, p99TpotMs, meanE2ELMs].map {
            Quantity.duration(seconds: $0 * 1e-3)
        } + [
            Quantity.percent(prefixHitRatio, decimals: 2), Quantity.count(preemptions),
            Quantity.count(rejected),
        ]
    }
}
