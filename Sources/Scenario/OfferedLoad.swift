import Basics
import Traces

/// What determines the load of a run, and which key changes it.
package enum OfferedLoad: Sendable, Equatable {
    /// A recipe's arrival rate, requests per second at `trace.rate_scale` 1; later turns included.
    case recipe(rate: Double)
    /// The times of a recorded trace, scaled by `trace.rate_scale`.
    case recorded
    /// Drawn times at this many requests, or sessions, per second (`trace.request_rate`).
    case drawn(rate: Double)
    /// A random dataset without a rate: all requests at once.
    case atOnce
}

extension Configuration {
    /// What determines the load of an open loop.
    ///
    /// - Throws: `InputError` at `place` if no rate does: in a closed loop, with stages or a ramp,
    ///   or in a batch.
    package func offeredLoad(place: String) throws -> OfferedLoad {
        for (key, isGiven) in [
            ("trace.concurrency", trace.concurrency != nil),
            ("trace.stages", trace.stages != nil),
            ("trace.ramp_up_strategy", trace.rampUp != nil),
        ] where isGiven {
            throw InputError(
                place, "needs an open loop at one rate, and \(key) says when requests are sent",
                expected: "\(key) null")
        }
        if let rate = trace.requestRate { return .drawn(rate: rate) }
        guard trace.randomInputTokens == nil else { return .atOnce }
        guard let recipe = try recipe() else { return .recorded }
        guard recipe.arrivals.process != .batch else {
            throw InputError(
                place, "needs a rate, and the recipe \(recipe.name.echoed()) sends all at once",
                expected: "trace.request_rate, or a recipe with other arrivals.process")
        }
        return .recipe(rate: recipe.arrivals.rate)
    }

    /// Whether requests are drawn, so that another seed gives other requests or other times.
    package func isDrawn() throws -> Bool {
        if trace.requestRate != nil || trace.rampUp != nil || trace.randomInputTokens != nil {
            return true
        }
        return try recipe() != nil
    }

    /// Whether a run of a recorded trace draws anything from the seed. `notes`: its reader's.
    func draws(_ notes: TraceNotes) -> Bool {
        // Readers that draw times or starts of sessions say so with the seed.
        let reads = notes.drawsArrivals || notes.assumptions.contains { $0.contains("seed") }
        let pauses = trace.concurrency != nil && trace.thinkSeconds > 0 && trace.thinkLaw != .fixed
        let routes = cluster.replicas != 1 && [.random, .powerOfTwo].contains(cluster.router)
        let retries = trace.hasImpatientClients && trace.clientRetries > 0
        let sends = trace.requestRate != nil || trace.rampUp != nil || trace.stages != nil
        return reads || pauses || routes || retries || sends || trace.sharedPrefix != nil
    }

    /// The same with `replicas` replicas, on as many nodes as they need.
    ///
    /// - Throws: `InputError` for more than the largest number of replicas.
    package func with(replicas: Int) throws -> Configuration {
        guard (1...Self.mostReplicas).contains(replicas) else {
            throw InputError(
                "cluster.replicas", "is \(replicas)", expected: "1 to \(Self.mostReplicas)")
        }
        var changed = self
        let (gpus, group) = (hardware.gpusPerNode, engine.tensorParallelSize)
        let own = max(group, engine.expertParallelSize) * engine.pipelineParallelSize
        changed.cluster.replicas = replicas
        guard group <= gpus else { return changed }
        // A group stays within a node. A replica too large for one node takes groups of several.
        let isSmall = own <= gpus
        let perNode = isSmall ? gpus / own : gpus / group
        let wanted = isSmall ? replicas : replicas * (own / group)
        changed.hardware.nodes = max(hardware.nodes, (wanted + perNode - 1) / perNode)
        return changed
    }
}
