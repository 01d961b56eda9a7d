import Simulator

/// Whether a load can be sustained: the single definition for studies and sweeps.
extension Trial {
    /// Whether the queue was stable; nil: the run is too short to tell. If it was not, latencies
    /// reflect the length of the trace, not what the servers can carry. The article "Statistics"
    /// has the rule.
    package var isSteady: Bool? {
        if summary.overload != nil || summary.steadiness?.verdict == .growing { return false }
        guard let settled else { return nil }
        // The period judged must be as long as the cluster took to fill.
        guard settled.arrivals >= Steadiness.fewestArrivals, 2 * settledAt <= lastArrival else {
            return nil
        }
        // A rate that rises lifts the number in the cluster where nothing stays behind.
        let allowed = settled.allowedRise
        return settled.change <= allowed || settled.change <= settled.halfWidth / 2
            || settled.growth.excess <= allowed
    }

    /// Requests by which the cluster fell behind, as a share of those that arrived once it had
    /// filled; nil: too short to tell.
    package var behind: Double? {
        settled.map { $0.change / max(1, $0.arrivals) }
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
