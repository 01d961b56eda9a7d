import Basics

/// Weighs gains and losses of a comparison on one scale, so that a small gain does not turn a clear
/// loss into a trade-off.
///
/// Only what clients notice counts: TTFT, TPOT and E2E latency. Each significant row
/// (``Comparison/Row/isBetter``) adds the size of its change, |log(after / before)|, to the gains
/// or the losses. A latency's mean counts half; its median, p90 and p99 count a sixth each. Queue
/// time is a part of TTFT and would count twice, so it counts only if no other latency does. A
/// change in finished requests counts as a latency would, from 1 % on.
///
/// The result is a trade-off if the smaller sum is at least a tenth of the larger. O(rows).
struct Weighing {
    /// Improved rows and worsened rows that count.
    private(set) var gains: [Comparison.Row] = []
    private(set) var losses: [Comparison.Row] = []
    private(set) var gain = 0.0
    private(set) var loss = 0.0

    /// Least share of the smaller sum in the larger for a trade-off.
    static let trade = 0.1
    private static let felt = ["ttft", "tpot", "e2el"]
    /// Weight of a change from or to 0: that of a factor e.
    private static let ofZero = 1.0
    private static let fewestFinished = 0.01

    init(_ comparison: Comparison) {
        for latency in Self.felt { add(latency, of: comparison) }
        if gains.isEmpty, losses.isEmpty { add("queue", of: comparison) }
        addFinished(comparison)
    }

    /// The outcome of the sums; nil if nothing changed.
    var outcome: Verdict.Outcome? {
        guard gain > 0 || loss > 0 else { return nil }
        if min(gain, loss) >= Self.trade * max(gain, loss) { return .tradeOff }
        return gain > loss ? .better : .worse
    }

    private mutating func add(_ latency: String, of comparison: Comparison) {
        for (statistic, share) in [("mean", 3.0), ("median", 1), ("p90", 1), ("p99", 1)] {
            guard let row = comparison.row("\(statistic)_\(latency)_ms") else { continue }
            let size = row.change?.relative.map { abs($0.value) } ?? Self.ofZero
            add(row, size * share / 6, isBetter: row.isBetter)
        }
    }

    /// Adds changes in finished requests: a run that rejects or loses some may serve the others
    /// better for it.
    private mutating func addFinished(_ comparison: Comparison) {
        guard let row = comparison.row("completed") else { return }
        let (before, after) = (max(0.5, row.before), max(0.5, row.after))
        guard abs(after - before) >= Self.fewestFinished * before else { return }
        add(row, abs(PortableMath.log(after / before)), isBetter: after > before)
    }

    private mutating func add(_ row: Comparison.Row, _ size: Double, isBetter: Bool?) {
        switch isBetter {
        case true?:
            gains.append(row)
            gain += size
        case false?:
            losses.append(row)
            loss += size
        case nil: break
        }
    }
}
