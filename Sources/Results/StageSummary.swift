import Simulator
import Traces

/// The figures of the requests of one stage of a load.
public struct StageSummary: Sendable, Equatable {
    /// Counted from 1, as in requests.csv.
    public var number: Int
    public var run: StageRun
    /// Requests by how they ended, and their tokens.
    public var counters: Counters
    /// Finished requests that met every limit of the objective.
    public var goodRequests: Int
    /// Seconds from the first arrival of a request of the stage to the last end of one.
    public var duration: Double
    public var timeToFirstToken: LatencySummary
    public var timePerOutputToken: LatencySummary
    public var endToEnd: LatencySummary
    public var queueTime: LatencySummary

    /// The figures of a stage.
    public init(_ number: Int, _ members: StageClass) {
        self.number = number
        run = members.run
        counters = members.counters
        goodRequests = members.goodRequests
        duration = Double(members.duration) * 1e-12
        timeToFirstToken = LatencySummary(members.timeToFirstToken)
        timePerOutputToken = LatencySummary(members.timePerOutputToken)
        endToEnd = LatencySummary(members.endToEnd)
        queueTime = LatencySummary(members.queueTime)
    }

    /// Finished requests, and delivered tokens, per second of `duration`.
    public var requestThroughput: Double { ratio(Double(counters.finished), duration) }
    public var outputThroughput: Double { ratio(Double(counters.outputTokens), duration) }
    /// Good requests per second of `duration`.
    public var goodput: Double { ratio(Double(goodRequests), duration) }

    /// The latencies by the names that they have in summary.json.
    package var latencies: [(name: String, value: LatencySummary)] {
        [
            ("ttft", timeToFirstToken), ("tpot", timePerOutputToken), ("e2el", endToEnd),
            ("queue", queueTime),
        ]
    }

    /// The counts by the names that they have in summary.json.
    var counts: [(String, Int)] {
        var load: [(String, Int)] = [("stage", number)]
        if case .concurrency(let count) = run.stage.load { load.append(("concurrency", count)) }
        return load + [
            ("sent", run.sent), ("num_prompts", counters.requests),
            ("completed", counters.finished), ("rejected", counters.rejected),
            ("aborted", counters.aborted), ("unfinished", counters.unfinished),
            ("good_requests", goodRequests), ("total_input_tokens", counters.promptTokens),
            ("total_output_tokens", counters.outputTokens),
        ]
    }

    /// The rates by the names that they have in summary.json; nil: there is none.
    var rates: [(String, Double?)] {
        var rate: Double?
        if case .rate(let value) = run.stage.load { rate = value }
        return [
            ("request_rate", rate), ("start_s", run.begin.map { Double($0) * 1e-12 }),
            ("duration", duration), ("request_throughput", requestThroughput),
            ("output_throughput", outputThroughput), ("request_goodput", goodput),
        ]
    }

    /// What a page says of stages that were not run as they were asked for, and of a trace that
    /// they leave.
    public static func remarks(_ result: RunResult) -> [String] {
        let stages = result.stages
        if result.leavesTrace {
            return ["the trace goes on after the last stage: what is left of it was not sent"]
        }
        guard let cut = stages.firstIndex(where: \.isCutShort) else { return [] }
        return [
            "the trace ended in stage \(cut + 1) of \(stages.count), which sent \(stages[cut].sent)"
                + " requests: it and later ones have fewer than asked for"
        ]
    }
}
