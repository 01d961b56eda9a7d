import Simulator

/// A prefill budget over several steps (vLLM PR 33743): one prompt keeps a GPU busy, and prefilling
/// another beside it only delays its first token.
///
/// Each step adds `rate` tokens to the budget, and steps that prefill less save the rest, up to
/// `most`. Decodes go first. While no request runs there is no limit, and nothing is owed later.
public struct PrefillBudget: SchedulingPolicy {
    /// Prefill tokens per step, and the most that may be saved.
    public var rate: Int
    public var most: Int
    private var saved: Int
    private var steps = 0
    private var prefilled = 0

    /// At least one token a step.
    public init(rate: Int = 512, most: Int = 2_048) {
        self.rate = max(1, rate)
        self.most = max(self.rate, most)
        saved = self.most
    }

    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }

    /// The savings follow from how many steps passed, so that decode-only steps need no call.
    public mutating func shape(_ step: StepView) -> StepShape {
        let unspent = max(0, saved - (step.prefilledTokens - prefilled))
        let (more, overflow) = rate.multipliedReportingOverflow(by: step.number - steps)
        saved = overflow ? most : min(most, unspent + min(most, more))
        steps = step.number
        prefilled = step.prefilledTokens
        var shape = StepShape()
        shape.phases = [.decodes, .chunks, .admissions]
        shape.prefillQuota = step.running == 0 ? .max : saved
        return shape
    }
}
