/// How a request ended.
public enum Outcome: UInt8, Sendable, CaseIterable {
    case finished
    case aborted
    /// Never admitted: it could not fit, or its length is not allowed.
    case rejected
    /// Still alive when the run ended.
    case unfinished

    /// The word used in requests.csv.
    package var name: String {
        switch self {
        case .finished: "finished"
        case .aborted: "aborted"
        case .rejected: "rejected"
        case .unfinished: "unfinished"
        }
    }
}

/// Why a request was rejected.
package enum RejectionReason: UInt8, Sendable, CaseIterable {
    case none
    case promptNotShorterThanModelLength
    case needsMoreBlocksThanThePool
    /// Chunked prefill is off and the prompt exceeds one step.
    case promptExceedsStepBudget

    package var name: String {
        switch self {
        case .none: ""
        case .promptNotShorterThanModelLength: "prompt_too_long"
        case .needsMoreBlocksThanThePool: "exceeds_kv_pool"
        case .promptExceedsStepBudget: "exceeds_step_budget"
        }
    }
}

/// One request's life, as its client sees it. Times are in picoseconds of simulated time; -1 if it
/// never happened.
public struct RequestRecord: Sendable, Equatable {
    public var id: Int64
    public var arrival: Int64
    /// First admission to the running list, on the engine's clock.
    public var admitted: Int64
    /// When the client got the first token; not changed by a preemption.
    public var firstToken: Int64
    /// When the client got the last token or learned of the abort.
    public var finish: Int64
    public var promptTokens: Int32
    /// Prefix tokens found in the cache at the first admission.
    public var hitTokens: Int32
    /// Tokens delivered.
    public var outputTokens: Int32
    /// Tokens of its answer that max_model_len cut off; 0 unless it finished.
    package var cutTokens: Int32 = 0
    public var preemptions: Int32
    public var replica: Int32
    /// As the trace gives it; lower is more urgent.
    public var priority: Int32
    public var outcome: Outcome
    /// Why it was rejected; `none` for any other outcome.
    package var rejection: RejectionReason
    /// The stage of the load in which it was sent, from 0; -1 without stages.
    package var stage: Int16 = -1
    /// The attempt of its client, from 1.
    package var attempt: Int16 = 1
    /// Whether its client timed out and sends it again.
    package var isSentAgain = false
    /// Prompt tokens computed for it, if it was aborted before its first token.
    // Here it fills a hole: a record of 128 bytes is copied without a call.
    package var computedTokens: Int32 = 0
    /// How long it was held back at the client before its arrival: since it was due if there is a
    /// cap, or since its first attempt was due.
    package var clientWait: Int64 = 0
    /// The time from the client to the scheduler, a part of its time to first token.
    package var frontEnd: Int64 = 0
    /// The 99th percentile of its gaps between tokens, linear between neighbours, if the objective
    /// limits it; otherwise, and for fewer than two tokens, -1.
    package var tailGap: Int64 = -1
    /// The part of its prompt that the cache could have had but did not; zero before an admission.
    package var lostReuse = RequestReuse()

    package init(
        id: Int64, arrival: Int64, admitted: Int64 = -1, firstToken: Int64 = -1,
        finish: Int64 = -1, promptTokens: Int32, hitTokens: Int32 = 0, outputTokens: Int32 = 0,
        preemptions: Int32 = 0, replica: Int32 = -1, priority: Int32 = 0,
        outcome: Outcome = .unfinished, rejection: RejectionReason = .none
    ) {
        self.id = id
        self.arrival = arrival
        self.admitted = admitted
        self.firstToken = firstToken
        self.finish = finish
        self.promptTokens = promptTokens
        self.hitTokens = hitTokens
        self.outputTokens = outputTokens
        self.preemptions = preemptions
        self.replica = replica
        self.priority = priority
        self.outcome = outcome
        self.rejection = rejection
    }

    /// Prompt tokens that an infinite cache with one-token blocks would have hit at its first
    /// admission.
    package var reusableTokens: Int32 { hitTokens &+ lostReuse.total }

    /// When the client meant to send it, in picoseconds.
    package var due: Int64 { arrival - clientWait }

    /// Since when it counts as outside or inside the cluster, in picoseconds: since it was due, or,
    /// for a retry, since its arrival.
    package var begin: Int64 { attempt == 1 ? due : arrival }

    /// Time in the scheduler's queue until its first admission, picoseconds; nil before that.
    public var queueTime: Int64? { admitted < 0 ? nil : admitted - arrival - frontEnd }

    /// Time to first token, picoseconds; nil before the first token.
    public var timeToFirstToken: Int64? { firstToken < 0 ? nil : firstToken - arrival }

    /// (E2E − TTFT) / (output − 1), picoseconds; nil for fewer than two tokens.
    @inline(__always)
    public var timePerOutputToken: Int64? {
        guard outcome == .finished, outputTokens > 1 else { return nil }
        return (finish - firstToken) / Int64(outputTokens - 1)
    }
}
