/// What kept a step from holding more, if requests waited or prompts were cut.
enum StepLimit {
    /// The step's token budget was used up.
    case tokenBudget
    /// The number of running requests was at its limit.
    case runningRequests
    /// The next request's blocks did not fit, or a request was preempted for lack of blocks.
    case blocks
    /// Another rule: `prefill_schedule_interval`, or a policy.
    case other
}

/// How long each limit kept steps from holding more: the sum of such steps' times, each from when
/// the GPUs were free for it to its end. In picoseconds, summed over replicas.
///
/// A step has at most one limit, the first that the scheduler met: a preemption, the budget, the
/// number of running requests, then whatever refused the head of the queue. A step that leaves no
/// request waiting and cuts no prompt has none.
package struct LimitTimes: Sendable, Equatable {
    /// The token budget: a request waits, or a prompt is cut, and the budget is used up.
    package internal(set) var tokenBudget: Int128 = 0
    /// `max_num_seqs` or `max_num_active_seqs`: a request waits, and the running list is full.
    package internal(set) var runningRequests: Int128 = 0
    /// The pool: the next request's blocks do not fit, or a running request was preempted.
    package internal(set) var blocks: Int128 = 0
    /// Requests wait for another reason: `prefill_schedule_interval`, or a policy's decision.
    package internal(set) var other: Int128 = 0

    /// No times yet.
    package init() {}

    /// Adds a step's time. O(1).
    @inline(__always)
    mutating func add(_ span: Int64, _ limit: StepLimit) {
        switch limit {
        case .tokenBudget: tokenBudget += Int128(span)
        case .runningRequests: runningRequests += Int128(span)
        case .blocks: blocks += Int128(span)
        case .other: other += Int128(span)
        }
    }

    /// Adds another replica's times. O(1).
    mutating func add(_ more: LimitTimes) {
        tokenBudget += more.tokenBudget
        runningRequests += more.runningRequests
        blocks += more.blocks
        other += more.other
    }
}
