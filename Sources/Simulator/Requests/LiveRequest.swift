import Traces

/// Where a request stands in its engine.
enum RequestState: UInt8 {
    case waiting
    /// Waiting again after a preemption.
    case preempted
    case running
    /// Finished or aborted; the slot lives on while a dispatched batch still names it.
    case ended
}

/// How the engine keeps a running request.
enum Membership: UInt8 {
    /// By itself: scheduled and committed one by one.
    case individual
    /// One token in every step, as part of the cohort's sums (`Cohort`).
    case member
    /// It was a member until its last step, which is in flight.
    case leaving
}

/// A request that an engine knows, without references. Token counts throughout.
///
/// Ticks are kept as 32 bits, which may wrap around: no request decodes for 2³¹ steps, so that
/// their differences are exact.
struct LiveRequest {
    /// Prompt and delivered outputs.
    var known: Int32
    /// Everything scheduled so far, batches in flight included.
    var computed: Int32 = 0
    /// Tokens being sampled in batches in flight (vLLM's placeholders).
    var placeholders: Int32 = 0
    /// Scheduled tokens whose batch has not been processed yet.
    var inFlight: Int32 = 0
    /// The part of `inFlight` that precedes a preemption.
    var stale: Int32 = 0
    var promptTokens: Int32
    /// Outputs after which the request ends, foreseen or not.
    var outputTokens: Int32
    /// Outputs after which the scheduler foresees the end; at least `outputTokens`.
    var maxTokens: Int32
    var priority: Int32
    var state = RequestState.waiting
    /// Whether its latest scheduled step left known tokens uncomputed.
    var prefilling = false
    /// How it is kept. Unless individual, its token counts follow from the tick:
    /// `computed(at:)` of a member, `computedAtEnd` of one that leaves.
    var membership = Membership.individual
    /// Whether the schedule call under way has given it an entry of its own.
    var isScheduled = false
    /// Whether its content is counted in `QuoteCounts`.
    var isQuotable = false
    /// Whether, as a member, its context is still shorter than the price's window.
    var isGrowing = false
    /// Tokens computed less the tick, as a member.
    var memberBase: Int32 = 0
    /// Tick of its first and of its last step as a member plus one.
    var memberSince: Int32 = 0
    var memberUntil: Int32 = 0
    /// Its place in the running list, kept up only where the list is unordered.
    var place: Int32 = 0
    /// Prefix tokens found in the cache at the first admission.
    var hitTokens: Int32 = 0
    var preemptions: Int32 = 0
    /// Most tokens that a preemption found computed: up to there it computes for the second time.
    var lost: Int32 = 0
    /// Order of admission: the order of the running list.
    var admission: Int64 = 0
    /// Order of arrival over the whole run: unique, never reused.
    var sequence: Int64
    var id: Int64
    /// Picoseconds.
    var arrival: Int64
    /// First admission to the running list, picoseconds; -1 before.
    var admitted: Int64 = -1
    /// When its first and its latest token were delivered, picoseconds; -1 before.
    var firstToken: Int64 = -1
    var lastToken: Int64 = -1
    /// When the client gives up, picoseconds; `Int64.max`: never.
    var abort: Int64
    /// Content id of the outputs.
    var outputContent: Int64

    var delivered: Int32 { known - promptTokens }
    var isIndividual: Bool { membership == .individual }

    /// What remains of it when it ends.
    @inline(__always)
    func record(_ outcome: Outcome, at finish: Int64, replica: Int32) -> RequestRecord {
        RequestRecord(
            id: id, arrival: arrival, admitted: admitted, firstToken: firstToken, finish: finish,
            promptTokens: promptTokens, hitTokens: hitTokens, outputTokens: delivered,
            preemptions: preemptions, replica: replica, priority: priority, outcome: outcome)
    }
}
