import StepTime

/// What a run counted. Sums over replicas unless stated otherwise.
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
    /// Tokens scheduled: prefill, decode and recomputation.
    public var scheduledTokens = 0
    /// (request, step) pairs.
    package var scheduledEntries = 0
    public var promptTokens = 0
    /// Tokens delivered.
    public var outputTokens = 0
    /// Prompt and output tokens of finished requests only.
    package var finishedPromptTokens = 0
    package var finishedOutputTokens = 0
    /// Answers of finished requests that max_model_len cut short, and the tokens that they lack.
    package var cutAnswers = 0
    package var cutTokens = 0
    public var preemptions = 0
    /// Requests that were preempted at least once.
    package var preemptedRequests = 0
    /// The part of `scheduledTokens` that was recomputed because of preemptions.
    package var recomputedTokens = 0
    /// Prefix tokens found at first admissions.
    public var hitTokens = 0
    /// Prefix tokens found at all admissions, including resumed requests.
    package var hitTokensWithResumed = 0
    /// Prompt tokens of admitted requests that earlier requests had at the same place after the
    /// same tokens: what an unlimited cache would find. Hits are a part of them.
    package var sharedTokens = 0
    /// The part of `sharedTokens` that was not hit.
    package var sharedTokensLost = LostReuse()
    /// Prompt tokens of admitted requests: the base of the prefix hit rate.
    package var queriedTokens = 0
    /// Cached blocks that lost their key because they were handed out.
    package var evictions = 0
    /// Entries computed for requests that had already ended (asynchronous scheduling).
    package var wastedEntries = 0

    package init() {}
}

/// How the simulator executed the run's steps: its own cost, not the cluster's. Differs between
/// modes that give equal results.
package struct StepCounters: Sendable, Equatable {
    /// Steps executed individually by the scheduler.
    package var executed = 0
    /// Steps that were fast-forwarded.
    package var forwarded = 0
    /// Arrivals, admissions, preemptions and ends.
    package var events = 0
    /// Insertions into and removals from the queues ordered by time or tick.
    package var queueOperations = 0
    /// Slots of prefix indexes probed, if the pools keep extents.
    package var hashProbes = 0
    /// Spans of equally held or queued blocks made by the pools, if these keep extents.
    package var blockStretches = 0
    /// How often storage for the replicas' state was allocated or grew.
    package var allocations = 0

    package init() {}
}

/// The results of a run.
public struct RunResult: Sendable {
    public var counters = Counters()
    package var steps = StepCounters()
    /// Arrival of the first request and end of the last step, picoseconds.
    package var start: Int64 = 0
    package var end: Int64 = 0
    /// Histograms in picoseconds: TTFT, TPOT and E2E per finished request, ITL per gap of a
    /// finished request, queue time per admitted request.
    public var timeToFirstToken = LatencyHistogram()
    public var timePerOutputToken = LatencyHistogram()
    public var interTokenLatency = LatencyHistogram()
    public var endToEnd = LatencyHistogram()
    public var queueTime = LatencyHistogram()
    /// The requests that these latencies and `goodRequests` cover, if the plan leaves some out;
    /// nil: all.
    package var stretch: MeasuredStretch?
    /// Finished requests that met every limit of the service level objective.
    package var goodRequests = 0
    /// Time during which the GPUs of a replica computed, in picoseconds, summed over replicas.
    package var busyTime: Int128 = 0
    /// Time the GPU waited for host work between steps, in picoseconds, summed over replicas.
    package var hostWaitTime: Int128 = 0
    /// Steps that began or ended later than they would have without host work.
    package var hostPacedSteps = 0
    /// A request's way from the client to the scheduler, and a token's way back: parts of every
    /// time to first token, in picoseconds.
    package var frontEnd: Int64 = 0
    package var delivery: Int64 = 0
    /// The part of `busyTime` that is host work, in picoseconds: steps of the measured clock
    /// include some. Nil if `RunPlan.demand` is not known.
    package var hostTimeInSteps: Int128?
    /// The contents of the steps, over all replicas.
    package var work = StepSums()
    /// The most tokens delivered in one of the seconds since the first arrival.
    package var mostTokensInSecond = 0
    /// The longest context of a request, in tokens.
    package var longestContext = 0
    /// The most preemptions of one request.
    package var mostPreemptions = 0
    package var utilization = Utilization()
    /// How long each limit kept steps from holding more.
    package var limits = LimitTimes()
    /// Set if requests arrived faster than the replicas admitted them.
    package var overload: Overload?
    /// ∫ used blocks dt, block-seconds, summed over replicas.
    package var usedBlockSeconds: Double = 0
    /// Most blocks in use at once in one replica.
    package var peakUsedBlocks = 0
    /// Blocks of one replica, without the null block.
    package var blocksPerReplica = 0
    package var replicas = 1
    /// Whether the trace gives the content of prompts. Without it nothing can be shared.
    package var holdsContent = true
    /// Whether shared tokens were counted: there was content, and a cache.
    package var tellsSharing = false
    /// Requests that a closed loop keeps in flight; nil without a closed loop.
    package var concurrency: Int?
    /// The pauses between requests of its users.
    package var thinkTime = ThinkTime()
    /// What the stages of the load did; empty without stages.
    package var stages: [StageRun] = []
    /// Whether the stages ended before the trace did. The rest of the trace was not sent.
    package var leavesTrace = false
    /// Requests that waited for others of the trace, such as the later turns of sessions.
    package var followers = 0
    /// What clients saw if requests waited for a place or clients timed out; nil if neither was
    /// configured.
    package var client: ClientLatencies?
    /// Actions of an external scheduler that broke a rule of the engine, and the first of them.
    package var refusedActions = 0
    package var firstRefusal = ""
    /// The instances' windows, if the plan asks for them.
    package var samples: RunSamples?
    /// Every request in order of arrival, if the plan keeps them.
    package var records: [RequestRecord] = []
    /// Identifies the run: equal digests mean equal records and counters.
    public var digest = ""

    package init() {}

    /// Length of the run from the first arrival to the end of the last step, in seconds.
    public var duration: Double { Double(max(0, end - start)) * 1e-12 }
}
