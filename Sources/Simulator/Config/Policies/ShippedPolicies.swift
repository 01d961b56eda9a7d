/// vLLM's default, written as a policy: in order of arrival; the latest admitted is preempted.
///
/// A preempted request arrived before every request that still waits for its first admission, so
/// order of arrival also puts it back at the front.
package struct FirstComeFirstServed: SchedulingPolicy {
    package init() {}

    /// The earlier arrival first.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }
}

/// vLLM's priority policy, written as a policy: smaller priorities first, then earlier arrivals.
/// The request with the largest (priority, arrival) is preempted.
package struct ByPriority: SchedulingPolicy {
    package init() {}

    /// The smaller priority first, then the earlier arrival.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        (a.priority, a.arrival, a.id) < (b.priority, b.arrival, b.id)
    }

    /// The largest priority, then the latest arrival; the first of equals. O(running).
    package func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        var worst = 0
        for place in running.indices.dropFirst() {
            let (candidate, current) = (running[place], running[worst])
            if (candidate.priority, candidate.arrival) > (current.priority, current.arrival) {
                worst = place
            }
        }
        return worst
    }
}

/// Shortest prompt first: cuts mean TTFT under load. Long prompts starve while shorter ones keep
/// coming. The longest running prompt is preempted.
package struct ShortestPromptFirst: SchedulingPolicy {
    package init() {}

    /// The shorter prompt first, then the earlier arrival.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        (a.promptTokens, a.sequence) < (b.promptTokens, b.sequence)
    }

    /// The longest prompt. O(running).
    package func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        running.indices.max { precedes(running[$0], running[$1], at: step) } ?? 0
    }
}

/// Least attained service first: the request that has received the fewest tokens is served first,
/// and the one that has received the most is preempted. Favours short outputs without knowing which
/// will be short (Nuyens and Wierman 2008, on foreground-background scheduling).
package struct LeastAttainedService: SchedulingPolicy {
    package init() {}

    package var ordersRunning: Bool { true }

    /// Fewer delivered tokens first, then the earlier arrival.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        (a.deliveredTokens, a.sequence) < (b.deliveredTokens, b.sequence)
    }

    /// The one with the most delivered tokens. O(running).
    package func victim(
        among running: [RequestView], for requester: RequestView, at step: StepView
    ) -> Int {
        running.indices.max { precedes(running[$0], running[$1], at: step) } ?? 0
    }
}

/// Decodes first, then at most a quota of prefill: stall-free batching, which bounds how much a
/// long prompt slows other requests' tokens (Agrawal et al. 2024, Sarathi-Serve).
package struct DecodeFirst: SchedulingPolicy {
    /// Most prefill tokens of a step.
    package let prefillQuota: Int

    /// A policy with a quota of at least one token.
    package init(prefillQuota: Int) { self.prefillQuota = max(1, prefillQuota) }

    /// Decodes, then chunks and admissions within the quota.
    package func shape(_ step: StepView) -> StepShape {
        var shape = StepShape()
        shape.phases = [.decodes, .chunks, .admissions]
        shape.prefillQuota = prefillQuota
        return shape
    }

    /// The earlier arrival first.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }
}

/// Prefill first, and alone: no request decodes while any can be prefilled, as in engines before
/// chunked prefill (vLLM V0's default). Gives the best TTFT, but tokens stall behind prompts.
package struct PrefillFirst: SchedulingPolicy {
    package init() {}

    /// Chunks and admissions; decodes only if there are none.
    package func shape(_ step: StepView) -> StepShape {
        var shape = StepShape()
        shape.phases = [.chunks, .admissions, .decodes]
        shape.isExclusive = true
        return shape
    }

    /// The earlier arrival first.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }
}

extension EngineConfiguration {
    /// The policy object of `policy`; nil for those that the engine's own scheduler implements.
    var policyObject: (any SchedulingPolicy)? {
        switch policy {
        case .fcfs, .priority: nil
        case .shortestPromptFirst: ShortestPromptFirst()
        case .leastAttainedService: LeastAttainedService()
        case .decodeFirst: DecodeFirst(prefillQuota: prefillQuota)
        case .prefillFirst: PrefillFirst()
        }
    }
}
