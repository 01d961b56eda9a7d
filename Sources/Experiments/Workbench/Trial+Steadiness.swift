import Simulator

/// Whether a load can be sustained: the single definition for studies and sweeps.
extension Trial {
    /// Share of arrivals by which a cluster may fall behind: half the resolution of a capacity
    /// search.
    package static let slack = 0.01
    /// Fewest arrivals to judge by: with fewer, a tenth could stay behind by chance.
    static let fewestArrivals = 100.0

    /// Whether the queue was stable; nil: the run is too short to tell. If it was not, latencies
    /// reflect the length of the trace, not what the servers can carry. The article "Statistics"
    /// has the rule.
    package var isSteady: Bool? {
        if summary.overload != nil { return false }
        guard let settled else { return nil }
        // The period judged must be as long as the cluster took to fill.
        guard arrivals(settled) >= Self.fewestArrivals, 2 * settledAt <= lastArrival else {
            return nil
        }
        // Random arrivals at exactly the service rate leave about half the root of their number
        // behind.
        let allowed = max(
            Self.slack * arrivals(settled), 0.5 * arrivals(settled).squareRoot())
        return settled.change <= allowed || settled.change <= settled.halfWidth / 2
    }

    /// Requests by which the cluster fell behind, as a share of those that arrived once it had
    /// filled; nil: too short to tell.
    package var behind: Double? {
        settled.map { $0.change / max(1, arrivals($0)) }
    }

    /// Arrivals in the period: departures plus the rise of the number in the cluster.
    private func arrivals(_ settled: Steadiness) -> Double {
        (settled.throughput?.mean ?? 0) * settled.seconds + settled.change
    }

    /// Whether all of several runs are steady: false if one is not, else nil if one is unknown.
    package static func areSteady(_ runs: some Sequence<Bool?>) -> Bool? {
        var isTold = true
        for run in runs {
            guard let run else {
                isTold = false
                continue
            }
            guard run else { return false }
        }
        return isTold ? true : nil
    }
}
