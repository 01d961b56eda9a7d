import Basics
import StepTime

/// Fits host time per step by engine and scheduling mode: the only figures fitted end to end.
///
/// A decode step's host time adds to every token, so measured − predicted TPOT is linear in (1,
/// GPUs, sequences). To estimate the error for an unmeasured server, the host time is fitted again
/// without each server (engine, model, tensor-parallel size) in turn.
struct HostFit {
    private struct Sample {
        var load: ReferenceLoad
        /// Seconds per step by which the measurement exceeds the prediction.
        var missing: Double
        var measured: Double
        var sequences: Double
    }

    private var samples: [Sample] = []
    /// The profile that replaces the built-in one of its name.
    let profile: EngineProfile?

    init(
        _ references: [ReferenceRow], _ outcomes: [ReferenceLoad: ReferenceOutcome],
        _ profile: EngineProfile?
    ) {
        self.profile = profile
        for reference in references
        where reference.metric == "tpot_mean" && reference.load.open == nil {
            guard let outcome = outcomes[reference.load],
                let predicted = outcome.value("tpot_mean"), let result = outcome.result,
                result.counters.steps > 0
            else { continue }
            samples.append(
                Sample(
                    load: reference.load, missing: (reference.measured - predicted) * 1e-3,
                    measured: reference.measured * 1e-3,
                    sequences: Double(result.counters.scheduledEntries)
                        / Double(result.counters.steps)))
        }
    }

    /// The host time fitted on the other servers with the same engine and mode. Nil for loads
    /// without a fitted one: engines other than vLLM, and open loops.
    func host(without load: ReferenceLoad) -> HostCoefficients? {
        guard load.profileName == "vllm", load.open == nil, let profile = load.profile(profile)
        else { return nil }
        let mine = load.hostProfile(profile).gpuWait
        let others = samples.filter {
            $0.load.profileName == load.profileName && $0.load.isAsynchronous == load.isAsynchronous
                && !$0.load.isSameServer(as: load)
        }
        guard others.count >= 3 else {
            // Too few other servers to fit on: use what an engine in the other mode needed.
            let other: HostProfile = load.isAsynchronous ? .vllmSync32B : .vllm2025
            return other.gpuWait
        }
        let correction = Self.correction(others)
        var host = mine
        host.fixed = max(0, mine.fixed + correction.fixed)
        host.perGPU = max(0, mine.perGPU + correction.perGPU)
        host.perSequence = max(0, mine.perSequence + correction.perSequence)
        return host
    }

    /// The best host time for all servers of an engine and mode, in words; one line each.
    var summaries: [String] {
        var lines: [String] = []
        for sample in samples {
            let load = sample.load
            guard let profile = load.profile(profile) else { continue }
            let peers = samples.filter {
                $0.load.profileName == load.profileName
                    && $0.load.isAsynchronous == load.isAsynchronous
            }
            guard peers.count >= 3 else { continue }
            let mine = load.hostProfile(profile).gpuWait
            let change = Self.correction(peers)
            func time(_ a: Double, _ b: Double) -> String { Quantity.duration(seconds: a + b) }
            let line =
                "\(profile.name), \(load.isAsynchronous ? "asynchronous" : "synchronous"): "
                + "\(time(mine.fixed, change.fixed)) + "
                + "\(time(mine.perGPU, change.perGPU)) per GPU + "
                + "\(time(mine.perSequence, change.perSequence)) per sequence"
            if !lines.contains(line) { lines.append(line) }
        }
        return lines
    }

    /// Rounds of reweighting. The weights converge in far fewer.
    private static let rounds = 60
    /// Smaller relative residuals count as this, so that weights stay finite.
    private static let leastResidual = 1e-3

    /// Correction of (fixed, per GPU, per sequence) with the least sum of relative deviations, by
    /// reweighted least squares. Per GPU only if several sizes were measured.
    private static func correction(_ samples: [Sample]) -> HostCoefficients {
        let hasSizes = Set(samples.map(\.load.tensorParallel)).count > 1
        func inputs(_ sample: Sample) -> [Double] {
            [1, hasSizes ? Double(sample.load.tensorParallel) : 0, sample.sequences]
        }
        var weights = samples.map { 1 / ($0.measured * $0.measured) }
        var found = [0.0, 0.0, 0.0]
        for _ in 0..<rounds {
            var system = Array(repeating: [0.0, 0.0, 0.0], count: 3)
            var right = [0.0, 0.0, 0.0]
            for (sample, weight) in zip(samples, weights) {
                let x = inputs(sample)
                for row in 0..<3 {
                    for column in 0..<3 { system[row][column] += weight * x[row] * x[column] }
                    right[row] += weight * x[row] * sample.missing
                }
            }
            found = LeastSquares.solveDetermined(system, right)
            weights = samples.map { sample in
                let fitted = zip(inputs(sample), found).reduce(0) { $0 + $1.0 * $1.1 }
                let residual = abs(sample.missing - fitted) / sample.measured
                return 1 / (sample.measured * sample.measured * max(residual, leastResidual))
            }
        }
        return HostCoefficients(fixed: found[0], perGPU: found[1], perSequence: found[2])
    }

}

extension ReferenceLoad {
    /// Whether two loads were served by the same deployment.
    func isSameServer(as other: ReferenceLoad) -> Bool {
        engine == other.engine && model == other.model && tensorParallel == other.tensorParallel
            && weights == other.weights
    }
}
