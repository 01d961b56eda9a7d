import Basics
import Models
import Scenario
import Simulator
import StepTime
import Traces

/// The measured server: everything that stays fixed while constants are fitted.
struct CalibrationServer: Sendable {
    let resolved: ResolvedConfiguration
    /// The constants before the fit.
    let base: CalibrationValues
    /// The configuration before it was resolved.
    private let configuration: Configuration

    /// The server of a configuration, with a host profile by name or file; nil: the one that the
    /// configuration would run with.
    ///
    /// - Throws: `InputError` for a configuration that cannot run or does not use the measured
    ///   clock, and for an unknown profile.
    init(_ configuration: Configuration, base name: String?) throws {
        guard configuration.stepTime.kind == .measured else {
            throw InputError(
                "step_time.kind", "is \(configuration.stepTime.kind.rawValue)",
                expected: "measured: constants are fitted to the clock of measured operators")
        }
        // Such a figure would override the fitted one in every run.
        var bare = Configuration.HostSection()
        bare.profile = configuration.engine.host.profile
        guard configuration.engine.host == bare else {
            throw InputError(
                "engine.host", "has figures of its own beside the fit",
                expected: "engine.host.profile alone, or --base")
        }
        var configuration = configuration
        // The data come from one server, without a node's other GPUs.
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

    /// Keys of the trace that the configuration gives, in the order of their table.
    var givenTraceKeys: [String] {
        ConfigurationKey.all.map(\.path).filter {
            $0.hasPrefix("trace.") && configuration.gives($0)
        }
    }

    /// Refuses data of another model than the configuration's, by more than 1 % of its parameters.
    /// A name that the catalogue does not know may be any model's.
    ///
    /// - Throws: `InputError` at `place`.
    func check(model name: String, _ place: String) throws {
        guard let measured = try? Catalogue.model(named: name) else { return }
        let mine = resolved.model
        let difference = abs(measured.totalParameters - mine.totalParameters)
        guard difference > mine.totalParameters / 100 else { return }
        throw InputError(
            place, "is of \(name.echoed()), and the configuration serves \(mine.name)",
            expected: "model.name of the server that was measured")
    }

    var isAsync: Bool { resolved.configuration.engine.asyncScheduling }

    /// Most tokens of a step with a captured graph.
    var mostGraphTokens: Int { resolved.plan.engine.host.mostGraphTokens }

    /// Prices of steps under given constants, as a run with them would have.
    ///
    /// - Throws: `InputError` for a layout that no clock prices.
    func stepTime(_ values: CalibrationValues) throws -> StepTime {
        var configuration = configuration
        configuration.engine.host.gpuWait = values[.gpuWait] * 1e6
        configuration.engine.host.gpuWaitPerRequest = values[.gpuWaitPerSequence] * 1e6
        configuration.stepTime.scale = values.gpuScale
        return try configuration.resolved().plan.stepTime
    }

    /// Runs the server with given constants and a source's requests. Uses the trace's own arrivals
    /// if none are given.
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
        // Evidence is already simulated in parallel.
        plan.threads = 1
        return try simulate(plan, source: source)
    }

    /// Some figures of a run of a whole workload.
    ///
    /// - Throws: `InputError` at `name` if no request finishes.
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
