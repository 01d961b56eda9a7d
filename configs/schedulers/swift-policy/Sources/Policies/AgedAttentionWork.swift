import Basics
import Simulator

/// Shortest remaining attention work first, with ageing (vllm-ascend PR 16360).
///
/// The attention of a prompt of n tokens costs about W(n) = n (n + 1) / 2. A prefill's rank is
/// 2^(age / D) / (P R), where P is the work it arrived with, minus its prefix hit, and R the work
/// left. Two requests age equally, so only their arrivals count, and their order holds while both
/// wait. Decodes go first; then prefills under way and admissions, each by rank.
public struct AgedAttentionWork: SchedulingPolicy {
    /// D: the time in which a rank doubles, in seconds.
    public var doublingSeconds: Double

    /// Ranks double in this time; larger values favour short prompts more.
    public init(doublingSeconds: Double = 0.25) { self.doublingSeconds = doublingSeconds }

    /// log2 of W(tokens) - W(computed), 0 for less than a token.
    private func work(_ tokens: Int, _ computed: Int) -> Double {
        let (all, done) = (Double(tokens), Double(computed))
        let left = (all * (all + 1) - done * (done + 1)) / 2
        return PortableMath.log(max(1, left)) / PortableMath.log(2)
    }

    /// Smaller is sooner.
    private func rank(_ request: RequestView) -> Double {
        let arrival = Double(request.arrival) * 1e-12
        return work(request.knownTokens, Int(request.note))
            + work(request.knownTokens, request.computedTokens) + arrival / doublingSeconds
    }

    public func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        (rank(a), a.sequence) < (rank(b), b.sequence)
    }

    public var ordersRunning: Bool { true }

    public func shape(_ step: StepView) -> StepShape {
        var shape = StepShape()
        shape.phases = [.decodes, .chunks, .admissions]
        return shape
    }

    public var keepsNotes: Bool { true }

    /// The prefix hit of the latest admission.
    public func noted(_ request: RequestView, _ event: RequestEvent, _ step: StepView) -> Int64 {
        event == .admitted ? Int64(request.computedTokens) : 0
    }
}
