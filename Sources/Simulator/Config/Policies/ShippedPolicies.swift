/// vLLM's default, written as a policy: in order of arrival, the latest admitted gives way.
///
/// A preempted request has arrived before everyone who still waits for a first admission, so the
/// order of arrival also puts it back to the front.
package struct FirstComeFirstServed: SchedulingPolicy {
    package init() {}

    /// The earlier arrival first.
    package func precedes(_ a: RequestView, _ b: RequestView, at step: StepView) -> Bool {
        a.sequence < b.sequence
    }
}

/// vLLM's priority policy, written as a policy: smaller priorities first, then earlier arrivals;
/// the least urgent, latest arrived one gives way.
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

/// Shortest prompt first: cuts mean TTFT under load, at the price of long prompts, which starve
/// while shorter ones keep coming. The longest running prompt gives way.
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

/// Least attained service first: whoever has received the fewest tokens is served first, and who
/// has received the most gives way. Favours short answers without knowing which will be short
/// (Nuyens and Wierman 2008, on foreground-background scheduling).
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

/// Decodes first, then no more than a quota of prefill: stall-free batching, which bounds how much
/// a long prompt slows everyone else's tokens (Agrawal et al. 2024, Sarathi-Serve).
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

/// Prefill first, and alone: while anyone can be prefilled nobody decodes, as in engines before
/// chunked prefill (vLLM V0's default). The best TTFT, and tokens that stall behind prompts.
package struct PrefillFirst: SchedulingPolicy {
    package init() {}

    /// Chunks and admissions, or else decodes.
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
    /// The policy object of a name; nil for those that the engine's own scheduler implements.
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
