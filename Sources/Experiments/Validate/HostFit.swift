import StepTime

/// The only figures fitted end to end: host time per step, by engine and scheduling mode.
///
/// A decode step's host time adds to every token, so that measured − predicted TPOT is linear in
/// (1, GPUs, sequences). To say what a prediction is worth for a server nobody measured, the host
/// time is fitted again without each server (engine, model, tensor-parallel size) in turn.
struct HostFit {
    private struct Sample {
        var load: ReferenceLoad
        /// Seconds per step that the measurement wants beyond the prediction.
        var missing: Double
        var measured: Double
        var sequences: Double
    }

    private var samples: [Sample] = []
    /// The profile that stands in for the built-in one of its name.
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

    /// The host time fitted on the other servers with the same engine and mode; nil when the load
    /// has no fitted host time (its own was never fitted).
    func host(without load: ReferenceLoad) -> HostCoefficients? {
        guard load.profileName == "vllm", load.open == nil, let profile = load.profile(profile)
        else { return nil }
        let mine = load.hostProfile(profile).gpuWait
        let others = samples.filter {
            $0.load.profileName == load.profileName && $0.load.isAsynchronous == load.isAsynchronous
                && !$0.load.isSameServer(as: load)
        }
        guard others.count >= 3 else {
            // Nothing left to fit on: what an engine in the other mode was found to need.
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

    /// The host time that fits all servers of an engine and mode best, in words; one line each.
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
            func micros(_ a: Double, _ b: Double) -> String { "\(((a + b) * 1e7).rounded() / 10)" }
            let line =
                "\(profile.name), \(load.isAsynchronous ? "asynchronous" : "synchronous"): "
                + "\(micros(mine.fixed, change.fixed)) us + "
                + "\(micros(mine.perGPU, change.perGPU)) us per GPU + "
                + "\(micros(mine.perSequence, change.perSequence)) us per sequence"
            if !lines.contains(line) { lines.append(line) }
        }
        return lines
    }

    /// Rounds of reweighting; the weights settle in far fewer.
    private static let rounds = 60
    /// Relative residuals below this count alike, so that weights stay finite.
    private static let leastResidual = 1e-3

    /// What to add to (fixed, per GPU, per sequence) for the least sum of relative deviations, by
    /// reweighted least squares; per GPU only where several sizes were measured.
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
