import Basics

/// A layer's cache on its pipeline stage, with the page size that the pool gives it.
struct PlacedCache {
    var spec: CacheSpec
    var stage: Int
    /// Tokens per block.
    var blockSize = 0
    /// Bytes of a block of this layer.
    var pageBytes: Int64 = 0

    /// The caches of all layers in the order in which the engine's model creates them.
    static func all(_ layers: [[CacheSpec]], _ options: PoolOptions) -> [PlacedCache] {
        let own = layers.count { !$0.allSatisfy(\.isDraft) || $0.isEmpty }
        let stages = PipelineStages(
            layers: own, stages: options.pipelineParallel, given: options.stageLayers)
        var caches: [PlacedCache] = []
        for (index, layer) in layers.enumerated() {
            for spec in layer {
                let stage = spec.isDraft ? options.pipelineParallel - 1 : stages.stage(of: index)
                caches.append(PlacedCache(spec: spec, stage: stage))
            }
        }
        return caches.filter(\.spec.isCreatedFirst) + caches.filter { !$0.spec.isCreatedFirst }
    }

    /// Whether two layers belong to the same bucket.
    func isLike(_ other: PlacedCache) -> Bool {
        spec.kind == other.spec.kind && blockSize == other.blockSize
            && pageBytes == other.pageBytes
    }

    /// Whether blocks of two layers are counted alike, whatever their widths.
    func isCountedLike(_ other: PlacedCache) -> Bool {
        guard blockSize == other.blockSize else { return false }
        switch (spec.kind, other.spec.kind) {
        case (.full, .full), (.full, .mla), (.mla, .full), (.mla, .mla): return true
        case (.state, .state): return spec.kind == other.spec.kind
        case (let a, let b): return a == b
        }
    }
}

/// Which stage holds which layers: as given, else equally many. Remaining layers go to the stages
/// before the last (`get_pp_indices`).
package struct PipelineStages: Equatable, Sendable {
    /// Layers of each stage.
    package let counts: [Int]

    package init(layers: Int, stages: Int, given: [Int]? = nil) {
        if let given, given.count == stages, given.reduce(0, &+) == layers {
            counts = given
            return
        }
        var counts = Array(repeating: layers / stages, count: stages)
        for extra in 0..<(layers % stages) { counts[stages - 2 - extra] += 1 }
        self.counts = counts
    }

    /// The stage of a layer; the last for layers beyond the model's own.
    package func stage(of layer: Int) -> Int {
        var first = 0
        for (stage, count) in counts.enumerated() {
            first += count
            if layer < first { return stage }
        }
        return counts.count - 1
    }
}

extension [PlacedCache] {
    /// Turns windows into full attention if the flag is set, and sets the states' types.
    mutating func applyFlags(_ options: PoolOptions) throws {
        if options.disablesHybridManager {
            guard !contains(where: { $0.spec.state != nil }) || areStatesOnly else {
                throw InputError(
                    "engine.disable_hybrid_kv_cache_manager",
                    "is true, and the model has recurrent layers beside attention",
                    expected: "false: the engine does not start such a model without the manager")
            }
            for index in indices where self[index].spec.window != nil {
                self[index].spec.kind = .full
            }
        }
        if let tokens = options.latentBlock {
            for index in indices where self[index].spec.kind == .mla {
                self[index].spec.blockSize = tokens
            }
        }
        for index in indices {
            guard case .state(var state) = self[index].spec.kind else { continue }
            for part in state.parts.indices {
                let bytes =
                    state.parts[part].isRecurrence
                    ? options.recurrenceBytes : options.convolutionBytes
                if let bytes { state.parts[part].elementBytes = bytes }
            }
            self[index].spec.kind = .state(state)
        }
    }

    /// Whether only states are kept, and nothing per token.
    var areStatesOnly: Bool { allSatisfy { $0.spec.state != nil } }

    /// Tokens per block before pages are made equal: the flag's or the kernels' choice. Beside
    /// states it grows until one layer's page holds a state (SEMANTICS-memory 3).
    func alignedBlockSize(_ options: PoolOptions) -> Int {
        let kernels = filter { !$0.spec.hasOwnBlockSize || $0.spec.window == nil }
        let natural = kernels.map(\.spec.blockSize).max() ?? 16
        var size = options.blockSize ?? natural
        // A kernel with a larger block size of its own only runs multiples of it.
        if natural > 16, size % natural != 0 { size = natural }
        let states = compactMap(\.spec.state).filter { !$0.isRing }
        let attention = filter { $0.spec.state == nil }
        guard let state = states.map({ $0.bytes(drafts: options.drafts) }).max(), !attention.isEmpty
        else {
            return size
        }
        let isLatent = attention.contains { $0.spec.kind == .mla }
        var unit = Swift.max(natural, options.blockSize ?? 16, isLatent ? 128 : 0)
        if options.enablesPrefixCaching {
            for state in states {
                guard case .blocks(let grid) = state.checkpoint, state.exportsCheckpoint(options)
                else { continue }
                unit = unit.leastCommonMultiple(grid)
            }
        }
        let row = attention.map(\.spec.rowBytes).max()!
        let units = (state + Int64(unit) * row - 1) / (Int64(unit) * row)
        return Swift.max(size, unit * Int(units))
    }

    /// Gives every cache its block size and page. Returns the largest padding of a state's page
    /// over the state's bytes.
    mutating func givePages(_ size: Int, _ options: PoolOptions) -> Double {
        let attention = filter { $0.spec.state == nil }
        let page = attention.map { $0.spec.pageBytes(tokens: size) }.max()
        var padding = 0.0
        for index in indices {
            guard let state = self[index].spec.state else {
                let own = self[index].spec.hasOwnBlockSize
                let tokens = own ? self[index].spec.blockSize : size
                self[index].blockSize = tokens
                self[index].pageBytes = self[index].spec.pageBytes(tokens: tokens)
                continue
            }
            let bytes = state.bytes(drafts: options.drafts)
            self[index].blockSize = options.enablesPrefixCaching ? size : options.maxModelLen
            self[index].pageBytes = state.isRing ? bytes : Swift.max(bytes, page ?? bytes)
            if state.isRing { continue }
            if let page, bytes < page {
                padding = Swift.max(padding, Double(page - bytes) / Double(bytes))
            }
        }
        return padding
    }

    /// Whether one group can hold all: equal block sizes, counted alike.
    var areOfOneType: Bool {
        guard let first else { return true }
        return allSatisfy { $0.isCountedLike(first) }
    }

    /// Makes pages equal: raises the block size of caches whose page divides the largest, and pads
    /// the others.
    ///
    /// - Throws: `InputError` at `model` for a latent whose page allows neither.
    mutating func makePagesEqual() throws {
        let largest = map(\.pageBytes).max() ?? 0
        for index in indices where self[index].pageBytes < largest {
            let page = self[index].pageBytes
            if self[index].spec.state == nil, page > 0, largest % page == 0 {
                self[index].blockSize *= Int(largest / page)
            } else if self[index].spec.kind == .mla {
                throw InputError(
                    "model",
                    "the page of its latent attention, \(page) bytes, does not divide the "
                        + "largest, \(largest) bytes: the engine has no layout for it",
                    expected: "another engine.block_size or engine.kv_cache_dtype")
            }
            self[index].pageBytes = largest
        }
    }
}
