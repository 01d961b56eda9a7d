import Basics

/// Where the memory of one GPU goes, and how many KV blocks remain: the arithmetic a server does
/// at start-up.
///
///     cache  = gpu_memory_utilization x memory - weights - activations - outside PyTorch - graphs
///     blocks = cache / bytes of a block, rounded down
package struct MemoryBudget: Equatable, Sendable {
    /// vLLM 0.33.0's gpu_memory_utilization (`CacheConfig`).
    package static let defaultUtilization = 0.92

    /// Bytes that activations, CUDA graphs, NCCL and the driver take on an H100 under vLLM: 3.5 GB
    /// (the calibration study's figure; it reproduces measured KV exhaustion of Llama-3.1-70B).
    package static let runtimeReserve: Int64 = 3_500_000_000

    /// What is taken besides weights and cache.
    package enum Terms: Equatable, Sendable {
        /// A flat reserve, bytes.
        case reserve(Int64)
        /// What a server of some shape profiles at its start.
        case profiled(ServerMemory)
    }

    /// The server's flags that replace the arithmetic.
    package struct Given: Equatable, Sendable {
        /// Bytes of the cache on each GPU (`--kv-cache-memory-bytes`).
        package var cacheBytes: Int64?
        /// Blocks (`--num-gpu-blocks-override`).
        package var blocks: Int?

        package init(cacheBytes: Int64? = nil, blocks: Int? = nil) {
            self.cacheBytes = cacheBytes
            self.blocks = blocks
        }
    }

    /// What the engine may use: gpu_memory_utilization x memory, bytes.
    package var usableBytes: Int64
    /// Weights on the GPU with the fewest blocks, the fullest pipeline stage's, bytes.
    package var weightBytes: Int64
    /// Peak of activations and workspace there; the whole reserve where it is flat.
    package var activationBytes: Int64
    /// CUDA context, libraries, NCCL; 0 under a flat reserve.
    package var nonTorchBytes: Int64 = 0
    /// The estimate of CUDA graphs; 0 under a flat reserve, and where the release counts none.
    package var graphBytes: Int64 = 0
    /// The release whose logs give these terms, "0.19"; nil: a flat reserve.
    package var evidence: String?
    /// Bytes for the cache on the fullest GPU.
    package var availableBytes: Int64
    /// Bytes of one block on the fullest GPU.
    package var bytesPerBlock: Int64
    /// How layers share the pool.
    package var layout: PoolLayout
    /// Blocks the pool gets, the null block included: vLLM's num_gpu_blocks.
    package var numGPUBlocks: Int
    /// Why the engine does not start with them at its max_model_len; nil: it does.
    package var refusal: PoolRefusal?
    /// The flags that replaced the arithmetic.
    package var given: Given
    /// Sequences of the start-up run that was taken instead of the server's own, which reaches
    /// beyond the measured ones and would leave no room; nil: its own was.
    package var profiledSequences: Int?

    /// Activations, context and graphs together, bytes.
    package var reserveBytes: Int64 { activationBytes + nonTorchBytes + graphBytes }

    /// Tokens of the longest single sequence that the pool holds beside the null block.
    package var tokenCapacity: Int {
        layout.longestContext(blocks: numGPUBlocks, limit: Int(Int32.max))
    }

    /// Whole sequences of `context` tokens that the pool holds beside the null block once they
    /// run, `most` at most: a window and what is behind it, a state's block in each group.
    package func sequences(context: Int, most: Int) -> Int {
        let blocks = layout.blocksOfRunning(context: context)
        return min(most, (numGPUBlocks - 1) / max(1, blocks))
    }

    /// The engine's own line about its pool.
    package var line: String { layout.line(blocks: numGPUBlocks) }

    /// The budget of a model on a GPU. A start-up run of more sequences than were measured is a
    /// line drawn on: where it leaves no room, the run of as many as were measured counts instead
    /// (`profiledSequences`).
    ///
    /// - Parameters:
    ///   - memoryBytes: the GPU's memory as its driver reports it; `gpu`: its name, for errors.
    ///   - utilization: gpu_memory_utilization, in (0, 1].
    ///   - pool: the flags that decide the layout.
    /// - Throws: `InputError` at `model` with the arithmetic when nothing is left for the cache,
    ///   or for a layout that does not divide.
    package init(
        _ model: TransformerModel, _ deployment: Deployment, gpu: String, memoryBytes: Int64,
        utilization: Double = MemoryBudget.defaultUtilization, pool: PoolOptions,
        terms: Terms = .reserve(MemoryBudget.runtimeReserve), given: Given = Given()
    ) throws {
        func budget(_ terms: Terms) throws -> MemoryBudget {
            try MemoryBudget(
                model, deployment, gpu, memoryBytes, utilization, pool, terms, given)
        }
        let asGiven = Result { try budget(terms) }
        guard case .profiled(var server) = terms,
            server.maxNumSeqs > ServerMemory.mostMeasuredSequences,
            (try? asGiven.get()).map({ $0.refusal != nil }) ?? true
        else {
            self = try asGiven.get()
            return
        }
        server.maxNumSeqs = ServerMemory.mostMeasuredSequences
        self = try budget(.profiled(server))
        profiledSequences = server.maxNumSeqs
    }

    private init(
        _ model: TransformerModel, _ deployment: Deployment, _ gpu: String, _ memoryBytes: Int64,
        _ utilization: Double, _ pool: PoolOptions, _ terms: Terms, _ given: Given
    ) throws {
        try deployment.check(model)
        guard utilization > 0, utilization <= 1 else {
            throw InputError(
                "engine.gpu_memory_utilization", "is \(utilization)",
                expected: "more than 0 and at most 1")
        }
        guard pool.blockSize.map({ $0 > 0 && $0 <= 1 << 20 }) ?? true else {
            throw InputError(
                "engine.block_size", "is \(pool.blockSize!)", expected: "1 to \(1 << 20) tokens")
        }
        self.given = given
        layout = try PoolLayout(model.caches(deployment), pool)
        let weights = model.weightBytesByStage(deployment)
        usableBytes = Int64(utilization * Double(memoryBytes))
        let earlier: Int64
        switch terms {
        case .reserve(let bytes):
            activationBytes = bytes
            earlier = bytes
        case .profiled(let server):
            usableBytes = Int64((utilization * Double(memoryBytes)).rounded(.up))
            let profile = StartupProfile(model, deployment, server)
            activationBytes = profile.activationBytes
            earlier = profile.activationBytesBeforeLast
            nonTorchBytes = profile.nonTorchBytes
            if given.cacheBytes == nil {
                try Self.checkFree(
                    utilization, usable: usableBytes, memoryBytes: memoryBytes,
                    taken: nonTorchBytes, gpu)
            }
            graphBytes = profile.graphBytes
            evidence = server.rules.evidence
        }
        let room = usableBytes - nonTorchBytes - graphBytes
        let last = activationBytes
        let stages = pool.pipelineParallel
        let available = (0..<stages).map { stage in
            given.cacheBytes
                ?? room - weights[min(stage, weights.count - 1)]
                - (stage + 1 < stages ? earlier : last)
        }
        let fullest = layout.fullestStage(availableBytes: available)
        if fullest + 1 < stages { activationBytes = earlier }
        weightBytes = weights[min(fullest, weights.count - 1)]
        availableBytes = available[fullest]
        bytesPerBlock = layout.bytesPerBlock.max() ?? 0
        numGPUBlocks = given.blocks ?? layout.numBlocks(availableBytes: available)
        refusal = layout.refusal(
            blocks: numGPUBlocks, availableBytes: given.blocks == nil ? availableBytes : nil)
        let least = layout.blocks(ofRequest: 1).reduce(1, +)
        if numGPUBlocks < least {
            if let error = tooSmall(least - 1, of: "one token") { throw error }
            throw doesNotFit(
                model, deployment, gpu, memoryBytes: memoryBytes, utilization: utilization)
        }
    }

    /// A server starts only where as much is free, beside its context, as it may use.
    private static func checkFree(
        _ utilization: Double, usable: Int64, memoryBytes: Int64, taken: Int64, _ gpu: String
    ) throws {
        let free = memoryBytes - taken
        guard usable > free else { return }
        let most = (100 * Double(free) / Double(memoryBytes)).rounded(.down) / 100
        throw InputError(
            "engine.gpu_memory_utilization",
            "is \(utilization): \(usable) bytes of \(Quantity.withArticle(gpu)), and the context "
                + "leaves \(free) free; "
                + "the engine does not start",
            expected: "at most \(most)")
    }

    /// Where the memory goes, term by term: "16.1 GB weights", in the order of the arithmetic.
    package var parts: [String] {
        var parts = ["\(gigabytes(weightBytes)) weights"]
        if evidence == nil {
            parts.append("\(gigabytes(activationBytes)) activations and runtime")
        } else {
            parts.append("\(gigabytes(activationBytes)) activations")
            parts.append("\(gigabytes(nonTorchBytes)) context and communication")
            if graphBytes > 0 { parts.append("\(gigabytes(graphBytes)) CUDA graphs") }
        }
        return parts
    }

    private func gigabytes(_ bytes: Int64) -> String {
        Quantity.decimal(Double(bytes) / 1e9, 1) + " GB"
    }

    private func doesNotFit(
        _ model: TransformerModel, _ deployment: Deployment, _ gpu: String, memoryBytes: Int64,
        utilization: Double
    ) -> InputError {
        InputError(
            "model",
            "\(model.name) does not fit: \(parts.joined(separator: " + ")) leave no room for the "
                + "KV cache in \(utilization) x \(gigabytes(memoryBytes)) = "
                + "\(gigabytes(usableBytes)) of \(Quantity.withArticle(gpu))",
            expected: "more GPUs than tensor_parallel_size \(deployment.tensorParallel), "
                + "smaller weights or a higher gpu_memory_utilization")
    }

    /// The error of a server that does not start at max_model_len: its arithmetic, and what would.
    ///
    /// - Parameter gpu: the GPU's name.
    package func error(_ refusal: PoolRefusal, gpu: String) -> InputError {
        let longest = refusal.longestContext
        let blocks = layout.blocksOfOneRequest
        let request = "one request of \(Quantity.count(layout.options.maxModelLen)) tokens"
        if let error = tooSmall(blocks, of: request, longest: longest) { return error }
        return InputError(
            "engine.max_model_len",
            "\(request) takes \(Quantity.count(blocks)) blocks, "
                + "\(PoolRefusal.gibibytes(refusal.neededBytes)) GiB, and the pool has "
                + "\(Quantity.count(max(0, numGPUBlocks - 1))) beside the null block: "
                + "\(gigabytes(usableBytes)) of \(Quantity.withArticle(gpu)) - "
                + "\(parts.joined(separator: " - ")); "
                + "the engine does not start",
            expected: longest > 0
                ? "at most \(longest), more GPUs or a higher gpu_memory_utilization"
                : "more GPUs, smaller weights or a higher gpu_memory_utilization")
    }

    /// The error at the flag that fixed a pool too small for `blocks` blocks beside the null block;
    /// nil where no flag did.
    private func tooSmall(_ blocks: Int, of what: String, longest: Int = 0) -> InputError? {
        let or = longest > 0 ? ", or engine.max_model_len of at most \(longest)" : ""
        if let override = given.blocks {
            return InputError(
                "engine.num_gpu_blocks_override",
                "is \(override), the null block included, and \(what) takes "
                    + "\(Quantity.count(blocks)) beside it",
                expected: "at least \(blocks + 1)\(or)")
        }
        guard let bytes = given.cacheBytes else { return nil }
        return InputError(
            "engine.kv_cache_memory_bytes",
            "is \(bytes), which is \(Quantity.count(max(0, numGPUBlocks))) blocks of "
                + "\(Quantity.count(Int(bytesPerBlock))) bytes, and \(what) takes "
                + "\(Quantity.count(blocks)) beside the null block",
            expected: "at least \(Int64(blocks + 1) * bytesPerBlock)\(or)")
    }

    /// The error at the flag that fixed a pool for which a GPU has no room beside the weights and
    /// the context, nil where no flag did or it has: a server allocates what it is told to.
    ///
    /// - Parameter memoryBytes: the GPU's memory; `gpu`: its name.
    package func overflow(memoryBytes: Int64, gpu: String) -> InputError? {
        guard let (key, value, bytes) = givenBytes else { return nil }
        let room = memoryBytes - weightBytes - nonTorchBytes
        guard bytes > room else { return nil }
        let other = nonTorchBytes > 0 ? ", \(gigabytes(nonTorchBytes)) of context" : ""
        return InputError(
            key,
            "is \(value), \(gigabytes(bytes)) of cache on each GPU, and "
                + "\(gigabytes(weightBytes)) of weights\(other) leave "
                + "\(gigabytes(max(0, room))) of the \(gigabytes(memoryBytes)) of "
                + Quantity.withArticle(gpu),
            expected: room > 0
                ? "at most \(key.hasSuffix("bytes") ? room : room / max(1, bytesPerBlock))"
                : "more GPUs or smaller weights")
    }

    /// The flag that fixed the pool, its value, and the cache's bytes on the fullest GPU.
    private var givenBytes: (key: String, value: Int64, bytes: Int64)? {
        if let blocks = given.blocks {
            let all = Int64(blocks).multipliedReportingOverflow(by: bytesPerBlock)
            return (
                "engine.num_gpu_blocks_override", Int64(blocks),
                all.overflow ? .max : all.partialValue
            )
        }
        return given.cacheBytes.map { ("engine.kv_cache_memory_bytes", $0, $0) }
    }
}
