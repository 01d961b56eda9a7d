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
    /// What `resolved` was made of.
    private let configuration: Configuration

    /// The server of a configuration, with the host profile of a name or file; nil: the one that
    /// the configuration would run with.
    ///
    /// - Throws: `InputError` for a configuration that cannot be run or whose clock is not the
    ///   measured one, and for an unknown profile.
    init(_ configuration: Configuration, base name: String?) throws {
        guard configuration.stepTime.kind == .measured else {
            throw InputError(
                "step_time.kind", "is \(configuration.stepTime.kind.rawValue)",
                expected: "measured: constants are fitted to the clock of measured operators")
        }
        // Such a figure would stand above the fitted one in every run.
        var bare = Configuration.HostSection()
        bare.profile = configuration.engine.host.profile
        guard configuration.engine.host == bare else {
            throw InputError(
                "engine.host", "has figures of its own beside the fit",
                expected: "engine.host.profile alone, or --base")
        }
        var configuration = configuration
        // Data come from one server; a node's other GPUs were not part of it.
        if configuration.cluster.replicas == nil { configuration.cluster.replicas = 1 }
        if let name { configuration.engine.host.profile = name }
        resolved = try configuration.resolved()
        self.configuration = configuration
        let stages = resolved.deployment.pipelineParallel
        base = CalibrationValues(
            host: resolved.host, gpuScale: configuration.stepTime.scale,
            layers: max(1, (resolved.model.layers.count + stages - 1) / stages),
            gpus: resolved.deployment.tensorParallel)
    }

    var isAsync: Bool { resolved.configuration.engine.asyncScheduling }

    /// Most tokens of a step that a graph was captured for.
    var mostGraphTokens: Int { resolved.plan.engine.host.mostGraphTokens }

    /// The prices of steps with some constants: those of a run that is given them.
    ///
    /// - Throws: `InputError` for a layout that no clock prices.
    func stepTime(_ values: CalibrationValues) throws -> StepTime {
        var configuration = configuration
        configuration.engine.host.gpuWait = values[.gpuWait] * 1e6
        configuration.engine.host.gpuWaitPerRequest = values[.gpuWaitPerSequence] * 1e6
        configuration.stepTime.scale = values.gpuScale
        return try configuration.resolved().plan.stepTime
    }

    /// A run of the server with some constants and the requests of a source; at the trace's own
    /// arrivals where none are given.
    func run(
        _ values: CalibrationValues, _ stepTime: StepTime, arrivals: ArrivalMode?,
        _ source: any RequestSource, keepsRecords: Bool
    ) throws -> RunResult {
        var plan = resolved.plan
        plan.stepTime = stepTime
        plan.engine.host = HostTimes(
            values.host, layers: values.layers,
            captureSizes: mostGraphTokens > 0 ? [mostGraphTokens] : [])
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

    /// What a run of all of a workload gives for some figures.
    ///
    /// - Throws: `InputError` at `name` where no request finishes.
    func means(
        of figures: [CalibrationFigure], _ values: CalibrationValues, _ stepTime: StepTime,
        arrivals: ArrivalMode?, _ workload: Workload, _ name: String
    ) throws -> [Double] {
        let result = try run(
            values, stepTime, arrivals: arrivals, InMemorySource(workload), keepsRecords: false)
        guard result.counters.finished > 0 else {
            throw InputError(
                name, "the server of the configuration finishes none of its requests",
                expected: "a configuration of the server that was measured")
        }
        return figures.map { result.seconds($0.kind) }
    }
}

extension RunResult {
    /// The mean of a latency in seconds, or finished requests per second.
    fileprivate func seconds(_ kind: CalibrationFigure.Kind) -> Double {
        switch kind {
        case .ttft: timeToFirstToken.mean * 1e-12
        case .tpot: timePerOutputToken.mean * 1e-12
        case .e2e: endToEnd.mean * 1e-12
        case .throughput: Double(counters.finished) / max(duration, 1e-9)
        case .steps: Double(counters.steps)
        default: 0
        }
    }
}
