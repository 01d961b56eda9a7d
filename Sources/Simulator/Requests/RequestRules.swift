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
        if placeholders > 0 {
            let ahead = Int(computed) + 2 - Int(placeholders)
            if ahead >= Int(promptTokens) + Int(maxTokens) { return 0 }
        }
        return min(Int(known + placeholders - computed), limit - Int(computed) - 1)
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
        !prefilling && stale == 0 && placeholders == inFlight
            && known + placeholders - computed == 1 && computed > 0
    }

    /// Steps, counted from the next one to be scheduled, before whose end it cannot end.
    @inline(__always)
    func stepsToEnd(limit: Int) -> Int64 {
        // A request cut short by the model's length ends before its output does.
        let room = Int64(limit - Int(promptTokens))
        return min(Int64(outputTokens), room) - Int64(delivered + placeholders)
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
