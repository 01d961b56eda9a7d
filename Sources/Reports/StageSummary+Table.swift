import Basics
import Results

extension StageSummary {
    /// A table of stages for the page; nil without any.
    static func table(_ stages: [StageSummary]) -> String? {
        guard !stages.isEmpty else { return nil }
        var table = TextTable([
            "stage", "load", "requests", "finished", "good", "req/s", "tokens/s", "TTFT", "p99",
            "TPOT", "p99", "E2E", "p99",
        ])
        // The page has no space for ITL; summary.json has it.
        let shown = ["ttft", "tpot", "e2el"]
        for stage in stages {
            let requests = stage.requests
            let latencies = requests.latencies.filter { shown.contains($0.name) }
            let times = latencies.flatMap { _, latency in
                [latency.mean, latency.p99].map {
                    latency.count == 0 ? "-" : Quantity.duration(seconds: $0 * 1e-3)
                }
            }
            let counters = requests.counters
            let counts = [counters.requests, counters.finished, requests.goodRequests]
            table.add(
                ["\(stage.number)", stage.run.stage.words] + counts.map(Quantity.count) + [
                    Quantity.significant(requests.requestThroughput),
                    Quantity.decimal(requests.outputThroughput, 0),
                ] + times)
        }
        return table.text
    }
}
