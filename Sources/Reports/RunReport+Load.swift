import Basics
import Results
import Simulator

/// What a page says about the load: what held steps back, whether the load was steady, and how
/// certain the means are.
extension RunReport {
    /// What kept steps from holding more, as shares of the replicas' time.
    static func limits(_ summary: RunSummary) -> String {
        let limits = summary.limits
        let shares = [
            ("the token budget", limits.tokenBudget), ("max_num_seqs", limits.runningRequests),
            ("KV blocks", limits.blocks), ("another rule", limits.other),
        ].filter { $0.1 > 0 }
        guard !shares.isEmpty else {
            return "none: no request waited for a limit, no prompt was cut"
        }
        return "steps held back by "
            + shares.map { name, share in "\(name) \(Quantity.percent(share))" }
            .joined(separator: ", ") + " of the time"
    }

    /// Whether the number of requests in the cluster was steady; nil if unknown.
    static func steadiness(_ summary: RunSummary) -> String? {
        guard let steadiness = summary.steadiness else { return nil }
        let mean = Quantity.significant(steadiness.meanInCluster)
        let change = signed(steadiness.change)
        let low = signed(steadiness.change - steadiness.halfWidth)
        let high = signed(steadiness.change + steadiness.halfWidth)
        let words =
            switch steadiness.verdict {
            case .steady: "yes"
            case .growing: "no, the load grows"
            case .rising: "no, the load rises"
            case .falling: "no, the load falls"
            case .unclear: "not known, the load varies too much"
            }
        let place =
            summary.client?.cap == nil ? "in the cluster" : "in the cluster or held by clients"
        return "\(words): \(mean) requests \(place), \(change) over "
            + "\(Quantity.duration(seconds: steadiness.seconds)) (95 %: \(low) to \(high))"
    }

    private static func signed(_ value: Double) -> String {
        let text = Quantity.significant(abs(value))
        return (value < 0 && text != "0" ? "-" : "+") + text
    }

    /// Means with their intervals, or why they have none; nil if nothing finished.
    static func intervals(_ summary: RunSummary) -> String? {
        if let problem = summary.intervalsProblem { return "not told: " + problem }
        guard !summary.intervals.isEmpty else { return nil }
        let words = [
            "mean_ttft_ms": "TTFT", "mean_tpot_ms": "TPOT", "mean_e2el_ms": "E2E",
            "request_throughput": "",
        ]
        let parts = summary.intervals.map { key, interval in
            if key == "request_throughput" {
                return Quantity.significant(interval.low) + " to "
                    + Quantity.significant(interval.high)
                    + " requests/s until nine tenths had arrived"
            }
            return (words[key] ?? key) + " " + Quantity.duration(seconds: interval.low * 1e-3)
                + " to " + Quantity.duration(seconds: interval.high * 1e-3)
        }
        return parts.joined(separator: ", ") + " (batch means)"
    }

    /// How exact percentiles are.
    static func percentiles(_ summary: RunSummary) -> String {
        let others =
            ["ITL"] + (summary.client == nil ? [] : ["client wait and from due"])
        return summary.isExact
            ? "Percentiles are exact, as NumPy's; those of " + others.joined(separator: ", ")
                + " are within 0.1 %, from a histogram."
            : "Percentiles are within 0.1 %, from histograms: there are more than "
                + "\(Quantity.count(RequestLatencies.most)) requests."
    }
}
