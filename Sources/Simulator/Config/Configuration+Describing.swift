import StepTime

extension ResolvedConfiguration {
    /// One line: the trace, the model, the GPUs, the replicas, the router.
    public func headline(trace: String) -> String {
        let configuration = self.configuration
        let replicas = plan.replicas
        let gpus = replicas * deployment.gpus
        let size = deployment.gpus == 1 ? "" : " of \(deployment.gpus) GPUs"
        return "\(trace) on \(model.name) (\(deployment.weights.rawValue)), \(gpus) x "
            + "\(configuration.hardware.gpu), "
            + "\(replicas) \(replicas == 1 ? "replica" : "replicas")\(size), "
            + "router \(configuration.cluster.router.rawValue)"
    }

    /// Where the step times come from and how far they reach, in one line.
    public var clockDescription: String {
        let provenance = plan.stepTime.provenance
        let parts = [
            provenance.kind, provenance.source,
            provenance.assumptions.joined(separator: "; "),
        ].filter { !$0.isEmpty }
        return parts.joined(separator: ", ")
    }

    /// How far to believe the figures, a sentence a line.
    public var trust: String {
        let schedule =
            if plan.externalScheduler != nil {
                "The schedule is the program's."
            } else if plan.hasCustomScheduler {
                "The schedule is not vLLM's: \(plan.policyName) decides in its engine."
            } else {
                "The schedule is vLLM 0.33.0's, step for step."
            }
        switch configuration.stepTime.kind {
        case .h100:
            return schedule + "\nStep times are fitted to operators measured on an H100; mixed "
                + "batches are extrapolated."
        case .linear, .table:
            return schedule + "\nStep times are what the configuration says."
        }
    }

    /// Warnings about a run that left the range in which the clock was measured, given the longest
    /// context of a request in it, tokens. Tokens and decodes per step are taken at their limits.
    public func rangeWarnings(longestContext: Int) -> [String] {
        plan.stepTime.provenance.warnings(
            tokens: plan.engine.maxNumBatchedTokens, context: longestContext,
            decodes: plan.engine.maxNumSeqs)
    }
}

extension Configuration.ObjectiveSection {
    /// "TTFT at most 450 ms and TPOT at most 40 ms"; empty without limits.
    public var description: String {
        func limit(_ name: String, _ milliseconds: Double?) -> String? {
            milliseconds.map { "\(name) at most \(plain($0)) ms" }
        }
        return [limit("TTFT", ttftMilliseconds), limit("TPOT", tpotMilliseconds)]
            .compactMap(\.self).joined(separator: " and ")
    }
}
