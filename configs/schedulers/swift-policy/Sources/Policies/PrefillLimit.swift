import Simulator

/// A limit on prefills under way (vLLM issue 57413).
///
/// A prefill holds the blocks it has computed until its last chunk is done. At the limit no request
/// enters, while those under way continue as before.
public struct PrefillLimit: SchedulingPolicy {
    /// Most prefills at once, including those that enter in the step.
    public var most: Int

    /// At least one.
    public init(most: Int = 2) { self.most = max(1, most) }

    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }

    public func shape(_ step: StepView) -> StepShape {
        var shape = StepShape()
        shape.mostPrefills = most
        return shape
    }
}
