import Models
import Simulator
import StepTime

extension Configuration {
    /// The engine's host: a profile, and figures that replace its own. Microseconds; nil: the
    /// profile's.
    package struct HostSection: Sendable, Equatable {
        /// A profile's name or path; nil: the engine's usual one under a measured clock, else none.
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

        package init() {}

        /// The given figures, in microseconds, and the profile's properties that they replace.
        private var given: [(Double?, WritableKeyPath<HostProfile, Double>)] {
            [
                (frontEnd, \.frontEnd), (schedule, \.schedule),
                (schedulePerRequest, \.schedulePerSequence), (update, \.update),
                (updatePerToken, \.updatePerToken), (delivery, \.delivery),
                (idleStart, \.idleStart), (gpuWait, \.gpuWait.fixed),
                (gpuWaitPerRequest, \.gpuWait.perSequence),
            ]
        }

        /// A profile with its figures replaced by the given ones.
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
    /// The host of a run.
    ///
    /// - Throws: `InputError` at `engine.host.profile` or at the profile's file.
    func hostProfile(_ kernels: EngineProfile) throws -> HostProfile {
        try engine.host.replacing(
            in: engine.host.profile.map { try .named($0) } ?? usualHost(kernels))
    }

    /// The host if none is named. Step times from a table or the linear form already include the
    /// GPU's wait, so they get none.
    private func usualHost(_ kernels: EngineProfile) -> HostProfile {
        guard stepTime.kind == .measured else { return .none }
        return kernels.usualHost(
            asyncScheduling: engine.asyncScheduling, minor: clockMinor,
            gpu: (try? .named(hardware.gpu)) ?? .h100)
    }

    /// The release, 0.x, whose host and kernels a run takes if it names none.
    private var clockMinor: Int { (engine.clockVersion ?? engine.version).minor }

    /// The kernels of a run: vLLM's are those of `engine.version` where releases differ.
    var kernelsName: String {
        guard stepTime.profile.lowercased() == EngineProfile.vllm.name else {
            return stepTime.profile
        }
        return EngineProfile.vllmKernels(minor: clockMinor)
    }

    /// The host's name for a file that repeats the run; nil if it came with the kernels.
    func hostName() throws -> String? {
        if let name = engine.host.profile { return name }
        let usual = try usualHost(.named(kernelsName))
        return HostProfile.all.contains(usual) ? usual.name : nil
    }

    /// The host's times for a model with these pipeline stages.
    func times(of profile: HostProfile, _ model: TransformerModel) throws -> HostTimes {
        let stages = engine.pipelineParallelSize
        return try HostTimes(
            profile, layers: (model.layers.count + stages - 1) / stages,
            captureSizes: capturedSizes(model))
    }
}
