import Basics
import Models
import Simulator
import StepTime
import Traces

extension GPU {
    /// The memory with which the flat reserve of these servers was calibrated: 80 GiB for an H100,
    /// else what the driver reports.
    fileprivate var flatReserveBytes: Int64 { self == .h100 ? 80 << 30 : memoryBytes }
}

extension ReferenceLoad {
    /// Why a load cannot be simulated; nil if it can.
    var reasonToSkip: String? {
        if profileName == nil { return "engine \"\(engine)\" has no profile" }
        if (try? Catalogue.model(named: model)) == nil { return "unknown model \"\(model)\"" }
        if (try? GPU.named(gpu)) == nil { return "no measurements of a \"\(gpu)\"" }
        if WeightFormat(rawValue: weights) == nil { return "unknown weight_dtype \"\(weights)\"" }
        if CacheFormat(rawValue: cache) == nil { return "unknown kv_cache_dtype \"\(cache)\"" }
        if requests > 1_000_000 { return "more than a million requests" }
        if let open { return open.reasonToSkip }
        if !["concurrency", "offline"].contains(kind) { return "unknown load_kind \"\(kind)\"" }
        return nil
    }

    /// The engine's profile on its GPU: `given` if name and GPU match, else the built-in one.
    func profile(_ given: EngineProfile?) -> EngineProfile? {
        guard let name = profileName, let gpu = try? GPU.named(gpu) else { return nil }
        if let given, given.name == name, given.gpu ?? GPU.h100.name == gpu.name { return given }
        return try? EngineProfile.named(kernelsName ?? name, on: gpu)
    }

    /// The kernel profile of vLLM's version, if it has its own.
    private var kernelsName: String? {
        guard profileName == "vllm", let version else { return nil }
        return EngineProfile.vllmKernels(minor: version.minor)
    }

    /// The server's host by engine version: the nearest fitted one, as in a run.
    func hostProfile(_ profile: EngineProfile?) -> HostProfile {
        if let former = profile?.formerHost(asyncScheduling: isAsynchronous) { return former }
        let gpu = (try? GPU.named(gpu)) ?? .h100
        if profileName == "trtllm" {
            // Where kernels that stand in are 40 % off, TTFT says nothing of a front end. An
            // offline run has none.
            return kind == "offline" || (gpu.fp4FLOPS > 0 && weights == "mxfp4") ? .none : .trtllm
        }
        guard profileName == "vllm" else {
            return .ofSGLang(patch: patch, gpu: gpu, asyncScheduling: isAsynchronous)
        }
        return .ofVLLM(minor: minorVersion, gpu: gpu, asyncScheduling: isAsynchronous)
    }

    /// The plan that replays this load, with another host, or another wait, if given.
    ///
    /// - Throws: `InputError` if the layout does not fit.
    func plan(
        profile: EngineProfile?, host: HostProfile? = nil, wait: HostCoefficients? = nil
    ) throws -> RunPlan {
        let shape = try Catalogue.model(named: model)
        var deployment = Deployment(
            tensorParallel: tensorParallel, weights: WeightFormat(rawValue: weights)!,
            cache: CacheFormat(rawValue: cache)!)
        deployment.expertParallel = expertParallel
        var options = ClockOptions()
        options.gpu = try GPU.named(gpu)
        if let profile { options.profile = profile }
        options.host = (host ?? hostProfile(profile))
            .launching(shape, tensorParallel: tensorParallel)
        if let wait { options.host.gpuWait = wait }
        // vLLM's and TensorRT-LLM's default step limit.
        options.maxTokens = maxNumBatchedTokens ?? 8192
        let asked = min(maxNumSeqs ?? 1024, options.maxTokens)
        var server = ServerMemory(
            shape, minor: minorVersion ?? 11, on: options.gpu, tensorParallel: tensorParallel)
        server.maxNumSeqs = asked
        server.maxNumBatchedTokens = options.maxTokens
        options.captureSizes = server.capturedSizes
        // TensorRT-LLM only pads to its graphs if configured to.
        if profileName == "trtllm" { options.captureSizes = [] }
        var plan = RunPlan(stepTime: try StepTime.measured(shape, deployment, options))
        plan.engine.maxNumBatchedTokens = options.maxTokens
        plan.engine.enablePrefixCaching = open != nil && cachesPrefixes
        if let chunksPrefills { plan.engine.enableChunkedPrefill = chunksPrefills }
        plan.engine.asyncScheduling = isAsynchronous
        plan.engine.receiveInterval = receiveInterval(options.gpu)
        plan.engine.host = HostTimes(
            options.host, layers: shape.layers.count, captureSizes: options.captureSizes)
        plan.engine.maxModelLen = longest
        let budget = try memory(shape, deployment, tokens: options.maxTokens)
        let pool = budget.layout.simulated
        plan.engine.groups = pool.groups
        plan.engine.blockSize = pool.blockSize
        plan.engine.numGPUBlocks = budget.numGPUBlocks
        plan.engine.maxNumSeqs = min(asked, sequences(budget) ?? asked)
        plan.engine.advance = .fastForward
        plan.arrivals = arrivals
        return plan
    }

    /// Decode steps between two looks for new requests. InferenceX's scripts for DeepSeek on B200s
    /// and B300s start SGLang with `--scheduler-recv-interval` 10, and 30 from 16 in flight on.
    private func receiveInterval(_ gpu: GPU) -> Int {
        guard profileName == "sglang", gpu.fp4FLOPS > 0 else { return 1 }
        return concurrency < 16 ? 10 : 30
    }

    /// Most tokens per request.
    private var longest: Int { maxModelLen ?? (inputTokens + outputTokens + 1) }

    private var arrivals: ArrivalMode {
        if let most = open?.mostInFlight { return .capped(concurrency: min(most, requests)) }
        if open != nil || kind == "offline" { return .openLoop }
        // With more clients than requests, some would never get one.
        return .closedLoop(concurrency: min(concurrency, requests))
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
        var pool = PoolOptions(maxModelLen: longest)
        pool.blockSize = blockSize
        pool.maxNumBatchedTokens = tokens
        pool.enablesPrefixCaching = open != nil && cachesPrefixes
        guard profileName == "trtllm" else {
            // The default utilisation of the measured versions (0.12 and older).
            return try MemoryBudget(
                shape, deployment, gpu: gpu.name, memoryBytes: gpu.flatReserveBytes,
                utilization: 0.9, pool: pool)
        }
        // 92 % of the rest: 0.92 x memory - 0.92 x (weights + 4 GB).
        let weights = shape.weightBytesPerGPU(deployment)
        let reserve = Int64(0.92 * Double(weights + 4_000_000_000)) - weights
        return try MemoryBudget(
            shape, deployment, gpu: gpu.name, memoryBytes: gpu.flatReserveBytes, utilization: 0.92,
            pool: pool, terms: .reserve(reserve))
    }

    /// Most sequences that run if the engine reserves blocks for the longest output before
    /// admission (TensorRT-LLM's guaranteed no eviction); nil for other engines.
    private func sequences(_ budget: MemoryBudget) -> Int? {
        guard profileName == "trtllm" else { return nil }
        let perSequence = (inputTokens + outputTokens + blockSize - 1) / blockSize
        return max(1, (budget.numGPUBlocks - 1) / perSequence)
    }
}
