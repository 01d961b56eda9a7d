import Basics
import Models
import Simulator
import StepTime

/// A configuration with every derived value filled in, and all that a run needs.
public struct ResolvedConfiguration: Sendable {
    /// The configuration with all derived values. Reading it back repeats the run.
    package var configuration: Configuration
    public var plan: RunPlan
    /// The model's shape.
    package var model: TransformerModel
    /// How the model is spread over a replica's GPUs.
    package var deployment: Deployment
    /// The block pool and the memory it comes from.
    package var memory: ResolvedMemory
    /// The engine's host.
    package var host: HostProfile
    /// What a user should know before trusting the figures, one line each.
    public var warnings: [String]
}

extension Configuration {
    /// Derives what is not given: replicas, blocks, limits, prices.
    ///
    /// Throws `InputError` naming the key, with the arithmetic, for a model that does not fit its
    /// GPUs, replicas that do not fit the nodes, and limits that contradict each other.
    public func resolved() throws -> ResolvedConfiguration {
        try checkPromises()
        let model = try builtModel()
        let unserved = engine.unserved(model)
        if let unserved, !self.model.allowUnserved { throw unserved }
        var deployment = try self.deployment(of: model)
        deployment.draft = try draft(of: model)
        var resolved = self
        try resolved.placeReplicas(&deployment)
        resolved.engine.maxModelLen = try engine.contextLength(of: model)
        var warnings =
            model.notes + model.unmeasuredNotes + model.weightsNotes(self.model.weights)
        resolved.follow(deployment.draft, &warnings)
        if let note = engine.longContextNote(model) { warnings.append(note) }
        if let unserved { warnings.append(unserved.problem) }
        if let note = engine.serviceNote(model) { warnings.append(note) }
        if let note = sparseNote(model, deployment) {
            warnings.append(note)
        } else if engine.kvCacheDtype == .auto, deployment.cache != .bf16 {
            warnings.append(TransformerModel.cacheNote(deployment.cache))
        }
        let release = engine.version.release
        let defaults = GPU.serverDefaults(
            named: hardware.gpu, memoryBytes: hardware.gpuMemoryBytes
        ).map(release.batchDefaults)
        if engine.version != release.version {
            warnings.append(
                "vLLM \(engine.version) has no rules of its own here: it is taken as "
                    + "\(release.version), the nearest earlier release that has")
        }
        if defaults == nil, engine.maxNumBatchedTokens == nil || engine.maxNumSeqs == nil {
            warnings.append(
                "the memory of a \"\(hardware.gpu)\" is not known: max_num_batched_tokens and "
                    + "max_num_seqs are an H100's where they are not given")
        }
        let limits = engine.limits(defaults ?? .medium, model, &warnings)
        try resolved.engine.deriveLimits(limits)
        if let draft = deployment.draft { try resolved.engine.checkDrafts(draft) }
        resolved.followCachingDefault(model)
        let memory = try resolved.deriveMemory(model, deployment, &warnings)
        if let note = AttentionPages.note(engine.blockSize) { warnings.append(note) }
        if engine.decodeContextParallelSize > 1 {
            warnings.append(
                "engine.decode_context_parallel_size changes the memory; step times stay those of "
                    + "whole caches")
        }
        if trace.concurrency != nil, trace.rateScale != 1, trace.file != nil,
            (try? recipe()) == nil
        {
            warnings.append(
                "trace.concurrency ignores when the trace sends: trace.rate_scale scales its pauses"
                    + " and timeouts alone")
        }
        if let note = trace.exactLoopNote { warnings.append(note) }
        warnings += keysWithoutEffect(model, memory) + given.former.map(\.note) + gpuNotes
        let stepTime = try resolved.stepTime(model, deployment)
            .scaled(byMillionths: resolved.clockMillionths())
        resolved.model.weights = deployment.weights
        var plan = try resolved.plan(stepTime, pool: memory.layout.simulated)
        let host = try resolved.hostProfile(EngineProfile.named(kernelsName))
            .launching(model, tensorParallel: deployment.tensorParallel)
        plan.engine.host = try resolved.times(of: host, model)
        resolved.engine.host.profile = try hostName()
        try plan.engine.checkOptions(as: engine.version)
        plan.demand = try resolved.demand(model, deployment)
        return ResolvedConfiguration(
            configuration: resolved, plan: plan, model: model, deployment: deployment,
            memory: memory, host: host, warnings: warnings)
    }

    /// Notes for every page about a GPU whose kernels were not measured.
    private var gpuNotes: [String] {
        let gpu = stepTime.kind == .measured ? try? GPU.named(hardware.gpu) : nil
        return gpu?.notMeasuredNote.map { [$0] } ?? []
    }

    /// GPUs of all replicas; nil before their number is known (`resolved`).
    package var gpus: Int? {
        cluster.replicas.map {
            $0 * max(engine.tensorParallelSize, engine.expertParallelSize)
                * engine.pipelineParallelSize
        }
    }

    /// The deployment that the engine section describes.
    private func deployment(of shape: TransformerModel) throws -> Deployment {
        let weights = try shape.weights(model.weights)
        var deployment = Deployment(
            tensorParallel: engine.tensorParallelSize, weights: weights, cache: .bf16)
        deployment.takeCache(
            CacheFormat(rawValue: engine.kvCacheDtype.rawValue), of: shape,
            on: try? GPU.named(hardware.gpu), minor: engine.version.minor)
        deployment.stageLayers = try engine.stageLayers()
        deployment.pipelineParallel = engine.pipelineParallelSize
        deployment.expertParallel = engine.expertParallelSize
        deployment.gpusPerNode = hardware.gpusPerNode
        try deployment.checkRanks()
        return deployment
    }

    /// Checks that the replicas fit the nodes. If no number is given, sets the largest that fits.
    private mutating func placeReplicas(_ deployment: inout Deployment) throws {
        let gpusPerReplica = deployment.gpus
        let tensorParallel = engine.tensorParallelSize
        let (nodes, gpus) = (hardware.nodes, hardware.gpusPerNode)
        if let problem = deployment.nodeProblem {
            throw InputError(
                "engine.tensor_parallel_size", problem,
                expected: "at most hardware.gpus_per_node = \(gpus)")
        }
        // Tensor-parallel groups stay within a node. A replica larger than a node takes whole
        // groups from several.
        let groupsPerReplica = gpusPerReplica / tensorParallel
        let groups = nodes * (gpus / tensorParallel)
        let most =
            gpusPerReplica <= gpus
            ? nodes * (gpus / gpusPerReplica) : groups / groupsPerReplica
        let wanted = cluster.replicas ?? most
        guard wanted <= most, wanted > 0 else {
            let asked = max(wanted, 1)
            // Replicas, or groups, per node, and how many of them one replica takes.
            let (held, taken) =
                gpusPerReplica <= gpus
                ? (gpus / gpusPerReplica, 1) : (gpus / tensorParallel, groupsPerReplica)
            let enough = (asked * taken + held - 1) / held
            throw InputError(
                "cluster.replicas",
                "\(asked) \(asked == 1 ? "replica needs" : "replicas need") "
                    + "\(asked * gpusPerReplica) GPUs, the cluster has \(nodes * gpus); use "
                    + (most > 0 ? "at most \(most) or " : "")
                    + "--set hardware.nodes=\(enough)")
        }
        guard wanted <= Self.mostReplicas else {
            throw InputError(
                "cluster.replicas",
                "\(nodes) x \(gpus) GPUs hold \(wanted) replicas of \(gpusPerReplica) "
                    + (gpusPerReplica == 1 ? "GPU" : "GPUs"),
                expected: "cluster.replicas of at most \(Self.mostReplicas), or fewer nodes")
        }
        cluster.replicas = wanted
        guard gpusPerReplica > gpus else { return }
        // One clock serves all replicas. It takes the replica whose stages cross most nodes.
        let perNode = deployment.groupsPerNode
        deployment.groupsBefore =
            (0..<min(wanted, perNode)).map { $0 * groupsPerReplica % perNode }.max() ?? 0
    }

    /// Most replicas simulated, whether given or derived.
    package static let mostReplicas = 100_000

    /// The options of the measured clock.
    private func clockOptions(_ model: TransformerModel) throws -> ClockOptions {
        var options = try ClockOptions(profile: kernelsName, gpu: pricedGPU())
        options.routing = self.model.routing
        options.attentionKernel = stepTime.attentionKernel
        options.usesCache = stepTime.usesCache
        options.host = try hostProfile(options.profile)
        options.captureSizes = try capturedSizes(model)
        options.maxTokens = engine.maxNumBatchedTokens!
        return options
    }

    /// The GPU whose kernels price steps.
    ///
    /// - Throws: `InputError` at `hardware.gpu` for an unknown one, with the way to do without.
    private func pricedGPU() throws -> GPU {
        do {
            return try GPU.named(hardware.gpu)
        } catch let error as InputError where error.suggestion.isEmpty {
            throw InputError(
                error.place, error.problem,
                expected: error.expected + "; or, with hardware.gpu_memory_gib, step times of your"
                    + " own (step_time.kind=table or linear)")
        }
    }

    /// Factor on all prices: `step_time.scale`, times the factor fitted with a host profile.
    private func clockMillionths() throws -> Int64 {
        var scale = stepTime.scale
        if stepTime.kind == .measured {
            scale *= try hostProfile(.named(kernelsName)).gpuScale ?? 1
        }
        guard (0.001...1000).contains(scale) else {
            throw InputError(
                "step_time.scale", "is \(stepTime.scale), and the host has a gpuScale",
                expected: "a product from 0.001 to 1000")
        }
        return Int64((scale * 1e6).rounded())
    }

    /// What steps demand of the GPUs; nil if the clock cannot tell.
    private func demand(
        _ model: TransformerModel, _ deployment: Deployment
    ) throws -> StepDemand? {
        guard let gpu = try? GPU.named(hardware.gpu) else { return nil }
        guard stepTime.kind == .measured else {
            return StepDemand(
                model, deployment, gpu: gpu, window: 0, routing: self.model.routing)
        }
        return try .measured(model, deployment, clockOptions(model))
    }

    private func stepTime(
        _ model: TransformerModel, _ deployment: Deployment
    ) throws -> StepTime {
        switch stepTime.kind {
        case .measured:
            let options = try clockOptions(model)
            return try StepTime.measured(model, deployment, options)
        case .table:
            guard let file = stepTime.file else {
                throw InputError(
                    "step_time.file",
                    "step_time.kind=table needs it: a CSV with tokens, decodes, context and "
                        + "microseconds")
            }
            return try StepTimeTable(file: file).stepTime(maxTokens: engine.maxNumBatchedTokens!)
        case .linear:
            return StepTime(
                LinearStepTime(
                    fixedMicroseconds: Int64(stepTime.fixedMicroseconds),
                    perTokenMicroseconds: Int64(stepTime.perTokenMicroseconds),
                    perRequestMicroseconds: Int64(stepTime.perRequestMicroseconds),
                    perThousandContextMicroseconds: Int64(
                        stepTime.perThousandContextMicroseconds)))
        }
    }

    /// The plan of a configuration with all derived values.
    private func plan(_ stepTime: StepTime, pool: SimulatedPool) throws -> RunPlan {
        var plan = RunPlan(stepTime: stepTime)
        plan.engine = engine.arguments(pool)
        plan.engine.stopsAtUnforeseenToken = trace.stop == .eos
        plan.externalScheduler = try engine.externalScheduler()
        plan.replicas = cluster.replicas!
        plan.router.policy = cluster.router
        plan.router.staleness = picoseconds(milliseconds: cluster.routerStalenessMilliseconds)
        plan.router.affinitySlack = cluster.affinitySlack
        plan.arrivals = try trace.arrivals()
        plan.patience = trace.patience()
        plan.thinkTime.law = trace.thinkLaw
        plan.thinkTime.mean = picoseconds(milliseconds: trace.thinkSeconds * 1e3)
        plan.objective = slo.limits.objective
        plan.classObjectives = slo.classes.mapValues {
            $0.inheriting(slo.limits).objective
        }
        plan.margins = margins()
        plan.seed = drawingSeed
        return plan
    }
}

extension Configuration {
    /// The model as the server builds it.
    private func builtModel() throws -> TransformerModel {
        let shape = try model.shape()
        return engine.languageModelOnly ? shape.withoutTower() : shape
    }
}

extension Configuration.ModelSection {
    /// The model's shape, from the catalogue or from a config.json.
    func shape() throws -> TransformerModel {
        try Catalogue.model(named: name)
    }
}

extension Configuration.EngineSection {
    /// Why the engine's version does not serve a model; nil if it does, or nothing is known.
    func unserved(_ model: TransformerModel) -> InputError? {
        if let first = model.firstRelease, let lacking = EngineVersion(first.lacking),
            version <= lacking
        {
            return InputError(
                "engine.version",
                "vLLM \(version) has no class \(model.architecture ?? "") (the first release to "
                    + "serve it is \(first.release))",
                expected: "\(first.release) or later, or model.allow_unserved=true")
        }
        guard let last = model.lastRelease.flatMap({ EngineVersion($0) }),
            let reason = model.unserved
        else { return model.unserved }
        guard version > last else { return nil }
        // The reason is the newest release's, and holds for every release after the last.
        let problem = reason.problem.replacing(
            "vLLM \(EngineVersion.newest)", with: "vLLM \(version)")
        return InputError(reason.place, problem, expected: reason.expected)
    }

    /// A note for a release of which it is not known whether it serves a model.
    func serviceNote(_ model: TransformerModel) -> String? {
        guard let first = model.firstRelease, let release = EngineVersion(first.release),
            version < release, unserved(model) == nil
        else { return nil }
        return "it is not known whether vLLM \(version) serves \(model.architecture ?? ""): "
            + "\(first.lacking) does not, \(first.release) does"
    }

    /// The context length in tokens: as given, else the model's largest.
    func contextLength(of model: TransformerModel) throws -> Int {
        guard let asked = maxModelLen else { return model.maxContext }
        guard asked <= model.contextLimit || allowsLongMaxModelLen else {
            throw InputError(
                "engine.max_model_len",
                "\(asked) tokens are beyond the limit of \(model.name), \(model.contextLimit)",
                expected: "at most \(model.contextLimit), or engine.allow_long_max_model_len")
        }
        return asked
    }

    /// The external scheduler that `scheduler` names; nil: the engine's own.
    func externalScheduler() throws -> ExternalSchedulerConfiguration? {
        if scheduler == "engine" { return nil }
        let command = scheduler.hasPrefix("exec:") ? scheduler.dropFirst(5) : ""
        guard command.contains(where: { !$0.isWhitespace }) else {
            throw InputError(
                "engine.scheduler", "is \"\(scheduler)\"",
                expected: "engine, or exec: and a command such as exec:python3 fcfs.py")
        }
        return ExternalSchedulerConfiguration(
            command: String(command), limitSeconds: schedulerTimeoutSeconds)
    }

    /// The engine's arguments, with all derived values filled in.
    func arguments(_ pool: SimulatedPool) -> EngineConfiguration {
        var engine = EngineConfiguration(release: version.release)
        engine.blockSize = pool.blockSize
        engine.numGPUBlocks = numGPUBlocks!
        engine.maxNumSeqs = maxNumSeqs!
        engine.maxNumActiveSeqs = maxNumActiveSeqs
        engine.maxNumBatchedTokens = maxNumBatchedTokens!
        engine.maxNumScheduledTokens = maxNumScheduledTokens
        engine.maxModelLen = maxModelLen!
        engine.policy = schedulingPolicy
        engine.prefillQuota = prefillQuotaTokens
        engine.enablePrefixCaching = enablePrefixCaching
        engine.enableChunkedPrefill = enableChunkedPrefill
        engine.longPrefillTokenThreshold = longPrefillTokenThreshold
        engine.longPrefillTokenThresholdAdaptive = longPrefillTokenThresholdAdaptive
        engine.schedulerReserveFullISL = schedulerReserveFullISL
        engine.watermark = watermark
        engine.prefillScheduleInterval = prefillScheduleInterval
        engine.receiveInterval = receiveInterval
        engine.groups = pool.groups
        engine.prefixCacheRetentionInterval = prefixCacheRetentionInterval
        engine.asyncScheduling = asyncScheduling
        engine.emptyYieldMicroseconds = Int64(emptyYieldMicroseconds)
        engine.advance = advance
        return engine
    }
}

/// Milliseconds as whole picoseconds, rounded to the nearest.
func picoseconds(milliseconds: Double) -> Int64 { Int64((milliseconds * 1e9).rounded()) }
