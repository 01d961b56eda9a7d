import Basics
import Traces

/// What makes the load of a run, and which key changes it.
package enum OfferedLoad: Sendable, Equatable {
    /// A recipe's arrival rate, requests per second at `trace.rate_scale` 1; later turns included.
    case recipe(rate: Double)
    /// The times of a recorded trace, which `trace.rate_scale` squeezes.
    case recorded
    /// Drawn times at so many requests, or sessions, per second (`trace.request_rate`).
    case drawn(rate: Double)
    /// A random dataset without a rate: all at once.
    case atOnce
}

extension Configuration {
    /// What makes the load of an open loop.
    ///
    /// - Throws: `InputError` at `place` where no rate makes it: a closed loop, stages, a ramp, a
    ///   batch.
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

    /// Whether requests are drawn, so that another seed gives other ones, or other times.
    package func isDrawn() throws -> Bool {
        if trace.requestRate != nil || trace.rampUp != nil || trace.randomInputTokens != nil {
            return true
        }
        return try recipe() != nil
    }

    /// The same with so many replicas, on as many nodes as these need.
    ///
    /// - Throws: `InputError` where more are asked for than are simulated.
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
        // A group stays inside a node; a replica too large for one takes groups of several.
        let isSmall = own <= gpus
        let perNode = isSmall ? gpus / own : gpus / group
        let wanted = isSmall ? replicas : replicas * (own / group)
        changed.hardware.nodes = max(hardware.nodes, (wanted + perNode - 1) / perNode)
        return changed
    }
}
