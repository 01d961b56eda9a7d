import Basics
import Models
import Scenario

/// What a capacity study varies: the request rate, or the size of the cluster.
package struct CapacityAxis: Sendable {
    /// The quantity to find.
    package enum Over: String, Sendable, CaseIterable {
        /// The highest rate.
        case rate
        /// The fewest replicas.
        case replicas
        /// The fewest GPUs: replicas of any tensor-parallel size that runs.
        case gpus
    }

    package let over: Over
    /// What determines the rate; nil if the study does not vary it.
    package let load: OfferedLoad?
    /// The key that varies.
    package let key: String
    let levels: CapacityLevels
    /// Where the search starts.
    let start: Double
    /// Size of a level in the study's unit: requests per second, replicas or GPUs.
    let unit: Double
    let base: Configuration

    /// Lowest and highest rate, relative to the configuration's: by 2^10 and 2^14.
    private static let (deepest, highest) = (1.0 / 1024, 16_384.0)
    /// Starting rate if nothing gives one, requests per second.
    private static let firstRate = 1.0

    /// The axis of a configuration.
    ///
    /// - Throws: `InputError` at `--over` if there is no rate to vary.
    init(_ base: Configuration, over: Over, traces: TraceStore) throws {
        self.over = over
        self.base = base
        guard over == .rate else {
            let resolved = try base.resolved()
            (load, key) = (nil, "cluster.replicas")
            unit = over == .gpus ? Double(resolved.deployment.gpus) : 1
            start = Double(resolved.plan.replicas)
            levels = CapacityLevels(
                isCount: true, least: 1,
                most: Double(Configuration.mostReplicas), stepsInUnit: 0)
            return
        }
        let load = try base.offeredLoad(place: "--over rate")
        self.load = load
        var stepsInUnit = 0.0
        var limits = 1e-6...1e6
        switch load {
        case .recipe(let rate):
            (key, start, unit) = ("trace.rate_scale", base.trace.rateScale, rate)
        case .recorded:
            let own = try Self.rate(traces.trace(of: base))
            (key, start, unit) =
                ("trace.rate_scale", base.trace.rateScale, own / base.trace.rateScale)
            // The resolution with which the reader scales times.
            stepsInUnit = 1e6
        case .drawn(let rate):
            (key, start, unit) = ("trace.request_rate", rate, 1)
            limits = 1e-6...1e9
        case .atOnce:
            (key, start, unit) = ("trace.request_rate", Self.firstRate, 1)
            limits = 1e-6...1e9
        }
        levels = CapacityLevels(
            isCount: false, least: max(limits.lowerBound, start * Self.deepest),
            most: min(limits.upperBound, start * Self.highest), stepsInUnit: stepsInUnit)
    }

    /// Requests per second from a recorded trace's first arrival to its last.
    private static func rate(_ trace: TraceStore.Loaded) throws -> Double {
        let first = trace.batches.first?.arrivals.first ?? 0
        let last = trace.batches.last?.arrivals.last ?? 0
        guard trace.requests > 1, last > first else {
            let count = trace.requests
            throw InputError(
                "--over rate",
                count == 1
                    ? "the trace has one request, and so no rate"
                    : "the trace's \(count) requests come all at once, and so at no rate",
                expected: "trace.request_rate, which draws times, or a longer trace")
        }
        return Double(trace.requests - 1) / (Double(last - first) * 1e-9)
    }

    /// A level in the study's unit.
    package func shown(_ level: Double) -> Double { level * unit }

    /// The unit's name.
    package var unitName: String {
        switch over {
        case .rate: "requests/s"
        case .replicas: "replicas"
        case .gpus: "GPUs"
        }
    }

    /// The configuration at a level.
    package func configuration(at level: Double) throws -> Configuration {
        guard over == .rate else { return try base.with(replicas: Int(level)) }
        var changed = base
        if key == "trace.request_rate" {
            changed.trace.requestRate = level
        } else {
            changed.trace.rateScale = level
        }
        return changed
    }

    /// The change that sets a level: "trace.rate_scale=1.52".
    package func change(_ level: Double) -> String {
        let text = Int(exactly: level).map(String.init) ?? String(level)
        guard over != .rate, let changed = try? configuration(at: level) else {
            return "\(key)=\(text)"
        }
        let layout =
            over == .gpus ? "engine.tensor_parallel_size=\(base.engine.tensorParallelSize) " : ""
        let nodes = changed.hardware.nodes
        return layout + "\(key)=\(text)"
            + (nodes == 1 ? "" : " hardware.nodes=\(nodes)")
    }
}
