import Models

/// What a KV cache group's kind of attention means for its block tables, precomputed per run.
///
/// Rules: vLLM's `FullAttentionManager` and `SlidingWindowManager`.
struct GroupRules {
    /// Attention window in tokens; 0: full attention.
    let window: Int
    /// Consecutive cached blocks that a hit needs: ceil((window − 1) / block size); 0 for full.
    let needed: Int
    /// Retention of registered blocks: every block (nil), the last window (0), every n tokens.
    let retention: Int?
    let blockSize: BlockSize
    /// Most blocks that a request holds; `Int.max` for full attention.
    let holdCap: Int
    /// The cap that the admission gate, and that every demand, applies (S11).
    let gateCap: Int
    let demandCap: Int
    /// Whether freed blocks without a key go to the back of the queue (S6, S8).
    let keylessToBack: Bool

    init(_ group: CacheGroup, engine: EngineConfiguration) {
        let size = engine.blockSize
        blockSize = BlockSize(size)
        let rules = engine.release.rules
        retention = engine.prefixCacheRetentionInterval
        switch group {
        case .full:
            window = 0
            needed = 0
            holdCap = .max
        case .sliding(let tokens):
            window = tokens
            needed = (tokens - 1 + size - 1) / size
            // With two batches in flight, the window slides two step budgets late (S7).
            let isLate = rules.windowRelease == .settled
            let flight = (isLate ? engine.batchesInFlight : 1) * engine.maxNumBatchedTokens
            let span = min(tokens - 1 + flight, engine.maxModelLen)
            holdCap = (span + size - 1) / size + 1
        }
        gateCap = rules.windowCap == .nowhere ? .max : holdCap
        demandCap = rules.windowCap == .everywhere ? holdCap : .max
        keylessToBack = rules.keylessGoBack(
            isSliding: window > 0, isCaching: engine.enablePrefixCaching)
    }

    /// Leading blocks that a context of `computed` settled tokens no longer attends to.
    @inline(__always)
    func skippedBlocks(_ computed: Int) -> Int {
        window == 0 ? 0 : blockSize.filled(by: max(0, computed - window + 1))
    }

    /// Whether block `i` of a request is registered under a key.
    @inline(__always)
    func retains(block i: Int, _ request: Retention) -> Bool {
        guard window > 0, let retention else { return true }
        if retention > 0 {
            let period = retention / blockSize.tokens
            if needed >= period || i % period >= period - needed { return true }
        }
        func isInWindow(before end: Int32) -> Bool { i >= Int(end) - needed && i < end }
        return isInWindow(before: request.prompt) || isInWindow(before: request.junction)
    }

    /// Calls `body` with each range of these blocks that is registered under a key, in ascending
    /// order. Returns their total length. O(1), and O(blocks) if more than last windows are
    /// retained.
    @inline(__always)
    func forEachRetained(
        _ blocks: Range<Int32>, _ request: Retention, _ body: (Range<Int32>) -> Void
    ) -> Int {
        guard window > 0, let retention else {
            if !blocks.isEmpty { body(blocks) }
            return Int(blocks.upperBound - blocks.lowerBound)
        }
        if retention == 0 {
            // Blocks that an output adds.
            if blocks.lowerBound >= max(request.prompt, request.junction) { return 0 }
            let (first, second) = lastWindows(blocks, request)
            if !first.isEmpty { body(first) }
            if !second.isEmpty { body(second) }
            return first.count + second.count
        }
        var count = 0
        var start = blocks.lowerBound
        while start < blocks.upperBound {
            var end = start
            while end < blocks.upperBound, retains(block: Int(end), request) { end += 1 }
            if start < end { body(start..<end) }
            count += Int(end - start)
            start = end + 1
        }
        return count
    }

    /// Which of these blocks lie in the last window before the end of the prompt or before the
    /// junction: one range or two, which do not touch, in ascending order. O(1).
    private func lastWindows(
        _ blocks: Range<Int32>, _ request: Retention
    ) -> (first: Range<Int32>, second: Range<Int32>) {
        func window(before end: Int32) -> Range<Int32> {
            let high = max(blocks.lowerBound, min(end, blocks.upperBound))
            return min(max(end - Int32(needed), blocks.lowerBound), high)..<high
        }
        let last = window(before: max(request.prompt, request.junction))
        let before = window(before: min(request.prompt, request.junction))
        // The earlier one begins no later and ends no later.
        if before.isEmpty || before.upperBound < last.lowerBound { return (before, last) }
        return (before.lowerBound..<last.upperBound, last.upperBound..<last.upperBound)
    }
}

/// The blocks of a request before which the retained last windows end.
struct Retention {
    /// The block with the last token of the prompt.
    let prompt: Int32
    /// The block up to which a full group's hit went on past a window's; 0 if none did.
    var junction: Int32 = 0

    init(promptTokens: Int32, _ blockSize: BlockSize) {
        prompt = Int32(blockSize.filled(by: Int(promptTokens - 1)))
    }
}

/// Tokens per block, with conversions between tokens and blocks that need no division: that would
/// cost more than everything else at a block boundary.
struct BlockSize {
    let tokens: Int
    /// ⌈2⁶⁴ / tokens⌉, 0 for one token: the upper half of its product with n is n / tokens,
    /// exactly, for n and tokens below 2³² (Lemire, Kaser, Kurz, Software: Practice and
    /// Experience 49(6), 2019).
    private let reciprocal: UInt64

    init(_ tokens: Int) {
        precondition(tokens > 0 && tokens <= Int(Int32.max), "a block holds a token or more")
        self.tokens = tokens
        reciprocal = (UInt64.max / UInt64(tokens)) &+ 1
    }

    /// Blocks that `count` tokens fill, 0 ≤ `count` < 2³².
    @inline(__always)
    func filled(by count: Int) -> Int {
        let product = UInt64(count).multipliedFullWidth(by: reciprocal)
        return tokens == 1 ? count : Int(truncatingIfNeeded: product.high)
    }

    /// Blocks that `count` tokens need, 0 ≤ `count` < 2³¹.
    @inline(__always)
    func holding(_ count: Int) -> Int { filled(by: count + tokens - 1) }

    /// Tokens in the partly filled block.
    @inline(__always)
    func beyond(_ count: Int) -> Int { count - filled(by: count) * tokens }
}
