import Basics

/// How the memory of one GPU is divided, and how many KV blocks remain: the arithmetic of a
/// server's start-up.
///
///     cache  = gpu_memory_utilization x memory - weights - activations - outside PyTorch - graphs
///     blocks = cache / bytes of a block, rounded down
package struct MemoryBudget: Equatable, Sendable {
    /// vLLM 0.33.0's gpu_memory_utilization (`CacheConfig`).
    package static let defaultUtilization = 0.92

    /// Bytes that activations, CUDA graphs, NCCL and the driver take on an H100 under vLLM: 3.5 GB
    /// (the calibration study's figure; it reproduces measured KV exhaustion of Llama-3.1-70B).
    package static let runtimeReserve: Int64 = 3_500_000_000

    /// The memory taken in addition to weights and cache.
    package enum Terms: Equatable, Sendable {
        /// A flat reserve, bytes.
        case reserve(Int64)
        /// What a server of this shape measures in its start-up profile.
        case profiled(ServerMemory)
    }

    /// Server flags that replace the arithmetic.
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

    /// The memory the engine may use: gpu_memory_utilization x memory, bytes.
    package var usableBytes: Int64
    /// Weights on the GPU with the fewest blocks, that of the fullest pipeline stage, bytes; the
    /// draft's included.
    package var weightBytes: Int64
    /// The draft's share of them.
    package var draftBytes: Int64 = 0
    /// Peak of activations and workspace there, bytes; the whole reserve if it is flat.
    package var activationBytes: Int64
    /// CUDA context, libraries, NCCL, bytes; 0 under a flat reserve.
    package var nonTorchBytes: Int64 = 0
    /// The estimate for CUDA graphs, bytes; 0 under a flat reserve, and for releases that count
    /// none.
    package var graphBytes: Int64 = 0
    /// The release whose logs these terms come from, "0.19"; nil: a flat reserve.
    package var evidence: String?
    /// Bytes for the cache on the fullest GPU.
    package var availableBytes: Int64
    /// Bytes of one block on the fullest GPU.
    package var bytesPerBlock: Int64
    /// How layers share the pool.
    package var layout: PoolLayout
    /// Blocks in the pool, including the null block: vLLM's num_gpu_blocks.
    package var numGPUBlocks: Int
    /// Why the engine does not start with them at its max_model_len; nil if it does.
    package var refusal: PoolRefusal?
    /// The flags that replaced the arithmetic.
    package var given: Given
    /// Sequences of the start-up profile, if reduced to the most that were measured because the
    /// server's own number would leave no room; nil: not reduced.
    package var profiledSequences: Int?

    /// Activations, context and graphs together, bytes.
    package var reserveBytes: Int64 { activationBytes + nonTorchBytes + graphBytes }

    /// Tokens of the longest single sequence that the pool holds in addition to the null block.
    package var tokenCapacity: Int {
        layout.longestContext(blocks: numGPUBlocks, limit: Int(Int32.max))
    }

    /// Running sequences of `context` tokens that the pool holds in addition to the null block, at
    /// most `most`. Counts a window's blocks only, and one block per group of states.
    package func sequences(context: Int, most: Int) -> Int {
        let blocks = layout.blocksOfRunning(context: context)
        return min(most, (numGPUBlocks - 1) / max(1, blocks))
    }

    /// The engine's own log line about its pool.
    package var line: String { layout.line(blocks: numGPUBlocks) }

    /// The budget of a model on a GPU. A start-up profile with more sequences than were measured is
    /// extrapolated. If that leaves no room, the most measured sequences count instead
    /// (`profiledSequences`).
    ///
    /// - Parameters:
    ///   - memoryBytes: the GPU's memory as its driver reports it; `gpu`: its name, for errors.
    ///   - utilization: gpu_memory_utilization, in (0, 1].
    ///   - pool: the flags that decide the layout.
    /// - Throws: `InputError` at `model` with the arithmetic if nothing is left for the cache, or
    ///   for a layout that does not divide.
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
        if let draft = deployment.draft, let layers = draft.model {
            try draft.deployment(beside: deployment).check(layers)
        }
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
        layout = try PoolLayout(model.poolCaches(deployment), pool)
        var weights = model.weightBytesByStage(deployment)
        let drafting = deployment.draft?.weightBytes(beside: deployment) ?? 0
        weights[weights.count - 1] += drafting
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
        if fullest + 1 == stages { draftBytes = drafting }
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

    /// Throws unless the memory free after the CUDA context covers what the server may use;
    /// otherwise it does not start.
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

    /// The terms in the order of the arithmetic: "16.1 GB weights".
    package var parts: [String] {
        let drafting = draftBytes > 0 ? " (\(gigabytes(draftBytes)) the draft's)" : ""
        var parts = ["\(gigabytes(weightBytes)) weights" + drafting]
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
        guard layout.bytesPerBlock.contains(where: { $0 > 0 }) else {
            return InputError(
                "model", "\(model.name) has no layer with a cache of its own",
                expected: "a config.json whose layers keep keys and values, or states "
                    + "(num_kv_shared_layers below num_hidden_layers)")
        }
        return InputError(
            "model",
            "\(model.name) does not fit: \(parts.joined(separator: " + ")) leave no room for the "
                + "KV cache in \(utilization) x \(gigabytes(memoryBytes)) = "
                + "\(gigabytes(usableBytes)) of \(Quantity.withArticle(gpu))",
            expected: "more GPUs than tensor_parallel_size \(deployment.tensorParallel), "
                + "smaller weights, a higher gpu_memory_utilization or another hardware.gpu")
    }

    /// The error for a server that does not start at max_model_len: the arithmetic, and what would
    /// work.
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
                : "more GPUs, smaller weights, a higher gpu_memory_utilization or another "
                    + "hardware.gpu")
    }

    /// The error at the flag that made the pool too small for `blocks` blocks in addition to the
    /// null block; nil if no flag did.
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

    /// The error at a flag that sets a pool larger than the GPU's room beside weights and context.
    /// A server allocates what it is told to. Nil if no flag did, or it fits.
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

    /// The flag that set the pool, its value, and the cache's bytes on the fullest GPU.
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
