import Simulator
import StepTime

extension Configuration {
    /// The engine's host: a profile, and figures in place of its own. Microseconds; nil: the
    /// profile's.
    package struct HostSection: Sendable, Equatable {
        /// A name or a path; nil: the engine's usual one under a measured clock, else none.
        package var profile: String?
        package var frontEnd: Double?
        package var schedule: Double?
        package var schedulePerRequest: Double?
        package var launchGraph: Double?
        package var launchPiecewise: Double?
        package var launchEager: Double?
        package var update: Double?
        package var updatePerToken: Double?
        package var delivery: Double?
        package var idleStart: Double?
        package var gpuWait: Double?
        package var gpuWaitPerRequest: Double?
        package var gpuWaitPerFirst: Double?

        /// The engine's usual host.
        package init() {}

        /// The figures that are given, and where they stand in a profile.
        private var given: [(Double?, WritableKeyPath<HostProfile, Double>)] {
            [
                (frontEnd, \.frontEnd), (schedule, \.schedule),
                (schedulePerRequest, \.schedulePerSequence), (update, \.update),
                (updatePerToken, \.updatePerToken), (delivery, \.delivery),
                (idleStart, \.idleStart), (gpuWait, \.gpuWait.fixed),
                (gpuWaitPerRequest, \.gpuWait.perSequence),
            ]
        }

        /// A profile with the figures that are given in place of its own.
        func replacing(in profile: HostProfile) -> HostProfile {
            var host = profile
            for case (let value?, let part) in given { host[keyPath: part] = value * 1e-6 }
            let launches: [(Double?, WritableKeyPath<HostProfile, HostProfile.Launch>)] = [
                (launchGraph, \.launchGraph), (launchPiecewise, \.launchPiecewise),
                (launchEager, \.launchEager),
            ]
            for case (let value?, let part) in launches {
                host[keyPath: part] = .init(fixed: value * 1e-6)
            }
            if launchEager != nil { host.launchSummedNorms = nil }
            if gpuWait != nil { host.gpuWait.perGPU = 0 }
            if let gpuWaitPerFirst {
                host.gpuWait.perFirst = gpuWaitPerFirst * 1e-6
                host.gpuWait.first = host.gpuWait.first ?? HostProfile.vllmAsync.gpuWait.first
            }
            if host != profile {
                host.name =
                    profile.name == HostProfile.none.name ? "given" : "\(profile.name), changed"
                host.errors = nil
                host.provenance = "\(profile.provenance); figures given in the configuration"
            }
            return host
        }
    }
}

extension Configuration {
    /// The host that a run has.
    ///
    /// - Throws: `InputError` at `engine.host.profile` or at the profile's file.
    func hostProfile(_ kernels: EngineProfile) throws -> HostProfile {
        try engine.host.replacing(
            in: engine.host.profile.map { try .named($0) } ?? usualHost(kernels))
    }

    /// The host where none is named. Steps that were measured, or are given, have what the GPU
    /// waits for in them.
    private func usualHost(_ kernels: EngineProfile) -> HostProfile {
        stepTime.kind == .measured
            ? kernels.usualHost(asyncScheduling: engine.asyncScheduling) : .none
    }

    /// The name of the host, for a file that repeats the run; nil: it came with the kernels.
    func hostName() throws -> String? {
        if let name = engine.host.profile { return name }
        let usual = try usualHost(.named(stepTime.profile))
        return HostProfile.all.contains(usual) ? usual.name : nil
    }

    /// The host's times for a model on this layout.
    func times(of profile: HostProfile, _ model: TransformerModel) throws -> HostTimes {
        let stages = engine.pipelineParallelSize
        return try HostTimes(
            profile, layers: (model.layers.count + stages - 1) / stages,
            captureSizes: capturedSizes(model))
    }
}
