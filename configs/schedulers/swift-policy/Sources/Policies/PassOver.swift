import Simulator

/// Passes over a waiting request whose blocks do not fit, so that shorter ones behind it need not
/// wait for space (vLLM issue 31731).
///
/// In a step it passes over at most `reach` requests. Once `patience` others have passed a request,
/// no more may pass it: no request enters before it.
public struct PassOver: SchedulingPolicy {
    /// Most requests that are passed over in a step.
    public var reach: Int
    /// Most requests that may enter before an earlier one, each time it waits.
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
