import Hardware

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
        for reference in references where reference.metric == "tpot_mean" {
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
        guard let profile = load.profile(profile), profile.hostIsFitted else { return nil }
        let mine = profile.host(asyncScheduling: load.isAsynchronous)
        let others = samples.filter {
            $0.load.profileName == load.profileName && $0.load.isAsynchronous == load.isAsynchronous
                && !$0.load.isSameServer(as: load)
        }
        guard others.count >= 3 else {
            // Nothing left to fit on: what an engine in the other mode was found to need.
            return profile.host(asyncScheduling: !load.isAsynchronous)
        }
        let correction = Self.correction(others)
        return HostCoefficients(
            fixed: max(0, mine.fixed + correction.fixed),
            perGPU: max(0, mine.perGPU + correction.perGPU),
            perSequence: max(0, mine.perSequence + correction.perSequence))
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
            let mine = profile.host(asyncScheduling: load.isAsynchronous)
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

    /// Relative least squares over (1, GPUs) when several sizes are there, and over (1,
    /// sequences) when only one is.
    private static func correction(_ samples: [Sample]) -> HostCoefficients {
        let sizes = Set(samples.map(\.load.tensorParallel))
        let isBySize = sizes.count > 1
        var (s00, s01, s11, t0, t1) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for sample in samples {
            let weight = 1 / (sample.measured * sample.measured)
            let x = isBySize ? Double(sample.load.tensorParallel) : sample.sequences
            s00 += weight
            s01 += weight * x
            s11 += weight * x * x
            t0 += weight * sample.missing
            t1 += weight * x * sample.missing
        }
        let determinant = s00 * s11 - s01 * s01
        guard determinant > 1e-9 * s00 * s11 else { return HostCoefficients(fixed: t0 / s00) }
        let fixed = (t0 * s11 - t1 * s01) / determinant
        let slope = (t1 * s00 - t0 * s01) / determinant
        return isBySize
            ? HostCoefficients(fixed: fixed, perGPU: slope)
            : HostCoefficients(fixed: fixed, perSequence: slope)
    }
}

extension ReferenceLoad {
    /// Whether two loads were served by the same deployment.
    func isSameServer(as other: ReferenceLoad) -> Bool {
        engine == other.engine && model == other.model && tensorParallel == other.tensorParallel
            && weights == other.weights
    }
}
