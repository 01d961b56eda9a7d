import Simulator

/// Short requests first, with a bound on how long others wait (vllm-ascend PR 11352).
///
/// Four lanes, each in order of arrival: preempted requests, long ones that have waited
/// `longestWait`, short ones, long ones.
public struct ShortRequestsFirst: SchedulingPolicy {
    /// Most prompt tokens of a short request.
    public var threshold: Int
    /// How long a long request lets short ones pass, in picoseconds.
    public var longestWait: Int64

    /// A prompt of `threshold` tokens still counts as short.
    public init(threshold: Int = 1_024, longestWaitSeconds: Double = 2) {
        self.threshold = threshold
        longestWait = Int64(longestWaitSeconds * 1e12)
    }

    private func lane(_ request: RequestView, _ step: StepView) -> Int {
        if request.preemptions > 0 { return 0 }
        if request.promptTokens <= threshold { return 2 }
        return step.time - request.arrival >= longestWait ? 1 : 3
    }

    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        (lane(a, step), a.sequence) < (lane(b, step), b.sequence)
    }

    /// A long request changes lanes while it waits.
    public var orderFollowsStep: Bool { true }
}
