import Basics

/// How a model's caches share one pool of blocks: vLLM 0.33.0's groups, block sizes and pages.
///
/// A block of the pool holds, for one group, `blockSize` tokens (or one state) of each of the
/// group's layers. All groups draw from one pool. Pages are therefore made equal first, and groups
/// get about equally many layers; a block is as large as the widest group needs. The rules are
/// those that the engine's own runs show (46 captured layouts, checked by `PoolLayoutTests`).
package struct PoolLayout: Equatable, Sendable {
    /// Layers that take their blocks together.
    package struct Group: Equatable, Sendable {
        /// What its layers keep; the first layer's if they differ in width.
        package var kind: CacheSpec.Kind
        /// Number of layers.
        package var layers: Int
        /// Tokens per block; for a state without prefix caching, max_model_len.
        package var blockSize: Int
        /// Bytes of one layer's page, or of all layers' pages together if they differ.
        package var pageBytes: Int64
        /// Whether it contains layers of several widths, each with its own page size.
        package var isMixed = false
        /// How many of them are the draft's.
        package var draftLayers = 0
        /// Whether the engine marks it for its draft (`eagle`): prefix hits end otherwise there.
        package var isMarked = false
        /// Bytes of its layers on each pipeline stage.
        package var bytesByStage: [Int64]
    }

    /// The groups in the engine's order: by the first layer of each kind.
    package var groups: [Group]
    /// Bytes per block on a GPU of each pipeline stage: those of the widest group's layers there.
    package var bytesPerBlock: [Int64]
    /// Tokens per block once pages hold a state: the engine's `cache_config.block_size`.
    package var blockSize: Int
    /// Largest padding of a state's page, over the state's own bytes; 0 without states beside
    /// attention.
    package var statePadding: Double
    package var options: PoolOptions

    /// The layout for the caches of each layer. O(layers x kinds).
    ///
    /// - Throws: `InputError` at the key that the engine refuses.
    package init(_ layers: [[CacheSpec]], _ options: PoolOptions) throws {
        var caches = PlacedCache.all(layers, options)
        self.options = options
        try caches.applyFlags(options)
        blockSize = caches.alignedBlockSize(options)
        statePadding = caches.givePages(blockSize, options)
        if caches.contains(where: \.spec.hasOwnBlockSize) {
            groups = caches.groupsByBlockSize(options)
        } else if caches.areOfOneType {
            groups = caches.isEmpty ? [] : [caches.group(options)]
        } else if caches.arePacked {
            groups = caches.groupsPacked(options)
        } else {
            try caches.makePagesEqual()
            groups = caches.groupsOfEqualPages(options)
        }
        let groups = groups
        bytesPerBlock = (0..<options.pipelineParallel).map { stage in
            groups.map { $0.bytesByStage[stage] }.max() ?? 0
        }
    }

    /// Whether requests keep states.
    package var hasStates: Bool {
        groups.contains {
            if case .state(let state) = $0.kind { !state.isRing } else { false }
        }
    }

    /// Whether only states are kept, so that a request takes as many blocks whatever its length.
    package var isStatesOnly: Bool {
        !groups.isEmpty
            && groups.allSatisfy { if case .state = $0.kind { true } else { false } }
    }

    /// Tokens between positions where a prefix hit can end: the least common multiple of the
    /// groups' block sizes, over the GPUs that share positions.
    package var schedulerBlockSize: Int {
        groups.reduce(1) { $0.leastCommonMultiple($1.blockSize) } * options.decodeContextParallel
    }

    /// Tokens per prefix key: the greatest common divisor of the block sizes with prefix caching,
    /// else the scheduler's block.
    package var keyUnit: Int {
        guard options.enablesPrefixCaching else { return schedulerBlockSize }
        return groups.reduce(0) { $0.greatestCommonDivisor($1.blockSize) }
            * options.decodeContextParallel
    }

    /// Most blocks that a request of `tokens` tokens takes, by group.
    package func blocks(ofRequest tokens: Int) -> [Int] {
        groups.map { group in
            let size = group.blockSize
            switch group.kind {
            case .full, .mla:
                return tokens.dividedUp(by: options.decodeContextParallel).dividedUp(by: size)
            case .sliding(let window):
                return min(window - 1 + options.tokensInFlight, tokens).dividedUp(by: size) + 1
            case .chunked(let chunk):
                return min(chunk + options.tokensInFlight, tokens).dividedUp(by: size)
            case .state(let state):
                if state.isRing { return 1 }
                guard options.enablesPrefixCaching else { return 1 + options.drafts }
                return 2 + options.drafts + (state.exportsCheckpoint(options) ? 1 : 0)
            }
        }
    }

    /// Blocks that a request holds over all groups while it decodes at a context of `context`
    /// tokens. Tokens outside a window are freed, and a state takes one block.
    package func blocksOfRunning(context: Int) -> Int {
        groups.reduce(0) { sum, group in
            let size = group.blockSize
            switch group.kind {
            case .full, .mla:
                return sum + context.dividedUp(by: options.decodeContextParallel * size)
            case .sliding(let window), .chunked(let window):
                return sum + min(context, window).dividedUp(by: size)
            case .state: return sum + 1
            }
        }
    }

    /// Blocks that one request of max_model_len takes: the divisor of the printed line.
    package var blocksOfOneRequest: Int { blocks(ofRequest: options.maxModelLen).reduce(0, +) }

    /// Blocks that fit in the bytes left on a GPU of each stage (one figure: the same on all).
    package func numBlocks(availableBytes: [Int64]) -> Int {
        Int(bytesPerBlock.indices.compactMap { held(by: $0, availableBytes) }.min() ?? 0)
    }

    /// The stage with the fewest blocks, which limits all stages; the last one if several are
    /// equal.
    func fullestStage(availableBytes: [Int64]) -> Int {
        bytesPerBlock.indices.reversed().min {
            (held(by: $0, availableBytes) ?? .max) < (held(by: $1, availableBytes) ?? .max)
        } ?? 0
    }

    /// Blocks that fit in a stage's bytes; nil if it keeps nothing.
    private func held(by stage: Int, _ availableBytes: [Int64]) -> Int64? {
        guard bytesPerBlock[stage] > 0 else { return nil }
        let bytes = availableBytes.count == 1 ? availableBytes[0] : availableBytes[stage]
        return max(0, bytes) / bytesPerBlock[stage]
    }

    /// Longest context, up to `limit`, of one request that fits in `blocks` blocks in addition to
    /// the null block; 0 if none does. O(groups x log limit).
    package func longestContext(blocks: Int, limit: Int) -> Int {
        func fits(_ tokens: Int) -> Bool {
            self.blocks(ofRequest: tokens).reduce(0, +) <= blocks - 1
        }
        guard limit > 0, fits(1) else { return 0 }
        if fits(limit) { return limit }
        var (low, high) = (1, limit)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if fits(middle) { low = middle } else { high = middle }
        }
        return low
    }

    /// Requests of max_model_len in `blocks` blocks as the engine prints it, counting the null
    /// block.
    package func concurrency(blocks: Int) -> Double {
        Double(blocks) / Double(max(1, blocksOfOneRequest))
    }

    /// Tokens in `blocks` blocks as the engine prints it.
    package func printedTokens(blocks: Int) -> Int {
        if options.printsBlocksOfAGroup {
            let size = groups.map(\.blockSize).min() ?? 0
            return blocks / max(1, groups.count) * size * options.decodeContextParallel
        }
        return Int(concurrency(blocks: blocks) * Double(options.maxModelLen))
    }
}

extension StateSpec {
    /// Whether the prefill kernel exports a checkpoint under these options.
    func exportsCheckpoint(_ options: PoolOptions) -> Bool {
        guard options.exportsCheckpoints else { return false }
        switch checkpoint {
        case .none: return false
        case .everyToken: return true
        case .blocks: return !options.usesTritonGatedDelta
        }
    }
}

extension Int {
    /// Quotient, rounded up.
    func dividedUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }

    func greatestCommonDivisor(_ other: Int) -> Int {
        var (a, b) = (self, other)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    func leastCommonMultiple(_ other: Int) -> Int {
        self / greatestCommonDivisor(other) * other
    }
}
