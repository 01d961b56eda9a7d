import Basics
import Foundation
import Models
import Simulator
import StepTime

/// A server's memory as derived from a configuration.
package struct ResolvedMemory: Sendable {
    /// The groups, page sizes and block sizes of the model's layers.
    package var layout: PoolLayout
    /// How a GPU's memory is divided; nil if its size is unknown.
    package var budget: MemoryBudget?
    /// Blocks per replica, including the null block.
    package var blocks: Int

    /// The engine's own log line about its pool, to compare with a server's log.
    package var line: String { layout.line(blocks: blocks) }

    /// Tokens that the engine's log reports for the cache of one replica.
    package var tokens: Int { layout.printedTokens(blocks: blocks) }

    /// How a GPU's memory is divided, and what the server would log, one line each.
    package var comments: [String] {
        var lines: [String] = []
        if let budget {
            let usable = Quantity.decimal(Double(budget.usableBytes) / 1e9, 1)
            lines.append(
                "Memory of a GPU: \(usable) GB usable - \(budget.parts.joined(separator: " - "))"
                    + (budget.evidence.map { ", as logs of vLLM \($0) have it" } ?? ""))
        }
        let groups = layout.groups.map {
            let drafting = $0.draftLayers > 0 ? " (\($0.draftLayers) the draft's)" : ""
            return "\($0.layers) x \($0.kind.engineName)\(drafting), \($0.blockSize) tokens"
        }
        lines.append(
            "Groups: \(groups.joined(separator: "; ")); "
                + "\(Quantity.count(Int(layout.bytesPerBlock.max() ?? 0))) bytes a block")
        return lines + [line]
    }
}

extension Configuration {
    /// The flags that decide the pool's layout.
    func poolOptions(
        _ model: TransformerModel, _ deployment: Deployment
    ) throws -> PoolOptions {
        let draft = deployment.draft
        let release = engine.version.release
        var options = PoolOptions(maxModelLen: engine.maxModelLen!)
        if givesBlockSize { options.blockSize = engine.blockSize }
        if let blocks = latentBlocks(model, deployment) {
            options.latentBlock = blocks.size(isGiven: givesBlockSize)
        }
        options.maxNumBatchedTokens = engine.maxNumBatchedTokens!
        options.pipelineParallel = engine.pipelineParallelSize
        options.stageLayers = try engine.stageLayers()
        let stages = engine.pipelineParallelSize
        options.batchesInFlight = engine.asyncScheduling ? stages + 1 : stages
        if !release.countsStepsInFlight { options.batchesInFlight = 1 }
        options.decodeContextParallel = engine.decodeContextParallelSize
        options.enablesPrefixCaching = engine.enablePrefixCaching
        options.disablesHybridManager = engine.disableHybridKVCacheManager
        options.convolutionBytes = engine.mambaCacheDtype.bytes
        options.recurrenceBytes = engine.mambaSSMCacheDtype.bytes ?? engine.mambaCacheDtype.bytes
        options.usesTritonGatedDelta = engine.gdnPrefillBackend == .triton
        options.exportsCheckpoints = engine.version.minor >= 33
        options.printsBlocksOfAGroup = engine.version.minor < 21
        options.drafts = draft?.tokens ?? 0
        options.marksDrafts = draft?.method.marksGroups ?? false
        return options
    }

    /// Turns prefix caching off where the engine does so by default: for models that only keep
    /// states, and before 0.26 (logs of 0.19 and 0.22) for every model with states.
    mutating func followCachingDefault(_ model: TransformerModel) {
        guard engine.enablePrefixCaching, !given.contains("engine.enable_prefix_caching") else {
            return
        }
        let isOff =
            model.keepsStatesOnly
            || engine.version.minor < 26
                && model.layers.contains {
                    if case .recurrent = $0.attention { true } else { false }
                }
        if isOff { engine.enablePrefixCaching = false }
    }

    /// Derives the number of blocks from the memory, unless it is given.
    mutating func deriveMemory(
        _ model: TransformerModel, _ deployment: Deployment, _ warnings: inout [String]
    ) throws -> ResolvedMemory {
        try checkContextParallel(model)
        if let note = latentNote(model, deployment) { warnings.append(note) }
        let options = try poolOptions(model, deployment)
        let layout = try PoolLayout(model.poolCaches(deployment), options)
        engine.blockSize = layout.blockSize
        if let difference = layout.simulated.difference {
            warnings.append(
                "the sizes of the pool are the engine's; its schedule is not yet: \(difference)")
        }
        if let override = engine.numGPUBlocksOverride {
            guard engine.numGPUBlocks ?? override == override else {
                throw InputError(
                    "engine.num_gpu_blocks",
                    "is \(engine.numGPUBlocks!), and num_gpu_blocks_override is \(override)",
                    expected: "one of them")
            }
        } else if let blocks = engine.numGPUBlocks {
            guard let memory = try? memoryBytes() else {
                return ResolvedMemory(layout: layout, blocks: blocks)
            }
            let budget = try? budget(model, deployment, options, memory)
            let most = budget?.numGPUBlocks ?? 0
            if let refusal = stateRefusal(layout, blocks: blocks) {
                warnings.append("\(refusal.problem): a server would not start")
            }
            if blocks > most {
                warnings.append(
                    "engine.num_gpu_blocks is \(blocks), and \(most) fit the memory of a "
                        + "\(hardware.gpu): a server would not start")
            }
            return ResolvedMemory(layout: layout, budget: budget, blocks: blocks)
        }
        let (gpu, bytes) = (try? GPU.named(hardware.gpu), try memoryBytes())
        let name = gpu?.name ?? hardware.gpu
        var budget = try budget(model, deployment, options, bytes)
        // `--max-model-len auto` came with 0.14.
        guard !engine.fitsMaxModelLen || engine.version.minor >= 14 else {
            throw InputError(
                "engine.fit_max_model_len", "vLLM \(engine.version) fits no length by itself",
                expected: "engine.max_model_len, or engine.version of 0.14.0 or later")
        }
        if engine.fitsMaxModelLen, let longest = budget.refusal?.longestContext, longest > 0 {
            engine.maxModelLen = longest
            warnings.append(
                "engine.max_model_len is \(longest) in place of the model's "
                    + "\(options.maxModelLen): the longest that the pool holds "
                    + "(engine.fit_max_model_len)")
            budget = try self.budget(
                model, deployment, poolOptions(model, deployment), bytes)
        }
        engine.fitsMaxModelLen = false
        if let error = budget.overflow(memoryBytes: bytes, gpu: name) { throw error }
        if let refusal = budget.refusal { throw budget.error(refusal, gpu: name) }
        if let refusal = stateRefusal(budget.layout, blocks: budget.numGPUBlocks) { throw refusal }
        if gpu != .h100 { warnings.append(GPU.memoryNote) }
        if let note = gpu.flatMap(hardware.otherMemoryNote) { warnings.append(note) }
        if let sequences = budget.profiledSequences {
            warnings.append(
                "engine.max_num_seqs is \(engine.maxNumSeqs!): what a server needs at its start is "
                    + "measured up to \(sequences), and drawn on to that leaves no room for the KV "
                    + "cache; the pool is that of \(sequences) sequences. Give the server's own "
                    + "num_gpu_blocks to replace it")
        }
        engine.numGPUBlocks = budget.numGPUBlocks
        return ResolvedMemory(layout: budget.layout, budget: budget, blocks: budget.numGPUBlocks)
    }

    /// The engine's refusal to capture whole graphs for more sequences than there are blocks for
    /// their states (`CompilationConfig` of 0.20.0 and 0.33.0; earlier releases were not read).
    private func stateRefusal(_ layout: PoolLayout, blocks: Int) -> InputError? {
        let most = engine.maxNumSeqs!
        guard engine.version.minor >= 20, !engine.enforceEager, most > blocks,
            layout.groups.contains(where: { if case .state = $0.kind { true } else { false } })
        else { return nil }
        return InputError(
            "engine.max_num_seqs",
            "\(most) sequences need a block each for their states, and there are \(blocks)",
            expected: "at most \(blocks), engine.enforce_eager, or more memory for the pool")
    }

    /// Memory of a GPU in bytes, as its driver reports it.
    ///
    /// - Throws: `InputError` at `hardware.gpu` for an unknown GPU whose memory is not given.
    private func memoryBytes() throws -> Int64 {
        if let bytes = hardware.gpuMemoryBytes { return bytes }
        do {
            return try GPU.named(hardware.gpu).memoryBytes
        } catch let error as InputError where error.suggestion.isEmpty {
            throw InputError(
                error.place, error.problem,
                expected: "\(error.expected), or its memory in hardware.gpu_memory_gib")
        }
    }

    private func budget(
        _ model: TransformerModel, _ deployment: Deployment, _ options: PoolOptions,
        _ memoryBytes: Int64
    ) throws -> MemoryBudget {
        try MemoryBudget(
            model, deployment, gpu: (try? GPU.named(hardware.gpu))?.name ?? hardware.gpu,
            memoryBytes: memoryBytes,
            utilization: engine.gpuMemoryUtilization, pool: options,
            terms: .profiled(try serverMemory(model)),
            given: MemoryBudget.Given(
                cacheBytes: engine.kvCacheMemoryBytes.map(Int64.init),
                blocks: engine.numGPUBlocksOverride))
    }

    /// Token counts with a CUDA graph, ascending.
    func capturedSizes(_ model: TransformerModel) throws -> [Int] {
        try serverMemory(model).capturedSizes
    }

    /// The server whose start-up profiling run is modelled.
    private func serverMemory(_ model: TransformerModel) throws -> ServerMemory {
        var server = ServerMemory(
            model, minor: engine.version.minor, on: try? GPU.named(hardware.gpu),
            tensorParallel: engine.tensorParallelSize)
        server.maxNumSeqs = engine.maxNumSeqs!
        server.maxNumBatchedTokens = engine.maxNumBatchedTokens!
        server.enforcesEager = engine.enforceEager
        server.drafts = engine.specTokens ?? 0
        server.captureSizes = try engine.captureSizes()
        return server
    }

    /// Rejects what the engine rejects for decode context parallelism: sizes that do not divide the
    /// tensor-parallel group or exceed the copies of a KV head, windows, and recurrent states.
    private func checkContextParallel(_ model: TransformerModel) throws {
        let size = engine.decodeContextParallelSize
        guard size > 1 else { return }
        func refuse(_ problem: String, _ expected: String) -> InputError {
            InputError("engine.decode_context_parallel_size", problem, expected: expected)
        }
        let group = engine.tensorParallelSize
        guard group % size == 0 else {
            throw refuse(
                "\(size) does not divide tensor_parallel_size \(group)", "a divisor of \(group)")
        }
        for layer in model.layerGroups.map(\.layer) {
            switch layer.attention {
            case .heads(let heads):
                guard heads.reach == .full else {
                    throw refuse("is \(size), and \(model.name) has windows", "1")
                }
                let copies = max(1, group / heads.keyValueHeads)
                guard size <= copies else {
                    throw refuse(
                        "\(size) exceeds the \(copies) copies of a KV head on \(group) GPUs",
                        "at most \(copies)")
                }
            case .recurrent:
                throw refuse("is \(size), and \(model.name) has recurrent layers", "1")
            case .latent, .none: break
            }
        }
    }
}

extension Configuration.EngineSection {
    /// The layers of each pipeline stage, if given; nil: split equally.
    ///
    /// - Throws: `InputError` at the key for anything but counts from 1 to 65,536.
    func stageLayers() throws -> [Int]? {
        try ppLayerPartition.map {
            try Self.counts(
                $0, key: "engine.pp_layer_partition",
                expected: "the layers of each stage with commas between, such as 20,12")
        }
    }

    /// Comma-separated numbers from 1 to 65,536.
    ///
    /// - Throws: `InputError` at the key for anything else.
    private static func counts(
        _ text: String, key: String, expected: String
    ) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let count = Int(word.trimmingCharacters(in: .whitespaces)),
                (1...65_536).contains(count)
            else { throw InputError(key, "is \"\(text)\"", expected: expected) }
            return count
        }
    }

    /// The batch sizes with CUDA graphs, if given; nil: the engine's own.
    ///
    /// - Throws: `InputError` at the key for anything but sizes from 1 to 65,536, and for a limit
    ///   that is not the largest of them.
    func captureSizes() throws -> [Int]? {
        let limit = maxCUDAGraphCaptureSize
        guard let text = cudagraphCaptureSizes else {
            guard let limit else { return nil }
            return ServerMemory.grid(to: limit)
        }
        let sizes = try Self.counts(
            text, key: "engine.cudagraph_capture_sizes",
            expected: "batch sizes from 1 to 65536 with commas between, such as 1,2,4,8")
        let most = sizes.max() ?? 0
        guard limit ?? most == most else {
            throw InputError(
                "engine.max_cudagraph_capture_size",
                "is \(limit!), and the largest of engine.cudagraph_capture_sizes is \(most)",
                expected: "\(most), or one of the two keys")
        }
        return Array(Set(sizes)).sorted()
    }
}

extension EngineRelease {
    /// Whether windows keep the tokens of every step in flight, rather than of one (S7).
    var countsStepsInFlight: Bool { rules.windowRelease == .settled }
}

extension Configuration.HardwareSection {
    /// `gpuMemoryGiB` in bytes; nil if not given.
    var gpuMemoryBytes: Int64? { gpuMemoryGiB.map { Int64(($0 * 0x1p30).rounded()) } }

    /// The remark on a memory that is not the named GPU's: it sizes the cache, and steps stay the
    /// GPU's. Nil within a tenth of its memory.
    fileprivate func otherMemoryNote(_ gpu: GPU) -> String? {
        guard let gib = gpuMemoryGiB, let bytes = gpuMemoryBytes else { return nil }
        func isNear(_ other: GPU, _ share: Double) -> Bool {
            abs(Double(bytes) / Double(other.memoryBytes) - 1) <= share
        }
        guard !isNear(gpu, 0.1) else { return nil }
        let family = gpu.name.prefix { $0 != "-" } + "-"
        let sibling = GPU.all.first { $0.name.hasPrefix(family) && isNear($0, 0.03) }
        let size = Quantity.decimal(gib, 1)
        let other = sibling.map {
            "; hardware.gpu=\($0.name) has this memory and its own bandwidth"
        }
        return
            "hardware.gpu_memory_gib (\(size)) sizes the KV cache only: steps are priced with the "
            + "memory bandwidth of \(Quantity.withArticle(gpu.name))" + (other ?? "")
    }
}
