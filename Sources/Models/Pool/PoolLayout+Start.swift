import Basics

/// Why a server does not start: one request of max_model_len does not fit in its pool.
package struct PoolRefusal: Equatable, Sendable {
    /// Bytes of such a request's blocks.
    package var neededBytes: Int64
    /// Bytes for the cache in addition to the null block.
    package var availableBytes: Int64
    /// The longest context that fits, in tokens; 0 if none does.
    package var longestContext: Int

    /// GiB as the engine's message prints them, with at most two decimals.
    package static func gibibytes(_ bytes: Int64) -> String {
        var text = Quantity.decimal(Double(bytes) / Double(1 << 30), 2)
        text.removeAll { $0 == "," }
        if text.hasSuffix("0") { text.removeLast() }
        return text
    }
}

extension PoolLayout {
    /// Why a server does not start with `blocks` blocks; nil if it does.
    ///
    /// The null block is set aside first: exactly 16 GiB do not start Llama-3.1-8B at 131,072.
    /// - Parameter availableBytes: bytes for the cache on the tightest GPU; nil if the number of
    ///   blocks is given instead of the memory.
    package func refusal(blocks: Int, availableBytes: Int64? = nil) -> PoolRefusal? {
        guard blocksOfOneRequest > blocks - 1 else { return nil }
        let block = bytesPerBlock.max() ?? 0
        return PoolRefusal(
            neededBytes: Int64(blocksOfOneRequest) * block,
            availableBytes: (availableBytes ?? Int64(blocks) * block) - block,
            longestContext: longestContext(blocks: blocks, limit: options.maxModelLen))
    }

    /// The engine's own log line about its pool, to compare with a server's log.
    package func line(blocks: Int) -> String {
        var times = Quantity.decimal(concurrency(blocks: blocks), 2)
        times.removeAll { $0 == "," }
        return "GPU KV cache size: \(Quantity.count(printedTokens(blocks: blocks))) tokens, "
            + "Maximum concurrency for \(Quantity.count(options.maxModelLen)) tokens per request: "
            + "\(times)x"
    }
}
