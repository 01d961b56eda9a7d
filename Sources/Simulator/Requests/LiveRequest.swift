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
    var outputsInFlight: Int32 = 0
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
    /// At the scheduler, picoseconds.
    var arrival: Int64
    /// First admission to the running list, picoseconds; -1 before.
    var admitted: Int64 = -1
    /// When its first and its latest token left the engine, picoseconds; -1 before.
    var firstToken: Int64 = -1
    var lastToken: Int64 = -1
    /// When the scheduler hears that the client gives up, picoseconds; `Int64.max`: never.
    var abort: Int64
    /// By when its first token must leave the engine, or its client gives up, picoseconds;
    /// `Int64.max`: whenever.
    var firstTokenLimit: Int64
    /// Content id of the outputs.
    var outputContent: Int64

    var delivered: Int32 { known - promptTokens }
    var isIndividual: Bool { membership == .individual }
    /// Whether its client has no first token in time, as far as that is known.
    var lacksFirstToken: Bool {
        firstTokenLimit < .max && (firstToken < 0 || firstToken > firstTokenLimit)
    }
    /// Tells it from others that had its slot before, another attempt at the same request even.
    var mark: Int32 { Int32(truncatingIfNeeded: sequence) }
    /// Whether its client may give up before it has finished.
    var mayAbort: Bool { abort < .max || lacksFirstToken }

    /// When the scheduler hears that the client gives up for want of a first token, where it does;
    /// `Int64.max`: never. `outside`: the way of a token to the client and back.
    func firstTokenAbort(outside: Int64) -> Int64 {
        ClientPatience.moment(firstTokenLimit, after: outside)
    }

    /// What remains of it when it ends: the times are its client's, but for its admission.
    @inline(__always)
    func record(
        _ outcome: Outcome, at finish: Int64, replica: Int32, frontEnd: Int64, delivery: Int64
    ) -> RequestRecord {
        var record = RequestRecord(
            id: id, arrival: arrival - frontEnd, admitted: admitted,
            firstToken: firstToken < 0 ? -1 : firstToken + delivery,
            finish: finish + delivery,
            promptTokens: promptTokens, hitTokens: hitTokens, outputTokens: delivered,
            preemptions: preemptions, replica: replica, priority: priority, outcome: outcome)
        record.frontEnd = frontEnd
        if outcome == .finished { record.cutTokens = outputTokens - delivered }
        return record
    }
}

/// The rules that need nothing but one request: what it wants next, when its end is foreseen, when
/// it ends. Stepping, the cohort, policies and sleeping replicas all ask these.
///
/// Rules: vLLM 0.33.0 `Scheduler.schedule`, `AsyncScheduler`, `check_stop`. `limit` is
/// max_model_len throughout.
extension LiveRequest {
    /// Tokens that a running request could compute now, whatever the budget; 0 or less: it is
    /// skipped. With a token in flight that is its last, by max_tokens or by the model's length,
    /// nothing is left.
    @inline(__always)
    func tokensLeft(limit: Int) -> Int {
        if outputsInFlight > 0 {
            let ahead = Int(computed) + 2 - Int(outputsInFlight)
            if ahead >= Int(promptTokens) + Int(maxTokens) { return 0 }
        }
        return min(Int(known + outputsInFlight - computed), limit - Int(computed) - 1)
    }

    /// Tokens computed before the step that samples its last token.
    @inline(__always)
    func lastDecode(limit: Int) -> Int {
        min(Int(promptTokens) + Int(outputTokens), limit) - 2
    }

    /// Whether it has got all its tokens.
    @inline(__always)
    func isComplete(limit: Int) -> Bool { Int(known) >= limit || delivered >= outputTokens }

    /// Whether it decodes a token in every step, with so many tokens in flight before each.
    @inline(__always)
    func decodesSteadily(inFlight: Int32) -> Bool {
        !prefilling && stale == 0 && outputsInFlight == inFlight
            && known + outputsInFlight - computed == 1 && computed > 0
    }

    /// Steps, counted from the next one to be scheduled, before whose end it cannot end.
    @inline(__always)
    func stepsToEnd(limit: Int) -> Int64 {
        // A request cut short by the model's length ends before its output does.
        let room = Int64(limit - Int(promptTokens))
        return min(Int64(outputTokens), room) - Int64(delivered + outputsInFlight)
    }

    /// Whether, leaving with its last token in flight, it gets one more step, because its end is
    /// not foreseen: a stop token, not max_tokens.
    @inline(__always)
    func wastesStep(limit: Int, inFlight: Int) -> Bool {
        inFlight > 0 && computedAtEnd + 1 < limit
            && computedAtEnd + 1 < Int(promptTokens) + Int(maxTokens)
    }
}

/// The counts of a member of the cohort, which follow from the tick.
extension LiveRequest {
    /// Tokens computed before the step of a tick, as a member.
    @inline(__always)
    func computed(at tick: Int64) -> Int {
        Int(memberBase &+ Int32(truncatingIfNeeded: tick))
    }

    /// Tokens computed before the step after its last one as a member.
    @inline(__always)
    var computedAtEnd: Int { Int(memberBase &+ memberUntil) }

    /// Whether its last step as a member is the one before a tick.
    @inline(__always)
    func ends(at tick: Int64) -> Bool { memberUntil == Int32(truncatingIfNeeded: tick) }

    /// The tick at which a member's context fills a window.
    @inline(__always)
    func filling(_ window: Int) -> Int32 { Int32(window) &- 1 &- memberBase }

    /// Whether a tick is the first of its steps as a member or a later one.
    @inline(__always)
    func isMemberSince(_ tick: Int64) -> Bool {
        Int32(truncatingIfNeeded: tick) &- memberSince >= 0
    }

    /// Whether a tick comes after all its steps as a member.
    @inline(__always)
    func isPast(_ tick: Int64) -> Bool { Int32(truncatingIfNeeded: tick) &- memberUntil >= 0 }
}
