import Basics
import Results

extension ClassTable {
    /// Most classes of which a page shows every latency.
    private static let fullyShown = 12

    /// Tables of the classes for the page: counts, then where they were asked for each latency.
    package var text: String {
        guard isWanted else { return counts(withTimes: true) }
        if classes.count > Self.fullyShown {
            return counts(withTimes: true)
                + "\n\nMore than \(Self.fullyShown) classes: "
                + "every figure is in summary.json (--json) and classes.csv (--out)."
        }
        return counts(withTimes: false) + "\n\n" + latencies
    }

    /// Requests by how they ended, goodput and throughput by class, a row each.
    private func counts(withTimes: Bool) -> String {
        let times = ["TTFT", "p99", "TPOT", "p99", "E2E", "p99", "queue", "p99"]
        let rates = ["aborted", "rejected", "goodput", "requests/s", "output tokens/s"]
        var table = TextTable(
            [dimension.rawValue, "requests", "finished", "good"] + (withTimes ? times : rates))
        for members in classes {
            let counters = members.counters
            let counts = [counters.requests, counters.finished, members.goodRequests]
            var cells = [members.name.echoed()] + counts.map(Quantity.count)
            if withTimes {
                cells += members.latencies.filter { $0.name != "itl" }.flatMap { _, latency in
                    [latency.mean, latency.p99].map {
                        latency.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3)
                    }
                }
            } else {
                cells += [counters.aborted, counters.rejected].map(Quantity.count)
                let share = ratio(Double(members.goodRequests), Double(counters.requests))
                let seconds = members.duration
                cells += [
                    Quantity.percent(share),
                    Quantity.significant(ratio(Double(counters.finished), seconds)),
                    Quantity.decimal(ratio(Double(counters.finishedOutputTokens), seconds), 0),
                ]
            }
            table.add(cells)
        }
        return table.text
    }

    /// Every latency by class, a row each.
    private var latencies: String {
        var table = TextTable(
            [dimension.rawValue, "", "mean", "std", "p50", "p90", "p95", "p99", "max"],
            alignments: [.left, .left])
        let words = [
            "ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "e2el": "E2E", "queue": "queue",
        ]
        for members in classes {
            for (place, latency) in members.latencies.enumerated() {
                let value = latency.value
                let cells = [
                    value.mean, value.deviation, value.median, value.p90, value.p95, value.p99,
                    value.maximum,
                ].map { value.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3) }
                table.add(
                    [place == 0 ? members.name.echoed() : "", words[latency.name] ?? latency.name]
                        + cells)
            }
        }
        return table.text
    }
}
