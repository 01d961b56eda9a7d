import Basics
import Simulator
import StepTime

extension ResolvedConfiguration {
    /// The trace, the model, the GPUs, the replicas and the router, in one line.
    package func headline(trace: String) -> String {
        let configuration = self.configuration
        let replicas = plan.replicas
        let gpus = replicas * deployment.gpus
        let size = deployment.gpus == 1 ? "" : " of \(deployment.gpus) GPUs"
        return "\(trace) on \(model.name) (\(deployment.weights.rawValue)), \(gpus) x "
            + "\(configuration.hardware.gpu), "
            + "\(Quantity.counted(replicas, "replica"))\(size), "
            + "router \(configuration.cluster.router.rawValue)" + kept
    }

    /// What a file gives a server beside its line, which does not say it.
    private var kept: String {
        let kept = configuration.given.besideServer
        return kept.isEmpty
            ? "" : "\nBeside --serve the file's keys stay: " + kept.joined(separator: ", ")
    }

    /// Where the step times come from and the range they cover, in one line.
    package var clockDescription: String {
        let provenance = plan.stepTime.provenance
        let parts = [
            provenance.kind, provenance.source, provenance.changes.joined(separator: ", "),
            provenance.errors.map { "off by (median) " + $0 } ?? "", "host " + host.name,
            provenance.assumptions.joined(separator: "; "),
        ].filter { !$0.isEmpty }
        return parts.joined(separator: ", ")
    }

    /// How far to trust the figures of a run, one sentence per line.
    package func trust(_ result: RunResult) -> String { trust(aborted: result.counters.aborted) }

    /// The same for a run of which only the number of aborted requests is known.
    package func trust(aborted: Int) -> String {
        let uncaptured = uncaptured(aborted: aborted)
        let release = plan.engine.release
        let schedule =
            if plan.externalScheduler != nil {
                "The schedule is the program's."
            } else if plan.hasCustomScheduler {
                "The schedule is not vLLM's: \(plan.policyName) decides in its engine."
            } else if configuration.engine.unserved(model) != nil {
                "The schedule follows vLLM \(release.version)'s rules, and vLLM "
                    + "\(configuration.engine.version) does not serve this model."
            } else if let draft = deployment.draft {
                "The schedule follows vLLM \(release.version)'s rules for a server without drafts: "
                    + "those of \(draft.method.rawValue) are in the memory only."
            } else if let difference = memory.layout.simulated.difference {
                "The schedule follows vLLM \(release.version)'s rules and is not yet its own: "
                    + "\(difference)."
            } else if !uncaptured.isEmpty {
                "The schedule follows vLLM \(release.version)'s rules; it was not checked against "
                    + "the engine with " + uncaptured.joined(separator: ", nor with ") + "."
            } else if configuration.engine.version != release.version {
                "The schedule follows vLLM \(release.version)'s rules, the nearest before "
                    + "\(configuration.engine.version), of which there is no capture."
            } else if release.evidence == .reading {
                "The schedule follows vLLM \(release.version)'s rules, from reading its code: "
                    + "there is no capture of it."
            } else {
                "The schedule is vLLM \(release.version)'s, step for step."
            }
        // Few releases have fitted kernels and host work of their own.
        let clock =
            release == .newest
            ? "" : " Kernels and host are those of the nearest release that was fitted."
        let provenance = plan.stepTime.provenance
        switch configuration.stepTime.kind {
        case .measured:
            let name =
                provenance.kind == GPU.h100.name
                ? "an H100" : Quantity.withArticle(provenance.kind)
            let operators =
                provenance.isMeasured
                ? "fitted to operators measured on \(name)"
                : "not measured on \(name): another GPU's operators by the datasheets' ratios"
            let changes = provenance.changes.map { ", \($0)" }.joined()
            return schedule + "\nStep times are \(operators)\(changes); "
                + "mixed batches are extrapolated." + clock + hostTrust
        case .linear, .table:
            let changes = provenance.changes.map { ", \($0)" }.joined()
            return schedule + "\nStep times are what the configuration says\(changes)." + clock
                + hostTrust
        }
    }

    /// The servers the host was fitted on and its errors there, on a line of its own.
    private var hostTrust: String {
        if host.name == HostProfile.none.name { return "" }
        return "\nThe host's times are those of \(host.provenance)"
            + (host.errors.map { ": off by (median) \($0)." } ?? ".")
    }

    /// Features of the run that no capture of the engine covers.
    private func uncaptured(aborted: Int) -> [String] {
        var parts: [String] = []
        let stages = configuration.engine.pipelineParallelSize
        if stages > 1 { parts.append("pipeline_parallel_size \(stages)") }
        if !plan.engine.asyncScheduling, aborted > 0 {
            parts.append("clients that give up under synchronous scheduling")
        }
        let kinds = Set(plan.engine.groups).count
        if kinds > 2 { parts.append("\(kinds) kinds of attention groups") }
        let isEarly = plan.engine.release.rules.windowRelease == .scheduled
        if isEarly, plan.engine.asyncScheduling, plan.engine.schedulerReserveFullISL,
            plan.engine.groups.contains(where: { $0 != .full })
        {
            parts.append("the reserve of sliding windows under asynchronous scheduling")
        }
        return parts
    }

    /// Warnings for a run that left the clock's measured range, or that exceeded its GPUs' peaks.
    package func rangeWarnings(_ result: RunResult) -> [String] {
        var warnings = plan.stepTime.provenance.warnings(
            tokens: result.work.mostTokens, context: result.longestContext,
            decodes: result.work.mostDecodes)
        warnings += host.warnings(
            requests: result.work.mostRequests, tokens: result.work.mostTokens,
            context: result.longestContext)
        let shares = [
            ("FLOP/s", result.utilization.flops),
            ("memory bandwidth", result.utilization.memoryBandwidth),
        ]
        for (name, share) in shares {
            guard let share, share > 1 else { continue }
            warnings.append(
                "steps need \(plain((100 * share).rounded())) % of the peak \(name) of "
                    + "\(configuration.hardware.gpu): the clock is faster than the GPU")
        }
        return warnings
    }
}
