import Basics

/// Gains and losses of a comparison on one scale, so that a small gain does not make a trade of
/// what is worse all over.
///
/// What requests feel counts: TTFT, TPOT and E2E latency. Each row that is more than chance
/// (``Comparison/Row/isBetter``) adds the size of its change, |log(after / before)|, to the gains
/// or to the losses: the mean of a latency counts half, its median, p90 and p99 a sixth each. Queue
/// time is a part of TTFT and would count twice: it counts only where no other latency does.
/// Requests that finish count as a latency would, from a hundredth of them on.
///
/// Both sides make a trade when the smaller sum is at least a tenth of the larger. O(rows).
struct Weighing {
    /// Rows that improved and rows that got worse, those that count.
    private(set) var gains: [Comparison.Row] = []
    private(set) var losses: [Comparison.Row] = []
    private(set) var gain = 0.0
    private(set) var loss = 0.0

    /// Share of the larger sum from which the smaller one makes a trade.
    static let trade = 0.1
    private static let felt = ["ttft", "tpot", "e2el"]
    /// What a change from or to 0 counts: as a change by a factor e.
    private static let ofZero = 1.0
    private static let fewestFinished = 0.01

    init(_ comparison: Comparison) {
        for latency in Self.felt { add(latency, of: comparison) }
        if gains.isEmpty, losses.isEmpty { add("queue", of: comparison) }
        addFinished(comparison)
    }

    /// What the sums come to; nil when nothing changed.
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

    /// A run that rejects or loses requests may serve the others the better for it.
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
