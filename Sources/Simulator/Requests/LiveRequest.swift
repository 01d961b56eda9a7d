import Traces

/// The state of a request in its engine.
enum RequestState: UInt8 {
    case waiting
    /// Waiting again after a preemption.
    case preempted
    case running
    /// Finished or aborted. The slot lives on while a dispatched batch still refers to it.
    case ended
}

/// How the engine keeps a running request.
enum Membership: UInt8 {
    /// On its own: scheduled and committed individually.
    case individual
    /// One token in every step, as part of the cohort's sums (`Cohort`).
    case member
    /// A member until its last step, which is in flight.
    case leaving
}

/// A request in an engine, without references. Counts are in tokens.
///
/// Ticks are kept in 32 bits and may wrap around: no request decodes for 2³¹ steps, so their
/// differences are exact.
struct LiveRequest {
    /// Prompt and delivered output tokens.
    var known: Int32
    /// Everything scheduled so far, including batches in flight.
    var computed: Int32 = 0
    /// Tokens being sampled in batches in flight (vLLM's placeholders).
    var outputsInFlight: Int32 = 0
    /// Scheduled tokens whose batch has not been processed yet.
    var inFlight: Int32 = 0
    /// The part of `inFlight` that was scheduled before a preemption.
    var stale: Int32 = 0
    var promptTokens: Int32
    /// Output tokens after which the request ends, foreseen or not.
    var outputTokens: Int32
    /// Output tokens after which the scheduler foresees the end; at least `outputTokens`.
    var maxTokens: Int32
    var priority: Int32
    var state = RequestState.waiting
    /// Whether its latest scheduled step left known tokens uncomputed.
    var prefilling = false
    /// How it is kept. Unless individual, its token counts follow from the tick: `computed(at:)`
    /// for a member, `computedAtEnd` for a leaving one.
    var membership = Membership.individual
    /// Whether the schedule call under way has given it an entry.
    var isScheduled = false
    /// Whether its content is counted in `QuoteCounts`.
    var isQuotable = false
    /// Whether, as a member, its context is still shorter than the price's window.
    var isGrowing = false
    /// For a member: tokens computed minus the tick.
    var memberBase: Int32 = 0
    /// Tick of its first step as a member, and one plus that of its last.
    var memberSince: Int32 = 0
    var memberUntil: Int32 = 0
    /// Its index in the running list, maintained only while the list is unordered.
    var place: Int32 = 0
    /// Prefix tokens found in the cache at the first admission.
    var hitTokens: Int32 = 0
    var preemptions: Int32 = 0
    /// Most tokens that it had computed when it was preempted: up to there it recomputes.
    var lost: Int32 = 0
    /// Order of admission: the order of the running list.
    var admission: Int64 = 0
    /// Order of arrival over the whole run: unique, never reused.
    var sequence: Int64
    var id: Int64
    /// At the scheduler, in picoseconds.
    var arrival: Int64
    /// First admission to the running list, in picoseconds; -1 before.
    var admitted: Int64 = -1
    /// When its first and its latest token left the engine, in picoseconds; -1 before.
    var firstToken: Int64 = -1
    var lastToken: Int64 = -1
    /// When the scheduler learns that the client gave up, in picoseconds; `Int64.max` for never.
    var abort: Int64
    /// When its first token must leave the engine at the latest, or the client gives up, in
    /// picoseconds; `Int64.max` for no limit.
    var firstTokenLimit: Int64
    /// Content id of the outputs.
    var outputContent: Int64

    var delivered: Int32 { known - promptTokens }
    var isIndividual: Bool { membership == .individual }
    /// Whether its client gets no first token in time, as far as known.
    var lacksFirstToken: Bool {
        firstTokenLimit < .max && (firstToken < 0 || firstToken > firstTokenLimit)
    }
    /// Distinguishes it from earlier occupants of its slot, even other attempts of the same
    /// request.
    var mark: Int32 { Int32(truncatingIfNeeded: sequence) }
    /// Whether its client may give up before it has finished.
    var mayAbort: Bool { abort < .max || lacksFirstToken }

    /// When the scheduler learns that the client gave up waiting for a first token, if it does;
    /// `Int64.max` for never. `outside` is a token's way to the client plus the way back.
    func firstTokenAbort(outside: Int64) -> Int64 {
        ClientPatience.moment(firstTokenLimit, after: outside)
    }

    /// The record of its life. Times are the client's, except the admission.
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
        if outcome == .aborted, firstToken < 0 {
            record.computedTokens = max(0, min(promptTokens, max(computed, lost)) - hitTokens)
        }
        return record
    }
}

/// The rules that need one request only: what it wants next, when its end is foreseen, when it
/// ends. Stepping, the cohort, policies and sleeping replicas all use these.
///
/// Rules: vLLM 0.33.0 `Scheduler.schedule`, `AsyncScheduler`, `check_stop`. `limit` is
/// max_model_len throughout.
extension LiveRequest {
    /// Tokens that a running request could compute now, whatever the budget; it is skipped at 0 or
    /// less. Nothing is left while its last token, by max_tokens or by the model's length, is in
    /// flight.
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

    /// Whether it has all its tokens.
    @inline(__always)
    func isComplete(limit: Int) -> Bool { Int(known) >= limit || delivered >= outputTokens }

    /// Whether it decodes a token in every step, with `inFlight` tokens in flight before each.
    @inline(__always)
    func decodesSteadily(inFlight: Int32) -> Bool {
        !prefilling && stale == 0 && outputsInFlight == inFlight
            && known + outputsInFlight - computed == 1 && computed > 0
    }

    /// How many steps, from the next one to be scheduled, must pass before it can end.
    @inline(__always)
    func stepsToEnd(limit: Int) -> Int64 {
        // The model's length may end a request before its output is complete.
        let room = Int64(limit - Int(promptTokens))
        return min(Int64(outputTokens), room) - Int64(delivered + outputsInFlight)
    }

    /// Whether a leaving request, with its last token in flight, gets one more step because its end
    /// is not foreseen: it ends at a stop token, not at max_tokens.
    @inline(__always)
    func wastesStep(limit: Int, inFlight: Int) -> Bool {
        inFlight > 0 && computedAtEnd + 1 < limit
            && computedAtEnd + 1 < Int(promptTokens) + Int(maxTokens)
    }
}

/// The counts of a member of the cohort, as they follow from the tick.
extension LiveRequest {
    /// Tokens that a member has computed before the step of `tick`.
    @inline(__always)
    func computed(at tick: Int64) -> Int {
        Int(memberBase &+ Int32(truncatingIfNeeded: tick))
    }

    /// Tokens computed before the step after its last one as a member.
    @inline(__always)
    var computedAtEnd: Int { Int(memberBase &+ memberUntil) }

    /// Whether its last step as a member is the one before `tick`.
    @inline(__always)
    func ends(at tick: Int64) -> Bool { memberUntil == Int32(truncatingIfNeeded: tick) }

    /// The tick at which a member's context fills a window.
    @inline(__always)
    func filling(_ window: Int) -> Int32 { Int32(window) &- 1 &- memberBase }

    /// Whether `tick` is its first step as a member or later.
    @inline(__always)
    func isMemberSince(_ tick: Int64) -> Bool {
        Int32(truncatingIfNeeded: tick) &- memberSince >= 0
    }

    /// Whether `tick` comes after all its steps as a member.
    @inline(__always)
    func isPast(_ tick: Int64) -> Bool { Int32(truncatingIfNeeded: tick) &- memberUntil >= 0 }
}
