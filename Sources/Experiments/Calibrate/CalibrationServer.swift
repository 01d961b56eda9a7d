import Basics
import Models
import Scenario
import Simulator
import StepTime
import Traces

/// The server that data were measured on: what does not change while constants are fitted.
struct CalibrationServer: Sendable {
    let resolved: ResolvedConfiguration
    /// The constants before the fit.
    let base: CalibrationValues
    private let clock: ClockOptions

    /// The server of a configuration, with the host profile of a name or file; nil: the one that
    /// the configuration would run with.
    ///
    /// - Throws: `InputError` for a configuration that cannot be run or whose clock is not the
    ///   measured one, and for an unknown profile.
    init(_ configuration: Configuration, base name: String?) throws {
        guard configuration.stepTime.kind == .h100 else {
            throw InputError(
                "step_time.kind", "is \(configuration.stepTime.kind.rawValue)",
                expected: "h100: constants are fitted to the clock of measured operators")
        }
        var configuration = configuration
        if configuration.cluster.replicas == nil {
            // Data come from one server; a node's other GPUs were not part of it.
            configuration.cluster.replicas = 1
        }
        resolved = try configuration.resolved()
        let settled = resolved.configuration
        var clock = ClockOptions()
        clock.profile = try EngineProfile.named(settled.stepTime.profile)
        clock.attentionKernel = settled.stepTime.attentionKernel
        clock.usesCache = settled.stepTime.usesCache
        clock.maxTokens = settled.engine.maxNumBatchedTokens!
        let usual = clock.profile.usualHost(asyncScheduling: settled.engine.asyncScheduling)
        let host = try name.map { try HostProfile.named($0) } ?? usual
        clock.host = host
        self.clock = clock
        let stages = resolved.deployment.pipelineParallel
        base = CalibrationValues(
            host: host, gpuScale: settled.stepTime.scale,
            layers: max(1, (resolved.model.layers.count + stages - 1) / stages),
            gpus: resolved.deployment.tensorParallel)
    }

    var isAsync: Bool { resolved.configuration.engine.asyncScheduling }

    /// Most tokens of a step that a graph was captured for.
    var mostGraphTokens: Int { clock.captureSizes.last ?? 0 }

    /// The prices of steps with some constants.
    ///
    /// - Throws: `InputError` for a layout that no clock prices.
    func stepTime(_ values: CalibrationValues) throws -> StepTime {
        var clock = clock
        clock.host = values.host
        return try StepTime.h100(resolved.model, resolved.deployment, clock)
            .scaled(byMillionths: Int64((values.gpuScale * 1e6).rounded()))
    }

    /// A run of the server with some constants and the requests of a source.
    func run(
        _ values: CalibrationValues, _ stepTime: StepTime, arrivals: ArrivalMode?,
        _ source: any RequestSource, keepsRecords: Bool
    ) throws -> RunResult {
        var plan = resolved.plan
        plan.stepTime = stepTime
        if let arrivals {
            plan.arrivals = arrivals
            plan.patience = nil
            plan.thinkTime = ThinkTime()
        }
        plan.keepsRecords = keepsRecords
        plan.margins = Margins()
        plan.demand = nil
        // Evidence is simulated side by side already.
        plan.threads = 1
        return try simulate(plan, source: source)
    }
}
