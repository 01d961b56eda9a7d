import Simulator

/// A skip-join multi-level feedback queue (vLLM PR 25567, after FastServe: Wu et al. 2023).
///
/// Level l has a quantum of base · 2^l tokens of service. A request joins the level whose quantum
/// its prompt fits, skipping those above, and sinks as it is served. One that has waited for
/// `patience` rises to the first level until it enters. When blocks run out they are taken from the
/// lowest level; no request is preempted for any other reason.
public struct SkipJoinFeedback: SchedulingPolicy {
    /// The quantum of the first level in tokens, and the number of levels.
    public var base: Int
    public var levels: Int
    /// Prompt tokens that cost as much as one output token.
    public var outputCost: Int
    /// In picoseconds.
    public var patience: Int64

    public init(base: Int = 512, levels: Int = 6, outputCost: Int = 8, patienceSeconds: Double = 2)
    {
        (self.base, self.levels, self.outputCost) = (base, levels, outputCost)
        patience = Int64(patienceSeconds * 1e12)
    }

    private func level(_ request: RequestView, _ step: StepView) -> Int {
        if request.note >= 0, step.time - request.note >= patience { return 0 }
        let service = request.promptTokens + outputCost * request.deliveredTokens
        var level = 0
        while level < levels - 1, service > base << level { level += 1 }
        return level
    }

    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        (level(a, step), a.sequence) < (level(b, step), b.sequence)
    }

    public var orderFollowsStep: Bool { true }
    public var ordersRunning: Bool { true }

    public func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        running.indices.max { precedes(running[$0], running[$1], at: step) } ?? 0
    }

    public var keepsNotes: Bool { true }

    /// Since when it waits, in picoseconds; -1 if it runs.
    public func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64 {
        if event == .passedOver { return request.note }
        return event == .admitted ? -1 : step.time
    }
}
