import Simulator

/// Passes over a waiting request whose blocks do not fit, so that shorter ones behind it need not
/// wait for its room (vLLM issue 31731).
///
/// In a step it passes over `reach` requests at most. A request that `patience` others have passed
/// is passed no more: then nobody enters before it.
public struct PassOver: SchedulingPolicy {
    /// Most requests that are passed over in a step.
    public var reach: Int
    /// Most requests that may enter before one that came earlier, each time that it waits.
    public var patience: Int64

    /// The same limits for all requests.
    public init(reach: Int = 16, patience: Int64 = 32) {
        self.reach = reach
        self.patience = patience
    }

    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }

    public func passesOver(_ candidate: RequestView, _ step: StepView) -> Bool {
        candidate.note < patience && step.passedOver < reach
    }

    public var keepsNotes: Bool { true }

    /// How many have passed it since it began to wait.
    public func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64 {
        event == .passedOver ? request.note + 1 : 0
    }
}
