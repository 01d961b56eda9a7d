import StepTime

/// What a run counted. All are sums over replicas unless said otherwise.
public struct Counters: Sendable, Equatable {
    public var requests = 0
    public var finished = 0
    public var aborted = 0
    public var rejected = 0
    package var unfinished = 0
    /// Engine steps that computed something.
    public var steps = 0
    /// Steps that scheduled nothing.
    package var emptySteps = 0
    /// Tokens scheduled, prefill and decode, recomputation included.
    public var scheduledTokens = 0
    /// (request, step) pairs.
    package var scheduledEntries = 0
    public var promptTokens = 0
    /// Tokens delivered.
    public var outputTokens = 0
    /// Those of finished requests alone, prompts and outputs.
    package var finishedPromptTokens = 0
    package var finishedOutputTokens = 0
    /// Answers of finished requests that max_model_len cut short, and the tokens that they lack.
    package var cutAnswers = 0
    package var cutTokens = 0
    public var preemptions = 0
    /// Requests that were preempted at least once.
    package var preemptedRequests = 0
    /// Tokens computed again because of preemptions: of `scheduledTokens`.
    package var recomputedTokens = 0
    /// Prefix tokens found at first admissions.
    public var hitTokens = 0
    /// Prefix tokens found at all admissions, resumed ones included.
    package var hitTokensWithResumed = 0
    /// Prompt tokens of admitted requests that earlier requests had at the same place, behind the
    /// same tokens: what a cache without limits finds. Hits are of them.
    package var sharedTokens = 0
    /// Those of them that were no hits.
    package var sharedTokensLost = LostReuse()
    /// Prompt tokens of admitted requests: the base of the prefix hit rate.
    package var queriedTokens = 0
    /// Cached blocks that lost their key because they were handed out.
    package var evictions = 0
    /// Entries computed for requests that had already ended (asynchronous scheduling).
    package var wastedEntries = 0

    package init() {}
}

/// How the simulator got through the run's steps: its own cost, not the cluster's. Differs between
/// ways that give equal results.
package struct StepCounters: Sendable, Equatable {
    /// Steps executed by the scheduler, one by one.
    package var executed = 0
    /// Steps forwarded over.
    package var forwarded = 0
    /// Arrivals, admissions, preemptions and ends.
    package var events = 0
    /// Entries into and departures from the queues ordered by time or tick.
    package var queueOperations = 0
    /// Slots of a prefix index looked at, where the pools keep runs.
    package var hashProbes = 0
    /// Stretches of equally held or queued blocks made by the pools, where these keep runs.
    package var blockStretches = 0
    /// Times that storage for the replicas' state was allocated, or grew.
    package var allocations = 0

    package init() {}
}

/// Everything a run found out.
public struct RunResult: Sendable {
    public var counters = Counters()
    package var steps = StepCounters()
    /// Arrival of the first request and end of the last step, picoseconds.
    package var start: Int64 = 0
    package var end: Int64 = 0
    /// Histograms of picoseconds: TTFT, TPOT and E2E per finished request, ITL per gap of one,
    /// queue time per admitted request.
    public var timeToFirstToken = LatencyHistogram()
    public var timePerOutputToken = LatencyHistogram()
    public var interTokenLatency = LatencyHistogram()
    public var endToEnd = LatencyHistogram()
    public var queueTime = LatencyHistogram()
    /// The requests of which these latencies and the good ones are, where the plan leaves some out;
    /// nil: all.
    package var stretch: MeasuredStretch?
    /// Finished requests that met every limit of the service level objective.
    package var goodRequests = 0
    /// Picoseconds during which the GPUs of a replica computed, summed over replicas.
    package var busyTime: Int128 = 0
    /// Picoseconds the GPU waited for host work between steps, summed over replicas.
    package var hostWaitTime: Int128 = 0
    /// Steps that began or ended later than they would have without the host's work.
    package var hostPacedSteps = 0
    /// A request's way from the client to the scheduler, and of a token back: part of every time
    /// to first token, picoseconds.
    package var frontEnd: Int64 = 0
    package var delivery: Int64 = 0
    /// Picoseconds of `busyTime` that are host work: the measured clock's steps include some. Nil
    /// where the clock does not tell.
    package var hostTimeInSteps: Int128?
    /// What the steps held, over all replicas.
    package var work = StepSums()
    /// The most tokens delivered in one of the seconds from the first arrival on.
    package var mostTokensInSecond = 0
    /// The longest context that a request reached, tokens.
    package var longestContext = 0
    /// The most preemptions of one request.
    package var mostPreemptions = 0
    package var utilization = Utilization()
    /// For how long which limit kept steps from holding more.
    package var limits = LimitTimes()
    /// Set when requests arrived faster than the replicas took them in.
    package var overload: Overload?
    /// ∫ used blocks dt, block-seconds, summed over replicas.
    package var usedBlockSeconds: Double = 0
    /// Most blocks in use at once in one replica.
    package var peakUsedBlocks = 0
    /// Blocks of one replica, the null block excluded.
    package var blocksPerReplica = 0
    package var replicas = 1
    /// Whether the trace says what prompts hold: without it nothing can be shared.
    package var holdsContent = true
    /// Whether it was told what prompts share: there was content, and a cache.
    package var tellsSharing = false
    /// Requests that a closed loop keeps in flight; nil: they arrived at the trace's times.
    package var concurrency: Int?
    /// The pauses of its users.
    package var thinkTime = ThinkTime()
    /// What the stages of the load did; empty: it has none.
    package var stages: [StageRun] = []
    /// Whether these were over before the trace was, the rest of which was not sent.
    package var leavesTrace = false
    /// What clients saw where requests waited there for a place, or clients timed out; nil: neither
    /// was set.
    package var client: ClientLatencies?
    /// Actions of an external scheduler that broke a rule of the engine, and the first of them.
    package var refusedActions = 0
    package var firstRefusal = ""
    /// What the instances did window by window, when the plan asks for that.
    package var samples: RunSamples?
    /// Every request in order of arrival, when the plan keeps them.
    package var records: [RequestRecord] = []
    /// Names the run: equal digests mean equal records and counters.
    public var digest = ""

    package init() {}

    /// Length of the run in seconds, from the first arrival to the last step's end.
    public var duration: Double { Double(max(0, end - start)) * 1e-12 }
}
