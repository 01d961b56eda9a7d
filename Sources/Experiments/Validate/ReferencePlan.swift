import Basics
import Models
import Simulator
import StepTime
import Traces

extension GPU {
    /// The memory that the flat reserve of these servers was calibrated with: 80 GiB of an H100;
    /// of others what the driver reports.
    fileprivate var flatReserveBytes: Int64 { self == .h100 ? 80 << 30 : memoryBytes }
}

extension ReferenceLoad {
    /// Why a load cannot be simulated; nil when it can.
    var reasonToSkip: String? {
        if profileName == nil { return "engine \"\(engine)\" has no profile" }
        if (try? Catalogue.model(named: model)) == nil { return "unknown model \"\(model)\"" }
        if (try? GPU.named(gpu)) == nil { return "no measurements of a \"\(gpu)\"" }
        if WeightFormat(rawValue: weights) == nil { return "unknown weight_dtype \"\(weights)\"" }
        if CacheFormat(rawValue: cache) == nil { return "unknown kv_cache_dtype \"\(cache)\"" }
        if !["concurrency", "offline"].contains(kind) { return "unknown load_kind \"\(kind)\"" }
        if requests > 1_000_000 { return "more than a million requests" }
        return nil
    }

    /// The engine's profile on its GPU: `given` if it has the right name and GPU, else the
    /// built-in one.
    func profile(_ given: EngineProfile?) -> EngineProfile? {
        guard let name = profileName, let gpu = try? GPU.named(gpu) else { return nil }
        if let given, given.name == name, given.gpu ?? GPU.h100.name == gpu.name { return given }
        return try? EngineProfile.named(kernelsName ?? name, on: gpu)
    }

    /// The kernels of vLLM's version, where it has a profile of its own.
    private var kernelsName: String? {
        guard profileName == "vllm", let version else { return nil }
        let name = "vllm-0.\(version.minor)"
        return EngineProfile.all.contains { $0.name == name } ? name : nil
    }

    /// The host of the server, by its engine's version.
    func hostProfile(_ profile: EngineProfile?) -> HostProfile {
        if let former = profile?.formerHost(asyncScheduling: isAsynchronous) { return former }
        if profileName == "trtllm" { return .none }
        guard isAsynchronous else { return .vllmSync32B }
        if profileName == "vllm", version != nil { return .vllm18 }
        // The servers of 2025-10, which tell no version: those of a B200 show no host time.
        let isBlackwell = (try? GPU.named(gpu)).map { $0.fp4FLOPS > 0 } ?? false
        return isBlackwell ? .none : .vllm2025
    }

    /// The plan that replays this load, with another host time than the profile's if given.
    ///
    /// - Throws: `InputError` when the layout does not fit.
    func plan(profile: EngineProfile?, host: HostCoefficients? = nil) throws -> RunPlan {
        let shape = try Catalogue.model(named: model)
        var deployment = Deployment(
            tensorParallel: tensorParallel, weights: WeightFormat(rawValue: weights)!,
            cache: CacheFormat(rawValue: cache)!)
        deployment.expertParallel = expertParallel
        var options = ClockOptions()
        options.gpu = try GPU.named(gpu)
        if let profile { options.profile = profile }
        options.host = hostProfile(profile)
        if let host { options.host.gpuWait = host }
        // vLLM's and TensorRT-LLM's default step limit.
        options.maxTokens = maxNumBatchedTokens ?? 8192
        var plan = RunPlan(stepTime: try StepTime.measured(shape, deployment, options))
        plan.engine.maxNumBatchedTokens = options.maxTokens
        plan.engine.enablePrefixCaching = false
        plan.engine.asyncScheduling = isAsynchronous
        plan.engine.maxModelLen = inputTokens + outputTokens + 1
        let asked = min(maxNumSeqs ?? 1024, options.maxTokens)
        let budget = try memory(shape, deployment, tokens: options.maxTokens)
        let pool = budget.layout.simulated
        plan.engine.groups = pool.groups
        plan.engine.blockSize = pool.blockSize
        plan.engine.numGPUBlocks = budget.numGPUBlocks
        plan.engine.maxNumSeqs = min(asked, sequences(budget) ?? asked)
        plan.engine.advance = .fastForward
        // More clients than requests never all have one.
        let clients = min(concurrency, requests)
        plan.arrivals = kind == "offline" ? .openLoop : .closedLoop(concurrency: clients)
        return plan
    }

    /// Tokens per block: TensorRT-LLM's default is 32, vLLM's 16.
    private var blockSize: Int { profileName == "trtllm" ? 32 : 16 }

    /// The memory of a GPU.
    ///
    /// TensorRT-LLM gives the cache 92 % of what weights and 4 GB of runtime leave.
    private func memory(
        _ shape: TransformerModel, _ deployment: Deployment, tokens: Int
    ) throws -> MemoryBudget {
        let gpu = try GPU.named(gpu)
        var pool = PoolOptions(maxModelLen: inputTokens + outputTokens + 1)
        pool.blockSize = blockSize
        pool.maxNumBatchedTokens = tokens
        pool.enablesPrefixCaching = false
        guard profileName == "trtllm" else {
            // The default share of the versions that were measured (0.12 and older).
            return try MemoryBudget(
                shape, deployment, gpu: gpu.name, memoryBytes: gpu.flatReserveBytes,
                utilization: 0.9, pool: pool)
        }
        // A utilisation of 0.92 of the rest: 0.92 x memory - 0.92 x (weights + 4 GB).
        let weights = shape.weightBytesPerGPU(deployment)
        let reserve = Int64(0.92 * Double(weights + 4_000_000_000)) - weights
        return try MemoryBudget(
            shape, deployment, gpu: gpu.name, memoryBytes: gpu.flatReserveBytes, utilization: 0.92,
            pool: pool, terms: .reserve(reserve))
    }

    /// Most sequences that run where the engine admits a request only with blocks reserved for its
    /// longest output (TensorRT-LLM's guaranteed no eviction); nil elsewhere.
    private func sequences(_ budget: MemoryBudget) -> Int? {
        guard profileName == "trtllm" else { return nil }
        let perSequence = (inputTokens + outputTokens + blockSize - 1) / blockSize
        return max(1, (budget.numGPUBlocks - 1) / perSequence)
    }

    /// The requests: lengths uniform in the jitter's range, drawn from a seed.
    func workload(seed: UInt64) -> Workload {
        var random = SeededRandom(seed: seed)
        func draw(_ length: Int) -> Int32 {
            let least = max(1, Int((Double(length) * (1 - jitter)).rounded()))
            return Int32(least + random.below(length - least + 1))
        }
        var workload = Workload()
        for row in 0..<requests {
            workload.ids.append(Int64(row))
            workload.arrivals.append(0)
            workload.promptTokens.append(draw(inputTokens))
            workload.outputTokens.append(draw(outputTokens))
        }
        return workload
    }
}
