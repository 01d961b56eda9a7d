import Simulator

/// Mean, percentiles and maximum of a latency, in milliseconds.
package struct LatencySummary: Sendable, Equatable {
    /// Number of values: requests, or gaps for the ITL.
    package var count: Int
    package var mean: Double
    /// Standard deviation of all values, as of a population.
    package var deviation: Double
    package var median: Double
    package var p90: Double
    package var p95: Double
    package var p99: Double
    package var maximum: Double
    /// Whether percentiles are exact; otherwise they come from a histogram and are within 0.1 %.
    package internal(set) var isExact: Bool
    /// The source of other percentiles.
    private let histogram: LatencyHistogram
    var values: LatencyValues?

    /// The figures of a histogram in picoseconds, with percentiles of the exact values if these are
    /// given; all 0 if it is empty. O(n log n) in the values.
    package init(_ histogram: LatencyHistogram, exact: LatencyValues? = nil) {
        let percents = exact?.percentiles([50, 90, 95, 99])
        isExact = percents != nil
        self.histogram = histogram
        values = exact
        func milliseconds(_ percent: Double) -> Double {
            if let percents, let place = [50, 90, 95, 99].firstIndex(of: percent) {
                return percents[place] / 1e9
            }
            return Double(histogram.percentile(percent)) / 1e9
        }
        count = Int(histogram.count)
        mean = histogram.mean / 1e9
        deviation = histogram.deviation / 1e9
        median = milliseconds(50)
        p90 = milliseconds(90)
        p95 = milliseconds(95)
        p99 = milliseconds(99)
        maximum = Double(histogram.maximum) / 1e9
    }

    /// A statistic of these latencies in milliseconds; 0 without any. O(n log n) with exact values,
    /// else O(buckets).
    package func figure(_ statistic: LatencyStatistic) -> Double {
        switch statistic {
        case .mean: mean
        case .maximum: maximum
        case .percentile(let percent):
            (values?.percentiles([percent])?[0] ?? Double(histogram.percentile(percent))) / 1e9
        }
    }
}

/// The results of a run, as the figures that people compare.
///
/// The JSON keys are those of vLLM's serving benchmark if they mean the same. The article
/// "Statistics" explains every figure.
package struct RunSummary: Sendable {
    /// The mean time that requests spent in one part.
    package struct MeanPart: Sendable, Equatable {
        /// "ttft" or "tpot".
        package var latency: String
        package var part: LatencyParts.Part
        package var milliseconds: Double

        /// Its key in summary.json.
        package var key: String { Self.key(latency, part) }

        /// The key of a part in summary.json.
        package static func key(_ latency: String, _ part: LatencyParts.Part) -> String {
            "mean_\(latency)_\(part.column)_ms"
        }
    }

    /// Maxima of a run.
    package struct Peaks: Sendable, Equatable {
        package var tokensPerStep: Int
        package var requestsPerStep: Int
        package var decodesPerStep: Int
        /// Tokens of one request.
        package var context: Int

        init(_ result: RunResult) {
            tokensPerStep = result.work.mostTokens
            requestsPerStep = result.work.mostRequests
            decodesPerStep = result.work.mostDecodes
            context = result.longestContext
        }
    }

    /// Identifies the run: equal digests mean equal records and counters.
    package var digest: String
    package var counters: Counters
    /// Seconds from the first arrival to the end of the last step.
    package var duration: Double
    package var timeToFirstToken: LatencySummary
    package var timePerOutputToken: LatencySummary
    package var interTokenLatency: LatencySummary
    package var endToEnd: LatencySummary
    package var queueTime: LatencySummary
    /// Mean of each part of TTFT and TPOT, if latencies were divided.
    package var parts: [MeanPart] = []
    /// The same over the slowest 1 % by TTFT and by TPOT.
    package var slowestParts: [MeanPart] = []
    /// The most tokens delivered in one second.
    package var mostTokensInSecond: Int
    /// The most finished requests in the cluster at once, if records were observed.
    package var mostConcurrent: Int?
    /// The figures of each stage of the load; empty without stages.
    package var stages: [StageSummary] = []
    /// The figures by class: by the requested dimension, and by priority if there are several.
    package var classes: [ClassTable] = []
    /// Whether all percentiles except the ITL's are exact.
    package var isExact = false
    /// Whether the number of requests in the cluster is steady; nil if not examined, or too short.
    package var steadiness: Steadiness?
    /// Means in milliseconds with their intervals, by key; absent for too few values.
    package var intervals: [(key: String, value: MeanInterval)] = []
    /// Why there are no intervals; nil if there are some, or if nothing finished.
    package var intervalsProblem: String?
    /// Shares of requests by time to first token.
    package var distribution: [LatencyClass] = []
    /// Latencies that the trace records of a real server, beside the run's.
    package var measured: MeasuredReport?
    /// The run over time, if it was observed.
    package var series: RunSeries?
    /// The promises and what the run achieved; nil without promises.
    package var verdict: ServiceVerdict?
    /// The requests that latencies, goodput and throughput cover, if some are left out.
    package var stretch: MeasuredStretch?
    /// Finished requests that met every limit of the objective, or of their class's own.
    package var goodRequests: Int
    /// Shares of the pool in use: mean over time and replicas, and the maximum of any replica.
    package var meanKVUse: Double
    package var peakKVUse: Double
    /// Shares of the replicas' time in which GPUs compute, and wait for host work, between and
    /// inside steps. A clock that does not separate host work inside steps counts it as computing.
    package var busyShare: Double
    package var hostWaitShare: Double
    /// Whether the clock separates host work inside steps.
    package var tellsHostTime: Bool
    /// How the host changed the times.
    package var host: HostSummary
    /// Shares of what the GPUs and the engine's limits allow.
    package var utilization: Utilization
    /// Shares of the replicas' time in which each limit kept steps from holding more.
    package var limits: LimitShares
    /// Most tokens, requests and decodes in a step, and the longest context in tokens.
    package var peaks: Peaks
    /// The most preemptions of one request.
    package var mostPreemptions: Int
    /// Set if requests arrived faster than the replicas admitted them.
    package var overload: Overload?
    package var replicas: Int
    /// Whether the trace gives the content of prompts. Without it nothing can be shared.
    package var holdsContent: Bool
    /// Whether that content is not the trace's but a law of the configuration
    /// (trace.shared_prefix).
    package var assumesContent = false
    /// Whether shared tokens were counted.
    package var tellsSharing: Bool
    /// Requests that a closed loop keeps in flight; nil without a closed loop.
    package var concurrency: Int?
    /// The pauses between requests of its users.
    package var thinkTime: ThinkTime
    /// Requests that waited for others of the trace, such as the later turns of sessions.
    package var followers: Int
    /// Whether a stage of the load is a closed loop.
    var hasClosedStages: Bool
    /// What clients saw if a cap held requests back; nil without a cap.
    package var client: ClientSummary?
    package var blocksPerReplica: Int
    /// The engine's own log line about its pool, as a server writes it; nil if not set.
    package var poolLine: String?
    /// The source of the step times.
    package var clock: String
    /// The release of vLLM whose scheduler decided; nil if not set.
    package var engineVersion: String?
    /// What to keep in mind when reading the figures.
    package var warnings: [String]
    /// The warnings that name a measured range which the run left.
    package var rangeWarnings: [String] = []

    /// The summary of a result. `clock` and `warnings` come from the resolved configuration.
    package init(_ result: RunResult, clock: String, warnings: [String] = []) {
        digest = result.digest
        counters = result.counters
        duration = result.duration
        timeToFirstToken = LatencySummary(result.timeToFirstToken)
        timePerOutputToken = LatencySummary(result.timePerOutputToken)
        interTokenLatency = LatencySummary(result.interTokenLatency)
        endToEnd = LatencySummary(result.endToEnd)
        queueTime = LatencySummary(result.queueTime)
        distribution = LatencyClass.classes(of: result.timeToFirstToken)
        goodRequests = result.goodRequests
        stretch = result.stretch
        replicas = result.replicas
        concurrency = result.concurrency
        thinkTime = result.thinkTime
        followers = result.followers
        hasClosedStages = result.stages.contains {
            if case .concurrency = $0.stage.load { true } else { false }
        }
        client = result.client.map(ClientSummary.init)
        holdsContent = result.holdsContent
        tellsSharing = result.tellsSharing
        blocksPerReplica = result.blocksPerReplica
        let replicaTime = result.duration * Double(result.replicas)
        let blocks = Double(result.blocksPerReplica)
        meanKVUse = ratio(result.usedBlockSeconds, replicaTime * blocks)
        peakKVUse = ratio(Double(result.peakUsedBlocks), blocks)
        let inSteps = result.hostTimeInSteps ?? 0
        busyShare = ratio(Double(result.busyTime - inSteps) / 1e12, replicaTime)
        hostWaitShare = ratio(Double(result.hostWaitTime + inSteps) / 1e12, replicaTime)
        host = HostSummary(result)
        tellsHostTime = result.hostTimeInSteps.map { $0 > 0 } ?? false
        utilization = result.utilization
        limits = LimitShares(result.limits, of: replicaTime)
        peaks = Peaks(result)
        mostPreemptions = result.mostPreemptions
        mostTokensInSecond = result.mostTokensInSecond
        overload = result.overload
        self.clock = clock
        self.warnings = warnings
        if !holdsContent, counters.requests > 0 { self.warnings.append(Self.noContent) }
        if result.refusedActions > 0 {
            self.warnings.append(
                "\(result.refusedActions) actions of the external scheduler were refused, the "
                    + "first: \(result.firstRefusal)")
        }
    }

    /// Why nothing is shared, and what to do about it.
    private static let noContent =
        "the trace holds lengths and no content, so that no prompt shares anything with another:"
        + " a prefix cache cannot be judged by it. A trace with ids of its content can, or a recipe"
        + " with such lengths (headway trace synth), or a law of what prompts share"
        + " (trace.shared_prefix)"

    /// Counts and seconds of the requests that rates cover.
    private var measuredCounters: Counters { stretch?.counters ?? counters }
    package var measuredDuration: Double { stretch?.duration ?? duration }
    /// How many requests these are.
    package var measuredRequests: Int { measuredCounters.requests }
    /// Finished requests per second.
    package var requestThroughput: Double {
        ratio(Double(measuredCounters.finished), measuredDuration)
    }
    /// Good requests per second.
    package var goodput: Double { ratio(Double(goodRequests), measuredDuration) }
    /// Prompt tokens of finished requests per second.
    package var inputThroughput: Double {
        ratio(Double(measuredCounters.finishedPromptTokens), measuredDuration)
    }
    /// Output tokens of finished requests per second.
    package var outputThroughput: Double {
        ratio(Double(measuredCounters.finishedOutputTokens), measuredDuration)
    }
    /// Prefix tokens found at first admissions, as a share of those requests' prompt tokens.
    package var prefixHitRate: Double {
        ratio(Double(counters.hitTokens), Double(counters.queriedTokens))
    }
    /// Prompt tokens that earlier requests had, as a share of the same.
    package var sharedRate: Double {
        ratio(Double(counters.sharedTokens), Double(counters.queriedTokens))
    }
    /// The same for the tokens that were not hit, by reason.
    package var lostReuse: [(name: String, tokens: Int)] {
        let lost = counters.sharedTokensLost
        return [
            ("block_size", lost.blockSize), ("other_replica", lost.otherReplica),
            ("evicted", lost.evicted), ("not_computed", lost.notComputed),
            ("window", lost.window), ("last_token", lost.lastToken),
        ]
    }
    /// Tokens recomputed because of preemptions, as a share of those scheduled.
    package var recomputedShare: Double {
        ratio(Double(counters.recomputedTokens), Double(counters.scheduledTokens))
    }
    /// Mean requests in a step that computed something.
    package var meanBatchSize: Double {
        ratio(Double(counters.scheduledEntries), Double(counters.steps))
    }
    /// Mean tokens in a step that computed something.
    package var meanTokensPerStep: Double {
        ratio(Double(counters.scheduledTokens), Double(counters.steps))
    }
}

/// A quotient; 0 if the denominator is 0.
package func ratio(_ numerator: Double, _ denominator: Double) -> Double {
    denominator > 0 ? numerator / denominator : 0
}
