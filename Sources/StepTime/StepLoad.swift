/// The work of one engine step, as sums: all that its price depends on.
///
/// Costs are affine in decode context and quadratic in chunk length and past context. Sums over the
/// step's entries therefore suffice, and pricing a step is O(1).
@usableFromInline package struct StepLoad: Equatable, Sendable {
    /// Tokens computed in the step, over all entries.
    @usableFromInline package var tokens = 0
    /// Entries: sequences scheduled in the step.
    @usableFromInline package var requests = 0
    /// Sequences that sample a token at the end of the step.
    @usableFromInline package var sampled = 0
    /// Σ (computed before + tokens) over all entries.
    @usableFromInline package var context = 0
    /// Entries of a single token over earlier context: decodes.
    @usableFromInline package var decodes = 0
    /// Σ (computed before + 1) over decodes.
    @usableFromInline package var decodeContext = 0
    /// Σ min(computed before + 1, window) over decodes; 0 without a window.
    @usableFromInline package var decodeWindowedContext = 0
    /// Entries that are not decodes: prefill chunks.
    @usableFromInline package var chunks = 0
    /// Σ tokens over chunks, and the tokens of the largest.
    @usableFromInline package var chunkTokens = 0
    @usableFromInline package var mostChunkTokens = 0
    /// Σ c·(2·past + c) over chunks: twice the causal query-key pairs.
    @usableFromInline package var chunkPairs = 0
    /// As `chunkPairs`, with each token attending to at most `window` keys; 0 without a window.
    @usableFromInline package var chunkWindowedPairs = 0

    @inlinable
    package init() {}

    /// Whether an entry of `tokens` tokens over `computed` ones is a decode; otherwise it is a
    /// prefill chunk.
    @inlinable @inline(__always)
    package static func isDecode(_ count: Int, past: Int) -> Bool { count == 1 && past > 0 }

    /// Adds an entry, a decode or a chunk.
    @inlinable @inline(__always)
    package mutating func add(_ count: Int, past: Int, samples: Bool, window: Int) {
        if Self.isDecode(count, past: past) {
            addDecode(context: past + 1, window: window)
        } else {
            addChunk(count, past: past, window: window)
        }
        if samples { sampled += 1 }
    }

    /// Adds a decode whose context is `context` tokens once its own token is counted.
    @inlinable @inline(__always)
    package mutating func addDecode(context length: Int, window: Int) {
        tokens += 1
        requests += 1
        context += length
        decodes += 1
        decodeContext += length
        if window > 0 { decodeWindowedContext += min(length, window) }
    }

    /// Adds `count` decodes. Their contexts sum to `context` tokens, and to `windowedContext` when
    /// clipped to the price's window, if it has one.
    @inlinable @inline(__always)
    package mutating func addDecodes(_ count: Int, context sum: Int, windowedContext: Int) {
        decodeWindowedContext += windowedContext
        tokens += count
        requests += count
        context += sum
        decodes += count
        decodeContext += sum
    }

    /// Adds a chunk of `count` tokens over `past` tokens already computed.
    @inlinable @inline(__always)
    package mutating func addChunk(_ count: Int, past: Int, window: Int) {
        tokens += count
        requests += 1
        context += past + count
        chunks += 1
        chunkTokens += count
        mostChunkTokens = max(mostChunkTokens, count)
        chunkPairs += count * (2 * past + count)
        if window > 0 {
            // The token at position x (from 0) attends to min(x + 1, window) keys. Doubled as
            // above, less the diagonal, which the causal half-square form c·(2·past + c) leaves
            // out.
            let rising = max(0, min(past + count, window) - past)
            let flat = count - rising
            chunkWindowedPairs += rising * (2 * past + rising) + 2 * flat * window
        }
    }

    /// Tokens of the largest of `lanes` micro-batches, which share the entries evenly. A chunk
    /// stays in one of them: its request waits for all of it in every pipeline stage.
    @inlinable @inline(__always)
    func tokensOfLane(_ lanes: Int) -> Int {
        max((tokens + lanes - 1) / lanes, mostChunkTokens + (requests - 1) / lanes)
    }
}
