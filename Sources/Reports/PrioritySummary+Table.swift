import Basics
import Results

extension PrioritySummary {
    /// A table of classes for the page; nil without any.
    static func table(_ classes: [PrioritySummary]) -> String? {
        guard !classes.isEmpty else { return nil }
        var table = TextTable([
            "priority", "requests", "finished", "good", "TTFT", "p99", "TPOT", "p99", "E2E", "p99",
            "queue", "p99",
        ])
        for members in classes {
            let times = members.latencies.flatMap { _, latency in
                [latency.mean, latency.p99].map {
                    latency.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3)
                }
            }
            let counters = members.counters
            let counts = [counters.requests, counters.finished, members.goodRequests]
            table.add(["\(members.priority)"] + counts.map(Quantity.count) + times)
        }
        return table.text
    }
}
