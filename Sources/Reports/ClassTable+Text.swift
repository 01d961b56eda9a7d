import Basics
import Results

extension ClassTable {
    /// Most classes for which a page shows every latency.
    private static let fullyShown = 12

    /// Tables of the classes for the page: counts, then each latency if classes were requested.
    package var text: String {
        guard isWanted else { return counts(withTimes: true) }
        if classes.count > Self.fullyShown {
            return counts(withTimes: true)
                + "\n\nMore than \(Self.fullyShown) classes: "
                + "every figure is in summary.json (--json) and classes.csv (--out)."
        }
        return counts(withTimes: false) + "\n\n" + latencies
    }

    /// Requests by outcome, goodput and throughput, one row per class. Outcomes have columns if not
    /// all requests finished.
    private func counts(withTimes: Bool) -> String {
        let times = ["TTFT", "p99", "TPOT", "p99", "E2E", "p99"]
        let rates = ["goodput", "requests/s", "output tokens/s"]
        let ends: [(String, (ClassSummary) -> Int)] = [
            ("finished", { $0.counters.finished }),
            ("unfinished", { $0.counters.unfinished }), ("aborted", { $0.counters.aborted }),
            ("rejected", { $0.counters.rejected }),
        ]
        let allFinished = classes.allSatisfy { $0.counters.finished == $0.counters.requests }
        let shown =
            allFinished ? [] : ends.filter { _, count in classes.contains { count($0) > 0 } }
        var table = TextTable(
            [dimension.rawValue, "requests"] + shown.map(\.0) + ["good"]
                + (withTimes ? times : rates))
        for members in classes {
            var cells = [members.name.echoed(), Quantity.count(members.counters.requests)]
            cells += shown.map { Quantity.count($0.1(members)) }
            cells.append(Quantity.count(members.goodRequests))
            cells += withTimes ? Self.times(members) : Self.rates(members)
            table.add(cells)
        }
        return table.text
    }

    /// Mean and p99 of each latency of a class.
    private static func times(_ members: ClassSummary) -> [String] {
        members.latencies.filter { !["itl", "queue"].contains($0.name) }.flatMap { _, latency in
            [latency.mean, latency.p99].map {
                latency.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3)
            }
        }
    }

    /// Goodput and throughput of a class.
    private static func rates(_ members: ClassSummary) -> [String] {
        let share = ratio(Double(members.goodRequests), Double(members.counters.requests))
        return [
            Quantity.percent(share), Quantity.significant(members.requestThroughput),
            Quantity.decimal(members.outputThroughput, 0),
        ]
    }

    /// Every latency by class, one row each.
    private var latencies: String {
        var table = TextTable(
            [dimension.rawValue, "", "mean", "p50", "p90", "p95", "p99", "max"],
            alignments: [.left, .left])
        let words = [
            "ttft": "TTFT", "tpot": "TPOT", "itl": "ITL", "e2el": "E2E", "queue": "queue",
        ]
        for members in classes {
            for (place, latency) in members.latencies.enumerated() {
                let value = latency.value
                let cells = [
                    value.mean, value.median, value.p90, value.p95, value.p99, value.maximum,
                ].map { value.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3) }
                table.add(
                    [place == 0 ? members.name.echoed() : "", words[latency.name] ?? latency.name]
                        + cells)
            }
        }
        return table.text
    }
}
