import Basics
import Simulator

/// The figures of the requests of one class, or of one stage of a load.
package struct ClassSummary: Sendable, Equatable {
    /// Its number: the priority, the index among bounds or names, or the stage from 1.
    package var key: Int
    /// Its name.
    package var name: String
    /// Requests by outcome and their tokens. Step counts are 0.
    package var counters: Counters
    /// Finished requests that met every limit of the objective.
    package var goodRequests: Int
    /// The time that rates divide by, in seconds: for a class that of the run's own rates, for a
    /// stage the time from its first arrival to its last end.
    package var duration: Double
    package var timeToFirstToken: LatencySummary
    package var timePerOutputToken: LatencySummary
    /// Gaps between tokens; nil if they were not attributed to requests.
    package var interTokenLatency: LatencySummary?
    package var endToEnd: LatencySummary
    package var queueTime: LatencySummary

    /// The figures of requests, with rates over `seconds`.
    package init(_ members: ClassFigures, seconds: Double) {
        key = members.key
        name = members.name
        counters = members.counters
        goodRequests = members.goodRequests
        duration = seconds
        let exact = members.latencies
        timeToFirstToken = LatencySummary(
            members.timeToFirstToken, exact: exact?.timeToFirstToken)
        timePerOutputToken = LatencySummary(
            members.timePerOutputToken, exact: exact?.timePerOutputToken)
        interTokenLatency = members.interTokenLatency.map { LatencySummary($0) }
        endToEnd = LatencySummary(members.endToEnd, exact: exact?.endToEnd)
        queueTime = LatencySummary(members.queueTime, exact: exact?.queueTime)
    }

    /// The latencies by their names in summary.json.
    package var latencies: [(name: String, value: LatencySummary)] {
        [("ttft", timeToFirstToken), ("tpot", timePerOutputToken)]
            + (interTokenLatency.map { [("itl", $0)] } ?? [])
            + [("e2el", endToEnd), ("queue", queueTime)]
    }

    /// The counts by their names in summary.json.
    var counts: [(String, Int)] {
        [
            ("num_prompts", counters.requests), ("completed", counters.finished),
            ("failed", counters.requests - counters.finished),
            ("rejected", counters.rejected), ("aborted", counters.aborted),
            ("unfinished", counters.unfinished), ("good_requests", goodRequests),
            ("preempted_requests", counters.preemptedRequests),
            ("total_input_tokens", counters.finishedPromptTokens),
            ("total_output_tokens", counters.finishedOutputTokens),
        ]
    }

    /// Finished requests, their output tokens, and good requests, per second of `duration`.
    package var requestThroughput: Double { ratio(Double(counters.finished), duration) }
    package var outputThroughput: Double {
        ratio(Double(counters.finishedOutputTokens), duration)
    }
    package var goodput: Double { ratio(Double(goodRequests), duration) }

    /// The rates by their names in summary.json.
    var rates: [(String, Double)] {
        [
            ("request_throughput", requestThroughput), ("request_goodput", goodput),
            ("output_throughput", outputThroughput),
        ]
    }
}

/// The classes of a run by one dimension.
package struct ClassTable: Sendable, Equatable {
    package var dimension: ClassDimension
    /// Whether the user requested it; otherwise it is shown because there are several classes.
    package var isWanted: Bool
    package var classes: [ClassSummary]

    /// A table of the classes of a run that lasts `seconds`.
    package init(_ classes: RequestClasses, isWanted: Bool, seconds: Double) {
        dimension = classes.rule.dimension
        self.isWanted = isWanted
        self.classes = classes.classes.map { ClassSummary($0, seconds: seconds) }
    }

    /// Its key in summary.json.
    var key: String { "by_" + dimension.rawValue }

    /// The header of classes.csv: the names in summary.json.
    package static let header: String = {
        let latencies = ["ttft", "tpot", "itl", "e2el", "queue"].flatMap { name in
            ["\(name)_count"]
                + ["mean", "std", "median", "p90", "p95", "p99", "max"].map { "\($0)_\(name)_ms" }
        }
        return
            ([
                "by", "class", "num_prompts", "completed", "failed", "rejected", "aborted",
                "unfinished", "good_requests", "preempted_requests", "total_input_tokens",
                "total_output_tokens", "request_throughput", "request_goodput",
                "output_throughput",
            ] + latencies).joined(separator: ",")
    }()

    /// The rows of classes.csv, in the order of the header. A figure of no requests is empty.
    package var rows: [String] {
        classes.map { members in
            var cells = [dimension.rawValue, RequestLine.cell(class: members.name)]
            cells += members.counts.map { "\($0.1)" } + members.rates.map { "\($0.1)" }
            for name in ["ttft", "tpot", "itl", "e2el", "queue"] {
                let latency = members.latencies.first { $0.name == name }?.value
                guard let latency, latency.count > 0 else {
                    cells += ["0"] + [String](repeating: "", count: 7)
                    continue
                }
                cells += ["\(latency.count)"]
                cells += [
                    latency.mean, latency.deviation, latency.median, latency.p90, latency.p95,
                    latency.p99, latency.maximum,
                ].map { "\($0)" }
            }
            return cells.joined(separator: ",")
        }
    }
}

extension RunSummary {
    /// The requested classes by name; empty if there are none.
    package var wantedClasses: [String] {
        classes.first(where: \.isWanted)?.classes.map(\.name) ?? []
    }
}

/// Shares of the replicas' time in which each limit kept steps from holding more.
package struct LimitShares: Sendable, Equatable {
    package var tokenBudget: Double
    package var runningRequests: Double
    package var blocks: Double
    package var other: Double

    init(_ times: LimitTimes, of seconds: Double) {
        func share(_ time: Int128) -> Double { ratio(Double(time) * 1e-12, seconds) }
        tokenBudget = share(times.tokenBudget)
        runningRequests = share(times.runningRequests)
        blocks = share(times.blocks)
        other = share(times.other)
    }
}
