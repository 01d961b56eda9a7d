import Simulator

/// Whether a load can be carried for ever: the one definition of studies and sweeps.
extension Trial {
    /// Share of arrivals by which a cluster may fall behind: half of what a search for capacity
    /// tells apart.
    package static let slack = 0.01
    /// Arrivals that must be looked at: of fewer, a tenth could stay behind by chance.
    static let fewestArrivals = 100.0

    /// Whether the queue came to rest; nil: the run is too short to tell. A run in which it did not
    /// says how long the trace is, and not what the servers can carry. The article "Statistics"
    /// has the rule.
    package var isSteady: Bool? {
        if summary.overload != nil { return false }
        guard let settled else { return nil }
        // What is looked at must be as long as the cluster took to fill.
        guard arrivals(settled) >= Self.fewestArrivals, 2 * settledAt <= lastArrival else {
            return nil
        }
        // Random arrivals at just the rate of service leave about half a root of them behind.
        let allowed = max(
            Self.slack * arrivals(settled), 0.5 * arrivals(settled).squareRoot())
        return settled.change <= allowed || settled.change <= settled.halfWidth / 2
    }

    /// Requests by which the cluster fell behind, as a share of those that arrived once it had
    /// filled; nil: too short to tell.
    package var behind: Double? {
        settled.map { $0.change / max(1, arrivals($0)) }
    }

    /// Those that left and by how much the number in the cluster rose.
    private func arrivals(_ settled: Steadiness) -> Double {
        (settled.throughput?.mean ?? 0) * settled.seconds + settled.change
    }

    /// Whether all of several runs are steady: false where one is not, nil where one cannot be
    /// told.
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
