import Simulator

/// How the engine's host changed the times of a run.
package struct HostSummary: Sendable, Equatable {
    /// From the client to the scheduler, and from a processed step to the client, in milliseconds:
    /// parts of every time to first token that the server's own figures do not include.
    package var frontEndMs: Double
    package var deliveryMs: Double
    /// Share of the steps that began or ended later than they would have without host time.
    package var pacedShare: Double
    /// The host's share of the time of steps, including the gaps between them: what a host without
    /// work would save of the same steps. In an open loop it saves more: requests leave sooner, and
    /// shorter steps meet smaller batches.
    package var timeShare: Double

    /// The way in and out, in milliseconds.
    package var outsideMs: Double { frontEndMs + deliveryMs }

    init(_ result: RunResult) {
        frontEndMs = Double(result.frontEnd) * 1e-9
        deliveryMs = Double(result.delivery) * 1e-9
        pacedShare = ratio(Double(result.hostPacedSteps), Double(result.counters.steps))
        let inSteps = result.hostTimeInSteps ?? 0
        timeShare = ratio(
            Double(result.hostWaitTime + inSteps), Double(result.busyTime + result.hostWaitTime))
    }

    /// Figures by key.
    package func rates(_ timeToFirstToken: LatencySummary) -> [(String, Double?)] {
        var rates: [(String, Double?)] = [
            ("host_paced_steps_share", pacedShare), ("host_time_share", timeShare),
        ]
        guard outsideMs > 0 else { return rates }
        rates += [("front_end_ms", frontEndMs), ("delivery_ms", deliveryMs)]
        guard timeToFirstToken.count > 0 else { return rates }
        // The same for every request, so percentiles differ by it too.
        return rates + [
            ("mean_server_ttft_ms", timeToFirstToken.mean - outsideMs),
            ("median_server_ttft_ms", timeToFirstToken.median - outsideMs),
            ("p90_server_ttft_ms", timeToFirstToken.p90 - outsideMs),
            ("p95_server_ttft_ms", timeToFirstToken.p95 - outsideMs),
            ("p99_server_ttft_ms", timeToFirstToken.p99 - outsideMs),
        ]
    }
}
