import Models

/// What one KV group's kind of attention means for its block table, precomputed per run.
///
/// Rules: vLLM's `FullAttentionManager` and `SlidingWindowManager`.
struct GroupRules {
    /// Attention window in tokens; 0: full attention.
    let window: Int
    /// Cached blocks in a row that a hit needs: ceil((window − 1) / block size); 0 for full.
    let needed: Int
    /// Retention of registered blocks: every block (nil), the last window (0), every n tokens.
    let retention: Int?
    let blockSize: BlockSize

    init(_ group: CacheGroup, engine: EngineConfiguration) {
        let size = engine.blockSize
        blockSize = BlockSize(size)
        retention = engine.prefixCacheRetentionInterval
        window = group.window
        needed = window == 0 ? 0 : (window - 1 + size - 1) / size
    }

    /// Leading blocks that a context of `computed` settled tokens no longer attends to.
    @inline(__always)
    func skippedBlocks(_ computed: Int) -> Int {
        window == 0 ? 0 : blockSize.filled(by: max(0, computed - window + 1))
    }

    /// Whether block `i` of a request is registered under a key.
    ///
    /// - Parameters:
    ///   - promptTokens: the request's prompt length.
    ///   - junction: where a full group's hit went on past this group's, in tokens; 0: nowhere.
    func retains(block i: Int, promptTokens: Int, junction: Int) -> Bool {
        guard window > 0, let retention else { return true }
        if retention > 0 {
            let period = retention / blockSize.tokens
            if needed >= period || i % period >= period - needed { return true }
        }
        func endsWindow(_ token: Int) -> Bool {
            let end = blockSize.filled(by: token)
            return i >= end - needed && i < end
        }
        return endsWindow(promptTokens - 1) || (junction > 0 && endsWindow(junction))
    }

    /// The first blocks in a row, among some, that are registered under a key; empty if none is.
    /// What `retains` says of each block, found without asking for each. O(1).
    func retained(_ blocks: Range<Int>, promptTokens: Int, junction: Int) -> Range<Int> {
        guard window > 0, let retention else { return blocks }
        let first = blockSize.filled(by: promptTokens - 1)
        let second = junction > 0 ? blockSize.filled(by: junction) : 0
        // All that an answer adds.
        if retention == 0, blocks.lowerBound >= max(first, second) {
            return blocks.upperBound..<blocks.upperBound
        }
        let period = retention / blockSize.tokens
        if retention > 0, needed >= period { return blocks }
        /// Where one of the windows, or the part of a period, that holds a block ends, or the next
        /// one begins.
        func next(_ block: Int) -> (start: Int, end: Int) {
            var nearest = (start: Int.max, end: Int.max)
            func consider(_ start: Int, _ end: Int) {
                guard block < end, start < end else { return }
                let start = max(start, block)
                if start < nearest.start { nearest = (start, end) }
                if start == nearest.start { nearest.end = max(nearest.end, end) }
            }
            consider(first - needed, first)
            consider(second - needed, second)
            if retention > 0 {
                let end = (block / period + 1) * period
                consider(end - needed, end)
            }
            return nearest
        }
        var (start, end) = next(blocks.lowerBound)
        guard start < blocks.upperBound else { return blocks.upperBound..<blocks.upperBound }
        while end < blocks.upperBound, next(end).start == end { end = next(end).end }
        return start..<min(end, blocks.upperBound)
    }
}

/// What of a request decides which of its blocks are retained (`GroupRules.retains`), in tokens.
struct Retention {
    var promptTokens: Int32
    var junction: Int32
}

/// What is asked of a group less often than its rules, apart from these: they are copied a lot.
struct GroupCaps {
    /// Most blocks that a request holds; `Int.max` for full attention.
    let hold: Int
    /// The same as far as the admission gate, and every demand, reckons with it (S11).
    let gate: Int
    let demand: Int
    /// Whether freed blocks without a key go to the back of the queue (S6, S8).
    let keylessToBack: Bool

    init(_ group: CacheGroup, engine: EngineConfiguration) {
        let rules = engine.release.rules
        let (window, size) = (group.window, engine.blockSize)
        if window == 0 {
            hold = .max
        } else {
            // With two batches in flight, the window slides two budgets late (S7).
            let isLate = rules.windowRelease == .settled
            let flight = (isLate ? engine.batchesInFlight : 1) * engine.maxNumBatchedTokens
            let span = min(window - 1 + flight, engine.maxModelLen)
            hold = (span + size - 1) / size + 1
        }
        gate = rules.windowCap == .nowhere ? .max : hold
        demand = rules.windowCap == .everywhere ? hold : .max
        keylessToBack = rules.keylessGoBack(
            isSliding: window > 0, isCaching: engine.enablePrefixCaching)
    }
}

extension CacheGroup {
    /// Tokens of the attention window; 0: full attention.
    fileprivate var window: Int {
        switch self {
        case .full: 0
        case .sliding(let tokens): tokens
        }
    }
}
